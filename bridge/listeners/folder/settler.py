"""The Settler: tells when a file has been written to its end, once for each version of it.

Pure: it is told the time, the events, and what a look at a file found; it never looks or reads a clock itself. Nobody
renames finished renders into place, so a new name means an unfinished file, and no single sign can be trusted: a WAV
header of 44 bytes stands still for seconds while a DAW analyses, Ardour closes a FLAC, opens it again and writes tags,
csound closes a probe and deletes it. So a file settles when its header proves that it is whole (or its format cannot
prove it) and it has been quiet: for `settle_s` after its last close, or, where no close was reported, for `still_s`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bridge.listeners.folder.elapsed import Elapsed

GONE_MAX = 4096
"""Files that are gone but still remembered, so that a drive that comes back is not mastered anew."""


class Change(StrEnum):
    """What happened to a path."""

    CREATED = "created"
    MODIFIED = "modified"
    CLOSED = "closed"
    """Closed by a writer."""
    ARRIVED = "arrived"
    """Renamed to this path; whoever renames has finished writing."""
    GONE = "gone"
    """Deleted, or renamed to somewhere else."""


class Content(StrEnum):
    """What a look says about the end of the file."""

    WHOLE = "whole"
    """As much is there as the header promises."""
    UNPROVEN = "unproven"
    """Nothing in the file tells where it ends (MP3, Ogg, a stream)."""
    UNFINISHED = "unfinished"
    """Empty, or the header is not final yet, or it promises more than there is."""
    NOT_AUDIO = "not_audio"
    DENIED = "denied"
    """It may not be read."""
    BUSY = "busy"
    """Somebody keeps it locked (Windows)."""


SETTLING = frozenset({Content.WHOLE, Content.UNPROVEN})


@dataclass(frozen=True)
class Version:
    """What tells one state of a file from the next."""

    size_bytes: int
    mtime_ns: int
    inode: int
    """0 where inodes mean nothing (network folders)."""


@dataclass(frozen=True)
class FileFacts:
    """What a look at a file found."""

    version: Version
    content: Content
    problem: str = ""
    """Why it is no render as it is, as a sentence."""


@dataclass(frozen=True)
class SettleRules:
    """How long to wait for what."""

    settle_s: float = 0.15
    """Quiet after the last close."""
    still_s: float = 2.0
    """Quiet where no close was reported."""
    unproven_still_s: float = 4.0
    """The same for formats whose header proves nothing."""
    stuck_s: float = 60.0
    """After this long an unfinished file is reported."""


@dataclass(frozen=True)
class Settled:
    """A file that is whole and quiet."""

    path: Path
    version: Version


@dataclass(frozen=True)
class Stuck:
    """A file that does not become a render, and why."""

    path: Path
    sentence: str


@dataclass
class _Pending:
    """What is known about a file that has not settled."""

    changed_s: float
    """Last sign of a change, in elapsed time."""
    look_s: float | None
    """When to look next; None: only after an event."""
    is_closed: bool = False
    """A close was reported and nothing has changed since."""
    is_told: bool = True
    """An event came after the last look: what the next look finds different is no further change."""
    is_stuck: bool = False
    facts: FileFacts | None = None
    reported: FileFacts | None = None
    """What the last report was about: the same is not said twice."""


class Settler:
    """All files of one watch folder on their way to being renders."""

    def __init__(self, rules: SettleRules) -> None:
        self._rules = rules
        self._elapsed = Elapsed()
        self._pending: dict[Path, _Pending] = {}
        self._settled: dict[Path, Version] = {}
        self._gone: dict[Path, None] = {}

    def tell(self, change: Change, path: Path, now_s: float) -> None:
        """Takes note of an event; `due` then says whether a look is wanted."""
        time_s = self._elapsed.at(now_s)
        pending = self._pending.get(path)
        if pending is None:
            if change is Change.GONE:
                self._set_gone(path)
                return
            pending = self._pending[path] = _Pending(time_s, time_s)
        pending.changed_s = time_s
        pending.is_closed = change in {Change.CLOSED, Change.ARRIVED}
        pending.is_told = True
        pending.is_stuck = False
        # A close is looked at once, so that a change without an event shows at the second look; a growing file is
        # looked at often enough for the same where closes are not reported, and no more.
        at_once = pending.is_closed or change is Change.GONE
        next_s = time_s if at_once else time_s + self._rules.still_s / 2
        pending.look_s = next_s if pending.look_s is None else min(pending.look_s, next_s)

    def found(self, path: Path, facts: FileFacts | None, now_s: float) -> Settled | Stuck | None:
        """What follows from a look at a file: it settled, it is stuck, or nothing yet.

        Args:
            path: the file.
            facts: None when there is no such file.
            now_s: the time of the look; the next one is due after `next_look_s`.
        """
        time_s = self._elapsed.at(now_s)
        if facts is None:
            self._set_gone(path)
            return None
        if self._settled.get(path) == facts.version:
            self._pending.pop(path, None)
            return None
        pending = self._pending.setdefault(path, _Pending(time_s, None))
        if facts != pending.facts:
            pending.is_closed = pending.is_closed and pending.is_told
            pending.is_stuck = False
            pending.changed_s = time_s
            pending.facts = facts
        pending.is_told = False
        return self._judge(path, pending, facts, time_s)

    def know(self, path: Path, version: Version) -> None:
        """Takes a version as settled before, without yielding it."""
        self._pending.pop(path, None)
        self._gone.pop(path, None)
        self._settled[path] = version

    def is_new(self, path: Path) -> bool:
        """Whether nothing at all is known about a path."""
        return path not in self._pending and path not in self._settled

    def wants_look(self, path: Path, version: Version) -> bool:
        """Whether a file that was come across in this version should be looked at, event or not."""
        pending = self._pending.get(path)
        if pending is None:
            return self._settled.get(path) != version
        if pending.facts is None or pending.facts.version != version:
            return True
        return pending.facts.content in {Content.DENIED, Content.BUSY}  # a right may change without a new version

    def is_closing(self, path: Path) -> bool:
        """Whether a file has been closed, is finished by all that is to be seen, and only its quiet time is left."""
        pending = self._pending.get(path)
        is_good = pending is not None and pending.facts is not None and pending.facts.content in SETTLING
        return is_good and pending is not None and pending.is_closed

    def due(self, now_s: float) -> tuple[Path, ...]:
        """Files to look at now; those that were closed, and whose users wait, come first."""
        time_s = self._elapsed.at(now_s)
        due = [(path, p) for path, p in self._pending.items() if p.look_s is not None and p.look_s <= time_s]
        due.sort(key=lambda item: not item[1].is_closed)
        return tuple(path for path, _ in due)

    def next_look_s(self, now_s: float) -> float | None:
        """In how many seconds a look is due; None while only an event can bring something new."""
        time_s = self._elapsed.at(now_s)
        soonest_s = min((p.look_s for p in self._pending.values() if p.look_s is not None), default=None)
        return None if soonest_s is None else max(0.0, soonest_s - time_s)

    def unsettled(self) -> Iterator[Path]:
        """Every file that has been noticed and has not settled."""
        return iter(tuple(self._pending))

    def growing(self) -> Iterator[Path]:
        """Files that may settle yet: the unsettled ones without those reported as stuck."""
        return (path for path, pending in tuple(self._pending.items()) if not pending.is_stuck)

    def _judge(self, path: Path, pending: _Pending, facts: FileFacts, time_s: float) -> Settled | Stuck | None:
        ripe_s = pending.changed_s + self._patience_s(facts.content, is_closed=pending.is_closed)
        if time_s < ripe_s:
            pending.look_s = ripe_s
            return None
        pending.look_s = None
        if facts.content in SETTLING:
            self.know(path, facts.version)
            return Settled(path, facts.version)
        pending.is_stuck = True
        if pending.reported == facts:
            return None
        pending.reported = facts
        return Stuck(path, facts.problem)

    def _patience_s(self, content: Content, *, is_closed: bool) -> float:
        match content:
            case Content.WHOLE:
                return self._rules.settle_s if is_closed else self._rules.still_s
            case Content.UNPROVEN:
                return self._rules.settle_s if is_closed else self._rules.unproven_still_s
            case Content.NOT_AUDIO | Content.DENIED:
                return self._rules.still_s
            case Content.UNFINISHED | Content.BUSY:
                return self._rules.stuck_s

    def _set_gone(self, path: Path) -> None:
        self._pending.pop(path, None)
        if path in self._settled:
            self._gone[path] = None
        while len(self._gone) > GONE_MAX:
            oldest = next(iter(self._gone))
            del self._gone[oldest], self._settled[oldest]
