"""Child half of a plug-in host, started with a memory limit and the parent's process id; READ `main` FIRST.

Everything that touches a plug-in runs in the first thread, which is the one that plug-ins take for the message thread.
Leaves by the short way only: destructors of plug-ins may crash after good work.
"""

import os
import queue
import sys
import traceback
from pathlib import Path
from typing import NoReturn, assert_never

from bridge.dsp.plugins import loading
from bridge.dsp.plugins.exchange import Exchange
from bridge.dsp.plugins.probe import probe, verify
from bridge.dsp.plugins.session import Session, SlotError
from bridge.dsp.plugins.unit import Instance
from bridge.dsp.plugins.wire import (
    ORDERS,
    Answer,
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
        pipes = PrivatePipes(int(parent_pid), lambda line: orders.put(ORDERS.validate_json(line)))
        exchange = Exchange(Path(path), int(channels), is_new=False)
        _limit_memory(int(memory_max_mb))
        host = _Host(pipes, exchange)
        pipes.send_line(to_line(HostReady()))
        while True:
            pipes.send_line(to_line(host.answer(orders.get())))
    except BaseException:  # noqa: BLE001 - the process boundary
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


class _Host:
    """Answers one order after the other."""

    def __init__(self, pipes: PrivatePipes, exchange: Exchange) -> None:
        self._pipes = pipes
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
                    return _edit(order)
                case _:
                    assert_never(order)
        except SlotError as error:
            return error.failure
        except PluginError as error:
            return Failure(slot=0, sentence=error.sentence, is_refusal=True)
        except Exception as error:  # noqa: BLE001 - the process boundary
            traceback.print_exc()
            return Failure(slot=0, sentence=f"raised an error: {type(error).__name__}: {error}")

    def _note(self, slot: int, doing: str) -> None:
        self._pipes.send_line(to_line(Noted(slot=slot, doing=doing)))

    def _mark(self, slot: int) -> None:
        self._exchange.at_work = slot


def _edit(order: EditOrder) -> Edited:
    """Shows the plug-in's own window; its state goes to a file when the window is closed."""
    instance = Instance(order.slot)
    instance.set_up(order.slot.assigned, RATE_OF_EDITOR_HZ, 2)
    instance.plugin.show_editor()
    order.save_to.write_bytes(instance.plugin.preset_data)
    return Edited()


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
