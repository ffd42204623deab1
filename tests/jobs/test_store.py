"""The store: what is accepted stays, what is the same is one job, what is wrong is said."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.errors import RequestError, StoreError
from bridge.jobs.schema import MIGRATIONS
from bridge.jobs.store import JobStore, StoreLimits
from bridge.model import Job, JobError, JobRequest, JobResult, JobState, Origin, Progress
from bridge.recipes import AnalyzeRecipe, MasterRecipe
from tests.values import a_render, a_request, a_result

ERROR = JobError(code="engine_crashed", sentence="It crashed.", can_retry=True)


def song(number: int = 1, version: str = "v1", priority: int = 0) -> JobRequest:
    return a_request(render=a_render(Path(f"/session/Renders/Song {number}.wav"), version), priority=priority)


def claimed(store: JobStore, request: JobRequest | None = None, now_s: float = 1.0) -> Job:
    store.submit(request or song(), now_s)
    job = store.claim(now_s)
    assert job is not None
    return job


# --- Accepting --------------------------------------------------------------------------------------------------------


def test_a_job_comes_out_as_it_went_in_and_cannot_be_altered(store: JobStore) -> None:
    job = store.submit(song(), 5.0)
    assert (job.request, job.state, job.attempt, job.created_s) == (song(), JobState.QUEUED, 0, 5.0)
    assert store.get(job.id) == job
    with pytest.raises(ValidationError):
        job.state = JobState.DONE  # type: ignore[misc]


def test_the_same_request_waiting_or_running_is_the_same_job_whoever_asks(store: JobStore) -> None:
    first = store.submit(song(), 1.0)
    again = song().model_copy(update={"origin": Origin(listener="cli"), "priority": 5})
    assert store.submit(again, 2.0).id == first.id
    store.claim(3.0)
    assert store.submit(again, 4.0).id == first.id
    store.finish(first.id, a_result(), 5.0)
    assert store.submit(song(), 6.0).id != first.id


def test_two_recipes_for_one_render_are_two_jobs(store: JobStore) -> None:
    recipes = (MasterRecipe(), MasterRecipe(chain="loud"), AnalyzeRecipe())
    jobs = {store.submit(a_request(recipe=recipe), 1.0).id for recipe in recipes}
    assert len(jobs) == 3
    assert store.counts()[JobState.QUEUED] == 3


def test_a_newer_version_cancels_the_one_that_waits_and_says_by_which_job(store: JobStore) -> None:
    old = store.submit(song(version="v1"), 1.0)
    new = store.submit(song(version="v2"), 2.0)
    old = store.get(old.id)
    assert (old.state, old.finished_s) == (JobState.CANCELLED, 2.0)
    assert old.error is not None
    assert old.error.code == "superseded"
    assert new.id in old.error.sentence
    assert new.state is JobState.QUEUED


def test_a_newer_version_has_the_one_that_runs_stopped(store: JobStore) -> None:
    old = claimed(store, song(version="v1"))
    new = store.submit(song(version="v2"), 2.0)
    assert store.is_cancel_requested(old.id)
    old = store.put_back(old.id, 3.0)
    assert (old.state, old.error is not None and new.id in old.error.sentence) == (JobState.CANCELLED, True)


def test_a_request_made_while_its_job_is_being_cancelled_is_a_new_job(store: JobStore) -> None:
    dying = claimed(store)
    store.cancel(dying.id, 2.0)
    assert store.submit(song(), 3.0).id != dying.id


def test_a_full_queue_refuses_with_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    with JobStore(tmp_path / "jobs.sqlite3", StoreLimits(queue_max=2)) as store:
        store.submit(song(1), 1.0)
        store.submit(song(2), 1.0)
        with pytest.raises(RequestError, match=r"2 jobs are waiting already.*limits\.queue_max"):
            store.submit(song(3), 1.0)
        assert not store.is_known(song(3).renders[0].path, 1000, 1)
        assert store.submit(song(1), 1.0).state is JobState.QUEUED
        store.submit(song(2, "v2"), 1.0)  # takes the place of the version that it supersedes
        store.claim(2.0)
        store.submit(song(3), 3.0)


def test_a_path_that_is_no_text_is_refused_with_a_sentence(store: JobStore) -> None:
    request = a_request(render=a_render(Path("/session/caf\udce9.wav")))
    assert not store.is_known(request.renders[0].path, 1000, 1)
    with pytest.raises(RequestError, match="not valid text"):
        store.submit(request, 1.0)


@pytest.mark.parametrize("priority", [10**30, -(10**30)])
def test_an_absurd_priority_is_kept_within_bounds(store: JobStore, priority: int) -> None:
    store.submit(song(1), 1.0)
    store.submit(song(2, priority=priority), 1.0)
    first = store.claim(2.0)
    assert first is not None
    assert (first.request == song(1)) == (priority < 0)


def test_an_id_that_is_taken_is_not_given_again(tmp_path: Path) -> None:
    ids = iter(["a1", "a1", "a1", "b2"])
    with JobStore(tmp_path / "jobs.sqlite3", new_id=lambda: next(ids)) as store:
        assert [store.submit(song(number), 1.0).id for number in (1, 2)] == ["a1", "b2"]


# --- Claiming ---------------------------------------------------------------------------------------------------------


def test_the_highest_priority_is_claimed_first_and_equals_in_the_order_of_arrival(store: JobStore) -> None:
    for number, priority in enumerate((0, 5, 0, 5, -1)):
        store.submit(song(number, priority=priority), 100.0 - number)  # the clock goes backwards meanwhile
    names: list[str] = []
    while (job := store.claim(1000.0)) is not None:
        names.append(job.request.name)
        assert (job.state, job.attempt, job.started_s) == (JobState.RUNNING, 1, 1000.0)
    assert names == ["Song 1", "Song 3", "Song 0", "Song 2", "Song 4"]


def test_a_job_that_waits_for_its_next_attempt_is_not_claimed_early_and_lets_others_pass(store: JobStore) -> None:
    job = claimed(store)
    job = store.requeue(job.id, ERROR, 30.0, 10.0)
    assert (job.state, job.error, job.not_before_s) == (JobState.QUEUED, ERROR, 30.0)
    assert store.claim(29.9) is None
    assert store.due_in_s(10.0) == 20.0
    other = store.submit(song(2), 10.0)
    assert store.due_in_s(10.0) == 0.0
    assert (claim := store.claim(11.0)) is not None
    assert claim.id == other.id
    assert (claim := store.claim(30.0)) is not None
    assert (claim.id, claim.attempt, claim.error) == (job.id, 2, None)


def test_a_clock_set_back_by_a_day_does_not_put_a_job_off_by_a_day(store: JobStore) -> None:
    job = claimed(store, now_s=1e6)
    store.requeue(job.id, ERROR, 1e6 + 10, 1e6)
    assert store.due_in_s(1e6 - 86400) == 120.0  # the longest back-off
    assert (claim := store.claim(1e6 - 86400)) is not None
    assert claim.id == job.id


def test_a_clock_set_back_by_a_minute_delays_a_job_by_no_more_than_the_longest_back_off(store: JobStore) -> None:
    job = claimed(store, now_s=1000.0)
    store.requeue(job.id, ERROR, 1010.0, 1000.0)
    now_s = 940.0
    assert store.claim(now_s) is None
    due_s = store.due_in_s(now_s)
    assert due_s == 70.0
    assert store.claim(now_s + 70.0) is not None


def test_a_job_put_back_has_lost_neither_its_place_nor_an_attempt(store: JobStore) -> None:
    job = claimed(store, song(1))
    store.submit(song(2), 2.0)
    store.progress(job.id, Progress(stage="mastering", fraction=0.5))
    job = store.put_back(job.id, 3.0)
    assert (job.state, job.attempt, job.progress) == (JobState.QUEUED, 0, Progress())
    assert (claim := store.claim(4.0)) is not None
    assert (claim.id, claim.attempt) == (job.id, 1)


def test_two_stores_on_one_file_never_claim_the_same_job(store: JobStore, tmp_path: Path) -> None:
    for number in range(60):
        store.submit(song(number), 1.0)
    ids: list[str] = []

    def claim_all(claimer: JobStore) -> None:
        while (job := claimer.claim(2.0)) is not None:
            ids.append(job.id)

    with JobStore(tmp_path / "data" / "jobs.sqlite3") as other:
        threads = [threading.Thread(target=claim_all, args=(claimer,)) for claimer in (store, other, store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ids) == len(set(ids)) == 60


# --- Ending -----------------------------------------------------------------------------------------------------------


def test_a_finished_job_keeps_its_result(store: JobStore) -> None:
    job = claimed(store)
    done = store.finish(job.id, a_result(), 9.0)
    assert (done.state, done.result, done.finished_s, done.progress.fraction) == (JobState.DONE, a_result(), 9.0, 1.0)


def test_a_result_that_comes_after_the_wish_to_cancel_counts(store: JobStore) -> None:
    job = claimed(store)
    assert store.cancel(job.id, 2.0).is_cancel_requested
    done = store.finish(job.id, a_result(), 3.0)
    assert (done.state, done.is_cancel_requested) == (JobState.DONE, False)


def test_cancelling_ends_what_waits_at_once_and_marks_what_runs(store: JobStore) -> None:
    waiting = store.submit(song(1), 1.0)
    waiting = store.cancel(waiting.id, 2.0)
    assert (waiting.state, waiting.finished_s, waiting.error) == (JobState.CANCELLED, 2.0, None)
    assert store.cancel(waiting.id, 3.0) == waiting
    running = claimed(store, song(2))
    assert store.cancel(running.id, 2.0).state is JobState.RUNNING
    assert store.requeue(running.id, ERROR, 0.0, 3.0).state is JobState.CANCELLED


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_what_has_ended_cannot_be_cancelled(store: JobStore, end: str) -> None:
    job = claimed(store)
    _ = store.finish(job.id, a_result(), 2.0) if end == "finish" else store.fail(job.id, ERROR, 2.0)
    with pytest.raises(RequestError, match=r"already .*nothing to cancel"):
        store.cancel(job.id, 3.0)


def test_a_failed_job_is_a_dead_letter_until_somebody_retries_it_behind_the_others(store: JobStore) -> None:
    job = claimed(store, song(1))
    store.fail(job.id, ERROR, 2.0)
    assert [letter.error for letter in store.list((JobState.FAILED,))] == [ERROR]
    other = store.submit(song(2), 3.0)
    job = store.retry(job.id)
    assert (job.state, job.attempt, job.error, job.finished_s) == (JobState.QUEUED, 0, None, None)
    assert store.list((JobState.FAILED,)) == ()
    claims = [store.claim(4.0), store.claim(4.0)]
    assert [claim.id for claim in claims if claim] == [other.id, job.id]


def test_a_retry_of_what_is_already_asked_for_again_is_that_job(store: JobStore) -> None:
    failed = claimed(store)
    store.fail(failed.id, ERROR, 2.0)
    newer = store.submit(song(), 3.0)
    assert store.retry(failed.id).id == newer.id
    assert store.retry(newer.id).id == newer.id
    assert store.get(failed.id).state is JobState.FAILED


def test_a_done_job_cannot_be_retried_and_a_dying_one_not_yet(store: JobStore) -> None:
    done = claimed(store, song(1))
    store.finish(done.id, a_result(), 2.0)
    with pytest.raises(RequestError, match="is done: it cannot become queued"):
        store.retry(done.id)
    dying = claimed(store, song(2))
    store.cancel(dying.id, 2.0)
    with pytest.raises(RequestError, match="being cancelled: retry it in a moment"):
        store.retry(dying.id)


ILLEGAL: list[Callable[[JobStore, str], object]] = [
    lambda store, job_id: store.finish(job_id, a_result(), 1.0),
    lambda store, job_id: store.fail(job_id, ERROR, 1.0),
    lambda store, job_id: store.requeue(job_id, ERROR, 1.0, 1.0),
    lambda store, job_id: store.put_back(job_id, 1.0),
]


@pytest.mark.parametrize("move", ILLEGAL)
def test_a_transition_that_the_table_does_not_know_is_refused(store: JobStore, move: Callable[..., object]) -> None:
    job = store.submit(song(), 1.0)
    with pytest.raises(RequestError, match=r"it cannot become|not one that was claimed"):
        move(store, job.id)
    assert store.get(job.id) == job


def test_an_unknown_id_is_named_and_a_known_one_is_understood_as_typed(store: JobStore) -> None:
    job = store.submit(song(), 1.0)
    assert store.get(job.id.upper()).id == job.id
    with pytest.raises(RequestError, match=r"There is no job nonsense.*jobs list"):
        store.get("nonsense")


# --- Looking ----------------------------------------------------------------------------------------------------------


def test_every_change_is_told_once_in_order_also_those_of_another_process(store: JobStore, tmp_path: Path) -> None:
    seen = store.revision()
    with JobStore(tmp_path / "data" / "jobs.sqlite3") as other:
        first, second = other.submit(song(1), 1.0), store.submit(song(2), 1.0)
        other.claim(2.0)
        assert store.revision() != seen
        changed, seen = store.changes(seen)
        assert [(job.id, job.state) for job in changed] == [(second.id, "queued"), (first.id, "running")]
        assert store.changes(seen) == ((), seen)
        other.progress(first.id, Progress(stage="mastering", fraction=0.5))
        changed, seen = store.changes(seen)
    assert [job.progress.fraction for job in changed] == [0.5]


def test_progress_of_a_job_that_no_longer_runs_is_not_noted(store: JobStore) -> None:
    job = claimed(store)
    store.finish(job.id, a_result(), 2.0)
    seen = store.revision()
    store.progress(job.id, Progress(stage="mastering", fraction=0.5))
    assert store.revision() == seen


def test_lists_are_filtered_newest_first_and_limited(store: JobStore) -> None:
    jobs = [store.submit(song(number), 1.0) for number in range(5)]
    store.cancel(jobs[2].id, 2.0)
    assert [job.id for job in store.list(limit=2)] == [jobs[4].id, jobs[3].id]
    assert [job.id for job in store.list([JobState.CANCELLED])] == [jobs[2].id]
    assert store.list([]) == ()
    assert store.counts() == {**dict.fromkeys(JobState, 0), JobState.QUEUED: 4, JobState.CANCELLED: 1}


def test_the_version_of_a_render_is_known_once_a_folder_listener_asked_and_until_it_changes(store: JobStore) -> None:
    request = song()
    path = request.renders[0].path
    store.submit(request.model_copy(update={"origin": Origin(listener="cli")}), 1.0)
    assert not store.is_known(path, 1000, 1)
    store.submit(request, 1.0)
    assert store.is_known(path, 1000, 1)
    assert not store.is_known(path, 1001, 1)
    assert not store.is_known(path, 1000, 2)
    touched = request.renders[0].model_copy(update={"mtime_ns": 2})
    store.submit(request.model_copy(update={"renders": (touched,)}), 1.0)  # the same job, a newer time
    assert store.is_known(path, 1000, 2)


def test_the_expected_time_follows_what_jobs_of_the_kind_took_and_ignores_cached_ones(store: JobStore) -> None:
    assert store.expected_runtime_s(song()) is None
    for number, runtime_s in enumerate((2.0, 4.0, 100.0)):  # renders of ten seconds
        job = claimed(store, song(number))
        store.finish(job.id, JobResult(files=(), runtime_s=runtime_s), 2.0)
    job = claimed(store, song(9))
    store.finish(job.id, JobResult(files=(), runtime_s=0.001, is_from_cache=True), 2.0)
    assert store.expected_runtime_s(song(10)) == pytest.approx(4.0)
    twice = a_render().model_copy(update={"frames": 882000})
    assert store.expected_runtime_s(a_request(render=twice)) == pytest.approx(8.0)
    assert store.expected_runtime_s(a_request(recipe=MasterRecipe(chain="loud"))) is None
    assert store.expected_runtime_s(a_request(render=a_render().model_copy(update={"frames": None}))) is None


def test_old_finished_jobs_are_forgotten_but_no_other_and_no_known_render(tmp_path: Path) -> None:
    with JobStore(tmp_path / "jobs.sqlite3", StoreLimits(finished_max=3)) as store:
        done: list[str] = []
        for number in range(6):
            job = claimed(store, song(number))
            done.append(store.finish(job.id, a_result(), 2.0).id)
            store.swept(job.id)
        waiting = store.submit(song(7), 1.0)
        seen = store.revision()
        assert store.prune() == 3
        assert [job.id for job in store.list()] == [waiting.id, *reversed(done[3:])]
        assert store.is_known(song(0).renders[0].path, 1000, 1)
        assert store.revision() == seen


def test_work_folders_are_remembered_from_claim_to_sweep(store: JobStore) -> None:
    job = claimed(store)
    assert [job.id for job in store.with_work_folder()] == [job.id]
    store.finish(job.id, a_result(), 2.0)
    assert [job.id for job in store.with_work_folder()] == [job.id]
    store.swept(job.id)
    assert store.with_work_folder() == ()


# --- The file ---------------------------------------------------------------------------------------------------------


def test_accepted_jobs_are_synced_to_the_disk_and_progress_is_not(store: JobStore) -> None:
    def synchronous() -> int:
        return int(store._db.execute("PRAGMA synchronous").fetchone()[0])

    job = claimed(store)
    assert synchronous() == 2  # FULL: the log is synced at every commit
    store.progress(job.id, Progress(fraction=0.5))
    assert synchronous() == 1
    store.finish(job.id, a_result(), 2.0)
    assert synchronous() == 2
    assert store._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_full_disk_refuses_new_jobs_with_a_sentence_and_loses_none(store: JobStore) -> None:
    kept = [store.submit(song(number), 1.0) for number in range(3)]
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")

    def submit_many() -> None:
        kept.extend(store.submit(song(number), 1.0) for number in range(3, 500))

    with pytest.raises(StoreError, match=r"disk of the job list .* is full: make room"):
        submit_many()
    assert [job.id for job in store.list(limit=1000)] == [job.id for job in reversed(kept)]
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert store.submit(song(1000), 1.0).state is JobState.QUEUED


@pytest.mark.parametrize(
    "content", [b"this is not a database at all, just text" * 100, b"SQLite format 3\0" + b"\1" * 9000]
)
def test_a_file_that_is_no_job_list_is_refused_with_the_cure(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"is damaged.*move the file away"):
        JobStore(path)
    assert path.read_bytes() == content


def test_damage_inside_a_job_list_is_told_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    with JobStore(path) as store:
        for number in range(200):
            store.submit(song(number), 1.0)
    damaged = bytearray(path.read_bytes())
    damaged[2 * 4096 :] = b"\xa5" * (len(damaged) - 2 * 4096)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"is damaged.*move the file away"), JobStore(path) as store:
        store.list(limit=1000)


def test_a_job_list_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    JobStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StoreError, match="written by a newer daw-bridge"):
        JobStore(path)


def test_a_folder_in_the_place_of_the_job_list_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        JobStore(tmp_path)


def test_a_job_list_held_by_another_program_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    with JobStore(path, StoreLimits(busy_timeout_s=0.05)) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="held by another program"):
            store.submit(song(), 1.0)
        other.execute("ROLLBACK")
        other.close()
        store.submit(song(), 1.0)


def test_a_closed_store_answers_with_a_sentence(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    store.close()
    with pytest.raises(StoreError, match="cannot be used"):
        store.list()


def test_a_job_that_this_version_does_not_understand_fails_alone(
    store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    strange, normal = store.submit(song(1), 1.0), store.submit(song(2), 1.0)
    store._db.execute("UPDATE jobs SET request = '{\"unheard\": 1}' WHERE id = ?", (strange.id,))
    assert [job.id for job in store.list()] == [normal.id]
    assert caplog.records[0].__dict__["job"] == strange.id
    assert (claim := store.claim(2.0)) is not None
    assert claim.id == normal.id
    assert store.counts()[JobState.FAILED] == 1
    with pytest.raises(StoreError, match="another version"):
        store.get(strange.id)
