"""A comparison: its job, top to bottom, and the delivery of its report."""

from bridge.analysis import Comparison, ComparisonReport
from bridge.drawing import page_process
from bridge.dsp.measures import Measured, measure
from bridge.dsp.measures.compare import compare
from bridge.model import JobResult
from bridge.pipeline.mix import open_versions
from bridge.pipeline.outcome import Paper, now_text, put_in_place, warnings_of
from bridge.pipeline.run import Run
from bridge.reports.document import report_json

JSON_SUFFIX = ".comparison.json"
HTML_SUFFIX = ".comparison.html"


def compare_job(run: Run) -> JobResult:
    """A report on what changed between two versions; no audio is made, and both are read as streams."""
    with open_versions(run.request, run.work) as (a, b):
        with run.stage("measuring", 0.35) as on_part:
            before = measure(a, lambda part: on_part(part / 2))
            after = measure(b, lambda part: on_part(0.5 + part / 2))
        with run.stage("comparing", 0.60) as on_part:
            comparison = compare(a, b, run.allocate, on_part)
    return deliver_comparison(run, comparison_report(run, before, after, comparison))


def comparison_report(run: Run, before: Measured, after: Measured, comparison: Comparison) -> ComparisonReport:
    """Everything that is told about two versions."""
    return ComparisonReport(
        job_id=run.assignment.job_id,
        name=run.request.name,
        made_at=now_text(),
        inputs=run.request.renders,
        engine=run.engine_info(),
        before=before.measurement,
        after=after.measurement,
        comparison=comparison,
        timings=tuple(run.timings),
    )


def deliver_comparison(run: Run, report: ComparisonReport) -> JobResult:
    """Both forms of the report in place."""
    outcome = JobResult(
        files=(),
        before=report.before,
        after=report.after,
        warnings=warnings_of(report.comparison.messages),
        runtime_s=0.0,
    )
    text = report_json(report)
    page = Paper("report_html", HTML_SUFFIX, lambda _: page_process().draw("comparison", text))
    json = Paper("report", JSON_SUFFIX, lambda _: text)
    return put_in_place(run, [], [page, json], outcome)
