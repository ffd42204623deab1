"""Workers: every job in the store is done exactly once, whatever engines, disks, people and clocks do meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bridge import delivery
from bridge.delivery import PLAN, DeliveryPlan, PlannedFile, write_whole
from bridge.jobs.slot import backoff_s
from bridge.jobs.store import JobStore
from bridge.jobs.worker import Clock, Worker
from bridge.model import DeliveredFile, Job, JobRequest, JobResult, JobState
from bridge.settings import RetrySettings
from tests.jobs.conftest import ROOT, MakeWorker
from tests.support import wait_until

Order = Callable[..., JobRequest]
FINAL = {state for state in JobState if state.is_final}


class Listener:
    """Remembers what it is told; fails when asked to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.heard: list[Job] = []
        self.fails = fails

    def job_changed(self, job: Job) -> None:
        self.heard.append(job)
        if self.fails:
            raise ConnectionError("the browser has gone")

    def states(self, job_id: str) -> list[JobState]:
        states = [job.state for job in self.heard if job.id == job_id]
        return [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]


def ended(store: JobStore, job: Job, limit_s: float = 20.0) -> Job:
    wait_until(lambda: store.get(job.id).state in FINAL, limit_s, "the end of the job")
    return store.get(job.id)


def running(store: JobStore, job: Job, stage: str = "reading") -> Job:
    wait_until(lambda: store.get(job.id).progress.stage == stage, what=stage)
    return store.get(job.id)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []


# --- Doing ------------------------------------------------------------------------------------------------------------


