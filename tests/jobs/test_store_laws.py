"""The store against a model of it in plain Python: whatever is done in whatever order, both agree."""

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bridge.errors import RequestError
from bridge.jobs.store import JobStore, StoreLimits
from bridge.model import TRANSITIONS, JobError, JobRequest, JobState, Progress
from tests.values import a_render, a_request, a_result

LIMITS = StoreLimits(queue_max=4, backoff_max_s=120.0)
ERROR = JobError(code="engine_crashed", sentence="It crashed.")
UNFINISHED = {JobState.QUEUED, JobState.RUNNING}


@dataclass
class Expected:
    """What the model knows about one job."""

    id: str
    song: int
    version: int
    priority: int
    arrival: int
    state: JobState = JobState.QUEUED
    attempt: int = 0
    not_before_s: float = 0.0
    is_cancel_requested: bool = False

    @property
    def is_wanted(self) -> bool:
        return self.state in UNFINISHED and not self.is_cancel_requested


class StoreAgainstModel(RuleBasedStateMachine):
    jobs = Bundle("jobs")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        ids = (f"j{number:04d}" for number in itertools.count())
        self.new_id = lambda: next(ids)
        self.arrivals = itertools.count()
        self.now_s = 1000.0
        self.expected: dict[str, Expected] = {}
        self.store = JobStore(Path(self.folder.name) / "jobs.sqlite3", LIMITS, self.new_id)
        self.seen = self.store.revision()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=jobs, song=st.integers(0, 3), version=st.integers(0, 2), priority=st.integers(0, 2))
    def submit(self, song: int, version: int, priority: int) -> str:
        same = self.wanted(song, version)
        older = [job for job in self.expected.values() if job.song == song and job.is_wanted]
        freed = sum(job.state is JobState.QUEUED for job in older)
        if same is None and self.waiting() - freed >= LIMITS.queue_max:
            with pytest.raises(RequestError, match="queue_max"):
                self.store.submit(request(song, version, priority), self.now_s)
            return "refused"
        job_id = self.store.submit(request(song, version, priority), self.now_s).id
        if same is not None:
            assert job_id == same.id
            return job_id
        for job in older:
            if job.state is JobState.QUEUED:
                job.state = JobState.CANCELLED
            else:
                job.is_cancel_requested = True
        assert job_id not in self.expected
        self.expected[job_id] = Expected(job_id, song, version, priority, next(self.arrivals))
        return job_id

    @rule()
    def claim(self) -> None:
        due = [
            job
            for job in self.expected.values()
            if job.state is JobState.QUEUED and not self.now_s < job.not_before_s <= self.now_s + LIMITS.backoff_max_s
        ]
        job = min(due, key=lambda job: (-job.priority, job.arrival), default=None)
        claimed = self.store.claim(self.now_s)
        assert (claimed.id if claimed else None) == (job.id if job else None)
        if job is not None:
            job.state, job.attempt = JobState.RUNNING, job.attempt + 1

    @rule(job_id=jobs)
    def finish(self, job_id: str) -> None:
        if (job := self.allowed(job_id, JobState.DONE)) is not None:
            self.store.finish(job_id, a_result(), self.now_s)
            job.state, job.is_cancel_requested = JobState.DONE, False
        else:
            with pytest.raises(RequestError):
                self.store.finish(job_id, a_result(), self.now_s)

    @rule(job_id=jobs)
    def fail(self, job_id: str) -> None:
        if (job := self.allowed(job_id, JobState.FAILED)) is not None:
            self.store.fail(job_id, ERROR, self.now_s)
            job.state = JobState.FAILED
        else:
            with pytest.raises(RequestError):
                self.store.fail(job_id, ERROR, self.now_s)

    @rule(job_id=jobs, wait_s=st.sampled_from([0.0, 5.0, 120.0]))
    def requeue(self, job_id: str, wait_s: float) -> None:
        if (job := self.running(job_id)) is not None:
            self.store.requeue(job_id, ERROR, self.now_s + wait_s, self.now_s)
            job.not_before_s = job.not_before_s if job.is_cancel_requested else self.now_s + wait_s
            job.state = JobState.CANCELLED if job.is_cancel_requested else JobState.QUEUED
        else:
            with pytest.raises(RequestError):
                self.store.requeue(job_id, ERROR, self.now_s, self.now_s)

    @rule(job_id=jobs)
    def put_back(self, job_id: str) -> None:
        if (job := self.running(job_id)) is not None:
            self.store.put_back(job_id, self.now_s)
            if job.is_cancel_requested:
                job.state = JobState.CANCELLED
            else:
                job.state, job.not_before_s, job.attempt = JobState.QUEUED, 0.0, job.attempt - 1
        else:
            with pytest.raises(RequestError):
                self.store.put_back(job_id, self.now_s)

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        job = self.expected.get(job_id)
        if job is None or job.state in {JobState.DONE, JobState.FAILED}:
            with pytest.raises(RequestError):
                self.store.cancel(job_id, self.now_s)
            return
        self.store.cancel(job_id, self.now_s)
        if job.state is JobState.RUNNING:
            job.is_cancel_requested = True
        else:
            job.state = JobState.CANCELLED

    @rule(job_id=jobs)
    def retry(self, job_id: str) -> None:
        job = self.expected.get(job_id)
        same = self.wanted(job.song, job.version) if job else None
        if same is not None:
            assert self.store.retry(job_id).id == same.id
        elif (
            job is None or job.state not in {JobState.FAILED, JobState.CANCELLED} or self.waiting() >= LIMITS.queue_max
        ):
            with pytest.raises(RequestError):
                self.store.retry(job_id)
        else:
            assert self.store.retry(job_id).id == job_id
            job.state, job.attempt, job.not_before_s = JobState.QUEUED, 0, 0.0
            job.is_cancel_requested, job.arrival = False, next(self.arrivals)

    @rule(job_id=jobs, fraction=st.floats(0, 1))
    def progress(self, job_id: str, fraction: float) -> None:
        if job_id in self.expected:
            self.store.progress(job_id, Progress(stage="mastering", fraction=fraction))

    @rule(seconds=st.sampled_from([1.0, 10.0, 500.0, -5.0, -60.0, -5000.0]))
    def let_the_clock_jump(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def kill_and_reopen(self) -> None:
        self.store.close()
        self.store = JobStore(Path(self.folder.name) / "jobs.sqlite3", LIMITS, self.new_id)

    @invariant()
    def both_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        jobs = {job.id: job for job in self.store.list(limit=1000)}
        assert jobs.keys() == self.expected.keys()
        for job in self.expected.values():
            kept = jobs[job.id]
            assert (kept.state, kept.attempt, kept.not_before_s, kept.is_cancel_requested) == (
                job.state, job.attempt, job.not_before_s, job.is_cancel_requested,
            )  # fmt: skip
            assert kept.request == request(job.song, job.version, job.priority)

    @invariant()
    def no_waiting_job_is_put_off_for_longer_than_the_longest_back_off(self) -> None:
        if hasattr(self, "store") and self.waiting():
            due_s = self.store.due_in_s(self.now_s)
            assert due_s is not None
            assert 0 <= due_s <= LIMITS.backoff_max_s

    @invariant()
    def every_change_is_told(self) -> None:
        if hasattr(self, "store"):
            before = self.seen
            changed, self.seen = self.store.changes(before)
            assert self.seen == self.store.revision() >= before
            assert len({job.id for job in changed}) == len(changed)

    # --- The model ------------------------------------------------------------------------------------------------

    def wanted(self, song: int, version: int) -> Expected | None:
        found = [job for job in self.expected.values() if (job.song, job.version) == (song, version) and job.is_wanted]
        assert len(found) <= 1
        return found[0] if found else None

    def waiting(self) -> int:
        return sum(job.state is JobState.QUEUED for job in self.expected.values())

    def allowed(self, job_id: str, state: JobState) -> Expected | None:
        job = self.expected.get(job_id)
        return job if job is not None and state in TRANSITIONS[job.state] else None

    def running(self, job_id: str) -> Expected | None:
        job = self.expected.get(job_id)
        return job if job is not None and job.state is JobState.RUNNING else None


def request(song: int, version: int, priority: int) -> JobRequest:
    return a_request(render=a_render(Path(f"/session/Song {song}.wav"), f"v{version}"), priority=priority)


StoreAgainstModel.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestStoreAgainstModel = StoreAgainstModel.TestCase
