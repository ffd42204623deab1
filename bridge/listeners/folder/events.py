"""File events of one folder, from whatever the system offers, as changes of paths. watchdog is imported here only."""

import platform
import threading
import warnings
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol, cast

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from bridge.listeners.folder.settler import Change

WANTED: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent),
    *(DirCreatedEvent, DirMovedEvent, DirDeletedEvent),
]
"""Neither opening nor reading a file is an event for us: our own looks would wake us."""
_CHANGES: dict[type[FileSystemEvent], Change] = {
    FileCreatedEvent: Change.CREATED,
    FileModifiedEvent: Change.MODIFIED,
    FileClosedEvent: Change.CLOSED,
    FileDeletedEvent: Change.GONE,
}


class Inbox(FileSystemEventHandler):
    """Changes that wait to be read; filled by watchdog's thread, emptied by the listener's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._changes: deque[tuple[Change, Path]] = deque()
        self._modified: set[Path] = set()
        self._growing: Collection[Path] = ()
        self._has_new_folders = False
        self._is_folder_lost = False
        self._is_closed = False

    def dispatch(self, event: FileSystemEvent) -> None:
        """Takes an event in; watchdog calls this."""
        if event.is_directory:
            self._ask_for_scan(
                is_lost=isinstance(event, DirDeletedEvent) and Path(_text(event.src_path)) == self._folder
            )
        elif isinstance(event, FileMovedEvent):
            for change, place in ((Change.GONE, event.src_path), (Change.ARRIVED, event.dest_path)):
                if place:
                    self._put(change, Path(_text(place)))
        elif type(event) in _CHANGES:
            self._put(_CHANGES[type(event)], Path(_text(event.src_path)))

    def wait(self, timeout_s: float, growing: Collection[Path]) -> None:
        """Returns when there is something new, or after the time-out; writes to files known to grow are not new."""
        with self._lock:
            self._growing = growing
            is_waiting = not (self._changes or self._has_new_folders or self._is_closed)
        if is_waiting:
            self._wake.wait(timeout_s)

    def take_changes(self) -> list[tuple[Change, Path]]:
        """All changes since the last time, in order; unread repetitions of a write are one."""
        with self._lock:
            self._wake.clear()
            changes = list(self._changes)
            self._changes.clear()
            self._modified.clear()
        return changes

    def take_scan_request(self) -> bool:
        """Whether folders came or went since the last time."""
        with self._lock:
            wants, self._has_new_folders = self._has_new_folders, False
        return wants

    def take_folder_loss(self) -> bool:
        """Whether the watched folder itself was deleted since the last time; it may be there again."""
        with self._lock:
            is_lost, self._is_folder_lost = self._is_folder_lost, False
        return is_lost

    def close(self) -> None:
        """Ends this wait and every later one."""
        with self._lock:
            self._is_closed = True
        self._wake.set()

    def _ask_for_scan(self, *, is_lost: bool) -> None:
        with self._lock:
            self._has_new_folders = True
            self._is_folder_lost |= is_lost
        self._wake.set()

    def _put(self, change: Change, path: Path) -> None:
        with self._lock:
            if change is not Change.MODIFIED:
                self._modified.discard(path)
            elif path in self._modified:
                return
            else:
                self._modified.add(path)
            self._changes.append((change, path))
            is_news = change is not Change.MODIFIED or path not in self._growing
        if is_news:
            self._wake.set()


class Events(Protocol):
    """A connection to file events."""

    def attach(self) -> None:
        """Starts to report events, anew if it did before; an OSError when the system refuses."""

    def are_alive(self) -> bool:
        """Whether events may still come."""
        ...

    def detach(self) -> None:
        """Ends reporting."""


class FolderEvents:
    """The connection to the system's file events for one folder, made and undone as the folder comes and goes."""

    def __init__(self, inbox: Inbox, folder: Path, *, is_recursive: bool) -> None:
        self._inbox = inbox
        self._folder = folder
        self._is_recursive = is_recursive
        self._observer: BaseObserver | None = None

    def attach(self) -> None:
        """Starts to report events.

        Raises:
            OSError: the folder is gone, or the system has no watches left.
        """
        self.detach()
        # Folders made in quick succession are watched twice by watchdog, which then warns and does the right thing.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        observer = _new_observer()
        observer.start()  # before `schedule`, which only then raises what the system refuses
        self._observer = observer
        try:
            observer.schedule(self._inbox, str(self._folder), recursive=self._is_recursive, event_filter=WANTED)
        except OSError:
            self.detach()
            raise

    def are_alive(self) -> bool:
        """Whether events may still come."""
        return self._observer is not None and any(emitter.is_alive() for emitter in self._observer.emitters)

    def detach(self) -> None:
        """Ends reporting; harmless when there is none."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)


def _new_observer() -> BaseObserver:
    # inotify's "full" events tell a rename into the folder from a file that was only just created there.
    options: dict[str, bool] = {"generate_full_events": True} if platform.system() == "Linux" else {}
    return cast("Callable[..., BaseObserver]", Observer)(**options)


def _text(path: bytes | str) -> str:
    return path.decode(errors="surrogateescape") if isinstance(path, bytes) else path
