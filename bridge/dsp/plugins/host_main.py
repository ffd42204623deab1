"""Child half of a plug-in host, started with a memory limit and the parent's process id; READ `main` FIRST.

Everything that touches a plug-in runs in the first thread, which is the one that plug-ins take for the message thread.
Leaves by the short way only: destructors of plug-ins may crash after good work.
"""

import os
import queue
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import NoReturn, assert_never

from bridge.dsp.plugins import loading
from bridge.dsp.plugins.exchange import Exchange
from bridge.dsp.plugins.probe import probe, verify
from bridge.dsp.plugins.session import Session, SlotError
from bridge.dsp.plugins.unit import Instance
from bridge.dsp.plugins.window import show_window
from bridge.dsp.plugins.wire import (
    ORDERS,
    Answer,
    CloseOrder,
    Edited,
    EditOrder,
    Failure,
    HostReady,
    Noted,
    Order,
    PrepareOrder,
    ProbeOrder,
    RunOrder,
    Verified,
    VerifyOrder,
    to_line,
)
from bridge.errors import PluginError
from bridge.processes.inside import PrivatePipes

RATE_OF_EDITOR_HZ = 44100


def main() -> NoReturn:
    """Answers orders until the parent goes. Arguments: exchange file, its channels, memory limit in MB, parent."""
    try:
        path, channels, memory_max_mb, parent_pid = sys.argv[1:5]
        orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        closing = threading.Event()
        pipes = PrivatePipes(int(parent_pid), partial(_take, orders, closing))
        exchange = Exchange(Path(path), int(channels), is_new=False)
        _limit_memory(int(memory_max_mb))
        host = _Host(pipes, exchange, closing)
        pipes.send_line(to_line(HostReady()))
        while True:
            pipes.send_line(to_line(host.answer(orders.get())))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _take(orders: "queue.SimpleQueue[Order]", closing: threading.Event, line: bytes) -> None:
    """Keeps an order for the first thread; that to close a window is for a thread that waits for it."""
    order = ORDERS.validate_json(line)
    if isinstance(order, CloseOrder):
        closing.set()
    else:
        orders.put(order)


class _Host:
    """Answers one order after the other."""

    def __init__(self, pipes: PrivatePipes, exchange: Exchange, closing: threading.Event) -> None:
        self._pipes = pipes
        self._closing = closing
        self._exchange = exchange
        self._session = Session(self._note, self._mark)
        self._channels = 0

    def answer(self, order: Order) -> Answer | Failure:
        """The answer, or what a plug-in did instead."""
        try:
            match order:
                case PrepareOrder():
                    self._channels = order.channels
                    return self._session.prepare(order)
                case RunOrder():
                    made, ran = self._session.run(self._exchange.given(self._channels, order.frames))
                    self._exchange.made(self._channels, order.frames)[:] = made
                    return ran
                case ProbeOrder():
                    return probe(order.path)
                case VerifyOrder():
                    return Verified(digest=verify(order.path, order.name, is_alone=order.is_alone))
                case EditOrder():
                    return self._edit(order)
                case CloseOrder():  # see `_take`
                    return Failure(slot=0, sentence="has no window that is open", is_refusal=True)
                case _:
                    assert_never(order)
        except SlotError as error:
            return error.failure
        except PluginError as error:
            return Failure(slot=0, sentence=error.sentence, is_refusal=True)
        except MemoryError:  # what a plug-in left was too little for our own arrays
            return Failure(slot=max(0, self._exchange.at_work), sentence="ran out of memory")
        except Exception as error:  # noqa: BLE001 - the process boundary
            traceback.print_exc()
            what = f"raised an error: {type(error).__name__}: {error}"
            return Failure(slot=max(0, self._exchange.at_work), sentence=what)

    def _edit(self, order: EditOrder) -> Edited:
        """Shows the plug-in's own window; its state goes to a file when the window is closed, whole or not at all."""
        instance = Instance(order.slot)
        instance.set_up(order.slot.assigned, RATE_OF_EDITOR_HZ, order.channels)
        show_window(instance.plugin, self._closing)
        partial_file = order.save_to.with_name(f".{order.save_to.name}.part")
        partial_file.write_bytes(instance.preset(RATE_OF_EDITOR_HZ, order.channels))
        partial_file.replace(order.save_to)
        return Edited()

    def _note(self, slot: int, doing: str) -> None:
        self._pipes.send_line(to_line(Noted(slot=slot, doing=doing)))

    def _mark(self, slot: int) -> None:
        self._exchange.at_work = slot


def _limit_memory(memory_max_mb: int) -> None:
    """Lets a plug-in that asks for more and more memory fail instead of the machine; the parent watches elsewhere."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on Windows

    assert loading.BUFFER_FRAMES  # Pedalboard is loaded: what it has mapped does not count
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    limit = used + memory_max_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
