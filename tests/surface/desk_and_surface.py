"""A surface before a desk in memory, and a client that remembers its answers."""

import threading
from pathlib import Path

from bridge.desk import PathRequest
from bridge.listening import Listening, Side
from bridge.model import Origin
from bridge.recipes import MasterRecipe
from bridge.settings import Settings, WatchSettings
from bridge.surface import Answer, Command, Surface
from bridge.surface.arguments import WireValue
from bridge.surface.nodes import ACK, ERROR, REPLY, REPLY_END
from tests.fakes import FakeDesk
from tests.support import wait_until


class Client:
    """Sends commands as a wire would, and keeps what comes back."""

    def __init__(self, surface: Surface, name: str = "tablet", sees: str = "") -> None:
        self._sees = sees
        self.heard: list[Answer] = []
        self._surface = surface
        self._name = name
        self._numbers = 0
        self._lock = threading.Lock()

    def send(self, address: str, *arguments: object) -> None:
        """Sends a command and does not wait."""
        self._surface.take(Command(address, arguments, self._name, self._hear, sees=lambda at: at == self._sees))

    def ask(self, address: str, *arguments: object) -> list[tuple[WireValue, ...]]:
        """The rows that a command gave."""
        client_id = self._new_id()
        self.send(address, *arguments, f"id:{client_id}")
        wait_until(lambda: self.ends(client_id) or self.errors(client_id), what=f"the end of {address}")
        assert not self.errors(client_id), self.errors(client_id)
        return [answer.values[2:] for answer in self._of(client_id, REPLY)]

    def refused(self, address: str, *arguments: object) -> tuple[WireValue, ...]:
        """Code and sentence of the refusal of a command."""
        known = len(self.errors())
        self.send(address, *arguments)
        wait_until(lambda: len(self.errors()) > known, what=f"the refusal of {address} {arguments}")
        return self.errors()[-1].values[1:]

    def errors(self, client_id: str | None = None) -> list[Answer]:
        """Refusals, of all commands or of one."""
        return [a for a in self._all() if a.address == ERROR and client_id in {None, a.values[0]}]

    def acks(self) -> list[Answer]:
        """Acknowledgements."""
        return [answer for answer in self._all() if answer.address == ACK]

    def ends(self, client_id: str) -> list[Answer]:
        """Ends of the replies to a command."""
        return self._of(client_id, REPLY_END)

    def _of(self, client_id: str, address: str) -> list[Answer]:
        return [answer for answer in self._all() if answer.address == address and answer.values[0] == client_id]

    def _all(self) -> list[Answer]:
        with self._lock:
            return list(self.heard)

    def _hear(self, answer: Answer) -> None:
        with self._lock:
            self.heard.append(answer)

    def _new_id(self) -> str:
        self._numbers += 1
        return f"{self._name}-{self._numbers}"


class Daw:
    """Plays what it is asked to, and says so, unless it is told otherwise."""

    def __init__(self, listening: Listening) -> None:
        self.asked: list[Side] = []
        self.is_there = True
        self.plays = True
        self._listening = listening
        listening.add_player(self.play)

    def play(self, side: Side) -> bool:
        """Whether there is a road to it."""
        if self.is_there:
            self.asked.append(side)
            if self.plays:
                self._listening.heard(side)
        return self.is_there


class World:
    """A desk, a surface and a client."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.desk = FakeDesk()
        self.settings = settings or Settings(watch=(WatchSettings(folder=Path("/session/Renders")),))
        self.listening = Listening()
        self.daw = Daw(self.listening)
        self.surface = Surface(self.desk, self.settings, self.listening)
        self.client = Client(self.surface)

    def wanted(self, path: str) -> PathRequest:
        """A request to master a file."""
        return PathRequest(paths=(Path(path),), recipe=MasterRecipe(), origin=Origin(listener="folder"))

    def shown(self, address: str) -> WireValue | None:
        """What an address below /bridge shows."""
        return next(iter(self.surface.panel.values(f"/bridge/{address}")), None)

    def shows(self, address: str, value: WireValue) -> None:
        """Waits until it shows that."""
        wait_until(lambda: self.shown(address) == value, 5, f"{address} {value!r} (now {self.shown(address)!r})")
