"""What an album that was stopped, or broke off, has finished all the same: in a sentence."""

from pathlib import PurePath

from bridge.delivery import final_name
from bridge.model import JobRequest
from bridge.recipes import AlbumRecipe
from bridge.reports.delivered import reports_of_job
from bridge.units import count_text


def finished_songs(request: JobRequest, job_id: str) -> str:
    """Which songs of a job stand whole in its return folder; empty where none do, or where it is no album."""
    if not isinstance(request.recipe, AlbumRecipe):
        return ""
    folder = request.return_folder / PurePath(final_name(request, job_id)).parent
    names = [one.report.name for one in reports_of_job(folder, job_id)]
    if not names:
        return ""
    verb = "is" if len(names) == 1 else "are"
    left = count_text(len(request.renders), "song")
    return (
        f"{len(names)} of {left} {verb} finished in {folder}, each with its report: {', '.join(names)}. "
        "The page of the album is missing."
    )
