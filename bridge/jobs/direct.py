"""Requests carried out at once in an engine of one's own: no daemon, no queue, nothing in the job store."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from bridge.album import AlbumReport
from bridge.analysis import ComparisonReport
from bridge.audio.render import read_render
from bridge.delivery import Role, delivery_errors, prepare, recover, sweep, work_folder
from bridge.errors import AudioError, BridgeError, RequestError
from bridge.jobs.engine import Engine, engine_launch
from bridge.jobs.ids import JobIds
from bridge.jobs.pace import Pace
from bridge.model import Assignment, Grouping, JobRequest, JobResult, Origin, Progress, Render
from bridge.processes.readiness import Readiness
from bridge.recipes import AlbumRecipe, CompareRecipe, MasterRecipe, Recipe
from bridge.report import Report
from bridge.reports.document import read_album, read_comparison, read_report
from bridge.settings import Settings, process_environment

CLI = Origin(listener="cli")
MASTER_PATTERN = "{name} [{chain}]"
"""Directly in the folder that was asked for."""
COMPARE_PATTERN = "{name}"
ALBUM_PATTERN = "{name}"
"""Of its page; its songs lie beside it, each with its chain."""
OnProgress = Callable[[Progress], None]


def direct_request(path: Path, recipe: Recipe, return_folder: Path, settings: Settings) -> JobRequest:
    """A request of the command line for one file.

    Raises:
        AudioError: the file is not usable audio.
        RequestError: its name, or that of the folder, is no text, so that no report could name it.
    """
    for named in (path, return_folder):
        _require_text(named)
    render = read_render(path.absolute(), settings.limits)
    return JobRequest(
        renders=(render,),
        recipe=recipe,
        name=render.path.stem,
        return_folder=return_folder.absolute(),
        name_pattern=MASTER_PATTERN,
        origin=CLI,
    )


def compare_request(earlier: Path, later: Path, return_folder: Path, settings: Settings) -> JobRequest:
    """A request of the command line for two versions of a recording.

    Raises:
        AudioError: one of the files is not usable audio.
    """
    renders = tuple(read_render(path.absolute(), settings.limits) for path in (earlier, later))
    return JobRequest(
        renders=renders,
        recipe=CompareRecipe(),
        name=f"{earlier.stem} - {later.stem}",
        return_folder=return_folder.absolute(),
        name_pattern=COMPARE_PATTERN,
        origin=CLI,
    )


def album_request(paths: Sequence[Path], recipe: AlbumRecipe, return_folder: Path, settings: Settings) -> JobRequest:
    """A request of the command line for the songs of one record, in their order.

    Raises:
        AudioError: files that are not usable audio, all of them at once.
        RequestError: a name is no text.
    """
    faults: list[str] = []
    renders: list[Render] = []
    for path in (*paths, return_folder):
        _require_text(path)
    for path in paths:
        try:
            renders.append(read_render(path.absolute(), settings.limits))
        except AudioError as error:
            faults.append(error.sentence)
    if faults:
        raise AudioError("\n".join(faults))
    return JobRequest(
        renders=tuple(renders),
        grouping=Grouping.ALBUM,
        recipe=recipe,
        name=renders[0].path.parent.name or "Album",
        return_folder=return_folder.absolute(),
        name_pattern=ALBUM_PATTERN,
        origin=CLI,
    )


def from_here(recipe: MasterRecipe) -> MasterRecipe:
    """The recipe with the paths of its references said whole: the engine works elsewhere."""
    tracks = tuple(track.model_copy(update={"path": track.path.absolute()}) for track in recipe.references)
    return recipe.model_copy(update={"references": tracks})


def _require_text(path: Path) -> None:
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise RequestError(f"The name {path} is no text (not UTF-8), so no report can hold it: rename it.") from None


def report_of(result: JobResult) -> Report:
    """The report that was delivered with a result.

    Raises:
        ReportError: somebody has changed it since.
    """
    return read_report(text_of(result, "report"))


def comparison_of(result: JobResult) -> ComparisonReport:
    """The report that was delivered with a comparison; errors as `report_of`."""
    return read_comparison(text_of(result, "report"))


def album_of(result: JobResult) -> AlbumReport:
    """The report that was delivered with an album; errors as `report_of`."""
    return read_album(text_of(result, "report"))


def text_of(result: JobResult, role: Role) -> str:
    """What stands in the delivered file of that role.

    Raises:
        DeliveryError: it is gone.
    """
    path = next(file.path for file in result.files if file.role == role)
    with delivery_errors(path):
        return path.read_text(encoding="utf-8")


class DirectEngine:
    """An engine for a few requests, one after the other."""

    def __init__(self, settings: Settings, readiness: Readiness = Readiness.AT_ONCE_WITH_PAGE) -> None:
        self._settings = settings
        launch = engine_launch(settings, process_environment(), 1, readiness)
        self._engine = Engine(launch, settings.engines)
        self._new_id = JobIds()

    def __enter__(self) -> Self:
        """Starts the engine, which gets ready while the first file is looked at."""
        self._engine.prewarm()
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.stop()

    def run(self, request: JobRequest, on_progress: OnProgress, job_id: str | None = None) -> JobResult:
        """What the request brought back; Ctrl-C stops the engine and leaves nothing half done.

        Args:
            request: what is asked for.
            on_progress: told what people can see.
            job_id: of an earlier job that is done again, so that even its stamp is the same; otherwise a new one.

        Raises:
            UserError: the chain, the audio or the return folder is at fault; nothing was delivered.
            EngineError: the engine crashed, stalled or ran out of memory.
        """
        job_id = job_id or self._new_id()
        work = work_folder(request, job_id)
        pace = Pace(None, time.monotonic)

        def on_event(progress: Progress) -> None:
            if (worth_telling := pace.tell(progress)) is not None:
                on_progress(worth_telling)

        try:
            assignment = self._settings.assignment(job_id, request, prepare(request, job_id))
            return self._done(assignment, on_event)
        finally:
            sweep(work)

    def _done(self, assignment: Assignment, on_event: OnProgress) -> JobResult:
        """What the assignment brought back; after an error, what had been delivered before it."""
        try:
            return self._engine.run(assignment, on_event, lambda: False)
        except (BridgeError, KeyboardInterrupt):
            self._engine.stop()
            delivered = recover(assignment.work_folder)
            if delivered is None:
                raise
            return delivered
