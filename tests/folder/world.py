"""A world for the Settler: files that exist only as facts, a clock, and the loop that a listener runs."""

from dataclasses import dataclass, field
from pathlib import Path

from bridge.listeners.folder.settler import (
    Change,
    Content,
    FileFacts,
    Settled,
    Settler,
    SettleRules,
    Stuck,
    Version,
)

POLL_S = 5.0
ENOUGH_S = 1e-6
"""Slack for sums of times in floating point."""


@dataclass
class TrueFile:
    """What a file really is, and when it was really written to."""

    size_bytes: int = 0
    mtime_ns: int = 0
    inode: int = 1
    content: Content = Content.UNFINISHED
    changed_s: float = 0.0

    @property
    def version(self) -> Version:
        return Version(self.size_bytes, self.mtime_ns, self.inode)

    @property
    def facts(self) -> FileFacts:
        return FileFacts(self.version, self.content, "because" if self.content is Content.UNFINISHED else "")


@dataclass
class Yielded:
    """One answer of the Settler, with what was true just then."""

    path: Path
    version: Version
    content: Content
    quiet_s: float
    is_close_told: bool


@dataclass
class World:
    """Real time and real files on one side, a Settler that is only told on the other."""

    rules: SettleRules = field(default_factory=SettleRules)
    real_s: float = 0.0
    clock_error_s: float = 1000.0
    """What the clock shows beyond real time; changed to make it jump."""
    files: dict[Path, TrueFile] = field(default_factory=dict[Path, TrueFile])
    yields: list[Yielded] = field(default_factory=list[Yielded])
    stuck: list[Stuck] = field(default_factory=list[Stuck])
    looks: int = 0
    closed: set[Path] = field(default_factory=set[Path])
    """Where a close was told and no change that can be noticed came after it."""
    unseen: set[Path] = field(default_factory=set[Path])
    """Closed, and not looked at since: what is written then without a word cannot be told from what was closed."""
    _made: int = 0
    _next_poll_s: float = 0.0

    def __post_init__(self) -> None:
        self.settler = Settler(self.rules)

    @property
    def now_s(self) -> float:
        return self.real_s + self.clock_error_s

    # --- The writer ---------------------------------------------------------------------------------------------------

    def create(self, path: Path, *, told: bool = True) -> None:
        self._made += 1
        self.files[path] = TrueFile(inode=self._made, mtime_ns=self._made, changed_s=self.real_s)
        self._tell(Change.CREATED, path, told=told)

    def write(self, path: Path, content: Content | None = None, *, told: bool = True) -> None:
        file = self.files[path]
        self._made += 1
        file.size_bytes += 1000
        file.mtime_ns = self._made
        file.content = file.content if content is None else content
        file.changed_s = self.real_s
        self._tell(Change.MODIFIED, path, told=told)

    def close(self, path: Path, *, told: bool = True) -> None:
        self._tell(Change.CLOSED, path, told=told)

    def delete(self, path: Path, *, told: bool = True) -> None:
        del self.files[path]
        self._tell(Change.GONE, path, told=told)

    def rename(self, old: Path, new: Path) -> None:
        self.files[new] = self.files.pop(old)
        self.files[new].changed_s = self.real_s
        self._tell(Change.GONE, old, told=True)
        self._tell(Change.ARRIVED, new, told=True)

    def bounce(self, path: Path, content: Content = Content.WHOLE) -> None:
        """A file made in one go."""
        self.create(path)
        self.write(path, content)
        self.close(path)

    def _tell(self, change: Change, path: Path, *, told: bool) -> None:
        if told:
            self.settler.tell(change, path, self.now_s)
            is_close = change in {Change.CLOSED, Change.ARRIVED}
            (self.closed.add if is_close else self.closed.discard)(path)
            (self.unseen.add if is_close else self.unseen.discard)(path)
        elif path not in self.unseen and change is not Change.CLOSED:
            self.closed.discard(path)

    # --- Time and the listener's loop ---------------------------------------------------------------------------------

    def run(self, seconds: float, *, is_polling: bool = True) -> None:
        """Lets real time go by, with every look at its time."""
        end_s = self.real_s + seconds
        while True:
            self._look_due()
            look_s = self.settler.next_look_s(self.now_s)
            waits_s = [end_s - self.real_s, *([] if look_s is None else [look_s])]
            if is_polling:
                waits_s.append(self._next_poll_s - self.real_s)
            if min(waits_s) >= end_s - self.real_s:
                self.real_s = end_s
                self._look_due()
                return
            self.real_s += max(min(waits_s), 1e-9)
            if is_polling and self.real_s >= self._next_poll_s:
                self._poll()

    def jump(self, seconds: float) -> None:
        """The clock jumps; no time goes by."""
        self.clock_error_s += seconds

    def _poll(self) -> None:
        self._next_poll_s = self.real_s + POLL_S
        for path in {*self.files, *self.settler.unsettled()}:
            file = self.files.get(path)
            if file is None or self.settler.wants_look(path, file.version):
                self.look(path)

    def _look_due(self) -> None:
        for path in self.settler.due(self.now_s):
            self.look(path)

    def look(self, path: Path) -> None:
        file = self.files.get(path)
        self.looks += 1
        self.unseen.discard(path)
        match self.settler.found(path, None if file is None else file.facts, self.now_s):
            case Settled(_, version):
                assert file is not None
                quiet_s = self.real_s - file.changed_s
                self.yields.append(Yielded(path, version, file.content, quiet_s, path in self.closed))
            case Stuck() as stuck:
                self.stuck.append(stuck)
            case None:
                pass
