"""A child half of an engine that speaks the real protocol, and does what the name of each request says.

`song` is mastered as it should be, and `nothing` comes back at once, without files; `signal 11`, `exit 3`, `stall`,
`hang`, `busy 2`, `print 1000`, `leak 300`, `grow`, `nonsense`, `endless`, `fail chain_error`, `memory`, `bug`, `start`,
`once FILE`, `half` and `environment FILE` do what plug-ins, libraries and bugs do. Every result tells the process id in
its first warning.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bridge import delivery
from bridge.delivery import PLAN, DeliveryPlan, PlannedFile, write_whole
from bridge.engine_main import Pipes, Work, live
from bridge.errors import AudioError, ChainError, DeliveryError, Fault
from bridge.model import Assignment, DeliveredFile, JobResult, Progress

Tell = Callable[[Progress], None]
SLOW_START = "--slow-start"
hoard: list[bytearray] = []


def make_work(pipes: Pipes) -> Work:
    if SLOW_START in sys.argv:
        time.sleep(1.0)

    def work(assignment: Assignment, tell: Tell) -> JobResult:
        order, _, argument = assignment.request.name.partition(" ")
        if order == "nothing":
            return JobResult(files=(), runtime_s=0.0, warnings=(str(os.getpid()),))
        tell(Progress(stage="reading", fraction=0.1))
        (assignment.work_folder / "scratch.raw").write_bytes(b"x" * 1000)
        match order:
            case "busy":
                be_busy(float(argument), tell)
            case "nonsense":
                pipes._pipes.send_line(b"Segmentation fault in Reverb.vst3\n")
                time.sleep(1000)
            case "endless":
                for _ in range(10):
                    pipes._pipes.send_line(b"x" * 1_000_000)
            case "half":
                deliver_half(assignment)
            case _:
                MISDEEDS[order](argument)
        tell(Progress(stage="writing", fraction=0.9))
        return deliver(assignment)

    return work


def leave(code: str) -> None:
    sys.stderr.write("licence not found\n")
    os._exit(int(code))


def print_much(count: str) -> None:
    for _ in range(int(count) // 1000):
        os.write(1, b"o" * 499 + b"\n")
        os.write(2, b"e" * 499 + b"\n")


def grow(_: str) -> None:
    for _step in range(40):
        hoard.append(bytearray(b"x") * 100_000_000)
        time.sleep(0.1)


def fail(code: str) -> None:
    match code:
        case "chain_error":
            raise ChainError([Fault("no such step.", "steps[0]")])
        case "audio_error":
            raise AudioError("no audio.")
        case _:
            raise DeliveryError("the disk is full.")


def run_out_of_memory(_: str) -> None:
    raise MemoryError


def divide_by_zero(_: str) -> None:
    raise ZeroDivisionError("division by zero")


def start_a_program(note: str) -> None:
    Path(note).write_text(str(subprocess.Popen(["sleep", "1000"]).pid))
    time.sleep(1000)


def fail_once(note: str) -> None:
    if not Path(note).exists():
        Path(note).write_text("tried")
        os._exit(3)


def describe_surroundings(note: str) -> None:
    found = {"variables": dict(os.environ), "stdin": sys.stdin.read(), "pgid": os.getpgid(0)}
    Path(note).write_text(json.dumps(found))


MISDEEDS: dict[str, Callable[[str], object]] = {
    "song": lambda _: None,
    "signal": lambda number: os.kill(os.getpid(), int(number)),
    "exit": leave,
    "stall": lambda _: time.sleep(1000),
    "hang": lambda _: ctypes.PyDLL(None).sleep(1000),  # native code that keeps the GIL
    "print": print_much,
    "leak": lambda megabytes: hoard.append(bytearray(b"x") * (int(megabytes) * 1_000_000)),
    "grow": grow,
    "fail": fail,
    "memory": run_out_of_memory,
    "bug": divide_by_zero,
    "start": start_a_program,
    "once": fail_once,
    "environment": describe_surroundings,
}


def be_busy(seconds: float, tell: Tell) -> None:
    """Works for so long, telling its progress often and honestly."""
    started_s = time.monotonic()
    while (spent_s := time.monotonic() - started_s) < seconds:
        tell(Progress(stage="mastering", fraction=spent_s / seconds))
        time.sleep(0.005)


def deliver(assignment: Assignment) -> JobResult:
    request, work = assignment.request, assignment.work_folder
    staged = work / "master.wav"
    staged.write_text(assignment.job_id)
    with delivery.reserved(request, delivery.file_name(request.name), [".wav"], replace=False) as place:
        final = place.path(".wav")
        return delivery.deliver(work, [(staged, final)], result_of(final), replace=False)


def deliver_half(assignment: Assignment) -> None:
    """Is killed between the two renames of a delivery."""
    work, folder = assignment.work_folder, assignment.request.return_folder
    files = [PlannedFile(staged=name, final=folder / name, replace=False) for name in ("master.wav", "report.json")]
    for file in files:
        (work / file.staged).write_text(assignment.job_id)
    plan = DeliveryPlan(files=tuple(files), result=result_of(folder / "master.wav"))
    write_whole(work / PLAN, plan.model_dump_json().encode())
    (work / "master.wav").rename(folder / "master.wav")
    os._exit(9)


def result_of(final: Path) -> JobResult:
    file = DeliveredFile(path=final, role="master", size_bytes=1, digest="d")
    return JobResult(files=(file,), runtime_s=0.5, warnings=(str(os.getpid()),))


if __name__ == "__main__":
    live(make_work)
