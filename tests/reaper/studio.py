"""A REAPER with a project, a ticket folder, and a clerk who answers tickets as the daemon would, at once."""

import io
import shutil
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from bridge.listeners.tickets.box import DAEMON_FILE, TicketBox, read_ticket
from bridge.listeners.tickets.forms import AcceptedTicket, ChainCard, Heartbeat, SteerTicket, TicketResult, WorkTicket
from bridge.model import DeliveredFile, FileRole, JobResult
from bridge.report import Marker
from tests.reaper.fake.disk import Disk
from tests.reaper.fake.project import Item, Project, Track
from tests.reaper.fake.reaper import SCRIPTS, FakeReaper
from tests.values import a_measurement

FOUR = ("bass", "drums", "other", "vocals")
STEMS: dict[int, tuple[str, ...]] = {
    2: ("instrumental", "vocals"), 4: FOUR, 5: (*FOUR, "piano"), 6: (*FOUR, "piano", "guitar"),
}  # fmt: skip
CHAINS = (
    ChainCard(name="loud", title="Loud", target_lufs=-9.5),
    ChainCard(name="streaming", title="Streaming", target_lufs=-14.0),
)


def write_sound(path: Path, seconds: float, rate_hz: int = 44100, channels: int = 2) -> Path:
    """A file of noise that fades in, so that every place in it can be told from the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_sound(seconds, rate_hz, channels))
    return path


@cache
def _sound(seconds: float, rate_hz: int, channels: int) -> bytes:
    frames = round(seconds * rate_hz)
    noise = np.random.default_rng(1).normal(size=(frames, channels)) * np.linspace(0.01, 0.2, frames)[:, None]
    held = io.BytesIO()
    soundfile.write(held, noise, rate_hz, subtype="FLOAT", format="WAV")
    return held.getvalue()


@dataclass
class Clerk:
    """The daemon's half of the road, by hand: the real forms and the real folder."""

    folder: Path
    taken: list[WorkTicket | SteerTicket] = field(default_factory=list[WorkTicket | SteerTicket])
    is_there: bool = True

    def beat(self) -> None:
        """The daemon lives."""
        box = TicketBox(self.folder)
        box.prepare()
        heartbeat = Heartbeat(
            format=1,
            version="0.1.0",
            pid=1,
            beat=1,
            now_s=time.time(),
            is_paused=False,
            chains=CHAINS,
            waiting=0,
            running=0,
        )
        box.show(DAEMON_FILE, heartbeat)

    def take(self) -> list[WorkTicket]:
        """The tickets that lie there, taken."""
        box = TicketBox(self.folder)
        box.prepare()
        tickets = [read_ticket(slip) for slip in box.slips()]
        for ticket in tickets:
            self.taken.append(ticket)
            if isinstance(ticket, WorkTicket):
                box.accept(ticket, f"job{len(self.taken)}")
            else:
                box.drop(ticket.id)
        return [ticket for ticket in tickets if isinstance(ticket, WorkTicket)]

    def answer(self, ticket: WorkTicket, *files: tuple[FileRole, Path], markers: tuple[Marker, ...] = ()) -> None:
        """The job is done and brought these files."""
        delivered = tuple(DeliveredFile(path=path, role=role, size_bytes=1, digest="d") for role, path in files)
        after = a_measurement(-14.0, -1.0) if ticket.recipe.do == "master" else None
        result = JobResult(files=delivered, before=a_measurement(), after=after, runtime_s=1.0)
        self._say(ticket, "done", result=result, markers=markers)

    def fail(self, ticket: WorkTicket, sentence: str) -> None:
        """The job has failed."""
        self._say(ticket, "failed", sentence=sentence)

    def cancel(self, ticket: WorkTicket) -> None:
        """The job was cancelled."""
        self._say(ticket, "cancelled")

    def _say(self, ticket: WorkTicket, state: str, **more: object) -> None:
        accepted = AcceptedTicket(format=1, ticket=ticket, job="job1")
        content = {
            "format": 1, "ticket": ticket.id, "state": state, "job": accepted.job, "name": ticket.name,
            "request": ticket, "notes": ticket.notes, "finished_s": time.time(), **more,
        }  # fmt: skip
        TicketBox(self.folder).answer(TicketResult.model_validate(content))


