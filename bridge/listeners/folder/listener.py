"""FolderListener: the watch folder's own thread. Events and looks go in, job requests come out."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import AudioError, RequestError, UserError
from bridge.listeners.folder.albums import Albums
from bridge.listeners.folder.events import FolderEvents, Inbox
from bridge.listeners.folder.gatherer import Gatherer, GatherRules
from bridge.listeners.folder.grouping import Group
from bridge.listeners.folder.look import Bounds, look_at
from bridge.listeners.folder.names import is_lossy_name
from bridge.listeners.folder.presence import Presence
from bridge.listeners.folder.readahead import ReadAhead
from bridge.listeners.folder.settler import Settled, Settler, SettleRules, Stuck, Version
from bridge.model import Grouping, Job, JobRequest, Origin, Render
from bridge.recipes import SONGS_MAX, AlbumRecipe
from bridge.settings import Settings, WatchSettings

STOP_TIMEOUT_S = 10.0
LOOKING_S = 0.2
"""Then events are heard again: a folder full of old renders must not hold up the bounce that is made just now."""
COPY_APART_S = 120.0
"""A lossy file this near in time to a known render of the same name is a copy of it."""
log = logging.getLogger(__name__)


def _nothing_is_known(_path: Path, _size_bytes: int, _mtime_ns: int) -> bool:
    return False


def _only_log(_path: Path, _sentence: str) -> None:
    return


@dataclass(frozen=True)
class Hooks:
    """What the daemon knows, and what it wants to hear; the defaults suit a listener on its own."""

    is_known: Callable[[Path, int, int], bool] = _nothing_is_known
    """Whether a file of this path, size in bytes and mtime_ns was asked for before; the job store can tell."""
    report_problem: Callable[[Path, str], None] = _only_log
    """Told once about each file, or the folder, that needs a person; the sentence is logged anyway."""


class FolderListener:
    """Watches one folder and submits a request for each bounce that appears in it."""

    def __init__(
        self,
        watch: WatchSettings,
        settings: Settings,
        submit: Callable[[JobRequest], Job],
        on_pending: Callable[[], None],
        hooks: Hooks = Hooks(),
    ) -> None:
        """Touches nothing yet.

        Args:
            watch: the folder and its recipe.
            settings: session roots, return folders, limits.
            submit: takes a request; the sentence of a RequestError is reported.
            on_pending: called when a file begins to grow, so that an engine can be warm when it settles.
            hooks: what the daemon knows and wants to hear.
        """
        self._watch = watch
        self._settings = settings
        self._submit = submit
        self._on_pending = on_pending
        self._hooks = hooks
        self._bounds = Bounds(watch, settings)
        self._settler = Settler(settle_rules(watch))
        self._gatherer = Gatherer(GatherRules(is_grouping=watch.group == "auto"))
        self._albums = Albums(watch.album_quiet_s)
        self._read_ahead = ReadAhead(settings.limits)
        self._inbox = Inbox(watch.folder)
        events = FolderEvents(self._inbox, watch.folder, is_recursive=watch.is_deep)
        self._presence = Presence(watch, self._bounds, self._inbox, events)
        self._next_scan_s = 0.0
        self._growing: frozenset[Path] = frozenset()
        self._unsent: list[JobRequest] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"folder {watch.folder.name}", daemon=True)

    def start(self) -> None:
        """Begins to watch; a folder that is not there yet is waited for."""
        self._thread.start()

    def stop(self) -> None:
        """Ends watching; what has not settled is found again at the next start."""
        self._stopping.set()
        self._inbox.close()
        if self._thread.ident is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:  # the listener's loop: one strange file must not end the watch
                log.exception("watching %s failed", self._watch.folder, extra={"action": "watch_failed"})
                self._stopping.wait(self._watch.poll_s)
        self._presence.leave()

    def _turn(self) -> None:
        """One round: look around if it is time, hear, look, hand on, wait."""
        if self._inbox.take_scan_request() or time.monotonic() >= self._next_scan_s:
            self._scan()
            self._next_scan_s = time.monotonic() + self._presence.pause_s
        for change, path in self._inbox.take_changes():
            if self._bounds.admits(path):
                self._settler.tell(change, path, time.monotonic())
        until_s = time.monotonic() + LOOKING_S
        for path in self._settler.due(time.monotonic()):
            self._look(path)
            if time.monotonic() > until_s:
                break
        self._notice_growth()
        for group in self._gatherer.take(self._growing, time.monotonic()):
            self._request(group)
        for folder in self._albums.take(self._growing, time.monotonic()):
            self._request_album(folder)
        self._inbox.wait(self._pause_s(time.monotonic()), self._growing)

    def _pause_s(self, now_s: float) -> float:
        """How long nothing will happen by itself."""
        takes_s = (self._gatherer.next_take_s(self._growing, now_s), self._albums.next_take_s(now_s))
        pauses_s = (self._next_scan_s - now_s, self._settler.next_look_s(now_s), *takes_s)
        return max(0.0, min(pause_s for pause_s in pauses_s if pause_s is not None))

    # --- Looking ------------------------------------------------------------------------------------------------------

    def _scan(self) -> None:
        """Finds what no event told, and what was there at start-up."""
        for request in tuple(self._unsent):
            self._send(request)
        found = self._presence.look_around(self._report)
        self._skip_known(found or {})
        paths: set[Path] = {*self._settler.unsettled(), *(found or {})}
        for path in sorted(paths):
            if found is None or path not in found or self._settler.wants_look(path, found[path]):
                self._look(path)

    def _skip_known(self, found: Mapping[Path, Version]) -> None:
        """Leaves alone what was asked for before this start, and lossy copies that were left aside then."""
        new = {path: version for path, version in found.items() if self._settler.is_new(path)}
        known = {path for path, one in new.items() if self._hooks.is_known(path, one.size_bytes, one.mtime_ns)}
        mtimes_s = {(path.parent, path.stem.casefold()): new[path].mtime_ns / 1e9 for path in known}
        for path, version in new.items():
            near_s = mtimes_s.get((path.parent, path.stem.casefold()))
            is_near = near_s is not None and abs(version.mtime_ns / 1e9 - near_s) <= COPY_APART_S
            if path in known or (is_near and is_lossy_name(path.name)):
                self._settler.know(path, version)

    def _look(self, path: Path) -> None:
        facts = look_at(path, self._bounds)
        if facts is None:
            self._gatherer.drop(path)
            self._read_ahead.forget(path)
        match self._settler.found(path, facts, time.monotonic()):
            case Settled(_, version):
                self._accept(path, version)
            case Stuck(_, sentence):
                self._report(path, sentence)
            case None if self._settler.is_closing(path):
                self._read_ahead.prepare(path)
            case None:
                pass

    def _notice_growth(self) -> None:
        growing = frozenset(self._settler.growing())
        if growing - self._growing:
            self._on_pending()
        self._growing = growing

    # --- Handing on ---------------------------------------------------------------------------------------------------

    def _accept(self, path: Path, version: Version) -> None:
        """Takes a settled file as a render, unless it is one of our own or changed under our hands."""
        settled_s = time.monotonic()
        try:
            render = self._read_ahead.take(path, version)
        except AudioError as error:
            self._report(path, error.sentence)
            return
        if render is None:
            return
        log.info("%s has settled", path, extra={"action": "render_settled"})
        if isinstance(self._watch.recipe, AlbumRecipe):
            self._accept_song(path, settled_s)
        elif not self._gatherer.add(render, settled_s):
            log.info("%s is a copy of what has just been taken", path, extra={"action": "copy_ignored"})

    def _accept_song(self, path: Path, settled_s: float) -> None:
        if path.parent == self._watch.folder:
            self._report(path, f"{path} lies in no album: put the songs of a record into a folder of their own here.")
            return
        self._albums.hear(path, settled_s)

    def _request_album(self, folder: Path) -> None:
        """Asks for all songs of a folder, those that were there before too."""
        try:
            songs = self._read_songs(folder)
        except (AudioError, OSError) as reason:
            self._report(folder, f"{folder} is no album yet: {reason}")
            return
        if len(songs) > SONGS_MAX:
            self._report(folder, f"{folder} holds {len(songs)} songs, more than a record does ({SONGS_MAX}).")
        elif songs:
            self._send(self._wanted(songs, Grouping.ALBUM, folder.name))

    def _read_songs(self, folder: Path) -> tuple[Render, ...]:
        """Every render in the folder itself, by name.

        Raises:
            AudioError: one of them cannot be used.
            OSError: the folder is gone.
        """
        found = {path: version for path, version in self._bounds.renders() if path.parent == folder}
        read = [self._read_ahead.take(path, found[path]) for path in sorted(found, key=lambda one: one.name.casefold())]
        return tuple(render for render in read if render is not None)

    def _request(self, group: Group) -> None:
        for copy in group.copies:
            log.info("%s is a copy", copy.path, extra={"action": "copy_ignored"})
        self._send(self._wanted(group.renders, group.grouping, group.name))

    def _wanted(self, renders: tuple[Render, ...], grouping: Grouping, name: str) -> JobRequest:
        return JobRequest(
            renders=renders,
            grouping=grouping,
            recipe=self._watch.recipe,
            name=name,
            return_folder=self._settings.return_folder(self._watch),
            name_pattern=self._settings.results.name_pattern,
            origin=Origin(listener="folder", client=self._watch.folder.name),
        )

    def _send(self, request: JobRequest) -> None:
        is_second_try = request in self._unsent
        try:
            job = self._submit(request)
        except RequestError as error:
            self._report(request.renders[0].path, error.sentence)
        except UserError as error:  # the store cannot be used just now: the bounce must not be lost
            if not is_second_try:
                self._report(request.renders[0].path, error.sentence)
                self._unsent.append(request)
            return
        else:
            log.info("%s: %s", request.name, request.grouping, extra={"action": "job_requested", "job": job.id})
        if is_second_try:
            self._unsent.remove(request)

    def _report(self, path: Path, sentence: str) -> None:
        log.warning("%s", sentence, extra={"action": "file_problem", "file": str(path)})
        self._hooks.report_problem(path, sentence)


def settle_rules(watch: WatchSettings) -> SettleRules:
    """How long this watch folder waits for what."""
    return SettleRules(
        settle_s=watch.settle_s,
        still_s=max(watch.settle_s, watch.still_s),
        unproven_still_s=max(watch.settle_s, watch.still_s * (5 if watch.is_network else 2)),
        stuck_s=watch.stuck_s,
    )
