"""What goes wrong with bounces and watch folders, and what a restart finds."""

import os
import shutil
import time
from pathlib import Path

import pytest

from bridge.errors import RequestError, StoreError
from tests.folder.listening import Listening, lossy_bytes
from tests.scripted_writer import header_bytes, unfinished, wav_bytes
from tests.support import wait_until

SONG = wav_bytes(frames=44100)


# --- What goes wrong --------------------------------------------------------------------------------------------------


def test_what_can_never_be_processed_is_reported_once_each(listening: Listening) -> None:
    listening.writer.zero_bytes("Zero.wav")
    listening.writer.text("Text.wav")
    listening.writer.crashed("Crashed.wav", SONG)
    listening.writer.truncated("Truncated.wav", SONG)
    listening.wait_for_problems(4)
    listening.wait_until_idle()
    listening.wait_until_idle()
    problems = dict(listening.problems)
    assert len(listening.problems) == len(problems) == 4
    assert listening.requests == []
    assert "empty" in problems["Zero.wav"]
    assert "not an audio file" in problems["Text.wav"]
    assert "never closed" in problems["Crashed.wav"]
    assert "cut off" in problems["Truncated.wav"]


def test_a_reported_file_that_is_bounced_again_is_taken(listening: Listening) -> None:
    listening.writer.truncated("Song.wav", SONG)
    listening.wait_for_problems(1)
    listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)


def test_a_header_that_is_finished_after_the_report_is_taken(listening: Listening) -> None:
    path = listening.folder / "Song.wav"
    with path.open("wb", buffering=0) as file:
        file.write(unfinished(SONG))
        listening.wait_for_problems(1)
        file.seek(0)
        file.write(SONG[: header_bytes(SONG)])
    listening.wait_for(1)


def test_a_render_beyond_the_limits_is_reported(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session") as listening:
        listening.stop()
        limits = listening.settings.limits.model_copy(update={"channels_max": 1})
        listening.settings = listening.settings.model_copy(update={"limits": limits})
        listening.start()
        listening.writer.bounce("Song.wav", SONG)
        [(name, sentence)] = listening.wait_for_problems(1)
        assert name == "Song.wav"
        assert "channels_max" in sentence


def test_a_file_that_may_not_be_read_is_reported_and_taken_when_it_may(listening: Listening) -> None:
    path = listening.writer.bounce("../Song.wav", SONG)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("needs a user whom permissions bind")
    path.replace(listening.folder / "Song.wav")
    [(_, sentence)] = listening.wait_for_problems(1)
    assert "permission" in sentence
    (listening.folder / "Song.wav").chmod(0o644)
    listening.wait_for(1)


def test_a_refused_request_is_reported_and_the_next_one_comes_through(listening: Listening) -> None:
    listening.refusals = [RequestError("The queue is full: wait until jobs have ended.")]
    listening.writer.bounce("First.wav", SONG)
    assert listening.wait_for_problems(1) == [("First.wav", "The queue is full: wait until jobs have ended.")]
    listening.writer.bounce("Second.wav", SONG)
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.names() == [["Second.wav"]]


def test_a_store_that_cannot_be_used_for_a_while_loses_no_bounce(listening: Listening) -> None:
    listening.refusals = [StoreError("The disk is full: make room.")] * 3
    listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]
    assert listening.problems == [("Song.wav", "The disk is full: make room.")]


def test_a_bug_in_what_it_calls_does_not_end_the_watch(listening: Listening) -> None:
    listening.refusals = [ZeroDivisionError("a bug")]
    listening.writer.bounce("First.wav", SONG)
    wait_until(lambda: not listening.refusals)
    listening.writer.bounce("Second.wav", SONG)
    listening.wait_for(1)


def test_a_folder_that_is_not_there_yet_is_waited_for_with_one_word(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", is_made=False) as listening:
        [(name, sentence)] = listening.wait_for_problems(1)
        assert name == "Renders"
        assert "not there" in sentence
        listening.folder.mkdir(parents=True)
        listening.writer.bounce("Song.wav", SONG)
        listening.wait_for(1)
        assert len(listening.problems) == 1


def test_a_folder_deleted_while_running_is_taken_up_when_it_comes_back(listening: Listening) -> None:
    listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)
    for number in (1, 2):
        with listening.writer.growing("Lost.wav", SONG):
            shutil.rmtree(listening.folder)
        listening.wait_for_problems(number)
        listening.folder.mkdir()
        listening.writer.bounce("New.wav", wav_bytes(seed=number))
        listening.wait_for(1 + number)
    assert {name for name, _ in listening.problems} == {"Renders"}
    assert listening.names() == [["Song.wav"], ["New.wav"], ["New.wav"]]


def test_a_folder_deleted_and_made_again_in_one_breath_is_still_watched(listening: Listening) -> None:
    for number in range(1, 6):
        shutil.rmtree(listening.folder)
        listening.folder.mkdir()
        listening.writer.bounce("Song.wav", wav_bytes(seed=number))
        listening.wait_for(number)


def test_a_folder_that_was_renamed_away_and_replaced_is_watched_in_its_place(listening: Listening) -> None:
    listening.wait_until_idle()
    listening.folder.rename(listening.folder.with_name("Old"))
    listening.folder.mkdir()
    listening.writer.bounce("Song.wav", SONG)
    [request] = listening.wait_for(1)
    assert request.renders[0].path == listening.folder / "Song.wav"


# --- Start and restart ------------------------------------------------------------------------------------------------


def test_what_is_there_at_start_up_is_taken_once(tmp_path: Path) -> None:
    listening = Listening(tmp_path / "Session")
    listening.writer.bounce("Before.wav", SONG)
    with listening:
        listening.wait_for(1)
        listening.wait_until_idle()
    assert listening.names() == [["Before.wav"]]


def test_a_restart_runs_nothing_again_and_takes_what_came_in_between(tmp_path: Path) -> None:
    listening = Listening(tmp_path / "Session")
    with listening:
        listening.writer.bounce("First.wav", SONG)
        listening.wait_for(1)
    [render] = listening.requests[0].renders
    listening.known = {(render.path, render.size_bytes, render.mtime_ns)}
    listening.writer.bounce("Meanwhile.wav", SONG)
    (listening.folder / "First.mp3").write_bytes(lossy_bytes("MP3", "MPEG_LAYER_III"))  # a late copy
    with listening:
        listening.wait_for(2)
        listening.wait_until_idle()
        assert listening.names() == [["First.wav"], ["Meanwhile.wav"]]
        listening.writer.bounce("First.wav", wav_bytes(seed=9))
        listening.wait_for(3)


def test_stopping_is_quick_and_may_come_before_starting(tmp_path: Path) -> None:
    listening = Listening(tmp_path / "Session", poll_s=600)
    listening.stop()
    listening.start()
    listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)
    started_s = time.monotonic()
    listening.stop()
    assert time.monotonic() - started_s < 5  # far less than poll_s


def test_a_network_folder_is_watched_by_looking_alone(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", is_network=True) as listening:
        listening.writer.growing_slowly("Song.wav", SONG, (0.2, 0.2))
        path = listening.folder / "Song.wav"
        listening.wait_for(1)
        assert listening.submitted_s[0] - listening.writer.closed_s[path] >= listening.watch.still_s - 0.3
        listening.writer.bounce("Song.wav", wav_bytes(seed=2))
        listening.wait_for(2)
