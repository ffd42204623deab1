"""`dawbridge jobs`: reads and changes the job store, with or without a daemon."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.exit_codes import ExitCode
from bridge.errors import RequestError
from bridge.jobs.looking import find_job
from bridge.jobs.problems import FileProblem, ProblemBook
from bridge.jobs.store import JobStore, StoreLimits
from bridge.model import DeliveredFile, Job, JobError, JobResult, JobState, Progress
from tests.cli.conftest import ROOT, Run, json_of, new_terminal
from tests.support import wait_until
from tests.values import a_measurement, a_render, a_request

NOW_S = 1_790_000_000.0
TEXT_NOT_AUDIO = "Broken.wav is text, not audio: bounce it again."


def queued(store: JobStore, name: str) -> Job:
    return store.submit(a_request(render=a_render(Path(f"/S/Renders/{name}.wav"), digest=name)), NOW_S)


def failed(store: JobStore, name: str) -> Job:
    job = queued(store, name)
    store.claim(NOW_S)
    return store.fail(job.id, JobError(code="audio_error", sentence=TEXT_NOT_AUDIO), NOW_S + 1)


def done(store: JobStore, name: str, folder: Path) -> Job:
    job = queued(store, name)
    store.claim(NOW_S)
    file = DeliveredFile(path=folder / name / f"{name}.wav", role="master", size_bytes=52_000_000, digest="d")
    result = JobResult(files=(file,), before=a_measurement(-18.4), after=a_measurement(-14.0, -1.0), runtime_s=4.1)
    return store.finish(job.id, result, NOW_S + 5)


def test_without_a_store_there_are_no_jobs_and_none_is_made(dawbridge: Run, tmp_path: Path) -> None:
    result = dawbridge("jobs", "list")
    assert result.exit_code == 0
    assert "No jobs." in result.stdout
    assert json_of(dawbridge("jobs", "list", "--json")) == []
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["show", "cancel", "retry", "watch"])
def test_without_a_store_an_id_is_unknown(dawbridge: Run, command: str) -> None:
    result = dawbridge("jobs", command, "abc")
    assert result.exit_code == ExitCode.USAGE
    assert "There is no job abc" in result.stderr


def test_list_shows_every_job_with_what_became_of_it(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    done(store, "Finished", tmp_path)
    failed(store, "Broken")
    running = queued(store, "Running")
    store.claim(NOW_S)
    store.progress(running.id, Progress(stage="mastering", fraction=0.62))
    queued(store, "Waiting")
    rows = {row.split()[2]: row for row in dawbridge("jobs", "list").stdout.splitlines()[1:]}
    assert "-18.4 -> -14.0 LUFS" in rows["Finished"]
    assert TEXT_NOT_AUDIO in rows["Broken"]
    assert "mastering 62%" in rows["Running"]
    assert "queued" in rows["Waiting"]


def test_list_failed_shows_the_dead_letters_with_their_sentences(dawbridge: Run, store: JobStore) -> None:
    failed(store, "Broken")
    queued(store, "Waiting")
    page = dawbridge("jobs", "list", "--failed").stdout
    assert TEXT_NOT_AUDIO in page
    assert "Waiting" not in page


def test_list_as_json_is_a_list_of_jobs(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    kept = [done(store, "Finished", tmp_path), failed(store, "Broken")]
    found = [Job.model_validate(entry) for entry in json_of(dawbridge("jobs", "list", "--json"))]
    assert sorted(found, key=lambda job: job.id) == sorted(kept, key=lambda job: job.id)
    only = json_of(dawbridge("jobs", "list", "--state", "failed", "--json"))
    assert [entry["request"]["name"] for entry in only] == ["Broken"]


def a_bad_file(session: Path, name: str) -> Path:
    path = session / "Renders" / f"{name}.wav"
    path.write_text("Dear diary")
    ProblemBook(session.parent / "data").add(path, TEXT_NOT_AUDIO, NOW_S)
    return path


def test_list_points_at_files_that_cannot_become_a_job(dawbridge: Run, store: JobStore, session: Path) -> None:
    queued(store, "Song")
    assert "need" not in dawbridge("jobs", "list").stdout
    a_bad_file(session, "Diary")
    last = dawbridge("jobs", "list").stdout.splitlines()[-1]
    assert last == "1 file needs a look: dawbridge jobs list --failed"
    gone = a_bad_file(session, "Notes")
    assert "2 files need a look" in dawbridge("jobs", "list").stdout
    gone.unlink()
    assert "1 file needs a look" in dawbridge("jobs", "list").stdout


def test_list_failed_shows_files_with_when_and_why(dawbridge: Run, store: JobStore, session: Path) -> None:
    path = a_bad_file(session, "Diary")
    page = dawbridge("jobs", "list", "--failed").stdout
    (row,) = [line for line in page.splitlines() if str(path) in line]
    assert TEXT_NOT_AUDIO in row
    assert "No such jobs" not in page
    failed(store, "Broken")
    assert (
        len([line for line in dawbridge("jobs", "list", "--failed").stdout.splitlines() if TEXT_NOT_AUDIO in line]) == 2
    )


def test_files_are_shown_also_before_there_is_any_job(dawbridge: Run, session: Path) -> None:
    (session.parent / "data").mkdir()
    a_bad_file(session, "Diary")
    assert "1 file needs a look" in dawbridge("jobs", "list").stdout
    assert "Diary.wav" in dawbridge("jobs", "list", "--failed").stdout


def test_list_failed_as_json_holds_jobs_and_files(dawbridge: Run, store: JobStore, session: Path) -> None:
    job, path = failed(store, "Broken"), a_bad_file(session, "Diary")
    queued(store, "Waiting")
    found = json_of(dawbridge("jobs", "list", "--failed", "--json"))
    assert [Job.model_validate(entry) for entry in found["jobs"]] == [job]
    assert [FileProblem.model_validate(entry).path for entry in found["files"]] == [path]
    assert len(json_of(dawbridge("jobs", "list", "--json"))) == 2
    assert set(found) == {"jobs", "files"}


def test_show_gives_figures_and_files(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    job = done(store, "Finished", tmp_path)
    page = dawbridge("jobs", "show", job.id).stdout
    for text in ("Finished.wav", "52.0 MB", "Integrated loudness", "-14.0 LUFS", "+4.4 LU"):
        assert text in page
    assert Job.model_validate(json_of(dawbridge("jobs", "show", job.id, "--json"))) == job


def test_show_gives_the_reason_of_a_failure(dawbridge: Run, store: JobStore) -> None:
    assert TEXT_NOT_AUDIO in dawbridge("jobs", "show", failed(store, "Broken").id).stdout


def test_an_id_may_be_shortened_to_its_end_or_beginning(dawbridge: Run, store: JobStore) -> None:
    job = queued(store, "Song")
    for typed in (job.id[-3:], job.id[:-2], job.id.upper()):
        assert json_of(dawbridge("jobs", "show", typed, "--json"))["id"] == job.id


def test_an_id_that_fits_several_jobs_is_refused_with_their_ids(dawbridge: Run, tmp_path: Path, config: Path) -> None:
    (tmp_path / "data").mkdir()
    names = iter(["a1", "a2", "b1"])
    with JobStore(tmp_path / "data" / "jobs.sqlite3", StoreLimits(), lambda: next(names)) as store:
        for name in ("One", "Two", "Three"):
            queued(store, name)
        result = dawbridge("jobs", "cancel", "a")
        assert result.exit_code == ExitCode.USAGE
        assert "a fits 2 jobs" in result.stderr
        assert "a1" in result.stderr
        assert "a2" in result.stderr
        assert store.counts()[JobState.QUEUED] == 3
        assert find_job(store, "b").id == "b1"


def test_an_exact_id_wins_over_longer_ones_that_begin_with_it(tmp_path: Path) -> None:
    names = iter(["a", "ab"])
    with JobStore(tmp_path / "s.sqlite3", StoreLimits(), lambda: next(names)) as store:
        queued(store, "One")
        queued(store, "Two")
        assert find_job(store, "a").id == "a"
        with pytest.raises(RequestError, match="no job zz"):
            find_job(store, "zz")


def test_cancel_takes_a_waiting_job_out_of_the_queue(dawbridge: Run, store: JobStore) -> None:
    job = queued(store, "Song")
    assert "cancelled" in dawbridge("jobs", "cancel", job.id).stdout
    assert store.get(job.id).state is JobState.CANCELLED


def test_cancel_marks_a_running_job_for_the_daemon_to_stop(dawbridge: Run, store: JobStore) -> None:
    job = queued(store, "Song")
    store.claim(NOW_S)
    assert "stopping" in dawbridge("jobs", "cancel", job.id).stdout
    assert store.is_cancel_requested(job.id)


def test_cancelling_several_jobs_looks_all_of_them_up_first(dawbridge: Run, store: JobStore) -> None:
    job = queued(store, "Song")
    assert dawbridge("jobs", "cancel", job.id, "unknown").exit_code == ExitCode.USAGE
    assert store.get(job.id).state is JobState.QUEUED


def test_cancelling_a_job_that_is_done_says_so(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    result = dawbridge("jobs", "cancel", done(store, "Song", tmp_path).id)
    assert result.exit_code == ExitCode.USAGE
    assert "already done" in result.stderr


def test_retry_queues_a_failed_job_again(dawbridge: Run, store: JobStore) -> None:
    job = failed(store, "Song")
    changed = json_of(dawbridge("jobs", "retry", job.id, "--json"))
    assert [Job.model_validate(entry).state for entry in changed] == [JobState.QUEUED]
    assert store.get(job.id).state is JobState.QUEUED


def test_watching_a_job_that_has_ended_tells_how(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    good = dawbridge("jobs", "watch", done(store, "Good", tmp_path).id)
    assert (good.exit_code, good.stdout.split()[0]) == (0, "done")
    bad = dawbridge("jobs", "watch", failed(store, "Bad").id)
    assert (bad.exit_code, bad.stdout.split()[0]) == (ExitCode.AUDIO, "failed")
    assert TEXT_NOT_AUDIO in bad.stdout


def test_watching_a_job_ends_when_the_job_ends(store: JobStore, config: Path, tmp_path: Path) -> None:
    job = queued(store, "Song")
    store.claim(NOW_S)
    command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "jobs", "watch", job.id]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:

        def ended() -> bool:
            if store.get(job.id).state is JobState.RUNNING:
                store.progress(job.id, Progress(stage="mastering", fraction=0.5))
                store.finish(job.id, JobResult(files=(), runtime_s=1.0), NOW_S)
            return watching.poll() is not None

        wait_until(ended, 20, "the end of `jobs watch`")
        assert watching.returncode == 0
        assert watching.communicate()[0].split()[0] == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_on_a_terminal_a_bar_moves_and_a_line_stays(store: JobStore, config: Path) -> None:
    job = queued(store, "Song")
    store.claim(NOW_S)
    ours, theirs = new_terminal()
    command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "jobs", "watch", job.id]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as watching:
        os.close(theirs)
        seen = ""

        def shows(text: str) -> bool:
            nonlocal seen
            seen += os.read(ours, 65536).decode()
            return text in seen

        store.progress(job.id, Progress(stage="mastering", fraction=0.62, eta_s=7.0))
        wait_until(lambda: shows("0:07 left"), 20, "the bar")
        assert "62 %" in seen
        store.finish(job.id, JobResult(files=(), runtime_s=1.0), NOW_S)
        wait_until(lambda: shows("done"), 20, "the line")
        assert watching.wait(20) == 0
        os.close(ours)


def test_without_a_daemon_it_is_said_that_jobs_wait(dawbridge: Run, store: JobStore) -> None:
    job = failed(store, "Song")
    assert "dawbridge run" in dawbridge("jobs", "retry", job.id).stderr


def test_a_name_cannot_steer_the_terminal(dawbridge: Run, store: JobStore) -> None:
    job = queued(store, "evil\x1b]0;title\x07\x1b[31m")
    for command in (("list",), ("show", job.id)):
        page = dawbridge("jobs", *command)
        assert "\x1b" not in page.stdout
        assert "\x07" not in page.stdout
        assert "evil" in page.stdout


def test_a_store_of_a_newer_version_is_left_alone(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data" / "jobs.sqlite3") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    result = dawbridge("jobs", "list")
    assert result.exit_code == ExitCode.STORE
    assert "newer daw-bridge" in result.stderr