def test_a_submitted_job_is_done_and_told_and_nothing_else_stays_behind(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    listener = Listener()
    worker = make_worker(listener)
    job = ended(store, worker.submit(order("song")))
    assert (job.state, job.attempt, job.progress.fraction) == (JobState.DONE, 1, 1.0)
    assert job.result is not None
    assert job.result.files[0].path.read_text() == job.id
    wait_until(lambda: store.with_work_folder() == ())
    assert files(tmp_path / "Returns") == ["song.wav"]
    wait_until(lambda: listener.states(job.id)[-1:] == [JobState.DONE])


def test_two_slots_do_two_jobs_at_the_same_time(store: JobStore, make_worker: MakeWorker, order: Order) -> None:
    worker = make_worker(slots=2)
    jobs = [worker.submit(order(f"busy {seconds}")) for seconds in ("1.0", "1.1")]
    wait_until(lambda: all(store.get(job.id).progress.stage == "mastering" for job in jobs), 0.9 + 10)
    assert {ended(store, job).state for job in jobs} == {JobState.DONE}


def test_every_one_of_many_jobs_is_done_exactly_once(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    worker = make_worker(slots=2)
    jobs = [worker.submit(order(f"song {number}", digest=f"d{number}")) for number in range(40)]
    for job in jobs:
        done = ended(store, job)
        assert (done.state, done.attempt) == (JobState.DONE, 1)
    wait_until(lambda: store.with_work_folder() == ())
    assert files(tmp_path / "Returns") == sorted(f"song {number}.wav" for number in range(40))


def test_progress_tells_a_stage_a_fraction_and_an_honest_time_left(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    listener = Listener()
    job = make_worker(listener).submit(order("busy 3"))
    ended(store, job)
    told = [heard.progress for heard in listener.heard if heard.progress.stage == "mastering"]
    assert 5 <= len(told) <= 18  # at most five a second
    timed = [progress for progress in told if progress.eta_s is not None]
    assert timed
    for progress in timed:
        assert progress.eta_s == pytest.approx(3.0 * (1 - progress.fraction), abs=1.0)


def test_a_job_submitted_by_another_process_is_done_soon(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    make_worker()
    assert ended(store, store.submit(order("song"), 1.0), 10).state is JobState.DONE


def test_a_paused_worker_lets_jobs_wait_until_it_is_resumed(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    worker = make_worker()
    first = worker.submit(order("busy 0.4"))
    running(store, first, "mastering")
    worker.pause()
    second = worker.submit(order("song"))
    assert ended(store, first).state is JobState.DONE
    time_given_s = time.monotonic() + 0.3
    wait_until(lambda: time.monotonic() > time_given_s)
    assert store.get(second.id).state is JobState.QUEUED
    worker.resume()
    assert ended(store, second).state is JobState.DONE


def test_a_prewarmed_engine_is_there_before_the_job_and_an_idle_one_goes(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    worker = make_worker(idle_stop_s=1)
    me = psutil.Process()
    before = set(me.children())
    worker.prewarm()
    engine = wait_until(lambda: set(me.children()) - before).pop()
    done = ended(store, worker.submit(order("song")))
    assert done.result is not None
    assert done.result.warnings == (str(engine.pid),)
    wait_until(lambda: not engine.is_running(), what="the end of the idle engine")
    assert ended(store, worker.submit(order("song", digest="d2"))).state is JobState.DONE


# --- Failing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("misdeed", [f"signal {signal.SIGSEGV}", "exit 3", "memory", "nonsense"])
def test_an_engine_that_always_fails_is_tried_three_times_and_ends_as_a_dead_letter(
    store: JobStore, make_worker: MakeWorker, order: Order, misdeed: str, tmp_path: Path
) -> None:
    listener = Listener()
    worker = make_worker(listener)
    job = ended(store, worker.submit(order(misdeed)))
    assert (job.state, job.attempt) == (JobState.FAILED, 3)
    assert job.error is not None
    assert job.error.can_retry
    assert [letter.id for letter in store.list((JobState.FAILED,))] == [job.id]
    wait_until(lambda: listener.states(job.id)[-1:] == [JobState.FAILED])
    assert files(tmp_path / "Returns") == []
    assert ended(store, worker.submit(order("song"))).state is JobState.DONE


def test_a_job_that_fails_once_is_done_by_the_second_attempt(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    job = ended(store, make_worker().submit(order(f"once {tmp_path / 'note'}")))
    assert (job.state, job.attempt, job.error) == (JobState.DONE, 2, None)


def test_a_job_that_waits_for_its_next_attempt_tells_why(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    worker = make_worker(retry=RetrySettings(backoff_s=60, backoff_max_s=60))
    job = worker.submit(order("exit 3"))
    wait_until(lambda: store.get(job.id).error is not None)
    waiting = store.get(job.id)
    assert (waiting.state, waiting.attempt) == (JobState.QUEUED, 1)
    assert waiting.error is not None
    assert "licence not found" in (waiting.error.traceback or "")
    other = worker.submit(order("song"))
    assert ended(store, other).state is JobState.DONE  # nobody else waits for it


@pytest.mark.parametrize(
    ("code", "can_retry"), [("chain_error", False), ("audio_error", False), ("delivery_error", True)]
)
def test_what_only_the_user_can_put_right_fails_at_once(
    store: JobStore, make_worker: MakeWorker, order: Order, code: str, *, can_retry: bool
) -> None:
    job = ended(store, make_worker().submit(order(f"fail {code}")))
    assert (job.state, job.attempt) == (JobState.FAILED, 1)
    assert job.error is not None
    assert (job.error.code, job.error.can_retry, job.error.traceback) == (code, can_retry, None)


def test_a_bug_fails_at_once_with_its_traceback(store: JobStore, make_worker: MakeWorker, order: Order) -> None:
    job = ended(store, make_worker().submit(order("bug")))
    assert (job.state, job.attempt) == (JobState.FAILED, 1)
    assert job.error is not None
    assert "ZeroDivisionError" in (job.error.traceback or "")


def test_a_return_folder_that_cannot_be_written_fails_the_job_and_a_retry_by_hand_does_it(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    (tmp_path / "Returns").write_text("a file where the folder should be")
    worker = make_worker()
    job = ended(store, worker.submit(order("song")))
    assert job.error is not None
    assert (job.state, job.error.code, job.error.can_retry) == (JobState.FAILED, "delivery_error", True)
    (tmp_path / "Returns").unlink()
    worker.retry(job.id)
    assert ended(store, job).state is JobState.DONE


def test_a_notifier_that_fails_harms_nobody_else(
    store: JobStore, make_worker: MakeWorker, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Listener(fails=True), Listener()
    worker = make_worker(broken, sound)
    jobs = [worker.submit(order(f"song {number}", digest=f"d{number}")) for number in range(2)]
    for job in jobs:
        ended(store, job)
    wait_until(lambda: all(sound.states(job.id)[-1:] == [JobState.DONE] for job in jobs))
    assert len(broken.heard) == len(sound.heard)
    assert any(record.__dict__.get("action") == "notify_failed" for record in caplog.records)


def test_a_full_disk_under_the_store_delays_jobs_and_loses_none(
    store: JobStore, make_worker: MakeWorker, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    worker = make_worker()
    job = worker.submit(order("busy 1"))
    running(store, job, "mastering")
    store._db.execute("PRAGMA query_only = ON")  # every write fails, as on a disk that has become read-only
    wait_until(lambda: any(record.__dict__.get("action") == "store_failed" for record in caplog.records))
    assert store.get(job.id).state is JobState.RUNNING
    store._db.execute("PRAGMA query_only = OFF")
    done = ended(store, job)
    assert (done.state, done.attempt) == (JobState.DONE, 1)


def test_each_change_of_state_is_one_line_in_the_log(
    store: JobStore, make_worker: MakeWorker, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bridge")
    worker = make_worker()
    job = ended(store, worker.submit(order("song")))
    wait_until(lambda: store.with_work_folder() == ())

    def actions() -> list[str]:
        return [record.__dict__["action"] for record in caplog.records if record.__dict__.get("job") == job.id]

    wait_until(lambda: actions() == ["job_submitted", "job_started", "job_done"])


# --- Cancelling and stopping ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("misdeed", ["busy 60", "stall", "hang"])
def test_a_running_job_is_cancelled_in_a_moment_and_leaves_nothing(
    store: JobStore, make_worker: MakeWorker, order: Order, misdeed: str, tmp_path: Path
) -> None:
    worker = make_worker()
    job = worker.submit(order(misdeed))
    running(store, job, "mastering" if misdeed.startswith("busy") else "reading")
    assert list((tmp_path / "Returns").rglob("scratch.raw"))
    worker.cancel(job.id)
    cancelled = ended(store, job, 2.0)
    assert (cancelled.state, cancelled.error, cancelled.result) == (JobState.CANCELLED, None, None)
    assert files(tmp_path / "Returns") == []
    assert ended(store, worker.submit(order("song"))).state is JobState.DONE


def test_a_cancel_by_another_process_is_heard(store: JobStore, make_worker: MakeWorker, order: Order) -> None:
    listener = Listener()
    job = make_worker(listener).submit(order("busy 60"))
    running(store, job, "mastering")
    command = f"""
from pathlib import Path; from bridge.jobs.store import JobStore
JobStore(Path({str(store._path)!r})).cancel({job.id!r}, 5.0)
"""
    subprocess.run([sys.executable, "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert ended(store, job, 2.0).state is JobState.CANCELLED
    wait_until(lambda: listener.states(job.id)[-1:] == [JobState.CANCELLED])


def test_a_newer_version_stops_the_older_one_that_runs_and_is_done_instead(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    worker = make_worker()
    old = worker.submit(order("busy 5", digest="v1"))
    running(store, old, "mastering")
    new = worker.submit(order("busy 5", digest="v2").model_copy(update={"priority": 1}))
    stopped = ended(store, old, 2.0)
    assert stopped.error is not None
    assert (stopped.state, stopped.error.code) == (JobState.CANCELLED, "superseded")
    running(store, new, "mastering")


def test_a_stop_takes_a_moment_and_puts_the_running_jobs_back(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    listener, others = Listener(), psutil.Process().children()
    worker = make_worker(listener, slots=2)
    jobs = [worker.submit(order(name)) for name in ("busy 60", "hang", "song")]
    for job, stage in zip(jobs, ("mastering", "reading", "waiting"), strict=True):
        running(store, job, stage)
    engines = [child for child in psutil.Process().children() if child not in others]
    started_s = time.monotonic()
    worker.stop()
    assert time.monotonic() - started_s < 2.0
    assert [(store.get(job.id).state, store.get(job.id).attempt) for job in jobs] == [(JobState.QUEUED, 0)] * 3
    assert files(tmp_path / "Returns") == []
    assert not any(engine.is_running() for engine in engines)
    assert listener.states(jobs[0].id)[-1] is JobState.QUEUED


def test_a_stop_before_anything_was_done_is_clean(make_worker: MakeWorker) -> None:
    before = threading.active_count()
    make_worker().stop()
    assert threading.active_count() <= before


# --- After a kill -----------------------------------------------------------------------------------------------------


def planned(work: Path, job: Job) -> JobResult:
    """Leaves a delivery as a kill between its two renames leaves it."""
    folder = job.request.return_folder
    result = JobResult(
        files=(DeliveredFile(path=folder / "master.wav", role="master", size_bytes=1, digest="d"),), runtime_s=1.0
    )
    names = [PlannedFile(staged=name, final=folder / name, replace=False) for name in ("master.wav", "report.json")]
    for file in names:
        (work / file.staged).write_text("whole")
    write_whole(work / PLAN, DeliveryPlan(files=tuple(names), result=result).model_dump_json().encode())
    (work / "master.wav").rename(folder / "master.wav")
    return result


def test_what_ran_when_the_daemon_was_killed_is_done_again_and_what_was_being_delivered_is_ended(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    for name in ("song 1", "song 2", "song 3"):
        store.submit(order(name, digest=name), 1.0)
    cut_off, half_delivered, delivered = (claimed(store) for _ in range(3))
    (delivery.prepare(cut_off.request, cut_off.id) / "master.wav.part").write_text("half")
    result = planned(delivery.prepare(half_delivered.request, half_delivered.id), half_delivered)
    delivery.prepare(delivered.request, delivered.id)
    store.finish(delivered.id, JobResult(files=(), runtime_s=1.0), 2.0)  # killed before its folder was swept
    make_worker()
    assert ended(store, cut_off).attempt == 1
    ended_half = ended(store, half_delivered)
    assert (ended_half.state, ended_half.result) == (JobState.DONE, result)
    wait_until(lambda: store.with_work_folder() == ())
    assert files(tmp_path / "Returns") == ["master.wav", "report.json", "song 1.wav"]


def test_a_job_that_should_have_been_cancelled_when_the_daemon_was_killed_is_cancelled_after_it(
    store: JobStore, make_worker: MakeWorker, order: Order
) -> None:
    store.submit(order("song"), 1.0)
    job = claimed(store)
    store.cancel(job.id, 2.0)
    make_worker()
    assert ended(store, job).state is JobState.CANCELLED


def test_an_engine_killed_within_its_delivery_has_done_its_job(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    job = ended(store, make_worker().submit(order("half")))
    assert (job.state, job.attempt) == (JobState.DONE, 1)
    wait_until(lambda: store.with_work_folder() == ())
    assert files(tmp_path / "Returns") == ["master.wav", "report.json"]


DAEMON = """
import sys, time
from pathlib import Path
from bridge.jobs.engine import Engine
from bridge.jobs.store import JobStore
from bridge.jobs.worker import Worker, WorkerSetup
from bridge.settings import EngineSettings, RetrySettings
from tests.jobs.conftest import assignment, launch
engines = EngineSettings()
with JobStore(Path(sys.argv[1])) as store:
    worker = Worker(store, WorkerSetup(engines, RetrySettings(), lambda _: Engine(launch(), engines), assignment))
    worker.start()
    time.sleep(1000)
"""


def test_every_job_of_a_worker_that_is_killed_again_and_again_is_done_exactly_once(
    store: JobStore, order: Order, tmp_path: Path
) -> None:
    names = [f"busy 0.{number + 1}" for number in range(6)]
    jobs = [store.submit(order(name, digest=name), 1.0) for name in names]
    kills = 0
    while not all_done(store, jobs):
        killed_after_changes(store, 5 + kills % 4, jobs)
        kills += 1
        assert kills < 40
    assert kills >= 4
    returned = [name for name in files(tmp_path / "Returns") if not name.startswith(delivery.WORK_ROOT)]
    assert returned == sorted(f"{name}.wav" for name in names)
    assert [store.get(job.id).attempt for job in jobs] == [1] * len(jobs)


def killed_after_changes(store: JobStore, count: int, jobs: list[Job]) -> None:
    """Lets a daemon live until it has changed so much."""
    enough = store.revision() + count
    daemon = subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(store._path)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    with daemon:
        wait_until(lambda: store.revision() > enough or all_done(store, jobs))
        daemon.kill()


def all_done(store: JobStore, jobs: list[Job]) -> bool:
    return all(store.get(job.id).state is JobState.DONE for job in jobs)


def claimed(store: JobStore) -> Job:
    job = store.claim(1.0)
    assert job is not None
    return job


# --- Time -------------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_by_a_year_delays_no_retry(
    store: JobStore, make_worker: MakeWorker, order: Order, tmp_path: Path
) -> None:
    now_s = [1e9]
    note = tmp_path / "note"
    worker = make_worker(clock=Clock(now_s=lambda: now_s[0]), retry=RetrySettings(backoff_s=100, backoff_max_s=100))
    job = worker.submit(order(f"once {note}"))
    wait_until(lambda: store.get(job.id).error is not None)
    now_s[0] -= 365 * 86400
    worker.submit(order("song"))  # wakes everybody
    assert ended(store, job, 10).state is JobState.DONE


@pytest.mark.parametrize("attempt", [1, 2, 3, 10, 10_000])
def test_the_back_off_doubles_up_to_its_limit(attempt: int) -> None:
    retry = RetrySettings(backoff_s=2, backoff_max_s=120)
    assert backoff_s(retry, attempt) == min(2.0 * 2 ** min(attempt - 1, 10), 120.0)


def test_an_idle_worker_costs_next_to_nothing(make_worker: MakeWorker) -> None:
    worker: Worker = make_worker(slots=4)
    process = psutil.Process()
    wait_until(worker._is_taken_over.is_set)
    spent_s = sum(process.cpu_times()[:2])
    threading.Event().wait(2.0)  # nothing is to happen in this time
    assert sum(process.cpu_times()[:2]) - spent_s < 0.1
