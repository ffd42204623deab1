"""One job, top to bottom: READ `run_job` FIRST.

Runs in an engine (a child process that may be killed at any moment), so nothing is kept here between jobs, and nothing
outside the work folder is touched before delivery.
"""

from collections.abc import Callable
from typing import assert_never

from bridge.audio.read import decoded_digest, read_whole
from bridge.chains import load_chain
from bridge.dsp.mastering import master
from bridge.dsp.measures import analyze, measure
from bridge.dsp.measures.compare import compare
from bridge.model import Assignment, JobResult, Progress
from bridge.pipeline.comparison import comparison_report, deliver_comparison
from bridge.pipeline.mix import open_mix, open_versions
from bridge.pipeline.outcome import analysis_report, deliver_again, deliver_files, master_report
from bridge.pipeline.output import master_order, result_key, write_master
from bridge.pipeline.run import Run
from bridge.pipeline.split import split_job
from bridge.recipes import AnalyzeRecipe, CompareRecipe, MasterRecipe, SplitRecipe


def run_job(assignment: Assignment, on_progress: Callable[[Progress], None]) -> JobResult:
    """What the job brought back, delivered.

    Raises:
        UserError: the chain, the audio or the return folder is at fault; nothing was delivered.
    """
    run = Run(assignment, on_progress)
    match assignment.request.recipe:
        case MasterRecipe() as recipe:
            return master_job(run, recipe)
        case AnalyzeRecipe():
            return analyze_job(run)
        case CompareRecipe():
            return compare_job(run)
        case SplitRecipe() as recipe:
            return split_job(run, recipe)
        case _ as never:
            assert_never(never)


def master_job(run: Run, recipe: MasterRecipe) -> JobResult:
    """A master and its report."""
    chain = load_chain(recipe.chain, run.assignment.chain_folders)
    with run.stage("reading", 0.10) as on_part, open_mix(run.request, run.work) as mix:
        order = master_order(recipe, run.request, mix)
        audio = read_whole(mix, run.allocate, on_part)
        key = result_key(decoded_digest(audio), chain, order, recipe)
    if (kept := run.cache.find(key)) is not None:
        return deliver_again(run, *kept)
    with run.stage("measuring", 0.10) as on_part:
        before = analyze(audio, on_part)
    with run.stage("mastering", 0.50) as on_part:
        mastered = master(audio, chain, order, run.allocate, on_part)
    with run.stage("writing", 0.25) as on_part:
        written = write_master(run, recipe, mastered, on_part)
    report = master_report(run, before, mastered, written)
    run.cache.keep(key, report, [written.staged])
    return deliver_files(run, report, [written.staged])


def analyze_job(run: Run) -> JobResult:
    """A report; no audio is made, and the mix is read as a stream."""
    with open_mix(run.request, run.work) as mix, run.stage("measuring", 0.95) as on_part:
        before = analyze(mix, on_part)
    return deliver_files(run, analysis_report(run, before), [])


def compare_job(run: Run) -> JobResult:
    """A report on what changed between two versions; no audio is made, and both are read as streams."""
    with open_versions(run.request, run.work) as (a, b):
        with run.stage("measuring", 0.35) as on_part:
            before = measure(a, lambda part: on_part(part / 2))
            after = measure(b, lambda part: on_part(0.5 + part / 2))
        with run.stage("comparing", 0.60) as on_part:
            comparison = compare(a, b, run.allocate, on_part)
    return deliver_comparison(run, comparison_report(run, before, after, comparison))
