"""An analysis: its job, top to bottom."""

from bridge.drawing import page_process
from bridge.dsp.measures import Analyzed, analyze, measure
from bridge.model import JobResult
from bridge.pipeline.mix import gathering_steps, open_mix
from bridge.pipeline.outcome import deliver_files, report_of_mix
from bridge.pipeline.run import Run
from bridge.recipes import AnalyzeRecipe
from bridge.report import Report


def analyze_job(run: Run, recipe: AnalyzeRecipe) -> JobResult:
    """A report; no audio is made, and the mix is read as a stream."""
    if recipe.page:
        page_process().prepare()
    with open_mix(run.request, run.work) as mix, run.stage("measuring", 0.95) as on_part:
        before = Analyzed(measure(mix, on_part), None) if recipe.scope == "loudness" else analyze(mix, on_part)
    return deliver_files(run, analysis_report(run, before), [], has_page=recipe.page)


def analysis_report(run: Run, before: Analyzed) -> Report:
    """The report of an analysis."""
    return report_of_mix(run, before).model_copy(update={"steps": gathering_steps(run.request)})
