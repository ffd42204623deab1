"""Child half of an engine: assignments on stdin, events on stdout.

Arguments: what to prepare (a `Readiness`; otherwise everything), and last the parent's process id.
"""

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from bridge import __version__
from bridge.errors import BugError, EngineCrashedError, EngineMemoryError, UserError
from bridge.model import Assignment, JobResult, Progress
from bridge.processes.garbage import uncollected
from bridge.processes.inside import PrivatePipes
from bridge.processes.readiness import Readiness
from bridge.wire import (
    DoneEvent,
    EngineEvent,
    FailedEvent,
    ProgressEvent,
    ReadyEvent,
    StartingEvent,
    to_line,
)

Work = Callable[[Assignment, Callable[[Progress], None]], JobResult]
"""Does one job."""
Preparation = Callable[[], object]
"""Loads something that jobs will want later."""
WARMING_STAGE = "preparing the audio engine"
PROGRESS_INTERVAL_S = 0.05
QUIET_S = 0.3
"""After so long without a job an engine prepares for later ones; a job that waits already arrives much sooner."""


def main() -> NoReturn:
    """Does jobs with the pipeline until the parent goes."""
    if Readiness.AT_ONCE_WITH_PAGE in sys.argv:
        _start_drawing()
    if {Readiness.AT_ONCE, Readiness.AT_ONCE_WITH_PAGE} & set(sys.argv):
        live(_bare_pipeline)
    live(_pipeline, (_start_drawing, _rehearse_page))


def live(make_work: Callable[["Pipes"], Work], while_idle: Sequence[Preparation] = ()) -> NoReturn:
    """Makes what does the work, does one job after the other, and leaves when the parent closes stdin.

    Between being ready and the first job it prepares what may come `while_idle`, one thing at a time, and only while
    nobody asks for anything: the job of a command arrives as soon as the engine is ready.

    Always leaves by the short way: destructors of plug-ins may crash after good work.
    """
    try:
        pipes = Pipes(int(sys.argv[-1]))
        work = make_work(pipes)
        pipes.send(ReadyEvent(version=__version__))
        for preparation in while_idle:
            if pipes.stay_idle(QUIET_S):
                _try_to(preparation)
        while True:
            pipes.send(_outcome(pipes, pipes.next_assignment(), work))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


class Pipes:
    """The private ends of the pipes to the parent; making one makes this process a child that dies with its parent."""

    def __init__(self, parent_pid: int) -> None:
        self._assignments: queue.SimpleQueue[Assignment] = queue.SimpleQueue()
        self._was_asked = threading.Event()
        self._pipes = PrivatePipes(parent_pid, self._take)

    def send(self, event: EngineEvent) -> None:
        """Writes one event."""
        self._pipes.send_line(to_line(event))

    def next_assignment(self) -> Assignment:
        """The next job; waits for it."""
        return self._assignments.get()

    def stay_idle(self, duration_s: float) -> bool:
        """Waits so long for a first job; whether none has come."""
        return not self._was_asked.wait(duration_s)

    def _take(self, line: bytes) -> None:
        self._assignments.put(Assignment.model_validate_json(line))
        self._was_asked.set()


# --- Inside -----------------------------------------------------------------------------------------------------------


def _pipeline(pipes: Pipes) -> Work:
    """With everything warm; these imports take a second or more, and the parent watches."""

    def on_progress(fraction: float) -> None:
        pipes.send(StartingEvent(progress=Progress(stage=WARMING_STAGE, fraction=fraction)))

    on_progress(0.0)
    from bridge.dsp.warm import warm_up  # noqa: PLC0415

    _try_to(lambda: warm_up(on_progress))
    return _bare_pipeline(pipes)


def _bare_pipeline(_: Pipes) -> Work:
    with uncollected():
        from bridge.pipeline import run_job  # noqa: PLC0415

    return run_job


def _start_drawing() -> None:
    """The process that draws pages: half a second that the first report would wait."""
    from bridge.drawing import page_process  # noqa: PLC0415

    page_process().prepare()


def _rehearse_page() -> None:
    from bridge.pipeline.rehearsal import rehearse_page  # noqa: PLC0415

    rehearse_page()


def _try_to(preparation: Preparation) -> None:
    """A preparation that fails only prints why: the first job that needs it says it better."""
    try:
        preparation()
    except Exception:  # noqa: BLE001 - the process boundary
        traceback.print_exc()


def _outcome(pipes: Pipes, assignment: Assignment, work: Work) -> DoneEvent | FailedEvent:
    job_id = assignment.job_id
    try:
        result = work(assignment, _progress_sender(pipes, job_id))
        return DoneEvent(job_id=job_id, result=result, model_mb=_model_mb())
    except UserError as error:
        return FailedEvent(job_id=job_id, code=error.code, sentence=error.sentence)
    except EngineCrashedError as error:  # a device that is gone: only a fresh process finds it again
        trace = traceback.format_exc()
        return FailedEvent(job_id=job_id, code=error.code, sentence=error.sentence, traceback=trace)
    except MemoryError:
        sentence = "There is not enough memory for this job: close other programs, or lower `engines.slots`, and retry."
        return FailedEvent(job_id=job_id, code=EngineMemoryError.code, sentence=sentence)
    except Exception as error:  # noqa: BLE001 - the process boundary
        what = f"{type(error).__name__}: {error}"
        sentence = f"daw-bridge made a mistake ({what}): please report it, with the record of this job."
        return FailedEvent(job_id=job_id, code=BugError.code, sentence=sentence, traceback=traceback.format_exc())


def _model_mb() -> int:
    """Memory of warm models; PyTorch is not imported to find that there are none."""
    warm = sys.modules.get("bridge.dsp.separation.warm_models")
    return 0 if warm is None else int(warm.WARM.size_mb)


def _progress_sender(pipes: Pipes, job_id: str) -> Callable[[Progress], None]:
    """Sends each new stage, and within a stage no more than people can see."""
    stage, sent_s = "", 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal stage, sent_s
        now_s = time.monotonic()
        if progress.stage != stage or now_s - sent_s >= PROGRESS_INTERVAL_S:
            stage, sent_s = progress.stage, now_s
            pipes.send(ProgressEvent(job_id=job_id, progress=progress))

    return on_progress


if __name__ == "__main__":
    main()
