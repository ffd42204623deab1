"""One slot: a thread with an engine that claims a job, sees it through, writes down what became of it, and goes on."""

import contextlib
import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, assert_never

from bridge import delivery
from bridge.errors import BugError, DeliveryError, EngineError, StoreError, UserError
from bridge.jobs.engine import Engine, JobStoppedError
from bridge.jobs.pace import Pace
from bridge.jobs.signals import Switches
from bridge.jobs.store import JobStore
from bridge.jobs.unfinished import finished_songs
from bridge.model import Assignment, Job, JobError, JobResult, Progress
from bridge.settings import EngineSettings, RetrySettings

STORE_WAIT_S = 1.0
STORE_WAIT_S_MAX = 30.0
PRUNE_EVERY_JOBS = 100
log = logging.getLogger(__name__)


class Notifier(Protocol):
    """Wants to know what becomes of jobs."""

    def job_changed(self, job: Job) -> None:
        """Told each change of each job, the latest where several came at once; to return quickly."""
        ...


@dataclass(frozen=True)
class Clock:
    """Where the time comes from."""

    now_s: Callable[[], float] = time.time
    """Seconds since 1970; may jump."""
    monotonic_s: Callable[[], float] = time.monotonic
    """Seconds since whenever; never jumps."""


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker is made of."""

    engines: EngineSettings
    retry: RetrySettings
    make_engine: Callable[[int], Engine]
    """Engine of a slot, numbered from 1."""
    make_assignment: Callable[[Job, Path], Assignment]
    """What the engine is told about a job with this work folder."""
    notifiers: tuple[Notifier, ...] = ()
    clock: Clock = Clock()


@dataclass(frozen=True)
class _Failed:
    """Given up."""

    error: JobError
    is_work_kept: bool = False
    """Whether a delivery has begun that could not be ended now; a retry by hand ends it."""


@dataclass(frozen=True)
class _Again:
    """The attempt failed; there will be another."""

    error: JobError


@dataclass(frozen=True)
class _Stopped:
    """The engine was stopped on purpose."""


_Outcome: TypeAlias = JobResult | _Failed | _Again | _Stopped


class Slot:
    """Does one job at a time."""

    def __init__(self, number: int, store: JobStore, setup: WorkerSetup, switches: Switches) -> None:
        self._store = store
        self._setup = setup
        self._switches = switches
        self._clock = setup.clock
        self._engine = setup.make_engine(number)
        self._idle_since_s = 0.0
        self._store_wait_s = STORE_WAIT_S
        self._jobs_ended = 0

    def run(self) -> None:
        """Does jobs until the worker stops."""
        try:
            while (job := self._next_job()) is not None:
                self._see_through(job)
        finally:
            self._engine.stop()

    # --- Waiting --------------------------------------------------------------------------------------------------

    def _next_job(self) -> Job | None:
        """The next claimed job; None when the worker stops."""
        self._idle_since_s = self._clock.monotonic_s()
        while not self._switches.is_stopping:
            heard = self._switches.bell.rings
            if self._switches.is_paused:
                due_s = None
            else:
                try:
                    if (job := self._store.claim(self._clock.now_s())) is not None:
                        self._store_wait_s = STORE_WAIT_S
                        return job
                    due_s = self._store.due_in_s(self._clock.now_s())
                except StoreError as error:
                    due_s = self._store_failed(error)
            self._switches.bell.wait(heard, self._idle(due_s))
        return None

    def _store_failed(self, error: StoreError) -> float:
        """How long to leave the store alone; longer each time."""
        log.error("%s", error, extra={"action": "store_failed"})
        wait_s, self._store_wait_s = self._store_wait_s, min(2 * self._store_wait_s, STORE_WAIT_S_MAX)
        return wait_s

    def _idle(self, due_s: float | None) -> float | None:
        """How long to wait for a ring; starts or stops the engine meanwhile."""
        if self._switches.take_prewarm():
            self._prewarm()
        if not self._engine.is_warm:
            return due_s
        left_s = self._setup.engines.idle_stop_s - (self._clock.monotonic_s() - self._idle_since_s)
        if left_s <= 0:
            self._engine.stop()
            return due_s
        return left_s if due_s is None else min(due_s, left_s)

    def _prewarm(self) -> None:
        self._idle_since_s = self._clock.monotonic_s()
        try:
            self._engine.prewarm()
        except EngineError as error:
            log.warning("%s", error, extra={"action": "engine_failed"})  # the job that comes will say it again

    # --- Doing ----------------------------------------------------------------------------------------------------

    def _see_through(self, job: Job) -> None:
        """Does a claimed job and writes down what became of it."""
        log.info("job %s started", job.id, extra={"action": "job_started", "job": job.id, "attempt": job.attempt})
        work = delivery.work_folder(job.request, job.id)
        ended = self._record(job, work, self._outcome(job, work))
        if ended is not None:
            _log_end(ended)
        self._jobs_ended += 1
        if self._jobs_ended % PRUNE_EVERY_JOBS == 0:
            with contextlib.suppress(StoreError):
                self._store.prune()
        self._switches.bell.ring()

    def _outcome(self, job: Job, work: Path) -> _Outcome:
        """What became of the job; a delivery that has begun is always carried to its end."""
        try:
            outcome = self._attempt(job, work)
            return outcome if isinstance(outcome, JobResult) else delivery.recover(work) or outcome
        except UserError as error:
            return _Failed(_job_error(error), is_work_kept=True)
        except Exception as error:  # noqa: BLE001 - one job's bug must not end the slot; its record tells
            sentence = f"daw-bridge made a mistake ({type(error).__name__}: {error}): please report it."
            return _Failed(JobError(code=BugError.code, sentence=sentence, traceback=traceback.format_exc()))

    def _attempt(self, job: Job, work: Path) -> _Outcome:
        delivered = delivery.recover(work)  # by an attempt whose folder was out of reach when it should have ended
        if delivered is not None:
            return delivered
        try:
            assignment = self._setup.make_assignment(job, delivery.prepare(job.request, job.id))
            return self._engine.run(assignment, self._teller(job), lambda: self._should_stop(job.id))
        except JobStoppedError:
            return _Stopped()
        except (UserError, BugError) as error:
            return _Failed(_job_error(error))
        except EngineError as error:
            is_last = job.attempt >= self._setup.retry.attempts_max
            return _Failed(_job_error(error)) if is_last else _Again(_job_error(error))

    def _teller(self, job: Job) -> Callable[[Progress], None]:
        """Writes progress down; a store that cannot take it costs the progress, not the job."""
        expected_s = None
        with contextlib.suppress(StoreError):
            expected_s = self._store.expected_runtime_s(job.request)
        pace = Pace(expected_s, self._clock.monotonic_s)

        def tell(progress: Progress) -> None:
            if (told := pace.tell(progress)) is not None:
                with contextlib.suppress(StoreError):
                    self._store.progress(job.id, told)
                self._switches.bell.ring()

        return tell

    def _should_stop(self, job_id: str) -> bool:
        if self._switches.is_stopping:
            return True
        with contextlib.suppress(StoreError):
            return self._store.is_cancel_requested(job_id)
        return False

    # --- Writing down ---------------------------------------------------------------------------------------------

    def _record(self, job: Job, work: Path, outcome: _Outcome) -> Job | None:
        """The job as it now stands; None when the store could not be written and the worker stops.

        A work folder with a carried-out plan is swept after the store knows, so that a kill in between finds the plan;
        all others before, because the next attempt may begin as soon as the store knows.
        """
        match outcome:
            case JobResult() | _Failed(is_work_kept=True):
                pass
            case _:
                delivery.sweep(work)
        ended = self._surely(lambda: self._write(job, outcome))
        if ended is not None and isinstance(outcome, JobResult):
            delivery.sweep(work)
            with contextlib.suppress(StoreError):
                self._store.swept(job.id)
        return ended

    def _write(self, job: Job, outcome: _Outcome) -> Job:
        now_s = self._clock.now_s()
        match outcome:
            case JobResult():
                return self._store.finish(job.id, outcome, now_s)
            case _Failed(error=error):
                return self._store.fail(job.id, _with_what_is_left(job, error), now_s)
            case _Again(error=error):
                return self._store.requeue(job.id, error, now_s + backoff_s(self._setup.retry, job.attempt), now_s)
            case _Stopped():
                return self._store.put_back(job.id, now_s, left_by(job))
            case _ as never:
                assert_never(never)

    def _surely(self, write: Callable[[], Job]) -> Job | None:
        """What was written, however often it takes; None when the worker stops first."""
        while True:
            heard = self._switches.bell.rings
            try:
                written = write()
            except StoreError as error:
                wait_s = self._store_failed(error)
                if self._switches.is_stopping:
                    return None
                self._switches.bell.wait(heard, wait_s)
            else:
                self._store_wait_s = STORE_WAIT_S
                return written


def backoff_s(retry: RetrySettings, attempt: int) -> float:
    """How long to wait after an attempt (from 1) failed; doubles each time, up to a limit."""
    return min(retry.backoff_s * 2.0 ** min(attempt - 1, 60), retry.backoff_max_s)


def left_by(job: Job) -> JobError | None:
    """What a job that ends before its time has delivered already, and how it goes on; None for nothing."""
    if not (finished := finished_songs(job.request, job.id)):
        return None
    sentence = f"{finished} `dawbridge jobs retry {job.id}` goes on with the others."
    return JobError(code="album_unfinished", sentence=sentence, can_retry=True)


def _with_what_is_left(job: Job, error: JobError) -> JobError:
    """The error, and what stands in the return folder all the same."""
    left = left_by(job)
    return error if left is None else error.model_copy(update={"sentence": f"{error.sentence} {left.sentence}"})


def _job_error(error: UserError | EngineError | BugError) -> JobError:
    detail = None if isinstance(error, UserError) else error.detail
    can_retry = isinstance(error, EngineError | DeliveryError)
    return JobError(code=error.code, sentence=error.sentence, can_retry=can_retry, traceback=detail or None)


def _log_end(job: Job) -> None:
    """One line on what became of a job."""
    extra = {"action": f"job_{job.state}", "job": job.id, "attempt": job.attempt}
    level = logging.WARNING if job.error is not None else logging.INFO
    log.log(level, "job %s %s%s", job.id, job.state, f": {job.error.sentence}" if job.error else "", extra=extra)
