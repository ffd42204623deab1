"""Parent half of an engine: a warm child process that does one job at a time and can be killed and replaced.

Whatever goes wrong in the child arrives here as one of the errors of `bridge.errors`; after everything but a clean
answer the child is killed, with all that it started, and the next job gets a fresh one.
"""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from bridge.errors import (
    BridgeError,
    BugError,
    DocumentError,
    EngineCrashedError,
    EngineError,
    EngineMemoryError,
    EngineStalledError,
    Fault,
    UserError,
)
from bridge.launching import launch_of
from bridge.model import Assignment, JobRequest, JobResult, Progress, Render
from bridge.processes.child import AHEAD, Child, Launch
from bridge.processes.readiness import Readiness
from bridge.recipes import SplitRecipe
from bridge.settings import EngineSettings, Settings
from bridge.wire import (
    DoneEvent,
    EngineEvent,
    FailedEvent,
    ProgressEvent,
    ReadyEvent,
    StartingEvent,
    event_of,
    to_line,
)

LOOK_S = 0.1
"""How often a running job is asked whether it should stop."""
MEMORY_LOOK_S = 1.0
AUDIO_S = 600.0
"""`engines.job_timeout_s` is meant for so much audio; a longer song gets so many times more."""
LOSSY_BYTES_PER_S = 16_000
"""Of a file whose length only decoding tells (128 kbit/s)."""
RUNAWAY_FACTOR = 2.0
"""A job that makes its engine hold so many times `memory_max_mb` is stopped before the whole machine stands still."""
LAST_WORDS_S = 1.0
log = logging.getLogger(__name__)


class JobStoppedError(BridgeError):
    """The job was stopped because whoever runs it wanted that."""

    code = "job_stopped"


def engine_launch(
    settings: Settings, environment: Mapping[str, str], slot: int, readiness: Readiness = Readiness.EVERYTHING
) -> Launch:
    """How the engine of a slot is started.

    Args:
        settings: give the number of slots and the data folder.
        environment: of this process.
        slot: from 1.
        readiness: what it prepares before it says that it is ready.
    """
    return launch_of(settings.data_folder, environment, readiness, slot, settings.engines.slots)


def time_limit_s(request: JobRequest, job_timeout_s: float) -> float:
    """How long a job may take: a song must not fail for being long, nor for being done as thoroughly as was asked.

    Args:
        request: its audio and its recipe tell how much there is to do.
        job_timeout_s: for ten minutes of audio that pass through one network at most.
    """
    audio_s = sum(_audio_s(render) for render in request.renders)
    passes = request.recipe.passes if isinstance(request.recipe, SplitRecipe) else 1
    return job_timeout_s * max(1.0, audio_s / AUDIO_S) * passes


def _audio_s(render: Render) -> float:
    return render.size_bytes / LOSSY_BYTES_PER_S if render.duration_s is None else render.duration_s


class Engine:
    """One child, started when it is needed. To be used by one thread at a time."""

    def __init__(self, launch: Launch, settings: EngineSettings) -> None:
        self._launch = launch
        self._settings = settings
        self._child: Child | None = None
        self._is_ready = False
        self._jobs_done = 0

    @property
    def is_warm(self) -> bool:
        """Whether a child is there that may do the next job."""
        return self._child is not None and self._child.exit_code is None

    @property
    def pid(self) -> int | None:
        """Process id of the child, where there is one."""
        return None if self._child is None else self._child.pid

    def prewarm(self) -> None:
        """Starts the child without waiting for it.

        Raises:
            EngineCrashedError: the system refuses to start one.
        """
        if self.is_warm:
            return
        self.stop()
        try:
            self._child = AHEAD.child(self._launch)
        except OSError as reason:
            raise EngineCrashedError(
                f"The audio engine could not be started ({reason.strerror or reason}): close other programs and retry."
            ) from reason
        log.info("engine started", extra={"action": "engine_started", "engine_pid": self._child.pid})

    def run(
        self, assignment: Assignment, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool]
    ) -> JobResult:
        """What the job brought back.

        Raises:
            UserError: as the pipeline raised it.
            EngineError: the engine crashed, gave no sign of life, took too long, or ran out of memory.
            BugError: the pipeline met a mistake of its own.
            JobStoppedError: `should_stop` said so.
        """
        self.prewarm()
        watch = _Watch(self._settings, time_limit_s(assignment.request, self._settings.job_timeout_s), should_stop)
        try:
            if not self._is_ready:
                self._wait_until_ready(watch, on_progress)
            answer = self._answer(assignment, watch, on_progress)
        except BaseException:
            self.stop()
            raise
        self._jobs_done += 1
        return self._result(answer)

    def stop(self) -> None:
        """Ends the child, whatever it is doing."""
        if self._child is None:
            return
        pid, code = self._child.pid, self._child.end()
        self._child, self._is_ready, self._jobs_done = None, False, 0
        log.info("engine stopped", extra={"action": "engine_stopped", "engine_pid": pid, "exit_code": code})

    # --- Inside ---------------------------------------------------------------------------------------------------

    def _wait_until_ready(self, watch: "_Watch", on_progress: Callable[[Progress], None]) -> None:
        for event in self._events(watch):
            match event:
                case StartingEvent(progress=progress):
                    watch.stage = progress.stage
                    on_progress(progress.model_copy(update={"fraction": 0.0}))
                case ReadyEvent():
                    self._is_ready, watch.stage = True, "starting the job"
                    return
                case _:
                    raise self._nonsense(event)

    def _answer(
        self, assignment: Assignment, watch: "_Watch", on_progress: Callable[[Progress], None]
    ) -> DoneEvent | FailedEvent:
        assert self._child is not None
        self._child.send(to_line(assignment))
        for event in self._events(watch):
            match event:
                case ProgressEvent(job_id=assignment.job_id, progress=progress):
                    watch.stage = progress.stage
                    on_progress(progress)
                case DoneEvent(job_id=assignment.job_id) | FailedEvent(job_id=assignment.job_id):
                    return event
                case _:
                    raise self._nonsense(event)
        raise AssertionError

    def _events(self, watch: "_Watch") -> Iterator[EngineEvent]:
        """Each event as it comes; the limits are looked at in between."""
        child = self._child
        assert child is not None
        while True:
            watch.look(child)
            try:
                line = child.next_line(LOOK_S)
            except EOFError:
                raise _crash(child.end(LAST_WORDS_S), watch.stage, child.tail) from None
            if line is None:
                continue
            try:
                event = event_of(line)
            except ValueError as reason:
                raise self._nonsense(line[:200]) from reason
            watch.heard()
            yield event

    def _nonsense(self, what: object) -> EngineCrashedError:
        sentence = "The audio engine sent something that is no answer: retry, and report it if that happens again."
        return EngineCrashedError(sentence, f"{what!r}\n{self._child.tail if self._child else ''}")

    def _result(self, answer: DoneEvent | FailedEvent) -> JobResult:
        assert self._child is not None
        match answer:
            case DoneEvent(result=result, model_mb=model_mb):
                self._stop_if_used_up(self._child, model_mb)
                return result
            case FailedEvent():
                error = _error_of(answer, self._child.tail)
                if isinstance(error, UserError):
                    self._stop_if_used_up(self._child)
                else:
                    self.stop()
                raise error
            case _ as never:
                assert_never(never)

    def _stop_if_used_up(self, child: Child, model_mb: int = 0) -> None:
        """Ends a child that is old or holds too much; what its warm models need is no waste."""
        is_old = self._jobs_done >= self._settings.recycle_after_jobs
        if is_old or child.private_mb() > self._settings.memory_max_mb + model_mb:
            self.stop()


