"""The report of a comparison, and its delivery."""

from bridge.analysis import Comparison, ComparisonReport
from bridge.dsp.measures import Measured
from bridge.model import JobResult
from bridge.pipeline.outcome import Told, now_text, put_in_place, warnings_of
from bridge.pipeline.run import Run
from bridge.reports.comparison_page import comparison_html
from bridge.reports.document import report_json

JSON_SUFFIX = ".comparison.json"
HTML_SUFFIX = ".comparison.html"


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
    told = Told(comparison_html(report), report_json(report))
    return put_in_place(run, [], (HTML_SUFFIX, JSON_SUFFIX), lambda _: told, outcome)
