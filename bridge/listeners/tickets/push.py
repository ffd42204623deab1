"""Telling REAPER on this machine that results are there: by its web interface or by OSC, whichever is on."""

import logging
import socket
import threading

from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.listeners.tickets.forms import DawCard

THIS_MACHINE = "127.0.0.1"
TIMEOUT_S = 2.0
log = logging.getLogger(__name__)


def web_address(daw: DawCard) -> str | None:
    """What to fetch so that REAPER runs its collecting script; None where its web interface is off."""
    if daw.web_port is None:
        return None
    return f"http://{THIS_MACHINE}:{daw.web_port}/_/SET/EXTSTATE/daw-bridge/pushed/web;{daw.collect_action}"


def osc_message(daw: DawCard) -> bytes:
    """What to send so that REAPER runs its collecting script."""
    message = OscMessageBuilder("/action/str")
    message.add_arg(daw.collect_action, OscMessageBuilder.ARG_TYPE_STRING)
    return message.build().dgram


def push(daw: DawCard | None) -> None:
    """Tells REAPER, without waiting for it: the script looks by itself as well."""
    if daw is not None:
        threading.Thread(target=_push, args=(daw,), name="push", daemon=True).start()


def _push(daw: DawCard) -> None:
    try:
        if (address := web_address(daw)) is not None:
            _fetch(address)
        elif daw.osc_port is not None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(osc_message(daw), (THIS_MACHINE, daw.osc_port))
    except OSError as reason:
        log.info("REAPER does not hear: %s", reason, extra={"action": "push_failed"})


def _fetch(address: str) -> None:
    import urllib.request  # noqa: PLC0415 - brings TLS along, which a daemon that never pushes need not load

    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, to this machine
        answer.read(1000)
