"""The book of files that cannot become jobs."""

import os
import threading
from pathlib import Path

import pytest

from bridge.jobs.problems import PROBLEMS_FILE, PROBLEMS_MAX, FileProblem, ProblemBook

NOW_S = 1_790_000_000.0
TEXT = "Song.wav is text, not audio: bounce it again."


@pytest.fixture
def book(tmp_path: Path) -> ProblemBook:
    data = tmp_path / "data"
    data.mkdir()
    return ProblemBook(data)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "Song.wav"
    path.write_text("Dear diary")
    return path


def told(book: ProblemBook) -> list[tuple[str, str, float]]:
    return [(problem.path.name, problem.sentence, problem.at_s) for problem in book.list()]


def test_without_a_file_the_book_is_empty_and_none_is_made(tmp_path: Path) -> None:
    book = ProblemBook(tmp_path / "nowhere")
    assert book.list() == ()
    book.forget([tmp_path / "Song.wav"])
    assert list(tmp_path.iterdir()) == []


def test_what_was_told_is_there_for_another_reader(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    assert told(ProblemBook(song.parent / "data")) == [("Song.wav", TEXT, NOW_S)]


def test_a_path_is_there_once_with_the_newest_sentence(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    book.add(song, "Song.wav may not be read.", NOW_S + 5)
    assert told(book) == [("Song.wav", "Song.wav may not be read.", NOW_S + 5)]


def test_the_same_told_again_after_a_restart_keeps_its_first_time(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    book.add(song, TEXT, NOW_S + 5)
    assert told(book) == [("Song.wav", TEXT, NOW_S)]


def test_a_file_that_became_a_job_is_struck_out(book: ProblemBook, song: Path) -> None:
    other = song.with_name("Other.wav")
    other.write_text("x")
    book.add(song, TEXT, NOW_S)
    book.add(other, "Other.wav is text.", NOW_S + 1)
    book.forget([song, song.with_name("Never told.wav")])
    assert [name for name, *_ in told(book)] == ["Other.wav"]


def test_a_file_that_is_gone_is_gone_from_the_book(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    song.unlink()
    assert book.list() == ()


def test_a_file_that_was_written_again_is_judged_again(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    song.write_text("Something else")
    assert book.list() == ()
    book.add(song, TEXT, NOW_S + 9)
    assert told(book) == [("Song.wav", TEXT, NOW_S + 9)]


def test_a_folder_and_a_file_that_is_not_there_are_told_by_others(book: ProblemBook, song: Path) -> None:
    book.add(song.parent, "The folder may not be read.", NOW_S)
    book.add(song.with_name("Gone.wav"), TEXT, NOW_S)
    assert book.list() == ()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_leads_nowhere_is_told(book: ProblemBook, song: Path) -> None:
    link = song.with_name("Link.wav")
    link.symlink_to(song.with_name("Nowhere.wav"))
    book.add(link, "Link.wav leads nowhere.", NOW_S)
    assert [name for name, *_ in told(book)] == ["Link.wav"]


def test_only_the_newest_are_kept_and_they_come_first(book: ProblemBook, song: Path) -> None:
    paths = [song.with_name(f"{number}.wav") for number in range(PROBLEMS_MAX + 5)]
    for number, path in enumerate(paths):
        path.write_text("x")
        book.add(path, TEXT, NOW_S + number)
    names = [name for name, *_ in told(book)]
    assert names == [path.name for path in reversed(paths[5:])]


def test_a_damaged_book_is_an_empty_one_and_is_written_anew(book: ProblemBook, song: Path) -> None:
    file = song.parent / "data" / PROBLEMS_FILE
    for content in (b"\xff\xfe nonsense", b"{}x", b'{"files": [{"path": 3}]}'):
        file.write_bytes(content)
        assert book.list() == ()
    book.add(song, TEXT, NOW_S)
    assert len(book.list()) == 1


def test_a_book_that_cannot_be_written_stops_nobody(tmp_path: Path, song: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    book = ProblemBook(tmp_path / "file")
    book.add(song, TEXT, NOW_S)
    book.forget([song])
    assert book.list() == ()


def test_several_watch_folders_may_tell_at_once(book: ProblemBook, song: Path) -> None:
    paths = [song.with_name(f"{number}.wav") for number in range(40)]
    for path in paths:
        path.write_text("x")

    def tell(mine: list[Path]) -> None:
        for path in mine:
            book.add(path, TEXT, NOW_S)

    threads = [threading.Thread(target=tell, args=(paths[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {problem.path for problem in book.list()} == set(paths)


def test_an_entry_is_a_frozen_value(book: ProblemBook, song: Path) -> None:
    book.add(song, TEXT, NOW_S)
    (problem,) = book.list()
    assert FileProblem.model_validate_json(problem.model_dump_json()) == problem
    assert hash(problem) == hash(problem.model_copy())
