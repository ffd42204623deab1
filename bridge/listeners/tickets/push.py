"""Calling REAPER on this machine: by its web interface or by OSC, whichever is on.

The ports and the actions come from `reaper.json`, which REAPER's set-up script writes: nobody has to type them. The
settings `osc.reaper` and `osc.reaper_action` are another thing: they tell any REAPER, also on another machine, of every
job that is done, whoever asked for it.
"""

import logging
import queue
import socket
import threading

from bridge.listeners.tickets.forms import DawCard

THIS_MACHINE = "127.0.0.1"
TIMEOUT_S = 2.0
log = logging.getLogger(__name__)


def web_address(daw: DawCard, action: str) -> str | None:
    """What to fetch so that REAPER runs an action; None where its web interface is off."""
    if daw.web_port is None:
        return None
    return f"http://{THIS_MACHINE}:{daw.web_port}/_/SET/EXTSTATE/daw-bridge/pushed/web;{action}"


class Caller:
    """Calls REAPER without waiting for it, one call after the other: what was asked last is done last."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[DawCard, str]] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def call(self, daw: DawCard, action: str) -> bool:
        """Whether there is a road to REAPER; then it is asked to run an action."""
        if daw.web_port is None and daw.osc_port is None:
            return False
        self._calls.put((daw, action))
        threading.Thread(target=self._call, name="push", daemon=True).start()
        return True

    def _call(self) -> None:
        with self._lock:
            _push(*self._calls.get())


def _push(daw: DawCard, action: str) -> None:
    try:
        if (address := web_address(daw, action)) is not None:
            _fetch(address)
        elif daw.osc_port is not None:
            _send(action, daw.osc_port)
    except OSError as reason:
        log.info("REAPER does not hear: %s", reason, extra={"action": "push_failed"})


def _send(action: str, port: int) -> None:
    from bridge.surface.wire import run_in_reaper  # noqa: PLC0415 - surfaces are not loaded where none is used

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(run_in_reaper(action), (THIS_MACHINE, port))


def _fetch(address: str) -> None:
    import urllib.request  # noqa: PLC0415 - brings TLS along, which a daemon that never pushes need not load

    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, to this machine
        answer.read(1000)
