"""The settings file, and the chains that it names."""

from collections.abc import Iterator
from pathlib import Path

from bridge.chains import load_chain
from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.errors import DocumentError
from bridge.places import settings_path
from bridge.recipes import AlbumRecipe, MasterRecipe
from bridge.settings import Settings, load_settings

HERE = Area.SETTINGS


def check_settings(config: Path | None) -> tuple[list[Finding], Settings | None]:
    """Findings about the settings; the settings themselves, unless they have faults."""
    path = settings_path(config)
    try:
        settings = load_settings(path)
    except DocumentError as reason:
        return [bad(HERE, "settings file", str(fault), "Correct this line.") for fault in reason.faults], None
    return [_about_file(path), *_about_watch(settings), *_about_chains(settings)], settings


def _about_file(path: Path | None) -> Finding:
    if path is None:
        cure = "Write one: dawbridge init --watch FOLDER"
        return warn(HERE, "settings file", "there is none: the defaults apply", cure)
    return ok(HERE, "settings file", f"{path.absolute()}, no faults")


def _about_watch(settings: Settings) -> Iterator[Finding]:
    if not settings.watch and settings.ticket_folders:
        yield ok(HERE, "watch folders", "none; requests come by tickets, from the scripts of a DAW")
    elif not settings.watch:
        cure = "Add the render folder of your DAW under `watch`, or: dawbridge init --watch FOLDER"
        yield warn(HERE, "watch folders", "none: the daemon has nothing to do", cure)


def _about_chains(settings: Settings) -> Iterator[Finding]:
    recipes = [watch.recipe for watch in settings.watch]
    named = sorted({recipe.chain for recipe in recipes if isinstance(recipe, MasterRecipe | AlbumRecipe)})
    for name in named:
        try:
            chain = load_chain(name, settings.chain_folders)
        except DocumentError as reason:
            cure = f"Correct the chain: dawbridge chains check; or name another under `watch` (now {name})."
            yield from (bad(HERE, f"chain {name}", str(fault), cure) for fault in reason.faults)
        else:
            yield ok(HERE, f"chain {name}", f"{chain.title}, {len(chain.steps)} steps")
    for folder in settings.chain_folders:
        if not folder.is_dir():
            cure = "Make the folder, or take it out of `chain_folders`."
            yield warn(HERE, "chain folder", f"{folder} is not there", cure)
