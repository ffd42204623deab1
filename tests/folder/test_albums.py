"""Folders inside a watch folder that become albums."""

from pathlib import Path
from typing import Any

from bridge.listeners.folder.albums import Albums
from bridge.model import Grouping
from bridge.recipes import AlbumRecipe
from bridge.settings import WatchSettings
from tests.folder.listening import Listening
from tests.scripted_writer import wav_bytes
from tests.support import wait_until

A, B = Path("/x/A"), Path("/x/B")
ALBUM: dict[str, Any] = {"recipe": AlbumRecipe(), "album_quiet_s": 0.6}


def test_a_folder_is_finished_when_it_was_quiet_long_enough_and_only_once() -> None:
    albums = Albums(10)
    albums.hear(A / "1.wav", 100)
    albums.hear(A / "2.wav", 105)
    assert albums.take((), 114) == []
    assert albums.next_take_s(114) == 1
    assert albums.take((), 115) == [A]
    assert albums.take((), 200) == []
    assert albums.next_take_s(200) is None


def test_a_song_that_grows_holds_its_folder_back_and_no_other() -> None:
    albums = Albums(10)
    albums.hear(A / "1.wav", 0)
    albums.hear(B / "1.wav", 0)
    assert albums.take([A / "2.wav"], 10) == [B]
    assert albums.take((), 19) == []
    assert albums.take((), 20) == [A]


def test_a_clock_that_jumps_back_finishes_nothing_early() -> None:
    albums = Albums(10)
    albums.hear(A / "1.wav", 100)
    assert albums.take((), 50) == []
    assert albums.take((), 55) == []
    assert albums.take((), 60) == [A]


def test_the_folders_of_an_album_watch_are_looked_into() -> None:
    assert WatchSettings(folder=A, recipe=AlbumRecipe()).is_deep
    assert not WatchSettings(folder=A).is_deep


def test_the_songs_of_a_folder_become_one_request_in_the_order_of_their_names(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", **ALBUM) as listening:
        record = listening.folder / "Aurora"
        record.mkdir()
        for name in ("02 Road.wav", "01 Light.wav", "10 Last.wav"):
            (record / name).write_bytes(wav_bytes(frames=44100 + len(name)))
        (request,) = listening.wait_for(1)
        assert [render.path.name for render in request.renders] == ["01 Light.wav", "02 Road.wav", "10 Last.wav"]
        assert (request.name, request.grouping) == ("Aurora", Grouping.ALBUM)
        assert request.recipe == AlbumRecipe()
        (record / "02 Road.wav").write_bytes(wav_bytes(frames=50000))
        again = listening.wait_for(2)[1]
        assert [render.frames for render in again.renders][1] == 50000
        assert len(again.renders) == 3


def test_a_song_outside_of_a_record_is_told_and_starts_nothing(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", **ALBUM) as listening:
        (listening.folder / "Stray.wav").write_bytes(wav_bytes(frames=44100))
        ((path, sentence),) = listening.wait_for_problems(1)
        assert path.endswith("Stray.wav")
        assert "folder of their own" in sentence
        wait_until(lambda: not listening.requests, 1)


def test_a_record_with_a_broken_song_waits_until_it_is_whole(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", **ALBUM) as listening:
        record = listening.folder / "Aurora"
        record.mkdir()
        (record / "01.wav").write_bytes(wav_bytes(frames=44100))
        (record / "02.wav").write_bytes(b"This is a letter.\n" * 400)
        problems = listening.wait_for_problems(2)
        assert any("is no album yet" in sentence for _, sentence in problems)
        assert listening.requests == []
        (record / "02.wav").write_bytes(wav_bytes(frames=40000))
        (request,) = listening.wait_for(1)
        assert len(request.renders) == 2
