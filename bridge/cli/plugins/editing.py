"""`dawbridge plugins edit`: a plug-in's own window, where there is a screen."""

import sys
from pathlib import Path

import click

from bridge.chains import find_chains
from bridge.cli import screen
from bridge.cli.failures import shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import settings_of
from bridge.cli.plugins.shelves import complete_plugin, entry_of, place_of
from bridge.dsp.plugins.host import SCREEN_VARIABLES, Host, HostError
from bridge.dsp.plugins.wire import Edited, EditOrder, Slot
from bridge.errors import PluginError, RequestError
from bridge.plugins.presets import preset_fault
from bridge.settings import process_environment

HOURS_S = 24 * 3600.0
EXAMPLES = (
    ("Turn its knobs, close its window, use the preset", "dawbridge plugins edit ZamCompX2 --chain mine.yaml"),
    ("Go on from a preset", "dawbridge plugins edit ZamCompX2 --preset presets/ZamCompX2.vstpreset"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("name", shell_complete=complete_plugin)
@click.option("--chain", metavar="NAME|FILE", help="Keep the preset beside this chain, in its folder `presets`.")
@click.option("--preset", type=click.Path(path_type=Path), help="Preset to start from, and to write.")
@click.pass_context
def edit(ctx: click.Context, name: str, *, chain: str | None, preset: Path | None) -> None:
    """Open a plug-in's own window; when it is closed, its state is kept as a preset.

    The plug-in runs in a process of its own, as in chains: if it crashes, nothing else is lost.
    """
    place = place_of(ctx)
    entry, catalogue = entry_of(place, name)
    target = preset or _beside(ctx, chain) / "presets" / f"{entry.name}.vstpreset"
    if target.is_file() and (wrong := preset_fault(target, entry, catalogue)) is not None:
        raise RequestError(wrong)
    _require_screen()
    target.parent.mkdir(parents=True, exist_ok=True)
    start = target.absolute() if target.is_file() else None
    slot = Slot(path=entry.path, name=entry.name, is_alone=entry.is_alone, preset=start)
    try:
        host = Host(place.settings, has_screen=True)
        with screen.working(f"{entry.name} is open: close its window to keep its state"):
            host.ask(EditOrder(slot=slot, save_to=target.absolute()), Edited, HOURS_S)
        host.stop()
    except HostError as error:
        raise PluginError(f"The plug-in {entry.name} {error.sentence}; nothing was kept.") from error
    click.echo(f"{click.style('Kept', fg='green')} {shown_path(target)}")
    click.echo(f"In the chain: `preset: {target.name if chain is None else f'presets/{target.name}'}`")


def _beside(ctx: click.Context, chain: str | None) -> Path:
    if chain is None:
        return Path()
    if Path(chain).suffix in {".yaml", ".yml"}:
        return Path(chain).parent
    found = find_chains(settings_of(ctx).chain_folders)
    if chain not in found:
        raise RequestError(f"There is no chain `{chain}`: `dawbridge chains list` shows them.")
    return found[chain].parent


def _require_screen() -> None:
    environment = process_environment()
    if sys.platform == "linux" and not any(environment.get(name) for name in SCREEN_VARIABLES):
        raise RequestError(
            "There is no screen here, so no window can open: run this on the machine's desktop, or set parameters in "
            "the chain (`dawbridge plugins show NAME --yaml`)."
        )
