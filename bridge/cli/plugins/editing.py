"""`dawbridge plugins edit`: a plug-in's own window, where there is a screen."""

import os
import sys
import threading
from pathlib import Path

import click

from bridge.chains import built_in_chains, find_chains
from bridge.cli import screen
from bridge.cli.failures import shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import settings_of
from bridge.cli.plugins.shelves import complete_plugin, entry_of, place_of
from bridge.dsp.plugins.host import Host, HostError
from bridge.dsp.plugins.wire import Edited, EditOrder, Slot
from bridge.errors import PluginError, RequestError
from bridge.plugin_settings import PluginSettings
from bridge.plugins.entry import PluginEntry
from bridge.plugins.presets import SUFFIX, preset_fault
from bridge.settings import process_environment

HOURS_S = 24 * 3600.0
EXAMPLES = (
    ("Turn its knobs, close its window, use the preset", "dawbridge plugins edit ZamCompX2 --chain mine.yaml"),
    ("Go on from a preset", "dawbridge plugins edit ZamCompX2 --preset presets/ZamCompX2.vstpreset"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("name", shell_complete=complete_plugin)
@click.option(
    "--chain", metavar="NAME|FILE", help="Keep the preset beside this chain of yours, in its folder `presets`."
)
@click.option("--preset", type=click.Path(path_type=Path), help="Preset to start from where it is there, and to write.")
@click.pass_context
def edit(ctx: click.Context, name: str, *, chain: str | None, preset: Path | None) -> None:
    """Open a plug-in's own window; when it is closed, its state is kept as a preset.

    Closing the window, or Enter in the terminal, keeps the state; Ctrl-C keeps nothing. A preset that is there already
    is where you go on from. The plug-in runs in a process of its own: if it crashes, nothing else is lost.
    """
    place = place_of(ctx)
    entry, catalogue = entry_of(place, name)
    beside = _beside(ctx, chain)
    target = preset or beside / "presets" / f"{entry.name}.vstpreset"
    if target.is_file() and (wrong := preset_fault(target, entry, catalogue)) is not None:
        raise RequestError(wrong)
    if target.suffix.casefold() != SUFFIX:
        raise RequestError(f"{target.name} would be no VST3 preset: call it {target.stem}{SUFFIX}.")
    _require_screen()
    target.parent.mkdir(parents=True, exist_ok=True)
    _open(place.settings, entry, target.absolute())
    click.echo(f"{click.style('Kept', fg='green')} {shown_path(target)}")
    click.echo(f"In {'the chain' if chain else 'a chain in this folder'}: `preset: {_as_seen_from(beside, target)}`")


def _open(settings: PluginSettings, entry: PluginEntry, target: Path) -> None:
    """Returns when the window was closed and the preset was written."""
    start = target if target.is_file() else None
    slot = Slot(path=entry.path, name=entry.name, is_alone=entry.is_alone, preset=start)
    order = EditOrder(slot=slot, channels=max(entry.channels), save_to=target)
    host = Host(settings, has_screen=True)
    try:
        with screen.working(f"{entry.name} is open: close it, or press Enter here, to keep its state"):
            if sys.stdin.isatty():
                threading.Thread(target=_close_at_enter, args=(host,), daemon=True).start()
            host.ask(order, Edited, HOURS_S)
    except HostError as error:
        raise PluginError(f"The plug-in {entry.name} {error.sentence}; nothing was kept.") from error
    finally:
        host.stop()


def _close_at_enter(host: Host) -> None:
    if sys.stdin.readline():
        host.close_window()


def _as_seen_from(folder: Path, target: Path) -> str:
    """The preset's place as the chain must write it."""
    try:
        return Path(os.path.relpath(target.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return str(target.absolute())


def _beside(ctx: click.Context, chain: str | None) -> Path:
    if chain is None:
        return Path()
    if Path(chain).suffix in {".yaml", ".yml"}:
        return Path(chain).parent
    found = find_chains(settings_of(ctx).chain_folders)
    if chain not in found:
        raise RequestError(f"There is no chain `{chain}`: `dawbridge chains list` shows them.")
    if found[chain].parent == built_in_chains():
        raise RequestError(
            f"The chain `{chain}` comes with daw-bridge: copy {shown_path(found[chain])} to where your chains are, and "
            f"name the copy."
        )
    return found[chain].parent


def _require_screen() -> None:
    """Plug-ins speak X11; on Wayland they need its X server, which sets the same variable."""
    if sys.platform == "linux" and not process_environment().get("DISPLAY"):
        raise RequestError(
            "There is no screen here (DISPLAY is not set), so no window can open: run this on the machine's desktop, "
            "or set parameters in the chain (`dawbridge plugins show NAME --yaml`)."
        )
