"""Working implementations of the seams, in memory."""

import itertools
from collections.abc import Callable
from pathlib import Path

from bridge.chains import Chain, find_chains, load_chain
from bridge.desk import PathRequest, SeenRender
from bridge.errors import RequestError, UserError
from bridge.model import Job, JobError, JobRequest, JobResult, JobState, Progress
from tests.values import a_measurement, a_render


class FakeDesk:
    """A Desk without a worker: its jobs go on when a test says so."""

    def __init__(self, root: Path = Path("/session")) -> None:
        self.root = root
        self._jobs: dict[str, Job] = {}
        self._followers: list[Callable[[Job], None]] = []
        self.refusal: UserError | None = None
        """Raised by each submit."""
        self._is_paused = False
        self._numbers = itertools.count(1)

    def read(self, wanted: PathRequest) -> JobRequest:
        """The request; every path inside the root is a render."""
        path = wanted.paths[0]
        if not path.is_relative_to(self.root) or ".." in path.parts:
            raise RequestError(f"{path} lies outside the session_roots.")
        return JobRequest(
            renders=tuple(a_render(each) for each in wanted.paths),
            recipe=wanted.recipe,
            name=wanted.name or path.stem,
            return_folder=wanted.return_folder or self.root / "Returns",
            origin=wanted.origin,
        )

    def submit(self, request: JobRequest, client_id: str | None = None) -> Job:
        """A new job, or the one that waits or runs under the same key."""
        if self.refusal is not None:
            raise self.refusal
        for job in self._jobs.values():
            if not job.state.is_final and job.request.key() == request.key():
                return job
        return self.change(Job(id=f"job{next(self._numbers):05d}", request=request, created_s=0.0))

    def cancel(self, job_id: str) -> Job:
        """The job, cancelled."""
        job = self.job(job_id)
        if job.state in {JobState.DONE, JobState.FAILED}:
            raise RequestError(f"Job {job_id} is already {job.state}: there is nothing to cancel.")
        return self.change(job.model_copy(update={"state": JobState.CANCELLED}))

    def retry(self, job_id: str) -> Job:
        """The job, waiting again."""
        job = self.job(job_id)
        if job.state not in {JobState.CANCELLED, JobState.FAILED}:
            raise RequestError(f"Job {job_id} is {job.state}.")
        return self.change(job.model_copy(update={"state": JobState.QUEUED, "error": None}))

    def pause(self) -> None:
        """Notes it."""
        self._is_paused = True

    def resume(self) -> None:
        """Notes it."""
        self._is_paused = False

    def is_paused(self) -> bool:
        """What was noted."""
        return self._is_paused

    def job(self, job_id: str) -> Job:
        """The job with that id."""
        if job_id not in self._jobs:
            raise RequestError(f"There is no job {job_id}.")
        return self._jobs[job_id]

    def jobs(self, limit: int) -> tuple[Job, ...]:
        """The newest first."""
        return tuple(reversed(self._jobs.values()))[:limit]

    def renders(self, limit: int) -> tuple[SeenRender, ...]:
        """Of the jobs, each once."""
        seen: dict[tuple[Path, ...], SeenRender] = {}
        for job in self.jobs(1000):
            request = job.request
            paths = tuple(render.path for render in request.renders)
            found = SeenRender(
                job_id=job.id, name=request.name, renders=request.renders, grouping=request.grouping,
                return_folder=request.return_folder, name_pattern=request.name_pattern,
            )  # fmt: skip
            seen.setdefault(paths, found)
        return tuple(seen.values())[:limit]

    def chains(self) -> tuple[str, ...]:
        """The built-in ones."""
        return tuple(sorted(find_chains(())))

    def chain(self, name: str) -> Chain:
        """One of the built-in ones."""
        return load_chain(name)

    def follow(self, on_change: Callable[[Job], None]) -> Callable[[], None]:
        """Tells each change, on the thread that makes it."""
        self._followers.append(on_change)
        return lambda: self._followers.remove(on_change)

    # --- What a test does ---------------------------------------------------------------------------------------------

    def change(self, job: Job) -> Job:
        """Puts a job in the place of the one with its id, and tells followers."""
        self._jobs[job.id] = job
        for follower in tuple(self._followers):
            follower(job)
        return job

    def run(self, job_id: str, fraction: float, stage: str = "mastering", eta_s: float | None = 4.0) -> Job:
        """The job has come so far."""
        progress = Progress(stage=stage, fraction=fraction, eta_s=eta_s)
        return self.change(self.job(job_id).model_copy(update={"state": JobState.RUNNING, "progress": progress}))

    def finish(self, job_id: str, *warnings: str) -> Job:
        """The job is done: -14 LUFS, -1 dBTP."""
        after = a_measurement(-14.0, -1.0).model_copy(update={"plr_lu": 13.0})
        result = JobResult(files=(), before=a_measurement(), after=after, warnings=warnings, runtime_s=1.0)
        progress = Progress(stage="done", fraction=1.0, eta_s=0.0)
        done = {"state": JobState.DONE, "result": result, "progress": progress}
        return self.change(self.job(job_id).model_copy(update=done))

    def fail(self, job_id: str, sentence: str) -> Job:
        """The job has failed."""
        error = JobError(code="engine_crashed", sentence=sentence, can_retry=True)
        return self.change(self.job(job_id).model_copy(update={"state": JobState.FAILED, "error": error}))
