"""The daemon's own Desk: worker, store and settings behind the one seam that listeners are handed."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bridge.audio.render import read_render
from bridge.chains import Chain, find_chains, load_chain
from bridge.desk import PathRequest, SeenRender
from bridge.errors import RequestError
from bridge.jobs.store import JobStore
from bridge.jobs.worker import Worker
from bridge.model import Job, JobRequest, Render
from bridge.recipes import reference_paths
from bridge.settings import Settings, process_environment
from bridge.weights.files import usual_caches
from bridge.weights.needs import require_models

REMEMBERED_JOBS = 200
"""The renders of so many of the newest jobs can be asked for again."""
log = logging.getLogger(__name__)


class Followers:
    """Everybody who wants to know what becomes of jobs; they come and go while the worker runs."""

    def __init__(self) -> None:
        self._callbacks: tuple[Callable[[Job], None], ...] = ()
        self._lock = threading.Lock()

    def follow(self, on_change: Callable[[Job], None]) -> Callable[[], None]:
        """Tells each change of each job from now on; the answer ends that."""
        with self._lock:
            self._callbacks = (*self._callbacks, on_change)

        def leave() -> None:
            with self._lock:
                self._callbacks = tuple(callback for callback in self._callbacks if callback is not on_change)

        return leave

    def job_changed(self, job: Job) -> None:
        """Told by the worker; one follower that fails costs the others nothing."""
        for callback in self._callbacks:
            try:
                callback(job)
            except Exception:
                log.exception("a follower failed", extra={"action": "notify_failed", "job": job.id})


class JobDesk:
    """The Desk of one daemon."""

    def __init__(
        self, worker: Worker, store: JobStore, settings: Settings, followers: Followers, *, is_bounded: bool = True
    ) -> None:
        """Starts nothing.

        Args:
            worker: told what to do.
            store: looked into.
            settings: session roots, return folders, chain folders and limits.
            followers: one of the worker's notifiers.
            is_bounded: whether requests must stay inside the session roots; not so for somebody who could read and
                write those files without us as well.
        """
        self._worker = worker
        self._roots = settings.roots if is_bounded else None
        self._store = store
        self._settings = settings
        self.follow = followers.follow
        self.cancel = worker.cancel
        self.retry = worker.retry
        self.pause = worker.pause
        self.resume = worker.resume
        self._seen: tuple[int, tuple[SeenRender, ...]] = (-1, ())

    def read(self, wanted: PathRequest) -> JobRequest:
        """The request, with its files looked at."""
        settings = self._settings
        paths = [Path(os.path.normpath(path)) for path in wanted.paths]
        returned = wanted.return_folder or settings.return_folder_of(paths[0])
        _refuse_outside((*paths, returned), self._roots)
        self._worker.prewarm()
        return JobRequest(
            renders=self._read_renders(paths),
            grouping=wanted.grouping,
            recipe=wanted.recipe,
            name=wanted.name or paths[0].stem,
            return_folder=returned,
            name_pattern=wanted.name_pattern or settings.results.name_pattern,
            origin=wanted.origin,
        )

    def submit(self, request: JobRequest, client_id: str | None = None) -> Job:
        """The job of this request."""
        mixes = [render.path for render in request.renders]
        references = [mixes[0].parent / path for path in reference_paths(request.recipe)]
        _refuse_outside((*mixes, request.return_folder, *references), self._roots)
        caches = usual_caches(Path.home(), process_environment())
        to_fetch = require_models(request.recipe, self._settings.separation, caches)
        job = self._worker.submit(request, client_id)
        for name in to_fetch:
            said = "job %s fetches the model %s first, as models.auto_fetch allows"
            log.info(said, job.id, name, extra={"action": "model_fetch", "job": job.id})
        return job

    def is_paused(self) -> bool:
        """Whether jobs are left waiting."""
        return self._worker.is_paused

    def job(self, job_id: str) -> Job:
        """The job with that id."""
        return self._store.get(job_id)

    def jobs(self, limit: int) -> tuple[Job, ...]:
        """The newest jobs."""
        return self._store.list(limit=limit)

    def renders(self, limit: int) -> tuple[SeenRender, ...]:
        """The renders that had a job last."""
        newest = self._store.newest()
        if self._seen[0] != newest:
            self._seen = (newest, _seen_in(self._store.list(limit=REMEMBERED_JOBS)))
        return self._seen[1][:limit]

    def chains(self) -> tuple[str, ...]:
        """Names of all chains."""
        return tuple(sorted(find_chains(self._settings.chain_folders)))

    def chain(self, name: str) -> Chain:
        """The chain of that name."""
        return load_chain(name, self._settings.chain_folders)

    def _read_renders(self, paths: Sequence[Path]) -> tuple[Render, ...]:
        """Renders of the files; one that has not changed since its last job is not read again."""
        known = {render.path: render for seen in self.renders(REMEMBERED_JOBS) for render in seen.renders}
        return tuple(_unchanged(known.get(path)) or read_render(path, self._settings.limits) for path in paths)


def _seen_in(jobs: Iterable[Job]) -> tuple[SeenRender, ...]:
    """What is in jobs, the newest first, each render once; comparisons and albums are about several and left out."""
    found: dict[tuple[Path, ...], SeenRender] = {}
    for job in jobs:
        request = job.request
        paths = tuple(render.path for render in request.renders)
        if request.recipe.do not in {"compare", "album"} and paths not in found:
            found[paths] = SeenRender(
                job_id=job.id,
                name=request.name,
                renders=request.renders,
                grouping=request.grouping,
                return_folder=request.return_folder,
                name_pattern=request.name_pattern,
            )
    return tuple(found.values())


def _unchanged(render: Render | None) -> Render | None:
    """The render, if its file still is what it was."""
    if render is None:
        return None
    try:
        found = render.path.stat()
    except OSError:
        return None
    return render if (found.st_size, found.st_mtime_ns) == (render.size_bytes, render.mtime_ns) else None


def _refuse_outside(paths: Iterable[Path], roots: Sequence[Path] | None) -> None:
    """Lets paths pass that lie inside the session roots, or any where there are no bounds; links are followed."""
    for path in () if roots is None else paths:
        if not path.is_absolute():
            raise RequestError(f"{path} is not a whole path: begin at the root of the disk.")
        if not any(_resolved(path).is_relative_to(_resolved(root)) for root in roots or ()):
            raise RequestError(f"{path} lies outside the session_roots: add its session folder to the settings.")


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as reason:  # a NUL in it, no text, links in a circle
        raise RequestError(f"{path!r} is no path on this machine: {reason}.") from reason
