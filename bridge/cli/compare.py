"""`dawbridge compare`: what changed between two versions; no audio is made."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from bridge.analysis import ComparisonReport
from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import figures_table, files_of, messages_table
from bridge.errors import RequestError
from bridge.jobs.direct import DirectEngine, compare_request, comparison_of, text_of
from bridge.model import JobResult
from bridge.reports.comparison import (
    SPANS_SHOWN_MAX,
    alignment_rows,
    changed_bands,
    comparison_sentence,
    hertz_text,
    null_text,
    span_text,
)
from bridge.reports.figures import signed

EXAMPLES = (
    ("What changed between two mixes", "dawbridge compare 'MySong v3.wav' 'MySong v5.wav'"),
    ("A page to read and keep", "dawbridge compare v3.wav v5.wav --html > changes.html"),
    ("Whether two files null, for a script", "dawbridge compare A.wav B.wav --json | jq .comparison.is_exact_null"),
)
BANDS_SHOWN_MAX = 5


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("files", nargs=2, type=click.Path(path_type=Path), metavar="EARLIER LATER")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also leave the report (HTML, JSON) there.")
@click.option("--html", "as_html", is_flag=True, help="Print the HTML report and nothing else.")
@json_option
@click.pass_context
def compare(ctx: click.Context, files: tuple[Path, Path], *, out: Path | None, as_html: bool, as_json: bool) -> int:
    """Lay two versions of a recording over each other and tell what changed.

    Offset, gain and polarity are found and taken out; sample rates may differ. Without --out nothing is written.
    """
    if as_html and as_json:
        raise RequestError("--html and --json each print one thing and nothing else: give one of them.")
    earlier, later = files
    settings = settings_of(ctx)
    results: list[JobResult] = []
    with ExitStack() as until_the_end:
        folder = out or Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="dawbridge-"))) / "reports"
        engine = until_the_end.enter_context(DirectEngine(settings))

        def work(path: Path, on_progress: OnProgress) -> Outcome:
            results.append(engine.run(compare_request(earlier, path, folder, settings), on_progress))
            return Outcome(path=path, result=results[-1])

        outcomes = do_each([later], work, settings, None, room="dsp/measures")
        for result in results:
            report = comparison_of(result)
            if as_html:
                click.echo(text_of(result, "report_html"))
            elif as_json:
                screen.print_json(report)
            else:
                _show(report, result if out else None)
    return exit_code_for(outcomes)


def _show(report: ComparisonReport, delivered: JobResult | None) -> None:
    console, comparison = screen.out(), report.comparison
    earlier, later = (render.path.name for render in report.inputs)
    console.print(screen.line((later, "name"), (f"  against {earlier}", "quiet")))
    console.print(screen.text(comparison_sentence(comparison)), soft_wrap=True)
    console.print()
    screen.print_pairs([(label, screen.text(text)) for label, text in alignment_rows(comparison)])
    console.print()
    console.print(figures_table(report.before, report.after))
    _show_changes(report)
    if comparison.messages:
        console.print()
        console.print(messages_table(comparison.messages))
    if delivered is not None:
        console.print()
        console.print(files_of(delivered))


def _show_changes(report: ComparisonReport) -> None:
    console, comparison = screen.out(), report.comparison
    if comparison.changes:
        console.print()
        table = screen.table("CHANGED", "DIFFERENCE", right=(1,))
        for span in comparison.changes[:SPANS_SHOWN_MAX]:
            table.add_row(screen.text(span_text(span)), screen.text(null_text(span.null_db)))
        console.print(table)
        if len(comparison.changes) > SPANS_SHOWN_MAX:
            console.print(screen.text(f"and {len(comparison.changes) - SPANS_SHOWN_MAX} more", "quiet"))
    if bands := changed_bands(comparison)[:BANDS_SHOWN_MAX]:
        console.print()
        table = screen.table("BAND", "CHANGE", right=(1,))
        for band in sorted(bands, key=lambda band: band.centre_hz):
            table.add_row(screen.text(hertz_text(band.centre_hz)), screen.text(signed(band.change_db or 0.0, "dB", 1)))
        console.print(table)
