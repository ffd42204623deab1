"""`dawbridge plugins scan` and `quarantine`."""

import time
from pathlib import Path

import click

from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import printable, shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option
from bridge.cli.plugins.shelves import complete_plugin, now, place_of, scan_of
from bridge.dsp.plugins.scan import tell_nobody
from bridge.errors import RequestError
from bridge.model import Progress
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.entry import Quarantined
from bridge.plugins.folders import plugin_folders
from bridge.plugins.shelf import Shelf

SCAN_EXAMPLES = (
    ("Only what is new or has changed", "dawbridge plugins scan"),
    ("Everything again", "dawbridge plugins scan --again"),
)
QUARANTINE_EXAMPLES = (
    ("What is not loaded, and why", "dawbridge plugins quarantine"),
    ("Try it once more", "dawbridge plugins quarantine --release MyReverb"),
    ("Never load it", "dawbridge plugins quarantine --add MyReverb"),
)


@click.command(cls=PageCommand, examples=SCAN_EXAMPLES)
@click.option("--again", is_flag=True, help="Examine everything again, not only what has changed.")
@json_option
@click.pass_context
def scan(ctx: click.Context, *, again: bool, as_json: bool) -> int:
    """Examine every plug-in of the default folders and of those in the settings.

    A plug-in that crashes or hangs is quarantined: it alone is not loaded again until it changes or is released.
    """
    place = place_of(ctx)
    started_s = time.monotonic()
    with screen.progress_bars() as bars:
        task = bars.add_task("Examining plug-ins", total=None, stage="", eta_s=None)

        def on_scanned(done: int, count: int, name: str) -> None:
            screen.show_progress(bars, task, Progress(stage=printable(name), fraction=done / count))

        catalogue = scan_of(place).everything(on_scanned, is_fresh=again)
    if as_json:
        screen.print_json(catalogue)
    else:
        _print_outcome(catalogue, time.monotonic() - started_s)
        if not catalogue.paths:
            looked = ", ".join(map(str, plugin_folders(place.settings)))
            click.echo(f"Looked in {looked}; name more folders under `plugins.folders` in the settings.", err=True)
    return ExitCode.OK


def _print_outcome(catalogue: Catalogue, seconds: float) -> None:
    console = screen.out()
    instruments = sum(entry.is_instrument for entry in catalogue.entries)
    effects = len(catalogue.entries) - instruments
    made = [(f"{effects} plug-in{'' if effects == 1 else 's'}", "name")]
    others = [f", {instruments} instruments (not used)"] if instruments else []
    console.print(screen.line(*made, *others, (f"  {seconds:.1f} s", "quiet")))
    for one in catalogue.quarantined:
        console.print(screen.line(("quarantined  ", "bad"), (one.path.stem, "name"), f" {one.sentence}"))
    for other in catalogue.refused:
        console.print(screen.line(("not usable   ", "warn"), (other.path.stem, "name"), f" {other.sentence}"))


@click.command(cls=PageCommand, examples=QUARANTINE_EXAMPLES)
@click.option("--release", metavar="NAME", help="Examine it again, and use it if it behaves.")
@click.option("--add", metavar="NAME", help="Do not load it any more.", shell_complete=complete_plugin)
@json_option
@click.pass_context
def quarantine(ctx: click.Context, *, release: str | None, add: str | None, as_json: bool) -> int:
    """List plug-ins that are not loaded, with what they did."""
    place = place_of(ctx)
    shelf = Shelf(place.data_folder)
    if release is not None:
        return _release(ctx, shelf, release)
    if add is not None:
        _add(shelf, add)
    catalogue = shelf.catalogue()
    if as_json:
        screen.print_json(catalogue.quarantined)
        return ExitCode.OK
    if not catalogue.quarantined:
        click.echo("No plug-in is quarantined.")
        return ExitCode.OK
    table = screen.table("NAME", "WHAT IT DID", "SINCE", "FILE")
    for one in catalogue.quarantined:
        since = one.at.replace("T", " ").removesuffix("Z")[:16]
        table.add_row(
            screen.text(one.path.stem, "name"),
            screen.text(one.sentence, "bad"),
            screen.text(since, "quiet"),
            screen.text(shown_path(one.path), "quiet"),
        )
    screen.out().print(table)
    return ExitCode.OK


def _release(ctx: click.Context, shelf: Shelf, name: str) -> int:
    known = shelf.catalogue()
    paths = [one.path for one in known.quarantined if _is_named(one.path, name)]
    if not paths:
        unusable = next((one for one in known.refused if _is_named(one.path, name)), None)
        if unusable is not None:
            raise RequestError(f"{name} is not quarantined but not usable: it {unusable.sentence}; install it again.")
        names = ", ".join(one.path.stem for one in known.quarantined) or "none"
        raise RequestError(f"No plug-in `{name}` is quarantined. Quarantined: {names}.")
    for entry in known.entries:
        if entry.path in paths:
            shelf.forgive(entry)
    shelf.change(lambda catalogue: catalogue.without(paths))
    with screen.working(f"Examining {name}"):
        now_known = scan_of(place_of(ctx)).files(paths, tell_nobody)
    again = [one for one in now_known.quarantined if one.path in paths]
    for one in again:
        click.echo(f"{click.style('still quarantined', fg='red')}  {one.path.stem} {one.sentence}")
    if not again:
        click.echo(f"{click.style('released', fg='green')}  {name}")
    return ExitCode.FAILED if again else ExitCode.OK


def _add(shelf: Shelf, name: str) -> None:
    known = shelf.catalogue()
    found = known.find(name)
    if not found:
        raise RequestError(f"There is no plug-in `{name}`: `dawbridge plugins list` shows those that are known.")
    sentence = "was put here by hand"
    shelf.add([Quarantined(path=one.path, mark=one.mark, sentence=sentence, at=now()) for one in found])


def _is_named(path: Path, name: str) -> bool:
    return name.casefold() in {path.stem.casefold(), str(path).casefold()}
