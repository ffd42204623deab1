"""`dawbridge selftest`: whether meters, limiter, plug-ins and models do on this machine what they should."""

from collections.abc import Iterator, Sequence

import click
from rich.table import Table
from rich.text import Text

from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.errors import EngineCrashedError, EngineStalledError
from bridge.launching import variables_of
from bridge.model import Progress
from bridge.processes.child import Child, Launch, python_command
from bridge.settings import Settings, process_environment
from bridge.wire import CheckRow, ChecksEvent, ChecksOrder, to_line

EXAMPLES = (
    ("Only what is wrong, for a script", "dawbridge selftest --json | jq '.[] | select(.verdict == \"fail\")'"),
)
MARKS = {"pass": "good", "fail": "bad", "skipped": "quiet"}
SILENCE_S_MAX = 300.0
"""Longest time for one group of checks, the compilation of its kernels included."""
LAST_WORDS_S = 1.0


@click.command(cls=PageCommand, examples=EXAMPLES)
@json_option
@click.pass_context
def selftest(ctx: click.Context, *, as_json: bool) -> int:
    """Put signals with known readings through meters and limiter; look at plug-ins and models.

    Takes less than a minute, writes nothing, and ends with 1 when a row fails.
    """
    rows: list[CheckRow] = []
    with screen.progress_bars() as bars:
        task = bars.add_task("Self-test", total=None, stage="", eta_s=None)
        for event in checked(settings_of(ctx)):
            rows += event.rows
            screen.show_progress(bars, task, Progress(stage=event.doing, fraction=event.fraction))
    if as_json:
        screen.print_json(rows)
    else:
        _print(rows)
    return ExitCode.FAILED if any(row.verdict == "fail" for row in rows) else ExitCode.OK


def checked(settings: Settings, command: Sequence[str] = ()) -> Iterator[ChecksEvent]:
    """What the self-test says, as it goes, from a process of its own (or from another `command`).

    Raises:
        EngineError: that process crashed, or said nothing for minutes.
    """
    environment = variables_of(settings.data_folder, process_environment(), settings.engines.slots)
    child = Child(Launch(tuple(command) or python_command("bridge.selftest_main"), environment))
    fraction = 0.0
    try:
        child.send(to_line(ChecksOrder(plugins=settings.plugin_place, separation=settings.separation)))
        while fraction < 1.0:
            line = child.next_line(SILENCE_S_MAX)
            if line is None:
                raise EngineStalledError("The self-test gave no sign of life for minutes: run it again.", child.tail)
            event = ChecksEvent.model_validate_json(line)
            fraction = max(fraction, event.fraction if event.rows else 0.0)
            yield event
    except EOFError:
        child.end(LAST_WORDS_S)
        raise EngineCrashedError("The self-test crashed: run it again, and report it.", child.tail) from None
    finally:
        child.end()


def _print(rows: Sequence[CheckRow]) -> None:
    console = screen.out()
    console.print(_table(rows))
    console.print()
    console.print(_summary(rows))


def _table(rows: Sequence[CheckRow]) -> Table:
    table = screen.table("", "EXPECTED", "MEASURED", "")
    group = ""
    for row in rows:
        if row.group != group:
            if group:
                table.add_row("")
            table.add_row(screen.text(row.group, "name"))
            group = row.group
        mark = screen.text(row.verdict, MARKS[row.verdict])
        measured = screen.text(row.measured, "quiet" if row.verdict == "skipped" else "")
        table.add_row(screen.text(f"  {row.name}"), screen.text(row.expected), measured, mark)
    return table


def _summary(rows: Sequence[CheckRow]) -> Text:
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in MARKS}
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    if counts["fail"]:
        return screen.line((f"{counts['fail']} of {len(rows)} failed", "bad"), f"{skipped}.")
    return screen.line((f"All {counts['pass']} passed", "good"), f"{skipped}.")
