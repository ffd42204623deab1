"""What draws a page, loaded while kernels work: half a second that the first master of an engine waited for at its end.

Loading is the interpreter's work, and kernels, digests and disks let go of it: on two cores they run side by side.
"""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache

from bridge.report import Report
from bridge.reports import report_html

TURN_S = 0.0005
"""After so long whoever waits for the interpreter gets it; Python itself lets each call of a kernel wait for 5 ms."""


@cache
def loading() -> threading.Thread:
    """The thread that loads, begun by the first call."""
    thread = threading.Thread(target=_load, name="page", daemon=True)
    thread.start()
    return thread


def page_of(report: Report) -> str:
    """As `report_html`, as soon as what draws it is there."""
    loading().join()
    return report_html(report)


def _load() -> None:
    """Imports libraries and compiles templates; whatever fails here fails again, and is told, where it is used."""
    with short_turns(), suppress(Exception):
        from bridge.reports.page import load  # noqa: PLC0415

        load()


@contextmanager
def short_turns() -> Generator[None]:
    """While the block runs, threads that work side by side take the interpreter in short turns."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)
