"""Plug-ins: folders, what scans found, what is quarantined, what failed in jobs, what chains name."""

from collections.abc import Iterator

from bridge.chains import built_in_chains, find_chains, read_chain
from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.errors import ChainError
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.checking import check_plugins
from bridge.plugins.folders import find_bundles, plugin_folders
from bridge.plugins.shelf import Shelf
from bridge.settings import Settings

HERE = Area.PLUGINS
SCAN = "Scan them: dawbridge plugins scan"


def check_up_plugins(settings: Settings) -> Iterator[Finding]:
    """Findings about plug-ins; none is loaded."""
    shelf = Shelf(settings.plugin_place.data_folder)
    catalogue = shelf.catalogue()
    yield from _about_folders(settings)
    yield _about_catalogue(settings, catalogue)
    for one in catalogue.quarantined:
        cure = f"Update it, then: dawbridge plugins quarantine --release {one.path.stem}"
        yield warn(HERE, "quarantine", f"{one.path.stem} {one.sentence}", cure)
    for other in catalogue.refused:
        yield warn(HERE, "not usable", f"{other.path.stem} {other.sentence}", "Install it again, or remove it.")
    yield from _about_failures(shelf, catalogue)
    yield from _about_chains(settings, catalogue)


def _about_folders(settings: Settings) -> Iterator[Finding]:
    for folder in settings.plugins.folders:
        if not folder.is_dir():
            yield bad(HERE, "folder", f"{folder} is not there", "Correct `plugins.folders` in the settings.")
    there = [folder for folder in plugin_folders(settings.plugins) if folder.is_dir()]
    if not there:
        looked = ", ".join(map(str, plugin_folders(settings.plugins)))
        yield ok(HERE, "folders", f"none is there (looked for {looked}); none needed unless chains name plug-ins")


def _about_catalogue(settings: Settings, catalogue: Catalogue) -> Finding:
    bundles = find_bundles(settings.plugins)
    new = [path for path in bundles if not catalogue.is_current(path)]
    folders = ", ".join(str(folder) for folder in plugin_folders(settings.plugins) if folder.is_dir())
    if not bundles:
        return ok(HERE, "plug-ins", "none")
    if len(new) == len(bundles):
        return warn(HERE, "plug-ins", f"{len(bundles)} in {folders}, none of them examined", SCAN)
    if new:
        names = ", ".join(path.stem for path in new[:3])
        return warn(HERE, "plug-ins", f"{len(new)} of {len(bundles)} are new or have changed ({names})", SCAN)
    usable = sum(not entry.is_instrument for entry in catalogue.entries)
    return ok(HERE, "plug-ins", f"{usable} usable of {len(bundles)} files in {folders}")


def _about_failures(shelf: Shelf, catalogue: Catalogue) -> Iterator[Finding]:
    health = shelf.health()
    for entry in catalogue.entries:
        failures = health.in_a_row(entry.full_name)
        if failures and catalogue.quarantine_of(entry.path) is None:
            last = health.failures[entry.full_name][-1]
            times = "once" if failures == 1 else f"{failures} times in a row"
            yield warn(
                HERE,
                "failures",
                f"{entry.name} has failed {times}, last it {last.sentence}",
                "Update it, or say `on_failure: bypass` in chains that use it.",
            )


def _about_chains(settings: Settings, catalogue: Catalogue) -> Iterator[Finding]:
    """Chains of one's own that name plug-ins and could not run."""
    for name, path in sorted(find_chains(settings.chain_folders).items()):
        if path.parent == built_in_chains():
            continue
        try:
            chain = read_chain(path, settings.chain_folders)
            if chain.plugins:
                check_plugins(chain, path, catalogue)
        except ChainError as reason:
            faults = len(reason.faults)
            what = f"chain `{name}`: {faults} fault{'' if faults == 1 else 's'}, the first: {reason.faults[0].sentence}"
            yield warn(HERE, "chains", what, f"See them all: dawbridge plugins check {name}")
