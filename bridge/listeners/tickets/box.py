"""A ticket folder on the disk: what lies in it, what may be believed, and how answers get there whole."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bridge.delivery import write_whole
from bridge.documents import Document, validate
from bridge.errors import Fault, TicketError
from bridge.listeners.tickets.forms import (
    FORMAT,
    STEERING,
    AcceptedTicket,
    DawCard,
    SteerTicket,
    Ticket,
    TicketProgress,
    TicketResult,
    WorkTicket,
)
from bridge.value import Value

TICKET_BYTES_MAX = 256_000
ACCEPTED = "accepted"
REFUSED = "refused"
DAEMON_FILE = "daemon.json"
JOBS_FILE = "jobs.json"
DAW_FILE = "reaper.json"
RESULT_SUFFIX = ".result.json"
PROGRESS_SUFFIX = ".progress.json"
NOT_TICKETS = frozenset({DAEMON_FILE, JOBS_FILE, DAW_FILE})


@dataclass(frozen=True)
class Slip:
    """One ticket file, seen and not yet read."""

    path: Path
    size_bytes: int
    mtime_s: float

    @property
    def id(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


class TicketBox:
    """One ticket folder; whatever the disk refuses is an OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Makes the folder, which is nobody else's business."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        for inner in (ACCEPTED, REFUSED):
            (self.folder / inner).mkdir(exist_ok=True)

    def slips(self) -> Iterator[Slip]:
        """Tickets that wait, the earliest first; answers, other files and half-written ones are no tickets."""
        found: list[Slip] = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json") and "." not in entry.name[:-5] and entry.name not in NOT_TICKETS:
                    try:
                        facts = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    found.append(Slip(Path(entry.path), facts.st_size, facts.st_mtime))
        yield from sorted(found, key=lambda slip: (slip.mtime_s, slip.id))

    def answers(self) -> Iterator[Slip]:
        """Results that nobody has taken away yet."""
        for path in self.folder.glob(f"*{RESULT_SUFFIX}"):
            facts = path.stat()
            yield Slip(path, facts.st_size, facts.st_mtime)

    def is_own(self, slip: Slip) -> bool:
        """Whether only this user can have written the ticket; then it may name files outside the session roots."""
        if os.name == "nt":
            return self.folder.resolve().is_relative_to(Path.home().resolve())
        me = os.geteuid()
        folder, file = self.folder.stat(), slip.path.lstat()
        is_shut = not folder.st_mode & (stat.S_IWOTH | stat.S_IWGRP)
        return is_shut and folder.st_uid == me and file.st_uid == me and stat.S_ISREG(file.st_mode)

    def accept(self, ticket: WorkTicket, job_id: str) -> AcceptedTicket:
        """Notes whose ticket it was, then takes it from the folder."""
        accepted = AcceptedTicket(format=FORMAT, ticket=ticket, job=job_id)
        write_whole(self.folder / ACCEPTED / f"{ticket.id}.json", _json(accepted))
        self.drop(ticket.id)
        return accepted

    def accepted(self) -> Iterator[AcceptedTicket]:
        """Tickets that an earlier daemon took and did not answer; what cannot be read any more is swept."""
        for path in sorted((self.folder / ACCEPTED).glob("*.json")):
            try:
                yield AcceptedTicket.model_validate_json(path.read_bytes())
            except ValueError:
                path.unlink(missing_ok=True)

    def drop(self, ticket_id: str) -> None:
        """Takes a ticket from the folder."""
        (self.folder / f"{ticket_id}.json").unlink(missing_ok=True)

    def put_aside(self, slip: Slip, sentence: str) -> None:
        """Moves a ticket that cannot be taken where a person can look at it, with the sentence beside it."""
        aside = self.folder / REFUSED / slip.path.name
        slip.path.replace(aside)
        write_whole(aside.with_suffix(".txt"), f"{sentence}\n".encode())

    def tell(self, progress: TicketProgress) -> None:
        """How far a job has come."""
        write_whole(self.folder / f"{progress.ticket}{PROGRESS_SUFFIX}", _json(progress), is_synced=False)

    def answer(self, result: TicketResult) -> None:
        """What became of a ticket: the result first, so that at no time nothing is known of it."""
        write_whole(self.folder / f"{result.ticket}{RESULT_SUFFIX}", _json(result))
        (self.folder / f"{result.ticket}{PROGRESS_SUFFIX}").unlink(missing_ok=True)
        (self.folder / ACCEPTED / f"{result.ticket}.json").unlink(missing_ok=True)

    def show(self, name: str, value: Value) -> None:
        """A file about the daemon itself."""
        write_whole(self.folder / name, _json(value), is_synced=False)

    def hide(self, name: str) -> None:
        """Takes such a file away."""
        (self.folder / name).unlink(missing_ok=True)

    def daw(self) -> DawCard | None:
        """How the DAW can be told that results are there, where it said so."""
        try:
            return DawCard.model_validate_json((self.folder / DAW_FILE).read_bytes())
        except (OSError, ValueError):
            return None


def read_ticket(slip: Slip) -> Ticket:
    """The ticket in a file.

    Raises:
        TicketError: every fault of it, each with its key.
    """
    data = read_slip(slip)
    document = Document(data=data)
    ticket: Ticket
    if data.get("ask", "work") in STEERING:
        ticket = validate(document, SteerTicket, TicketError, slip.path)
    else:
        ticket = validate(document, WorkTicket, TicketError, slip.path)
    if ticket.id != slip.id:
        fault = Fault(f"is {ticket.id!r}, and the file is named {slip.path.name}: both must agree.", "id", slip.path)
        raise TicketError([fault])
    return ticket


def read_slip(slip: Slip) -> dict[str, Any]:
    """The JSON object in a ticket file.

    Raises:
        TicketError: too large, not readable, not JSON, not an object, or of a newer version.
    """

    def refuse(sentence: str) -> TicketError:
        return TicketError([Fault(sentence, file=slip.path)])

    if slip.size_bytes > TICKET_BYTES_MAX:
        raise refuse(f"is larger than {TICKET_BYTES_MAX // 1000} kB: not a ticket.")
    if slip.path.is_symlink():
        raise refuse("is a link: put the ticket itself into the folder.")
    try:
        data: object = json.loads(slip.path.read_bytes())
    except (ValueError, RecursionError) as reason:
        raise refuse(f"is not readable as JSON: {reason}.") from reason
    if not isinstance(data, dict):
        raise refuse("must hold one JSON object.")
    found = cast("dict[str, Any]", data)
    version = found.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise refuse(f"has format {version}; this daw-bridge reads up to {FORMAT}: update daw-bridge.")
    return found


def is_ticket_id(text: str) -> bool:
    """Whether a file of that name can be answered."""
    return len(text) <= 80 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def _json(value: Value) -> bytes:
    return value.model_dump_json(indent=1).encode(errors="backslashreplace")
