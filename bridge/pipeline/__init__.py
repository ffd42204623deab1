"""One job, top to bottom: READ `run_job` FIRST, then the job that it names, each a short function in its own module.

Runs in an engine (a child process that may be killed at any moment), so nothing is kept here between jobs, and nothing
outside the work folder is touched before delivery. A kind of job is imported by the first job of its kind: measuring a
file must not wait for plug-ins, and a master not for models.
"""

from collections.abc import Callable
from typing import assert_never

from bridge.model import Assignment, JobResult, Progress
from bridge.pipeline.run import Run
from bridge.recipes import AlbumRecipe, AnalyzeRecipe, CompareRecipe, MasterRecipe, SplitRecipe
from bridge.weights.extra import require_packages


def run_job(assignment: Assignment, on_progress: Callable[[Progress], None]) -> JobResult:
    """What the job brought back, delivered.

    Raises:
        UserError: the chain, the audio or the return folder is at fault; nothing was delivered.
    """
    run = Run(assignment, on_progress)
    match assignment.request.recipe:
        case MasterRecipe() as recipe:
            from bridge.pipeline.mastering import master_job  # noqa: PLC0415

            return master_job(run, recipe)
        case AlbumRecipe() as recipe:
            from bridge.pipeline.album import album_job  # noqa: PLC0415

            return album_job(run, recipe)
        case AnalyzeRecipe() as recipe:
            from bridge.pipeline.analysis import analyze_job  # noqa: PLC0415

            return analyze_job(run, recipe)
        case CompareRecipe():
            from bridge.pipeline.comparison import compare_job  # noqa: PLC0415

            return compare_job(run)
        case SplitRecipe() as recipe:
            require_packages("Separation")
            from bridge.pipeline.split import split_job  # noqa: PLC0415

            return split_job(run, recipe)
        case _ as never:
            assert_never(never)
