"""What a look at a file says."""

from pathlib import Path

import pytest

from bridge.errors import AudioError
from bridge.listeners.folder.look import Bounds, look_at, unreadable
from bridge.listeners.folder.names import is_audio_name
from bridge.listeners.folder.settler import Content, Version
from bridge.settings import Settings, WatchSettings
from tests.scripted_writer import SIDECARS, ScriptedWriter, unfinished, wav_bytes

SONG = wav_bytes(frames=2000)


@pytest.fixture
def writer(tmp_path: Path) -> ScriptedWriter:
    return ScriptedWriter(tmp_path)


def content(path: Path) -> Content | None:
    watch = WatchSettings(folder=path.parent)
    facts = look_at(path, Bounds(watch, Settings(watch=(watch,))))
    return None if facts is None else facts.content


def test_a_finished_file_is_whole(writer: ScriptedWriter) -> None:
    assert content(writer.bounce("Song.wav", SONG)) is Content.WHOLE


@pytest.mark.parametrize("audio", [b"", b"RI", SONG[:44], SONG[:-2000], unfinished(SONG)[:44], unfinished(SONG)])
def test_every_stage_of_writing_is_unfinished(tmp_path: Path, audio: bytes) -> None:
    path = tmp_path / "Song.wav"
    path.write_bytes(audio)
    assert content(path) is Content.UNFINISHED


def test_a_text_is_not_audio(writer: ScriptedWriter) -> None:
    assert content(writer.text("Song.wav")) is Content.NOT_AUDIO


def test_a_whole_file_without_a_frame_is_not_audio_or_unfinished(writer: ScriptedWriter) -> None:
    assert content(writer.bounce("Song.wav", wav_bytes(frames=0))) in {Content.NOT_AUDIO, Content.UNFINISHED}


def test_nothing_is_to_be_seen_of_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "Folder.wav").mkdir()
    assert content(tmp_path / "Folder.wav") is None
    assert content(tmp_path / "Gone.wav") is None
    assert content(tmp_path / "Gone" / "Song.wav") is None


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(PermissionError(13, "denied"), Content.DENIED), (OSError(5, "disk"), Content.DENIED), (None, Content.NOT_AUDIO)],
)
def test_why_a_file_could_not_be_read_is_told_apart(reason: OSError | None, expected: Content) -> None:
    error = AudioError("a sentence")
    error.__cause__ = reason
    facts = unreadable(Version(1, 1, 1), error)
    assert facts is not None
    assert (facts.content, facts.problem) == (expected, "a sentence")


def test_a_file_that_vanished_between_two_looks_is_not_there() -> None:
    error = AudioError("gone")
    error.__cause__ = FileNotFoundError(2, "gone")
    assert unreadable(Version(1, 1, 1), error) is None


@pytest.mark.parametrize("name", SIDECARS)
def test_no_sidecar_has_the_name_of_audio(name: str) -> None:
    assert not is_audio_name(name)


@pytest.mark.parametrize("name", ["Song.wav", "SONG.WAV", "a.b.c.aiff", "x.W64", "Song [streaming].flac", "歌.opus"])
def test_audio_has_the_name_of_audio(name: str) -> None:
    assert is_audio_name(name)
