"""Pages from a process of their own: the same bytes, and every way in which it can fail."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from bridge.drawing import PageError, PageProcess
from bridge.errors import EngineCrashedError
from bridge.page_main import PART_CHARACTERS
from bridge.reports import report_html
from bridge.reports.album_page import album_html
from bridge.reports.document import report_json
from tests.reports.samples import crowded_report, song_report
from tests.reports.test_album_page import PLAIN
from tests.support import wait_until

ENGINE_HALF = """
import sys
from bridge.drawing import page_process
from bridge.reports.document import report_json
from tests.reports.samples import song_report
page_process().draw("song", report_json(song_report()))
print(sorted({"matplotlib", "jinja2"} & set(sys.modules)))
"""


@pytest.fixture
def pages() -> Iterator[PageProcess]:
    """A process that draws, ended afterwards."""
    process = PageProcess()
    yield process
    process.stop()


class Killed(PageProcess):
    """A process that is killed as soon as it is there, so many times."""

    times = 1

    def prepare(self) -> None:
        """Starts it, and kills it."""
        super().prepare()
        assert self.pid is not None
        if self.times:
            self.times -= 1
            psutil.Process(self.pid).kill()


def test_a_page_is_that_of_its_report_and_the_next_is_drawn_by_the_same_process(pages: PageProcess) -> None:
    assert pages.draw("song", report_json(song_report())) == report_html(song_report())
    first = pages.pid
    assert pages.draw("album", report_json(PLAIN)) == album_html(PLAIN)
    assert pages.pid == first


def test_a_page_longer_than_a_line_of_the_pipe_arrives_whole(pages: PageProcess) -> None:
    report = crowded_report()
    long = report.model_copy(update={"messages": report.messages * (2 * PART_CHARACTERS // 1500)})
    page = pages.draw("song", report_json(long))
    assert len(page) > 2 * PART_CHARACTERS
    assert page == report_html(long)


def test_names_that_are_no_text_come_through(pages: PageProcess) -> None:
    odd = song_report(name="Gr\udcf6sse")
    assert pages.draw("song", report_json(odd)) == report_html(odd)


def test_what_cannot_be_drawn_is_told_with_its_traceback_and_the_next_page_is_drawn(pages: PageProcess) -> None:
    with pytest.raises(PageError, match="not a report") as caught:
        pages.draw("song", "{}")
    assert "read_report" in caught.value.__notes__[0]
    assert pages.draw("song", report_json(song_report())).startswith("<!doctype html>")


def test_a_process_that_was_killed_is_told_and_the_next_page_gets_another() -> None:
    pages = Killed()
    with pytest.raises(EngineCrashedError, match="process that draws the page"):
        pages.draw("song", report_json(song_report()))
    assert pages.pid is None
    assert pages.draw("song", report_json(song_report())).startswith("<!doctype html>")
    pages.stop()


def test_one_that_died_while_nobody_looked_is_replaced_unseen(pages: PageProcess) -> None:
    pages.prepare()
    assert pages.pid is not None
    killed = psutil.Process(pages.pid)
    killed.kill()
    wait_until(lambda: killed.status() == psutil.STATUS_ZOMBIE)
    assert pages.draw("song", report_json(song_report())).startswith("<!doctype html>")
    assert pages.pid != killed.pid


def test_an_engine_that_lets_draw_loads_nothing_of_it() -> None:
    done = subprocess.run([sys.executable, "-c", ENGINE_HALF], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "[]\n", done.stderr
