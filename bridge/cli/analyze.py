"""`dawbridge analyze`: what the meters read; no audio is made."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.flags import checked, flags_of
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import figures_table, files_of, messages_table
from bridge.errors import RequestError
from bridge.jobs.direct import DirectEngine, direct_request, report_of, text_of
from bridge.processes.readiness import Readiness
from bridge.recipes import AnalyzeOptions, AnalyzeRecipe
from bridge.report import Report
from bridge.reports.analysis.words import summary_rows
from bridge.reports.text import by_severity
from bridge.reports.verdict import verdict
from bridge.settings import Settings
from bridge.units import clock

EXAMPLES = (
    ("Loudness and peaks of a mix", "dawbridge analyze MySong.wav"),
    ("Loudness and peaks only, as fast as can be", "dawbridge analyze MySong.wav --scope loudness"),
    ("A page to read and keep", "dawbridge analyze MySong.wav --html > MySong.html"),
    ("One figure, for a script", "dawbridge analyze MySong.wav --json | jq '.[0].report.before.integrated_lufs'"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also leave the report (HTML, JSON) there.")
@flags_of(AnalyzeOptions)
@click.option("--html", "as_html", is_flag=True, help="Print the HTML report of one file and nothing else.")
@json_option
@click.pass_context
def analyze(ctx: click.Context, /, files: Sequence[Path], *, out: Path | None, **flags: Any) -> int:
    """Measure files: loudness, peaks, dynamics, and what is wrong with them.

    Without --out nothing is written: the figures are printed.
    """
    as_html, as_json = flags.pop("as_html"), flags.pop("as_json")
    if as_html and (len(files) > 1 or as_json):
        raise RequestError("--html prints one page: give one file, and not --json.")
    has_page = as_html or out is not None
    settings = settings_of(ctx) if out is not None else _without_markers(settings_of(ctx))
    recipe = checked(AnalyzeRecipe, flags | {"page": has_page})
    pages: list[str] = []
    with ExitStack() as until_the_end:
        folder = out or Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="dawbridge-"))) / "reports"
        engine = until_the_end.enter_context(DirectEngine(settings, Readiness.AT_ONCE))

        def work(path: Path, on_progress: OnProgress) -> Outcome:
            result = engine.run(direct_request(path, recipe, folder, settings), on_progress)
            pages.extend([text_of(result, "report_html")] if as_html else [])
            kept = result if out is not None else result.model_copy(update={"files": ()})
            return Outcome(path=path, result=kept, report=report_of(result))

        outcomes = do_each(files, work, settings, None if as_json or as_html else _show, room="dsp/measures")
    for page in pages:
        click.echo(page)
    if as_json:
        screen.print_json(outcomes)
    return exit_code_for(outcomes)


def _without_markers(settings: Settings) -> Settings:
    """Settings by which no file of markers is made: nobody would find it."""
    return settings.model_copy(update={"results": settings.results.model_copy(update={"markers": "off"})})


def _show(outcome: Outcome) -> None:
    result, report = outcome.result, outcome.report
    assert result is not None
    assert report is not None
    console = screen.out()
    console.print(screen.line((report.name, "name"), "  ", (_kind_of(report), "quiet")))
    console.print(Text(verdict(report).sentence))
    console.print()
    console.print(figures_table(report.before, None))
    if report.messages:
        console.print()
        console.print(messages_table(by_severity(report.messages)))
    if report.analysis_before is not None and (rows := summary_rows(report.analysis_before)):
        console.print()
        console.print(_summary_table(rows))
    if result.files:
        console.print()
        console.print(files_of(result))


def _summary_table(rows: Sequence[tuple[str, str]]) -> Table:
    """One line for each part of the analysis."""
    table = screen.table("", "")
    for name, text in rows:
        table.add_row(screen.text(name, "key"), screen.text(text))
    return table


def _kind_of(report: Report) -> str:
    """Length, rate and channels of what was measured."""
    before = report.before
    channels = {1: "mono", 2: "stereo"}.get(before.channels, f"{before.channels} channels")
    return f"{clock(before.duration_s)}, {before.sample_rate_hz / 1000:g} kHz, {channels}"
