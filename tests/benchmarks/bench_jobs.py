"""What the way of a job costs besides the work: store, engine round trip, an idle worker.

`python -m tests.benchmarks.bench_jobs [--jobs 500] [--idle-s 20] [--json FILE]`

Each figure stands beside that of a named peer, measured in the same run: SQLite with one insert a commit, a spawned
`ProcessPoolExecutor` with one process, a bare Python interpreter.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from bridge.jobs.engine import Engine
from bridge.jobs.store import JobStore, StoreLimits
from bridge.jobs.worker import Worker, WorkerSetup
from bridge.model import Assignment, JobRequest, JobState
from bridge.settings import EngineSettings, RetrySettings
from tests.jobs.conftest import assignment, launch
from tests.values import a_render, a_request, a_result

IDLE_PYTHON = """
import sys, time
spent_s, idle_s = time.process_time(), float(sys.argv[1])
time.sleep(idle_s)
print((time.process_time() - spent_s) / idle_s)
"""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    unit: str
    value: float
    peer: str
    peer_value: float

    @property
    def ratio(self) -> float:
        """How many times the peer."""
        return self.value / self.peer_value if self.peer_value else float("inf")


def main() -> None:
    """Prints the table, and writes JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--idle-s", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = [
            *measure_store(Path(folder), options.jobs),
            *measure_engine(Path(folder), options.jobs),
            measure_worker(Path(folder), options.jobs),
            measure_idle(Path(folder), options.idle_s),
        ]
    for figure in figures:
        print(
            f"{figure.name:<38} {figure.value:10.3f} {figure.unit:<8} {figure.peer}: {figure.peer_value:.3f} "
            f"(x {figure.ratio:.2f})"
        )
    if options.json:
        machine = {"machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version(),
                   "sqlite": sqlite3.sqlite_version}  # fmt: skip
        options.json.write_text(json.dumps({**machine, "figures": [asdict(figure) for figure in figures]}, indent=1))


def measure_store(folder: Path, jobs: int) -> list[Figure]:
    """Rates of the store against bare SQLite that syncs as often."""
    bare_s = each_s(bare_inserter(folder), jobs)
    with JobStore(folder / "store.sqlite3", StoreLimits(queue_max=jobs)) as store:
        requests = iter([song(number) for number in range(jobs)])
        submit_s = each_s(lambda: store.submit(next(requests), 1.0), jobs)

        def claim_and_finish() -> None:
            job = store.claim(2.0)
            assert job is not None
            store.finish(job.id, a_result(), 3.0)

        finish_s = each_s(claim_and_finish, jobs)
        look_us = each_s(lambda: store.changes(10**9), 5000) * 1e6
        plain_us = each_s(lambda: store._db.execute("PRAGMA data_version").fetchone(), 5000) * 1e6
    peer = "SQLite, one insert a commit"
    return [
        Figure("submit", "1/s", 1 / submit_s, peer, 1 / bare_s),
        Figure("claim and finish (two commits)", "1/s", 1 / finish_s, peer, 1 / bare_s),
        Figure("look for changes when there are none", "us", look_us, "PRAGMA data_version", plain_us),
    ]


def bare_inserter(folder: Path) -> Callable[[], object]:
    """One insert of a request's size, written to the disk."""
    db = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS plain (text TEXT)")
    text = song(1).model_dump_json()
    return lambda: db.execute("INSERT INTO plain VALUES (?)", (text,))


def measure_engine(folder: Path, jobs: int) -> list[Figure]:
    """Overhead of an engine with a job that does nothing."""
    engine = Engine(launch(), EngineSettings(recycle_after_jobs=10**6))
    order = Assignment(job_id="j1", request=nothing(folder, 1), work_folder=folder)

    def run() -> None:
        engine.run(order, lambda _: None, lambda: False)

    cold_s = each_s(run, 1)
    warm_s = each_s(run, jobs)
    engine.stop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool_cold_s = each_s(lambda: pool.submit(int).result(), 1)
        pool_s = each_s(lambda: pool.submit(int).result(), jobs)
    peer = "spawned ProcessPoolExecutor"
    return [
        Figure("first job, engine started for it", "ms", cold_s * 1e3, peer, pool_cold_s * 1e3),
        Figure("empty job in a warm engine", "ms", warm_s * 1e3, peer, pool_s * 1e3),
    ]


def measure_worker(folder: Path, jobs: int) -> Figure:
    """From submit to DONE, one after the other, through store, worker, work folder and engine."""
    with JobStore(folder / "worker.sqlite3") as store, running_worker(store) as worker:
        finish(store, worker, nothing(folder, 0))
        trips_s: list[float] = []
        for number in range(1, min(jobs, 200)):
            started_s = time.perf_counter()
            finish(store, worker, nothing(folder, number))
            trips_s.append(time.perf_counter() - started_s)
    three_commits_ms = each_s(bare_inserter(folder), 200) * 3e3
    median_ms = statistics.median(trips_s) * 1e3
    return Figure("submit to done, empty job, median", "ms", median_ms, "three synced commits", three_commits_ms)


def measure_idle(folder: Path, idle_s: float) -> Figure:
    """CPU of a worker with four slots and nothing to do, as a share of one core."""
    with JobStore(folder / "idle.sqlite3") as store, running_worker(store, slots=4):
        threading.Event().wait(1.0)
        spent_s = time.process_time()
        threading.Event().wait(idle_s)
        ours = (time.process_time() - spent_s) / idle_s
    bare = subprocess.run(
        [sys.executable, "-c", IDLE_PYTHON, str(idle_s / 4)], capture_output=True, check=True, text=True
    )
    return Figure("idle worker, 4 slots", "% CPU", ours * 100, "bare interpreter", float(bare.stdout) * 100)


# --- Pieces -----------------------------------------------------------------------------------------------------------


def each_s(do: Callable[[], object], times: int) -> float:
    """Seconds that one call takes."""
    started_s = time.perf_counter()
    for _ in range(times):
        do()
    return (time.perf_counter() - started_s) / times


@contextmanager
def running_worker(store: JobStore, slots: int = 1) -> Generator[Worker]:
    """A worker whose engines run the fake child."""
    engines = EngineSettings(slots=slots, recycle_after_jobs=10**6)
    worker = Worker(store, WorkerSetup(engines, RetrySettings(), lambda _: Engine(launch(), engines), assignment))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def finish(store: JobStore, worker: Worker, request: JobRequest) -> None:
    """Waits until the job of a request is done."""
    job = worker.submit(request)
    while store.get(job.id).state is not JobState.DONE:
        time.sleep(0.0005)


def song(number: int) -> JobRequest:
    """A request like those of a watch folder."""
    return a_request(render=a_render(Path(f"/session/Renders/Song {number}.wav"), f"d{number}"))


def nothing(folder: Path, number: int) -> JobRequest:
    """A request for which the fake child does nothing."""
    request = a_request(folder / "Returns", a_render(folder / "Song.wav", f"d{number}"))
    return request.model_copy(update={"name": "nothing"})


if __name__ == "__main__":
    main()
