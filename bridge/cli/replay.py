"""`dawbridge replay`: a master made again from its capsule, and held against it."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.text import Text

from bridge.cli import screen
from bridge.cli.direct_work import PREPARING, is_engine_cold
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import printable
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import files_of
from bridge.jobs.replay import Replay, ReplayedFile, ReplayOrder, replay
from bridge.model import Progress

EXAMPLES = (
    ("Is it still the same master?", "dawbridge replay 'MySong [streaming].capsule.json'"),
    (
        "The same master once more, from a mix that was moved",
        "dawbridge replay Old.capsule.json --input MySong.wav --out M",
    ),
)


@click.command("replay", cls=PageCommand, examples=EXAMPLES)
@click.argument("capsule", type=click.Path(path_type=Path), metavar="CAPSULE")
@click.option("--input", "mix", type=click.Path(path_type=Path), metavar="FILE", help="The mix, if it was moved.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Keep what is made, there.")
@json_option
@click.pass_context
def replay_command(ctx: click.Context, capsule: Path, *, mix: Path | None, out: Path | None, as_json: bool) -> int:
    """Make a master again from its capsule, and tell whether it is the same bit for bit, or what has changed.

    The mix, chain, rules and options are those of the capsule. Without --out nothing is kept. Exit code 1: not the
    same.
    """
    settings = settings_of(ctx)
    with ExitStack() as until_the_end:
        folder = out or Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="dawbridge-"))) / "replay"
        bars = until_the_end.enter_context(screen.progress_bars())
        task = bars.add_task(printable(capsule.name), total=None, stage="", eta_s=None)
        if is_engine_cold(settings):
            bars.console.print(screen.text(PREPARING, "quiet"))

        def on_progress(progress: Progress) -> None:
            screen.show_progress(bars, task, progress)

        found = replay(ReplayOrder(capsule, mix, folder), settings, on_progress)
        bars.stop()
        if as_json:
            screen.print_json(found)
        else:
            _show(found, is_kept=out is not None)
    return ExitCode.OK if found.is_same else ExitCode.FAILED


def _show(found: Replay, *, is_kept: bool) -> None:
    console = screen.out()
    name = found.capsule.name.removesuffix(".json").removesuffix(".capsule")
    exact = all(file.is_same for file in found.files)
    outcome = "the same, bit for bit" if exact else "the same, sample for sample" if found.is_same else "not the same"
    console.print(screen.line((name, "name"), "  ", (outcome, "good" if found.is_same else "bad")))
    for difference in found.differences:
        console.print(screen.line(("changed: ", "warn"), difference))
    console.print()
    table = screen.table("FILE", "")
    for file in found.files:
        table.add_row(screen.text(f"{name}{file.suffix}"), _word(file))
    console.print(table)
    if is_kept:
        console.print()
        console.print(files_of(found.result))


def _word(file: ReplayedFile) -> Text:
    if file.is_same:
        return screen.text("same bytes", "good")
    return screen.text("same samples", "good") if file.is_same_audio else screen.text("differs", "bad")