class _Watch:
    """The limits of one job."""

    def __init__(self, settings: EngineSettings, time_limit_s: float, should_stop: Callable[[], bool]) -> None:
        self.stage = "starting"
        self._settings = settings
        self._time_limit_s = time_limit_s
        self._should_stop = should_stop
        self._started_s = self._heard_s = self._weighed_s = time.monotonic()

    def heard(self) -> None:
        """Notes a sign of life."""
        self._heard_s = time.monotonic()

    def look(self, child: Child) -> None:
        """Raises when a limit is passed, or the job should stop."""
        now_s = time.monotonic()
        limits = self._settings
        if self._should_stop():
            raise JobStoppedError(f"The job was stopped while {self.stage}.")
        if now_s - self._started_s > self._time_limit_s:
            raise EngineStalledError(
                f"The job took longer than {self._time_limit_s:g} s and was stopped while {self.stage}: retry, or "
                f"raise `engines.job_timeout_s`.",
                child.tail,
            )
        if now_s - self._heard_s > limits.stall_timeout_s:
            raise EngineStalledError(
                f"The audio engine gave no sign of life for {limits.stall_timeout_s:g} s while {self.stage} and was "
                f"stopped: retry, or raise `engines.stall_timeout_s`.",
                child.tail,
            )
        if now_s - self._weighed_s > MEMORY_LOOK_S:
            self._weighed_s = now_s
            self._weigh(child)

    def _weigh(self, child: Child) -> None:
        limit_mb = RUNAWAY_FACTOR * self._settings.memory_max_mb
        held_mb = child.private_mb()
        if held_mb > limit_mb:
            raise EngineMemoryError(
                f"The audio engine held {held_mb:.0f} MB while {self.stage}, more than {RUNAWAY_FACTOR:g} times "
                f"`engines.memory_max_mb`, and was stopped: raise that if the machine has more memory.",
                child.tail,
            )


def _crash(exit_code: int, stage: str, tail: str) -> EngineCrashedError:
    if sys.platform != "win32" and exit_code == -signal.SIGKILL:
        sentence = (
            f"The audio engine was killed (SIGKILL) while {stage}, most likely because the machine ran out of memory: "
            f"close other programs and retry."
        )
    else:
        how = f"crashed ({_signal_name(-exit_code)})" if exit_code < 0 else f"ended by itself (exit code {exit_code})"
        sentence = f"The audio engine {how} while {stage}: retry, and report it if that happens again."
    return EngineCrashedError(sentence, tail)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _error_of(event: FailedEvent, tail: str) -> UserError | EngineError | BugError:
    """The error that the child reported, as it was raised there."""
    if event.code == EngineMemoryError.code:
        return EngineMemoryError(event.sentence, tail)
    if event.code == EngineCrashedError.code:
        return EngineCrashedError(event.sentence, event.traceback or tail)
    if event.code == BugError.code:
        return BugError(event.sentence, event.traceback or tail)
    kind = {kind.code: kind for kind in _kinds(UserError)}.get(event.code, UserError)
    return kind([Fault(event.sentence)]) if issubclass(kind, DocumentError) else kind(event.sentence)


def _kinds(kind: type[UserError]) -> Iterator[type[UserError]]:
    yield kind
    for special in kind.__subclasses__():
        yield from _kinds(special)
