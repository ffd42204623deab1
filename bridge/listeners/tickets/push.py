"""Telling REAPER that results are there, through its own web interface on this machine, where that is on."""

import logging
import threading
import urllib.request
from urllib.error import URLError

from bridge.listeners.tickets.forms import DawCard

TIMEOUT_S = 2.0
log = logging.getLogger(__name__)


def web_address(daw: DawCard) -> str | None:
    """What to fetch so that REAPER runs its collecting script; None where its web interface is off."""
    if daw.web_port is None:
        return None
    return f"http://127.0.0.1:{daw.web_port}/_/SET/EXTSTATE/daw-bridge/pushed/1;{daw.collect_action}"


def push(daw: DawCard | None) -> None:
    """Tells REAPER, without waiting for it: the script looks by itself as well."""
    address = None if daw is None else web_address(daw)
    if address is not None:
        threading.Thread(target=_fetch, args=(address,), name="push", daemon=True).start()


def _fetch(address: str) -> None:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - built above: http, this machine
            answer.read(1000)
    except (URLError, OSError) as reason:
        log.info("REAPER's web interface does not answer: %s", reason, extra={"action": "push_failed"})
