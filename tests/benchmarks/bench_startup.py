"""What the bridge costs while nobody uses it: start of the command line, start of the daemon, idle CPU and memory.

`python -m tests.benchmarks.bench_startup [--idle-s 30] [--repeat 7] [--json FILE]`

The daemon is measured before its first job, when no engine is warm. Each figure stands beside that of a bare Python
interpreter, measured in the same run, and as a ratio to it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil
import yaml

from tests.benchmarks.machine import machine
from tests.benchmarks.options import options
from tests.support import wait_until

DAWBRIDGE = (sys.executable, "-m", "bridge.cli.main")
BARE = (sys.executable, "-c", "pass")
BARE_IDLE = (sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()")
SETTLE_S = 2.0
LIBRARIES = ("click", "pydantic", "rich", "watchdog", "psutil")


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    unit: str
    value: float
    bare_python: float | None
    limit: float | None
    """What the project promises."""

    @property
    def ratio(self) -> float | None:
        """How many times the bare interpreter."""
        return self.value / self.bare_python if self.bare_python else None


@dataclass(frozen=True)
class Idle:
    """A process that has nothing to do."""

    cpu_percent: float
    rss_mb: float
    uss_mb: float


def cpu_s(command: tuple[str, ...]) -> float:
    """CPU time, user and system, of a command that ends by itself."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def median(measure: Callable[[], float], repeat: int) -> float:
    """The middle of several measurements, after one that fills the disk's cache."""
    measure()
    return statistics.median(measure() for _ in range(repeat))


def idle(pid: int, duration_s: float) -> Idle:
    """CPU over a while, then memory."""
    process = psutil.Process(pid)
    before, started_s = process.cpu_times(), time.monotonic()
    threading.Event().wait(duration_s)
    after, passed_s = process.cpu_times(), time.monotonic() - started_s
    used_s = after.user + after.system - before.user - before.system
    memory = process.memory_full_info()
    return Idle(100 * used_s / passed_s, memory.rss / 1e6, memory.uss / 1e6)


class ScratchDaemon:
    """A daemon with one watch folder, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "Session" / "Renders").mkdir(parents=True)
        self.config, self.data = folder / "bridge.yaml", folder / "data"
        settings = {"watch": [{"folder": str(folder / "Session" / "Renders")}], "data_folder": str(self.data)}
        self.config.write_text(yaml.safe_dump(settings))

    def __enter__(self) -> Self:
        started_s = time.perf_counter()
        self.process = subprocess.Popen(
            [*DAWBRIDGE, "--config", self.config, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: (self.data / "daemon.json").exists() or self.process.poll() is not None, 60)
        self.ready_s = time.perf_counter() - started_s
        assert self.process.poll() is None, "the daemon ended"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def ready_s() -> float:
    """Seconds from the start of the daemon until it says that it is ready."""
    with tempfile.TemporaryDirectory() as folder, ScratchDaemon(Path(folder)) as daemon:
        return daemon.ready_s


def bare_ready_s() -> float:
    """Seconds from the start of a bare interpreter until its first line."""
    started_s = time.perf_counter()
    with subprocess.Popen(BARE_IDLE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        passed_s = time.perf_counter() - started_s
        process.kill()
    return passed_s


def figures(repeat: int, idle_s: float) -> list[Figure]:
    """Every line of the table."""
    help_cpu_s = median(lambda: cpu_s((*DAWBRIDGE, "--help")), repeat)
    bare_cpu_s = median(lambda: cpu_s(BARE), repeat)
    started = median(ready_s, max(3, repeat // 2))
    bare_started = median(bare_ready_s, max(3, repeat // 2))
    with (
        tempfile.TemporaryDirectory() as folder,
        ScratchDaemon(Path(folder)) as daemon,
        subprocess.Popen(BARE_IDLE, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as bare,
    ):
        threading.Event().wait(SETTLE_S)
        ours = idle(daemon.process.pid, idle_s)
        theirs = idle(bare.pid, 1.0)
        bare.kill()
    return [
        Figure("dawbridge --help, CPU time", "s", help_cpu_s, bare_cpu_s, 0.3),
        Figure("daemon ready after", "s", started, bare_started, 1.0),
        Figure(f"daemon idle, CPU over {idle_s:g} s", "%", ours.cpu_percent, None, 0.5),
        Figure("daemon idle, memory (RSS)", "MB", ours.rss_mb, theirs.rss_mb, 80),
        Figure("daemon idle, memory of its own (USS)", "MB", ours.uss_mb, theirs.uss_mb, None),
    ]


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, repeat=7)
    parser.add_argument("--idle-s", type=float, default=30.0)
    given = parser.parse_args()
    where = machine(*LIBRARIES)
    rows = figures(given.repeat, given.idle_s)
    print(f"{'':38} {'measured':>10} {'promised':>10} {'bare Python':>12} {'ratio':>6}")
    for row in rows:
        limit = "" if row.limit is None else f"< {row.limit:g}"
        bare = "" if row.bare_python is None else f"{row.bare_python:.2f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        print(f"{row.name:38} {row.value:7.2f} {row.unit:2} {limit:>10} {bare:>12} {ratio:>6}")
    print("\n" + "\n".join(f"{name:8} {text}" for name, text in where.items()))
    if given.json:
        data = {"machine": where, "figures": [{**asdict(row), "ratio": row.ratio} for row in rows]}
        given.json.write_text(json.dumps(data, indent=2) + "\n")


if __name__ == "__main__":
    main()