@dataclass
class Studio:
    """Everything that a test of an action needs."""

    root: Path
    reaper: FakeReaper
    clerk: Clerk
    project: Project

    def track(self, name: str = "Mix") -> Track:
        """A new track."""
        return self.reaper.add_track(self.project, name)

    def item(
        self, track: Track | None = None, *, at_s: float = 3.25, length_s: float = 2.0, offset_s: float = 1.0,
        rate_hz: int = 48000, name: str = 'My "Söng" v1.wav',
    ) -> Item:  # fmt: skip
        """An item that plays a part of a new file, selected."""
        path = write_sound(self.root / "Audio files" / name, 4.0, rate_hz)
        item = self.reaper.add_item(track or self.track(), path, at_s, length_s, offset_s)
        self.reaper.select(item)
        return item

    def stems(self, ticket: WorkTicket) -> tuple[tuple[FileRole, Path], ...]:
        """What a split brings, as files that are there: each as long as the mix."""
        count = getattr(ticket.recipe, "stems", None) or 4
        disk = self.reaper.disk
        source = soundfile.info(str(disk.real(ticket.files[0])))
        folder = disk.real(ticket.return_folder or "")
        made: list[tuple[FileRole, Path]] = []
        for name in (*STEMS[count], "residual"):
            path = write_sound(folder / f"{ticket.name} - {name}.wav", source.duration, source.samplerate)
            role: FileRole = "instrumental" if name == "instrumental" else "residual" if name == "residual" else "stem"
            made.append((role, Path(disk.shown(path))))
        return tuple(made)

    def ask(self, action: str) -> list[WorkTicket]:
        """The tickets that an action writes."""
        self.reaper.run(action)
        tickets = self.clerk.take()
        while more := self._next_turn():
            tickets += more
        return tickets

    def _next_turn(self) -> list[WorkTicket]:
        """The tickets of one more turn: many are written in several."""
        self.reaper.tick()
        return self.clerk.take()

    def split(self, action: str = "Split selected items into 4 stems") -> None:
        """Runs a split to its end."""
        for ticket in self.ask(action):
            self.clerk.answer(ticket, *self.stems(ticket))
        self.reaper.until_idle()

    def master(self, action: str = "Master project", seconds: float = 5.0) -> None:
        """Runs a master to its end."""
        for ticket in self.ask(action):
            path = Path(ticket.return_folder or "") / f"{ticket.name} [{time.monotonic_ns()}].wav"
            self.clerk.answer(
                ticket, ("master", write_sound(path, seconds)), ("report_html", path.with_suffix(".html"))
            )
        self.reaper.until_idle()

    def tracks(self) -> dict[str, Track]:
        """The project's tracks by name."""
        return {track.name: track for track in self.project.tracks}


def make_studio(root: Path) -> Studio:
    """A studio below a folder whose name is as unkind as names are."""
    home = root / 'Ann\'s "Müsik"; 100% [x] $1'
    folder = home / ".local" / "share" / "daw-bridge" / "tickets"
    return _studio(home, folder, FakeReaper(home / "REAPER", {"HOME": str(home)}))


def make_windows_studio(root: Path) -> Studio:
    """The same on a Windows whose `C:` is a folder."""
    home = root / "Users" / "Änn & Co"
    folder = home / "AppData" / "Local" / "daw-bridge" / "tickets"
    disk = Disk(root)
    environment = {"LOCALAPPDATA": disk.shown(folder.parent.parent)}
    reaper = FakeReaper(home / "REAPER", environment, disk, "Win64")
    reaper.actions = home / "REAPER" / "Scripts" / "daw-bridge"
    shutil.copytree(SCRIPTS, reaper.actions)
    return _studio(home, folder, reaper)


def _studio(home: Path, tickets: Path, reaper: FakeReaper) -> Studio:
    clerk = Clerk(tickets)
    clerk.beat()
    return Studio(home, reaper, clerk, reaper.new_project(home / "Sessions" / "Söng €.rpp"))
