"""Child half of `dawbridge selftest`: the order on stdin, rows on stdout as they are found; ends by itself.

The only argument is the parent's process id.
"""

import os
import queue
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from bridge.processes.inside import PrivatePipes
from bridge.wire import CheckRow, ChecksEvent, ChecksOrder, to_line

if TYPE_CHECKING:
    from bridge.selftest.checks import Check

ORDER_TIMEOUT_S = 30


def main() -> NoReturn:
    """Does every check, one after the other."""
    try:
        orders: queue.SimpleQueue[ChecksOrder] = queue.SimpleQueue()
        pipes = PrivatePipes(int(sys.argv[-1]), lambda line: orders.put(ChecksOrder.model_validate_json(line)))
        order = orders.get(timeout=ORDER_TIMEOUT_S)
        pipes.send_line(to_line(ChecksEvent(doing="", fraction=0.0)))
        from bridge.selftest.checks import CHECKS  # noqa: PLC0415 - a second, and the parent watches

        for event in events(CHECKS, order):
            pipes.send_line(to_line(event))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # destructors of plug-ins may crash after good work


def events(checks: Sequence["Check"], order: ChecksOrder) -> Iterator[ChecksEvent]:
    """Which group is next before it is looked at, then its rows."""
    whole = sum(check.weight for check in checks)
    done = 0
    for check in checks:
        yield ChecksEvent(doing=check.group, fraction=done / whole)
        done += check.weight
        rows = tuple(_rows(check, order))
        yield ChecksEvent(doing=check.group, fraction=done / whole, rows=rows)


def _rows(check: "Check", order: ChecksOrder) -> Iterator[CheckRow]:
    """The rows of a group; one that breaks off ends in a row that says so."""
    try:
        yield from check.rows(order)
    except Exception as error:  # noqa: BLE001 - one group that is broken does not keep the others from being looked at
        traceback.print_exc()
        said = f"{type(error).__name__}: {error}"
        yield CheckRow(group=check.group, name="Check", expected="an answer", measured=said, verdict="fail")


if __name__ == "__main__":
    main()
