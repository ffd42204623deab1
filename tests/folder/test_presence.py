"""A watch folder that comes and goes, and a system that refuses file events."""

import errno
from pathlib import Path

import pytest

from bridge.listeners.folder.events import Inbox
from bridge.listeners.folder.look import Bounds
from bridge.listeners.folder.presence import Presence
from bridge.settings import Settings, WatchSettings


class FakeEvents:
    """A connection that can be refused or die."""

    def __init__(self) -> None:
        self.refusal: int | None = None
        self.attached = 0
        self.is_alive = False

    def attach(self) -> None:
        if self.refusal is not None:
            raise OSError(self.refusal, "refused")
        self.attached += 1
        self.is_alive = True

    def are_alive(self) -> bool:
        return self.is_alive

    def detach(self) -> None:
        self.is_alive = False


class Standing:
    """A Presence with all that it is joined to."""

    def __init__(self, folder: Path, *, is_network: bool = False) -> None:
        watch = WatchSettings(folder=folder, is_network=is_network, poll_s=0.2)
        self.events = FakeEvents()
        bounds = Bounds(watch, Settings(watch=(watch,)))
        self.presence = Presence(watch, bounds, Inbox(folder), self.events)
        self.reports: list[str] = []

    def look(self) -> list[str] | None:
        found = self.presence.look_around(lambda _, sentence: self.reports.append(sentence))
        return None if found is None else sorted(path.name for path in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Renders").mkdir()
    (tmp_path / "Renders" / "Song.wav").write_bytes(b"RIFF")
    return tmp_path / "Renders"


def test_events_are_connected_once_while_the_folder_stays(folder: Path) -> None:
    standing = Standing(folder)
    assert [standing.look() for _ in range(3)] == [["Song.wav"]] * 3
    assert standing.events.attached == 1


def test_events_that_died_are_connected_again(folder: Path) -> None:
    standing = Standing(folder)
    standing.look()
    standing.events.is_alive = False
    assert standing.look() == ["Song.wav"]
    assert standing.events.attached == 2


def test_a_network_folder_is_never_connected(folder: Path) -> None:
    standing = Standing(folder, is_network=True)
    assert standing.look() == ["Song.wav"]
    assert standing.events.attached == 0


@pytest.mark.parametrize("refusal", [errno.ENOSPC, errno.EMFILE])
def test_without_watches_left_the_folder_is_looked_through_all_the_same(folder: Path, refusal: int) -> None:
    standing = Standing(folder)
    standing.events.refusal = refusal
    assert [standing.look(), standing.look()] == [["Song.wav"]] * 2
    assert standing.reports == []


@pytest.mark.parametrize(("refusal", "word"), [(errno.EACCES, "allow"), (errno.EIO, "drive or network")])
def test_a_folder_that_cannot_be_used_is_reported_once_until_it_can(folder: Path, refusal: int, word: str) -> None:
    standing = Standing(folder)
    for round_ in (1, 2):
        standing.events.refusal = refusal
        assert [standing.look(), standing.look()] == [None, None]
        standing.events.refusal = None
        assert standing.look() == ["Song.wav"]
        assert len(standing.reports) == round_
        standing.events.is_alive = False
    assert word in standing.reports[0]


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "Renders").write_text("")
    standing = Standing(tmp_path / "Renders", is_network=True)
    assert standing.look() is None
    assert "is a file" in standing.reports[0]


def test_a_folder_with_very_many_files_is_looked_through_less_often(folder: Path) -> None:
    for number in range(3000):
        (folder / f"{number}.wav").touch()
    standing = Standing(folder)
    assert standing.presence.pause_s == 0.2
    standing.look()
    assert standing.presence.pause_s > 0.2
