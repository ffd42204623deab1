"""Child half of what draws pages: reports on stdin, pages on stdout. Its last argument is the parent's process id."""

import os
import queue
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

from bridge.processes.inside import PrivatePipes
from bridge.wire import PageEnd, PageEvent, PageKind, PageOrder, PagePart, to_line

PART_CHARACTERS = 500_000
"""Of a page in one line; as UTF-8 in JSON below the longest line that a parent reads."""


def main() -> NoReturn:
    """Loads everything, then draws page after page until the parent goes."""
    try:
        orders: queue.SimpleQueue[PageOrder] = queue.SimpleQueue()
        pipes = PrivatePipes(int(sys.argv[-1]), lambda line: orders.put(PageOrder.model_validate_json(line)))
        drawings = _drawings()
        while True:
            for event in _drawn(orders.get(), drawings):
                pipes.send_line(to_line(event))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


Draw = Callable[[str], str]
"""Makes a page of a report, given as JSON."""


def _drawings() -> dict[PageKind, Draw]:
    """What draws each kind of page; that of a song, which nearly every page is, with all that it needs."""
    from bridge.reports import page  # noqa: PLC0415
    from bridge.reports.album_page import album_html  # noqa: PLC0415
    from bridge.reports.comparison_page import comparison_html  # noqa: PLC0415
    from bridge.reports.document import read_album, read_comparison, read_report  # noqa: PLC0415

    page.load()
    return {
        "song": lambda report: page.report_html(read_report(report)),
        "album": lambda report: album_html(read_album(report)),
        "comparison": lambda report: comparison_html(read_comparison(report)),
    }


def _drawn(order: PageOrder, drawings: dict[PageKind, Draw]) -> Iterator[PageEvent]:
    """The page in parts, or what is wrong; nothing is printed half."""
    try:
        text = drawings[order.kind](order.report)
    except Exception as error:  # noqa: BLE001 - the process boundary
        yield PageEnd(fault=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        return
    for start in range(0, len(text), PART_CHARACTERS):
        yield PagePart(text=text[start : start + PART_CHARACTERS])
    yield PageEnd()


if __name__ == "__main__":
    main()
