"""Separation of a mix into stems."""

from bridge.errors import RequestError
from bridge.model import JobResult
from bridge.pipeline.run import Run
from bridge.recipes import SplitRecipe


def split_job(run: Run, recipe: SplitRecipe) -> JobResult:
    """Stems, residual and their report."""
    raise RequestError(f"{run.request.name} cannot be split into {recipe.stems or 4} stems by this version yet.")
