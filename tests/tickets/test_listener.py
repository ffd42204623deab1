"""The ticket folder: what goes in, what comes out, what is refused and what survives."""

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ModelError, RequestError
from bridge.listeners.tickets.forms import Heartbeat, JobList, TicketProgress
from bridge.listeners.tickets.listener import TicketListener
from bridge.listening import Side
from bridge.model import JobState
from bridge.recipes import MasterRecipe
from bridge.surface.wire import decode
from tests.support import wait_until
from tests.tickets.folder import Office


def test_a_ticket_becomes_a_job_and_its_result_holds_what_the_writer_noted(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / 'a "b" ü.wav', name="Song", notes={"item": "{GUID}", "at": 1.5})
        job = wait_until(lambda: next(iter(office.own.jobs(1)), None))
        assert isinstance(job.request.recipe, MasterRecipe)
        assert job.request.name == "Song"
        assert job.request.origin.listener == "tickets"
        office.own.finish(job.id)
        result = office.result("t1")
    assert (result.state, result.job, result.notes) == ("done", job.id, {"item": "{GUID}", "at": 1.5})
    assert result.result is not None
    assert result.result.after is not None
    assert result.request is not None
    assert result.request.id == "t1"
    assert office.names() == {"t1.result.json"}


def test_progress_is_told_while_the_job_runs(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav")
        job = wait_until(lambda: next(iter(office.own.jobs(1)), None))
        told = office.folder / "t1.progress.json"
        wait_until(told.exists)
        office.own.run(job.id, 0.25)

        def progress() -> TicketProgress:
            return TicketProgress.model_validate_json(told.read_bytes())

        wait_until(lambda: progress().fraction == 0.25)
        assert (progress().state, progress().stage, progress().eta_s) == (JobState.RUNNING, "mastering", 4.0)
        assert not (office.folder / "t1.json").exists()


def test_what_ends_while_no_daemon_runs_is_answered_by_the_next(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav", notes={"n": 1})
        job = wait_until(lambda: next(iter(office.own.jobs(1)), None))
        wait_until((office.folder / "accepted" / "t1.json").exists)
    office.own.finish(job.id)
    with office.open():
        assert office.result("t1").notes == {"n": 1}
    assert not list((office.folder / "accepted").iterdir())


def test_a_job_that_the_store_has_forgotten_is_answered_as_failed(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav")
        wait_until((office.folder / "accepted" / "t1.json").exists)
    office.own._jobs.clear()
    with office.open():
        result = office.result("t1")
    assert result.state == "failed"
    assert "There is no job" in (result.sentence or "")


def test_two_tickets_for_the_same_are_one_job_and_both_are_answered(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav")
        office.master("t2", office.own.root / "a.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)
        (job,) = office.own.jobs(10)
        office.own.finish(job.id)
        assert office.result("t1").job == office.result("t2").job == job.id


def test_cancelling_one_of_two_tickets_leaves_the_job_to_the_other(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav")
        office.master("t2", office.own.root / "a.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)
        office.write("c1", ask="cancel", of=["t1"])
        assert office.result("t1").state == "cancelled"
        (job,) = office.own.jobs(10)
        assert job.state is JobState.QUEUED
        office.write("c2", ask="cancel", of=["t2", "unknown"])
        assert office.result("t2").state == "cancelled"
        assert office.own.job(job.id).state is JobState.CANCELLED


def test_a_failed_job_can_be_asked_for_again(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav")
        job = wait_until(lambda: next(iter(office.own.jobs(1)), None))
        office.own.fail(job.id, "The engine stopped.")
        failed = office.result("t1")
        assert (failed.state, failed.sentence) == ("failed", "The engine stopped.")
        assert failed.request is not None
        again = json.loads(failed.request.model_dump_json()) | {"id": "t2", "retry_of": failed.job}
        office.write_text("t2.json", json.dumps(again))
        wait_until(lambda: office.own.job(job.id).state is JobState.QUEUED)
        office.own.finish(job.id)
        assert office.result("t2").state == "done"


def test_a_model_that_is_missing_is_answered_at_once(office: Office) -> None:
    office.own.refusal = ModelError("The model `htdemucs` is not on this machine: run `dawbridge models fetch`.")
    with office.open():
        office.write("t1", recipe={"do": "split"}, files=[str(office.own.root / "a.wav")])
        result = office.result("t1")
    assert result.state == "refused"
    assert "dawbridge models fetch" in (result.sentence or "")


def test_the_daemon_pauses_and_resumes_by_ticket(office: Office) -> None:
    with office.open():
        office.write("p1", ask="pause")
        wait_until(office.desk.is_paused)
        office.write("p2", ask="resume")
        wait_until(lambda: not office.desk.is_paused())


WRONG = {
    "no-json": ("{", "not readable as JSON"),
    "a-list": ("[]", "one JSON object"),
    "newer": ('{"format": 2, "id": "newer"}', "update daw-bridge"),
    "no-form": ("{}", "format is missing"),
    "no-recipe": ('{"format": 1, "id": "no-recipe", "files": ["/a.wav"]}', "recipe is missing"),
    "typing": (
        '{"format": 1, "id": "typing", "recipe": {"do": "mastre"}, "files": ["/a.wav"]}',
        "Did you mean `master`",
    ),
    "bounds": (
        '{"format": 1, "id": "bounds", "recipe": {"do": "master", "target_lufs": 3}, "files": ["/a.wav"]}',
        "recipe.target_lufs must be -40 to -4 LUFS",
    ),
    "other-id": ('{"format": 1, "id": "x", "recipe": {"do": "analyze"}, "files": ["/a.wav"]}', "both must agree"),
    "relative": ('{"format": 1, "id": "relative", "recipe": {"do": "analyze"}, "files": ["a.wav"]}', "whole path"),
    "windows": ('{"format": 1, "id": "windows", "recipe": {"do": "analyze"}, "files": ["C:\\\\a.wav"]}', "Windows"),
    "no-files": ('{"format": 1, "id": "no-files", "recipe": {"do": "analyze"}, "files": []}', "files"),
    "escape": (
        '{"format": 1, "id": "escape", "recipe": {"do": "analyze"}, "files": ["/a"], "name_pattern": "../{name}"}',
        "must stay below the return folder",
    ),
    "deep": ("[" * 100_000, "not readable as JSON"),
    "huge": (json.dumps({"x": "y" * 300_000}), "larger than 256 kB"),
}


@pytest.mark.parametrize("name", [name for name in WRONG if os.name == "posix" or name != "windows"])
def test_a_wrong_ticket_is_put_aside_with_a_sentence(office: Office, name: str) -> None:
    text, sentence = WRONG[name]
    office.write_text(f"{name}.json", text, age_s=10)
    with office.open():
        result = office.result(name)
        wait_until((office.folder / "refused" / f"{name}.txt").exists)
    assert result.state == "refused"
    assert sentence in (result.sentence or "")
    assert (office.folder / "refused" / f"{name}.json").read_text() == text
    assert sentence in (office.folder / "refused" / f"{name}.txt").read_text()
    assert not office.own.jobs(1)


def test_the_notes_of_a_wrong_ticket_come_back_too(office: Office) -> None:
    office.write_text("t1.json", '{"format": 1, "id": "t1", "notes": {"item": 7}}', age_s=10)
    with office.open():
        assert office.result("t1").notes == {"item": 7}


def test_half_a_ticket_is_waited_for(office: Office) -> None:
    ticket = json.dumps(
        {"format": 1, "id": "t1", "recipe": {"do": "analyze"}, "files": [str(office.own.root / "a.wav")]}
    )
    with office.open():
        (office.folder / "t1.json").write_text(ticket[:20])
        office.master("t2", office.own.root / "b.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)
        assert "t1.json" in office.names()
        (office.folder / "t1.json").write_text(ticket)
        wait_until((office.folder / "accepted" / "t1.json").exists)


def test_an_old_ticket_is_not_carried_out(office: Office) -> None:
    ticket = {"format": 1, "id": "t1", "recipe": {"do": "analyze"}, "files": [str(office.own.root / "a.wav")]}
    office.write_text("t1.json", json.dumps(ticket), age_s=80 * 3600)
    with office.open():
        result = office.result("t1")
    assert "ask again" in (result.sentence or "")
    assert not office.own.jobs(1)


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are another matter on Windows")
def test_a_folder_in_which_others_can_write_stays_inside_the_session_roots(office: Office) -> None:
    office.folder.chmod(0o777)
    with office.open():
        office.master("t1", office.own.root / "elsewhere.wav")
        assert "outside the session_roots" in (office.result("t1").sentence or "")
        office.master("t2", office.desk.root / "Renders" / "inside.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_link_is_no_ticket(office: Office, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text('{"format": 1, "id": "t1", "ask": "pause"}')
    (office.folder / "t1.json").symlink_to(tmp_path / "elsewhere.json")
    with office.open():
        office.master("t2", office.own.root / "b.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)
    assert not office.desk.is_paused()


def test_other_files_are_left_alone(office: Office) -> None:
    for name in ("readme.txt", "a.b.json", "reaper.json", ".t1.json.part"):
        (office.folder / name).write_text("{")
    with office.open():
        office.master("t2", office.own.root / "b.wav")
        wait_until((office.folder / "accepted" / "t2.json").exists)
    assert {"readme.txt", "a.b.json", "reaper.json", ".t1.json.part"} <= office.names()


def test_the_heartbeat_tells_chains_and_counts_and_goes_with_the_daemon(office: Office) -> None:
    with office.open():
        beat = Heartbeat.model_validate_json((office.folder / "daemon.json").read_bytes())
        assert beat.pid == os.getpid()
        assert "streaming" in {chain.name for chain in beat.chains}
    assert not (office.folder / "daemon.json").exists()


def test_the_list_of_jobs_shows_figures(office: Office) -> None:
    with office.open():
        office.master("t1", office.own.root / "a.wav", name="Song")
        job = wait_until(lambda: next(iter(office.own.jobs(1)), None))
        office.own.finish(job.id)

        def card() -> JobList:
            return JobList.model_validate_json((office.folder / "jobs.json").read_bytes())

        wait_until(lambda: card().jobs and card().jobs[0].state is JobState.DONE)
        (shown,) = card().jobs
    assert (shown.name, shown.do, shown.chain, shown.master_lufs) == ("Song", "master", "streaming", -14.0)


def test_a_folder_that_cannot_be_used_is_told_once_and_ends_nothing(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    listener = TicketListener(tmp_path / "file" / "tickets", office.settings, office.desk, office.own, office.listening)
    listener.start()
    wait_until(lambda: "cannot be used" in caplog.text)
    listener.stop()


class Web(BaseHTTPRequestHandler):
    """REAPER's web interface, as far as it is called."""

    def do_GET(self) -> None:
        self.server.fetched.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the class above
        return


def test_reaper_is_told_by_its_web_interface_where_that_is_on(office: Office) -> None:
    with HTTPServer(("127.0.0.1", 0), Web) as web:
        fetched: list[str] = []
        web.fetched = fetched  # type: ignore[attr-defined]
        threading.Thread(target=web.serve_forever, daemon=True).start()
        card = {"format": 1, "collect_action": "_RSab12", "web_port": web.server_port}
        (office.folder / "reaper.json").write_text(json.dumps(card))
        with office.open():
            office.write("p1", ask="push")
            wait_until(lambda: fetched)
        web.shutdown()
    assert fetched == ["/_/SET/EXTSTATE/daw-bridge/pushed/web;_RSab12"]


def test_reaper_is_called_by_the_way_that_its_set_up_tests(office: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaper, office.open():
        reaper.bind(("127.0.0.1", 0))
        reaper.settimeout(10)
        card = {"format": 1, "collect_action": "_RSab12", "web_port": 1, "osc_port": reaper.getsockname()[1]}
        (office.folder / "reaper.json").write_text(json.dumps(card))
        office.write("p1", ask="push", by="osc")
        assert decode(reaper.recv(1000))[0].arguments == ("_RSab12",)


def test_reaper_plays_the_side_that_is_chosen_and_says_when_it_does(office: Office) -> None:
    sides = {"a": "_RSaa", "b": "_RSbb", "session": "_RScc"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaper, office.open():
        reaper.bind(("127.0.0.1", 0))
        reaper.settimeout(10)
        card = {"format": 1, "collect_action": "_RSab12", "listen_actions": sides, "osc_port": reaper.getsockname()[1]}
        (office.folder / "reaper.json").write_text(json.dumps(card))
        for side in (Side.B, Side.A, Side.SESSION, Side.B):
            office.listening.choose(side)
        called = [decode(reaper.recv(1000))[0].arguments[0] for _ in range(4)]
        assert called == ["_RSbb", "_RSaa", "_RScc", "_RSbb"]
        assert office.listening.side is Side.SESSION  # nobody has said yet that it is heard
        office.write("h1", ask="heard", side="b")
        wait_until(lambda: office.listening.side is Side.B)


@pytest.mark.parametrize(
    "card",
    [None, {"collect_action": "_RS1", "osc_port": 8000},
     {"collect_action": "_RS1", "listen_actions": {"a": "_RS2", "b": "_RS3"}}],
)  # fmt: skip
def test_without_a_road_to_reaper_a_choice_is_refused_with_what_to_do(
    office: Office, card: dict[str, Any] | None
) -> None:
    if card is not None:
        (office.folder / "reaper.json").write_text(json.dumps({"format": 1, **card}))
    with office.open(), pytest.raises(RequestError, match="Set up and diagnose"):
        office.listening.choose(Side.B)


def test_a_folder_on_a_read_only_disk_is_told_once_and_served_as_soon_as_it_can_be(
    office: Office, read_only_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listener = TicketListener(read_only_folder, office.settings, office.desk, office.own, office.listening)
    listener.start()
    wait_until(lambda: "cannot be used" in caplog.text)
    listener.stop()
    assert caplog.text.count("cannot be used") == 1
