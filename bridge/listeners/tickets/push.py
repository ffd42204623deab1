"""Calling REAPER on this machine: by its web interface or by OSC, whichever is on."""

import logging
import queue
import socket
import threading

from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.listeners.tickets.forms import DawCard

THIS_MACHINE = "127.0.0.1"
TIMEOUT_S = 2.0
log = logging.getLogger(__name__)


def web_address(daw: DawCard, action: str) -> str | None:
    """What to fetch so that REAPER runs an action; None where its web interface is off."""
    if daw.web_port is None:
        return None
    return f"http://{THIS_MACHINE}:{daw.web_port}/_/SET/EXTSTATE/daw-bridge/pushed/web;{action}"


def osc_message(action: str) -> bytes:
    """What to send so that REAPER runs an action."""
    message = OscMessageBuilder("/action/str")
    message.add_arg(action, OscMessageBuilder.ARG_TYPE_STRING)
    return message.build().dgram


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
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(osc_message(action), (THIS_MACHINE, daw.osc_port))
    except OSError as reason:
        log.info("REAPER does not hear: %s", reason, extra={"action": "push_failed"})


def _fetch(address: str) -> None:
    import urllib.request  # noqa: PLC0415 - brings TLS along, which a daemon that never pushes need not load

    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, to this machine
        answer.read(1000)
