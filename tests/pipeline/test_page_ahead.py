"""What draws a page, loaded while other work goes on."""

import subprocess
import sys

from bridge.pipeline.page_ahead import page_of
from bridge.reports import report_html
from tests.reports.samples import song_report

PROGRAM = """
import sys
from bridge.pipeline.page_ahead import loading
usual = sys.getswitchinterval()
print("matplotlib" in sys.modules)
first = loading()
first.join()
print("matplotlib.figure" in sys.modules, sys.getswitchinterval() == usual, loading() is first)
"""

BROKEN = """
import sys
from bridge.pipeline.page_ahead import loading, page_of
sys.modules["matplotlib"] = None
loading().join()
print("still there")
from tests.reports.samples import song_report
page_of(song_report())
"""


def printed(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)


def test_plots_are_loaded_once_in_a_thread_and_turns_are_as_before() -> None:
    done = printed(PROGRAM)
    assert done.stdout.split("\n")[:2] == ["False", "True True True"], done.stderr


def test_what_cannot_be_loaded_is_told_where_it_is_used_and_not_before() -> None:
    done = printed(BROKEN)
    assert done.stdout == "still there\n"
    assert done.stderr.count("Traceback") == 1
    assert "ModuleNotFoundError" in done.stderr


def test_a_page_is_the_same_as_one_that_waits_for_nothing() -> None:
    assert page_of(song_report()) == report_html(song_report())
