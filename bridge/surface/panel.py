"""The panel: what every surface shows, with the version at which each value last changed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bridge.surface.arguments import WireValue

EVENTS_MAX = 200


class Entry(NamedTuple):
    """One address and what it shows."""

    address: str
    values: tuple[WireValue, ...]


@dataclass
class _Kept:
    entry: Entry
    version: int


class Panel:
    """Values by address. Events (each change of each job) are kept a while, the latest for each subject."""

    def __init__(self) -> None:
        self._values: dict[str, _Kept] = {}
        self._events: OrderedDict[str, _Kept] = OrderedDict()
        self._version = 0
        self._changed = threading.Condition()

    @property
    def version(self) -> int:
        """Number of the last change."""
        return self._version

    def show(self, address: str, *values: WireValue) -> None:
        """Shows values; the same as before is no change."""
        with self._changed:
            kept = self._values.get(address)
            if kept is None or kept.entry.values != values or _kinds(kept.entry.values) != _kinds(values):
                self._version += 1
                self._values[address] = _Kept(Entry(address, values), self._version)
                self._changed.notify_all()

    def tell(self, address: str, subject: str, *values: WireValue) -> None:
        """Tells that something happened to a subject; a later event about it takes the place of this one."""
        with self._changed:
            self._version += 1
            self._events.pop(subject, None)
            self._events[subject] = _Kept(Entry(address, values), self._version)
            while len(self._events) > EVENTS_MAX:
                self._events.popitem(last=False)
            self._changed.notify_all()

    def values(self, address: str) -> tuple[WireValue, ...]:
        """What an address shows; nothing where it shows nothing yet."""
        kept = self._values.get(address)
        return () if kept is None else kept.entry.values

    def changes(self, after: int) -> tuple[tuple[Entry, ...], int]:
        """What changed after a version (0: everything that is shown), in that order, and the version now."""
        with self._changed:
            found = [kept for kept in self._values.values() if kept.version > after]
            if after:
                found += [kept for kept in self._events.values() if kept.version > after]
            return tuple(kept.entry for kept in sorted(found, key=lambda kept: kept.version)), self._version

    def wait(self, after: int, timeout_s: float | None, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Whether something changed after a version; waits for it until the time-out, or until it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > after or is_over(), timeout_s)
            return self._version > after

    def wake(self) -> None:
        """Lets every waiting thread look whether it is over."""
        with self._changed:
            self._changed.notify_all()


def _kinds(values: tuple[WireValue, ...]) -> tuple[type, ...]:
    """1 and True are equal to Python, and not on a wire."""
    return tuple(map(type, values))


class Feed:
    """A thread that hands on what changes on a panel: at once when it was quiet, else at most so often."""

    def __init__(self, panel: Panel, hand_on: Callable[[tuple[Entry, ...]], None], rate_hz: float, name: str) -> None:
        """Starts nothing.

        Args:
            panel: looked at.
            hand_on: takes the changes; what happened to one address in between is left out.
            rate_hz: at most so often.
            name: of the thread.
        """
        self._panel = panel
        self._hand_on = hand_on
        self._pause_s = 1.0 / rate_hz
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins with what changes from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        self._panel.wake()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        version = self._panel.version
        while not self._stopping.is_set():
            if not self._panel.wait(version, None, self._stopping.is_set):
                continue
            began_s = time.monotonic()
            changes, version = self._panel.changes(version)
            if changes and not self._stopping.is_set():
                self._hand_on(changes)
            self._stopping.wait(max(0.0, began_s + self._pause_s - time.monotonic()))
