"""Child half of an engine, started with the parent's process id: assignments on stdin, events on stdout.

Plug-ins and libraries print, read and crash as they like, so the two pipes are moved to private descriptors first: what
anything else writes to stdout goes to stderr, and stdin is empty. The process never outlives its parent: a thread waits
for the end of stdin, and on Linux the kernel kills it, which also works while native code hangs with the GIL held.
"""

import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from bridge import __version__
from bridge.errors import BugError, EngineMemoryError, UserError
from bridge.model import Assignment, JobResult, Progress
from bridge.wire import DoneEvent, EngineEvent, FailedEvent, ProgressEvent, ReadyEvent, StartingEvent, to_line

Work = Callable[[Assignment, Callable[[Progress], None]], JobResult]
"""Does one job."""
WARMING_STAGE = "preparing the audio engine"
PROGRESS_INTERVAL_S = 0.05
PR_SET_PDEATHSIG = 1
OOM_SCORE = "500"
"""When memory runs out, Linux ends an engine before the daemon or the DAW."""


def main() -> NoReturn:
    """Does jobs with the pipeline until the parent goes."""
    live(_pipeline)


def live(make_work: Callable[["Pipes"], Work]) -> NoReturn:
    """Makes what does the work, does one job after the other, and leaves when the parent closes stdin.

    Always leaves by the short way: destructors of plug-ins may crash after good work.
    """
    try:
        pipes = Pipes(int(sys.argv[1]))
        work = make_work(pipes)
        pipes.send(ReadyEvent(version=__version__))
        while True:
            pipes.send(_outcome(pipes, pipes.next_assignment(), work))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


class Pipes:
    """The private ends of the pipes to the parent; making one makes this process a child that dies with its parent."""

    def __init__(self, parent_pid: int) -> None:
        self._lock = threading.Lock()
        self._assignments: queue.SimpleQueue[Assignment] = queue.SimpleQueue()
        self._events_to, requests_from = os.dup(1), os.dup(0)
        os.dup2(2, 1)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        faulthandler.enable()
        _die_with(parent_pid)
        threading.Thread(target=self._listen, args=(requests_from,), name="requests", daemon=True).start()

    def send(self, event: EngineEvent) -> None:
        """Writes one event."""
        line = memoryview(to_line(event))
        with self._lock:
            while line:
                line = line[os.write(self._events_to, line) :]

    def next_assignment(self) -> Assignment:
        """The next job; waits for it."""
        return self._assignments.get()

    def _listen(self, requests_from: int) -> None:
        try:
            with os.fdopen(requests_from, "rb") as lines:
                for line in lines:
                    self._assignments.put(Assignment.model_validate_json(line))
        except (OSError, ValueError):
            traceback.print_exc()
        _end_group()


# --- Inside -----------------------------------------------------------------------------------------------------------


def _pipeline(pipes: Pipes) -> Work:
    def on_progress(fraction: float) -> None:
        pipes.send(StartingEvent(progress=Progress(stage=WARMING_STAGE, fraction=fraction)))

    on_progress(0.0)
    from bridge.dsp.warm import warm_up  # noqa: PLC0415 - these imports take a second or more, and the parent watches
    from bridge.pipeline import run_job  # noqa: PLC0415

    try:
        warm_up(on_progress)
    except Exception:  # noqa: BLE001 - the process boundary; what cannot be compiled says so better in the first job
        traceback.print_exc()
    return run_job


def _outcome(pipes: Pipes, assignment: Assignment, work: Work) -> DoneEvent | FailedEvent:
    job_id = assignment.job_id
    try:
        return DoneEvent(job_id=job_id, result=work(assignment, _progress_sender(pipes, job_id)))
    except UserError as error:
        return FailedEvent(job_id=job_id, code=error.code, sentence=error.sentence)
    except MemoryError:
        sentence = "There is not enough memory for this job: close other programs, or lower `engines.slots`, and retry."
        return FailedEvent(job_id=job_id, code=EngineMemoryError.code, sentence=sentence)
    except Exception as error:  # noqa: BLE001 - the process boundary
        what = f"{type(error).__name__}: {error}"
        sentence = f"daw-bridge made a mistake ({what}): please report it, with the record of this job."
        return FailedEvent(job_id=job_id, code=BugError.code, sentence=sentence, traceback=traceback.format_exc())


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


def _die_with(parent_pid: int) -> None:
    """Sees to it that nothing stays behind: no process without its parent, no core dump of gigabytes."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it died before the line above
            _end_group()
        try:
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
        except OSError:
            traceback.print_exc()


def _end_group() -> NoReturn:
    """Ends this process at once, and the programs that it started (ffmpeg) with it."""
    sys.stderr.flush()
    if sys.platform != "win32" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
