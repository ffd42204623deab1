"""Commands and answers, as they cross between a wire and the surface."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.surface.arguments import WireValue
from bridge.surface.nodes import ACK, ERROR, REPLY, REPLY_END


@dataclass(frozen=True)
class Answer:
    """One message back to whoever sent a command."""

    address: str
    values: tuple[WireValue, ...]


class Subscriber(Protocol):
    """Whoever can be sent feedback."""

    def subscribe(self, port: int, lease_s: float) -> float:
        """Seconds until feedback ends without a sign of life; 0 for a port or a lease means the usual.

        Raises:
            RequestError: too many have subscribed.
        """
        ...

    def unsubscribe(self, port: int) -> None:
        """Ends feedback."""
        ...


@dataclass(frozen=True)
class Command:
    """What somebody on a surface did."""

    address: str
    """Or an OSC address pattern."""
    arguments: tuple[object, ...] = ()
    """As the wire gave them."""
    client: str = ""
    """Who it is: a host and port, a MIDI port; soft take-over is kept for each client apart."""
    answer: Callable[[Answer], None] = lambda _: None
    """Takes each answer; called from any thread, and returns quickly."""
    subscriber: Subscriber | None = None
    """Where feedback goes on "subscribe"; None where it is shown anyway."""
    sees: Callable[[str], bool] = lambda _: False
    """Whether it is sent what an address shows: then a fader there stands where the value is."""
    listener: str = "osc"
    """Which listener brought it: the origin of its jobs."""


def ack(client_id: str, address: str) -> Answer:
    """The command has come in."""
    return Answer(ACK, (client_id, address))


def reply(client_id: str, address: str, row: tuple[WireValue, ...]) -> Answer:
    """One row of what it gave."""
    return Answer(REPLY, (client_id, address, *row))


def end(client_id: str, address: str, rows: int) -> Answer:
    """It is done."""
    return Answer(REPLY_END, (client_id, address, rows))


def error(client_id: str, code: str, sentence: str) -> Answer:
    """It was not done, and why."""
    return Answer(ERROR, (client_id, code, sentence))
