"""Presence: the watch folder as something that comes and goes (an unplugged drive, a folder deleted and made again)."""

import errno
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from bridge.listeners.folder.events import Events, Inbox
from bridge.listeners.folder.look import Bounds
from bridge.listeners.folder.settler import Version
from bridge.settings import WatchSettings

SCAN_SHARE = 0.002
"""Of one core: a huge folder is looked through less often, so that idling costs next to nothing."""
log = logging.getLogger(__name__)


class Presence:
    """Keeps file events connected while the folder is there, and looks through it now and then regardless."""

    def __init__(self, watch: WatchSettings, bounds: Bounds, inbox: Inbox, events: Events) -> None:
        self._watch = watch
        self._bounds = bounds
        self._inbox = inbox
        self._has_no_events = watch.is_network
        self._events = events
        self._identity: tuple[int, int] | None = None
        """Device and inode of the folder whose events are connected."""
        self._is_missing = False
        self.pause_s = watch.poll_s
        """How long to wait before looking through the folder again."""

    def look_around(self, report: Callable[[Path, str], None]) -> dict[Path, Version] | None:
        """Every file that may be a render; None while the folder cannot be used, which is reported once."""
        started_s = time.thread_time()
        try:
            self._connect()
            found = dict(self._bounds.renders())
        except OSError as reason:
            self.leave()
            if not self._is_missing:
                self._is_missing = True
                report(self._watch.folder, _sentence(self._watch.folder, reason))
            return None
        if self._is_missing:
            self._is_missing = False
            log.info("%s is back", self._watch.folder, extra={"action": "watch_folder_back"})
        self.pause_s = max(self._watch.poll_s, (time.thread_time() - started_s) / SCAN_SHARE)
        return found

    def leave(self) -> None:
        """Disconnects the events."""
        self._identity = None
        self._events.detach()

    def _connect(self) -> None:
        """Connects the events, again where another folder now has the old one's name.

        Raises:
            OSError: the folder is not there, or may not be read.
        """
        was_lost = self._inbox.take_folder_loss()
        found = self._watch.folder.stat()
        # A folder that is deleted and made again often gets the same inode: the number alone proves nothing.
        is_same = (found.st_dev, found.st_ino) == self._identity and not was_lost
        if is_same and (self._has_no_events or self._events.are_alive()):
            return
        if not self._has_no_events:
            self._attach()  # before the first look, so that nothing falls between the two
        self._identity = (found.st_dev, found.st_ino)
        log.info("watching %s", self._watch.folder, extra={"action": "watch_started"})

    def _attach(self) -> None:
        try:
            self._events.attach()
        except OSError as reason:
            if reason.errno not in {errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOSYS}:
                raise
            self._has_no_events = True
            log.warning(
                "the system reports no file events for %s (%s): looking every %g s instead; "
                "raise fs.inotify.max_user_watches for a faster start",
                *(self._watch.folder, os.strerror(reason.errno), self._watch.poll_s),
                extra={"action": "watch_without_events"},
            )


def _sentence(folder: Path, reason: OSError) -> str:
    match reason.errno:
        case errno.ENOENT:
            return f"The watch folder {folder} is not there: create it or connect its drive; it is taken up by itself."
        case errno.ENOTDIR:
            return f"The watch folder {folder} is a file: name a folder in the settings."
        case errno.EACCES | errno.EPERM:
            return f"The watch folder {folder} may not be read: allow your user to read it; it is taken up by itself."
        case _:
            return f"The watch folder {folder} cannot be read ({reason.strerror}): check its drive or network."
