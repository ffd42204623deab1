"""`dawbridge doctor`: what is wrong, and how to put it right."""

import time
from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from bridge.checkup.everything import check_up
from bridge.checkup.finding import Finding, Verdict
from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.lazy import PageCommand
from bridge.cli.options import config_of, json_option

MARKS = {Verdict.OK: ("ok", "good"), Verdict.WARN: ("warn", "warn"), Verdict.BAD: ("bad", "bad")}


@click.command(cls=PageCommand, examples=[("Only what is wrong", "dawbridge doctor | grep -v ' ok '")])
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> int:
    """Check this machine, the settings and the daemon; nothing is changed.

    Ends with 1 when something is bad, with 0 when everything is well or will do.
    """
    with screen.working("Looking around"):
        findings = list(check_up(config_of(ctx), time.time()))
    is_bad = any(finding.verdict is Verdict.BAD for finding in findings)
    if as_json:
        screen.print_json(findings)
    else:
        print_findings(findings)
    return ExitCode.FAILED if is_bad else ExitCode.OK


def print_findings(findings: Sequence[Finding]) -> None:
    """Prints findings by area, each with its cure, and a summary."""
    console = screen.out()
    width = max(len(finding.subject) for finding in findings)
    area = None
    for finding in findings:
        if finding.area != area:
            console.print(screen.text(("" if area is None else "\n") + finding.area.capitalize(), "name"))
            area = finding.area
        console.print(_line(finding, width))
    console.print()
    console.print(_summary(findings))


def _line(finding: Finding, width: int) -> Table:
    mark, style = MARKS[finding.verdict]
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=2 + len("warn"))
    row.add_column(width=width)
    row.add_column(overflow="fold")
    row.add_row(screen.text(f"  {mark}", style), finding.subject, screen.text(finding.sentence))
    if finding.cure:
        row.add_row("", "", screen.text(f"-> {finding.cure}", "key"))
    return row


def _summary(findings: Sequence[Finding]) -> Text:
    counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    if counts[Verdict.BAD]:
        return screen.line((f"{counts[Verdict.BAD]} bad", "bad"), f", {counts[Verdict.WARN]} to look at.")
    if counts[Verdict.WARN]:
        return screen.line(("Nothing is bad", "good"), f", {counts[Verdict.WARN]} to look at.")
    return screen.line(("Everything is well.", "good"))
