"""Examining what is installed, each file in a process that may die. Light: knows no Pedalboard."""

import queue
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bridge.dsp.plugins.host import Host, HostError
from bridge.dsp.plugins.wire import Probed, ProbeOrder, Verified, VerifyOrder
from bridge.plugin_settings import PluginSettings
from bridge.plugins.catalogue import Catalogue, bundle_named, is_path
from bridge.plugins.entry import FileMark, PluginEntry, Quarantined, Refused
from bridge.plugins.folders import find_bundles, mark_of
from bridge.plugins.shelf import Shelf

Found = PluginEntry | Quarantined | Refused
OnScanned = Callable[[int, int, str], None]
"""Told how many files are done, of how many, and the name of the last."""
A = TypeVar("A", Probed, Verified)
FILES_MAX = 12
"""Plug-ins are never let go, so a process sees so many of them at most."""
NO_MARK = FileMark(size_bytes=0, mtime_ns=0, digest="")


def tell_nobody(done: int, count: int, name: str) -> None:
    """Tells nobody how far a scan has come."""
    del done, count, name


@dataclass(frozen=True)
class Scan:
    """How to examine plug-ins."""

    settings: PluginSettings
    shelf: Shelf
    now: Callable[[], str]
    """Gives the time, UTC, ISO 8601."""

    def everything(self, on_scanned: OnScanned, *, is_fresh: bool = False) -> Catalogue:
        """The catalogue of all that is installed; only what has changed is examined, unless all is to be.

        Quarantined files stay so until they change; files that are gone are forgotten.
        """
        there = find_bundles(self.settings)
        known = self.shelf.catalogue()
        named = {entry.path for entry in known.entries if entry.path not in there and entry.path.exists()}
        gone = known.paths - set(there) - named
        if gone:
            known = self.shelf.change(lambda catalogue: catalogue.without(gone))
        kept = {one.path for one in known.quarantined} if is_fresh else set[Path]()
        todo = [path for path in there if not known.is_current(path) or (is_fresh and path not in kept)]
        return self.files(todo, on_scanned)

    def named(self, names: Iterable[str]) -> Catalogue:
        """The catalogue, with what these names may mean examined where that has not been done."""
        known = self.shelf.catalogue()
        asked = {name.strip().rpartition("/")[2].casefold() for name in names if not is_path(name)}
        paths = [bundle_named(name) for name in names if is_path(name)]
        of_names = [entry.path for name in names for entry in known.find(name)]
        if any(not known.find(name) for name in names if not is_path(name)):
            paths += [path for path in find_bundles(self.settings) if path.stem.casefold() in asked]
        todo = [path for path in dict.fromkeys(paths + of_names) if path.exists() and not known.is_current(path)]
        return self.files(todo, tell_nobody)

    def files(self, paths: Sequence[Path], on_scanned: OnScanned) -> Catalogue:
        """The catalogue with these files examined."""
        if not paths:
            return self.shelf.catalogue()
        lanes: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
        count = min(self.settings.scans_at_once, len(paths))
        every = [_Lane(self.settings) for _ in range(count)]
        for lane in every:
            lanes.put(lane)
        on_scanned(0, len(paths), "")
        try:
            with ThreadPoolExecutor(count) as pool:
                waiting = {pool.submit(self._one, lanes, path): path for path in paths}
                for done, future in enumerate(as_completed(waiting), start=1):
                    self.shelf.add(future.result())
                    on_scanned(done, len(paths), waiting[future].stem)
        finally:
            for lane in every:
                lane.stop()
        return self.shelf.catalogue()

    def _one(self, lanes: "queue.SimpleQueue[_Lane]", path: Path) -> tuple[Found, ...]:
        lane = lanes.get()
        try:
            return lane.examine(path, self.now())
        finally:
            lanes.put(lane)


class _Lane:
    """Examines one file after the other, in two processes: one that examines, one that hears the same sound again."""

    def __init__(self, settings: PluginSettings) -> None:
        self._settings = settings
        self._first = _Spare(settings)
        self._second = _Spare(settings)

    def examine(self, path: Path, at: str) -> tuple[Found, ...]:
        """What is found in a file; a plug-in that breaks a process with others in it gets one of its own."""
        mark = mark_of(path) or NO_MARK
        try:
            is_alone = self._first.is_fresh
            try:
                probed = self._first.ask(ProbeOrder(path=path), Probed)
            except HostError as error:
                if is_alone or error.failure.is_refusal:
                    raise
                probed = self._first.ask(ProbeOrder(path=path), Probed)
        except HostError as error:
            if error.failure.is_refusal:
                return (Refused(path=path, mark=mark, sentence=error.sentence),)
            return (Quarantined(path=path, mark=mark, sentence=error.sentence, at=at),)
        return tuple(
            entry.model_copy(update={"is_deterministic": entry.is_deterministic and self._is_same(entry, digest)})
            for entry, digest in zip(probed.entries, probed.digests, strict=True)
        )

    def _is_same(self, entry: PluginEntry, digest: str) -> bool:
        """Whether another process heard the same."""
        order = VerifyOrder(path=entry.path, name=entry.name, is_alone=entry.is_alone)
        try:
            return self._second.ask(order, Verified).digest == digest
        except HostError:
            return False

    def stop(self) -> None:
        """Ends both processes."""
        self._first.stop()
        self._second.stop()


class _Spare:
    """A host that is started when it is needed, and again when it has died."""

    def __init__(self, settings: PluginSettings) -> None:
        self._settings = settings
        self._host: Host | None = None
        self._asked = 0

    @property
    def is_fresh(self) -> bool:
        """Whether the next order will be the first of its process."""
        return self._host is None or not self._host.is_alive

    def ask(self, order: ProbeOrder | VerifyOrder, kind: type[A]) -> A:
        """The answer of a living host.

        Raises:
            HostError: what the plug-in did instead.
        """
        if self._asked >= FILES_MAX:
            self.stop()
        if self._host is None or not self._host.is_alive:
            self._host, self._asked = Host(self._settings), 0
        self._asked += 1
        return self._host.ask(order, kind, self._settings.scan_timeout_s)

    def stop(self) -> None:
        """Ends the process."""
        if self._host is not None:
            self._host.stop()
