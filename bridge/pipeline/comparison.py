"""The report of a comparison, and its delivery."""

from bridge.analysis import Comparison, ComparisonReport
from bridge.audio.render import file_digest
from bridge.delivery import deliver, reserved
from bridge.dsp.measures import Measured
from bridge.model import JobResult, Severity
from bridge.pipeline.outcome import base_name, delivered, now_text, written_text
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
    """Both forms of the report in place, JSON last."""
    suffixes, replace = [HTML_SUFFIX, JSON_SUFFIX], run.request.recipe.replace
    with run.stage("delivering", 0.05), reserved(run.request, base_name(run), suffixes, replace=replace) as place:
        html = written_text(run.work / "comparison.html", comparison_html(report))
        json = written_text(run.work / "comparison.json", report_json(report))
        result = JobResult(
            files=(
                delivered(html, place.path(HTML_SUFFIX), "report_html", file_digest(html)),
                delivered(json, place.path(JSON_SUFFIX), "report", file_digest(json)),
            ),
            before=report.before,
            after=report.after,
            warnings=tuple(m.sentence for m in report.comparison.messages if m.severity is not Severity.INFO),
            runtime_s=round(run.runtime_s, 3),
        )
        moves = [(html, place.path(HTML_SUFFIX)), (json, place.path(JSON_SUFFIX))]
        return deliver(run.work, moves, result, replace=replace)
