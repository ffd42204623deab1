"""What crosses the pipe between an engine, or a scan, and a plug-in host: one frozen value a line of JSON.

Down go orders, up come exactly one answer for each, and any number of notes before it. Samples cross in shared memory.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from bridge.plugins.entry import PluginEntry, PluginParameter, Setting
from bridge.value import Value


class Feeding(StrEnum):
    """How the channels of a signal go into a plug-in."""

    WHOLE = "whole"
    """All at once into one instance."""
    EACH = "each"
    """Each into an instance of its own."""
    DOUBLED = "doubled"
    """A single one on both channels of a stereo plug-in, of which the first is kept."""


class Assigned(Value):
    """A parameter and its value."""

    parameter: PluginParameter
    value: Setting


class Course(Value):
    """A parameter that moves: straight lines between points."""

    parameter: PluginParameter
    frames: tuple[int, ...]
    """Rising; where two are the same, the value jumps."""
    values: tuple[float, ...]


class Slot(Value):
    """One plug-in of a chain."""

    path: Path
    name: str
    is_alone: bool = True
    is_reusable: bool = False
    preset: Path | None = None
    assigned: tuple[Assigned, ...] = ()
    courses: tuple[Course, ...] = ()
    feeding: Feeding = Feeding.WHOLE
    gain: float = 1.0
    """Before it."""


# --- Orders -----------------------------------------------------------------------------------------------------------


class PrepareOrder(Value):
    """Load plug-ins, or take those that are loaded, and make them ready for a signal."""

    order: Literal["prepare"] = "prepare"
    slots: tuple[Slot, ...]
    sample_rate_hz: int
    channels: int


class RunOrder(Value):
    """Send the next block, which lies in shared memory, through all plug-ins."""

    order: Literal["run"] = "run"
    frames: int


class ProbeOrder(Value):
    """Examine a plug-in file."""

    order: Literal["probe"] = "probe"
    path: Path


class VerifyOrder(Value):
    """Say what a plug-in makes of the test sound, in a process that has not examined it."""

    order: Literal["verify"] = "verify"
    path: Path
    name: str
    is_alone: bool = True


class EditOrder(Value):
    """Open a plug-in's own window, and keep its state when it is closed."""

    order: Literal["edit"] = "edit"
    slot: Slot
    channels: int
    """Of what it is fed while its window is open."""
    save_to: Path


class CloseOrder(Value):
    """Close the window that is open; the order to edit is answered then, this one is not."""

    order: Literal["close"] = "close"


Order: TypeAlias = Annotated[
    PrepareOrder | RunOrder | ProbeOrder | VerifyOrder | EditOrder | CloseOrder, Field(discriminator="order")
]

# --- Events -----------------------------------------------------------------------------------------------------------


class HostReady(Value):
    """The host waits for orders."""

    event: Literal["ready"] = "ready"


class Noted(Value):
    """What it does now: a sign of life."""

    event: Literal["noted"] = "noted"
    slot: int
    """Of the plug-in that it is about."""
    doing: str
    """"loading"."""


class Applied(Value):
    """A value as the plug-in reads it back."""

    key: str
    text: str
    """As the plug-in writes it."""
    value: Setting
    raw: float


class ReadySlot(Value):
    """A plug-in made ready."""

    latency_frames: int
    applied: tuple[Applied, ...]
    state_digest: str
    load_s: float
    """0 where it was loaded already."""


class Prepared(Value):
    """All plug-ins are ready."""

    event: Literal["prepared"] = "prepared"
    slots: tuple[ReadySlot, ...]

    @property
    def loaded(self) -> int:
        """How many of them were not loaded before."""
        return sum(slot.load_s > 0 for slot in self.slots)


class Ran(Value):
    """A block has gone through."""

    event: Literal["ran"] = "ran"
    was_heard: tuple[bool, ...]
    """For each plug-in whether anything but zeros went in; then whether anything came out."""
    was_sounding: tuple[bool, ...]
    latencies: tuple[int, ...]
    seconds: tuple[float, ...]
    """Spent in each plug-in."""


class Probed(Value):
    """What was found in a file."""

    event: Literal["probed"] = "probed"
    entries: tuple[PluginEntry, ...]
    digests: tuple[str, ...]
    """Of what each made of the test sound."""


class Verified(Value):
    """What a plug-in made of the test sound."""

    event: Literal["verified"] = "verified"
    digest: str


class Edited(Value):
    """The window was closed."""

    event: Literal["edited"] = "edited"


class Failure(Value):
    """A plug-in did something that ends the work, and the host lives."""

    event: Literal["failure"] = "failure"
    slot: int
    sentence: str
    """What it did, after its name: "gave samples that are not numbers"."""
    is_refusal: bool = False
    """Whether the order was at fault, not the plug-in (a preset of another one)."""


HostEvent: TypeAlias = Annotated[
    HostReady | Noted | Prepared | Ran | Probed | Verified | Edited | Failure, Field(discriminator="event")
]
Answer: TypeAlias = Prepared | Ran | Probed | Verified | Edited
EVENTS: TypeAdapter[HostEvent] = TypeAdapter(HostEvent)
ORDERS: TypeAdapter[Order] = TypeAdapter(Order)


def to_line(value: Order | HostEvent) -> bytes:
    """The value as one line, newline included."""
    return value.model_dump_json().encode() + b"\n"
