"""Pages are drawn in a process of their own: `page_main` is that process, this is what an engine holds of it.

What draws a page is interpreted code: half a second to load, a fifth to draw. Loaded in the engine it held up the
threads that run kernels side by side for twice as long as it worked itself.
"""

import os
from functools import cache

from bridge.errors import EngineCrashedError
from bridge.processes.child import Child, Launch, python_command
from bridge.wire import PageEnd, PageKind, PageOrder, PagePart, page_event_of, to_line

LOOK_S = 1.0


class PageError(Exception):
    """A page that could not be drawn, which is a mistake of ours."""


class PageProcess:
    """The process that draws pages; it is started ahead, or by the first page."""

    def __init__(self) -> None:
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process; None while there is none."""
        return None if self._child is None else self._child.pid

    def prepare(self) -> None:
        """Starts the process unless it is there; it loads what it needs while its engine does other things."""
        if self._child is not None and self._child.exit_code is not None:
            self.stop()
        if self._child is None:
            self._child = Child(Launch(python_command("bridge.page_main"), os.environ))

    def draw(self, kind: PageKind, report: str) -> str:
        """The page of a report, given as `report_json` writes it.

        Raises:
            PageError: the page could not be drawn.
            EngineCrashedError: the process was killed while it drew; the next call starts another.
        """
        self.prepare()
        assert self._child is not None
        self._child.send(to_line(PageOrder(kind=kind, report=report)))
        parts: list[str] = []
        while True:
            match page_event_of(self._next_line(self._child)):
                case PagePart(text=text):
                    parts.append(text)
                case PageEnd(fault=""):
                    return "".join(parts)
                case PageEnd(fault=fault, traceback=trace):
                    error = PageError(fault)
                    error.add_note(trace)
                    raise error

    def stop(self) -> None:
        """Ends the process."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _next_line(self, child: Child) -> bytes:
        try:
            while (line := child.next_line(LOOK_S)) is None:
                pass
        except EOFError:
            self.stop()
            sentence = "The process that draws the page was killed, most likely because the machine ran out of memory: "
            raise EngineCrashedError(f"{sentence}close other programs and retry.", child.tail) from None
        return line


@cache
def page_process() -> PageProcess:
    """The one of this engine."""
    return PageProcess()
