"""A ticket folder as a script in a DAW uses it, and a listener that reads it."""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.listeners.tickets.forms import TicketResult
from bridge.listeners.tickets.listener import TicketListener
from bridge.listening import Listening
from bridge.settings import Settings, TicketSettings
from tests.fakes import FakeDesk
from tests.support import wait_until


@dataclass
class Office:
    """A ticket folder, and the desks behind it: `desk` for anybody's tickets, `own` for this user's."""

    folder: Path
    settings: Settings
    desk: FakeDesk
    own: FakeDesk
    listening: Listening = field(default_factory=Listening)

    @contextmanager
    def open(self) -> Generator[TicketListener]:
        """A listener that reads."""
        listener = TicketListener(self.folder, self.settings, self.desk, self.own, self.listening)
        listener.start()
        try:
            wait_until((self.folder / "daemon.json").exists, what="the first heartbeat")
            yield listener
        finally:
            listener.stop()

    def write(self, ticket_id: str, /, **content: Any) -> None:
        """Puts a ticket into the folder as a script does."""
        ticket = {"format": 1, "id": ticket_id, **content}
        self.write_text(f"{ticket_id}.json", json.dumps(ticket))

    def write_text(self, name: str, text: str, age_s: float = 0.0) -> None:
        """A file with that text, as old as that."""
        partial = self.folder / f"{name}.part"
        partial.write_text(text)
        at_s = partial.stat().st_mtime - age_s
        os.utime(partial, (at_s, at_s))
        partial.replace(self.folder / name)

    def master(self, ticket_id: str, file: Path, **content: Any) -> None:
        """A ticket that asks for a master."""
        self.write(ticket_id, recipe={"do": "master"}, files=[str(file)], **content)

    def result(self, ticket_id: str) -> TicketResult:
        """The answer, waited for."""
        path = self.folder / f"{ticket_id}.result.json"
        wait_until(path.exists, what=f"the answer to {ticket_id}")
        return TicketResult.model_validate_json(path.read_bytes())

    def names(self) -> set[str]:
        """Files in the folder, besides those about the daemon."""
        return {path.name for path in self.folder.iterdir() if path.is_file()} - {"daemon.json", "jobs.json"}


def make_office(root: Path) -> Office:
    """An office below a folder: sessions in `Session`, everything else belongs to the user alone."""
    folder = root / "tickets"
    folder.mkdir(mode=0o700)
    own, desk = FakeDesk(root), FakeDesk(root / "Session")
    desk._jobs, desk._followers = own._jobs, own._followers
    settings = Settings(data_folder=root / "data", tickets=TicketSettings(folders=(folder,), poll_s=0.05))
    return Office(folder, settings, desk, own)
