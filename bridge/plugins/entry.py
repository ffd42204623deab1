"""What a scan found out about a plug-in."""

from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from bridge.value import Value

Setting: TypeAlias = bool | float | str
"""Value of a parameter as people write it: a number in its unit, a choice by its text, a switch."""


class ParameterKind(StrEnum):
    """How a parameter is set."""

    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"


class PluginParameter(Value):
    """One parameter."""

    key: str
    """As chains name it: "threshold_db"."""
    index: int
    """Its place among all parameters of the plug-in."""
    name: str
    """As the plug-in calls it."""
    kind: ParameterKind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    """Distance of the values that a number may take; None where it may take any."""
    choices: tuple[str, ...] = ()
    default: Setting
    fixed_because: str = ""
    """Why chains may not set it ("a meter"); empty where they may."""
    is_program: bool = False
    """Whether it changes others, and is set before them."""


class FileMark(Value):
    """Which version of a file was looked at."""

    size_bytes: int
    mtime_ns: int
    digest: str
    """BLAKE2b (128 bit, hex) of the binary."""

    def is_of(self, other: "FileMark | None") -> bool:
        """Whether both are the same file as far as the folder tells."""
        return other is not None and (self.size_bytes, self.mtime_ns) == (other.size_bytes, other.mtime_ns)


class PluginEntry(Value):
    """A plug-in that can be used."""

    name: str
    vendor: str
    version: str
    format: str
    """"VST3" or "AudioUnit"."""
    category: str = ""
    identity: str
    """Class id: the same on every machine."""
    path: Path
    is_alone: bool = True
    """Whether its file holds no other plug-in."""
    mark: FileMark
    is_instrument: bool = False
    channels: tuple[int, ...] = ()
    """Numbers of channels that it takes."""
    parameters: tuple[PluginParameter, ...] = ()
    latency_frames: int = 0
    """As it reports, at its defaults and 44.1 kHz."""
    measured_latency_frames: int | None = None
    """By which an impulse comes out later than reported; None where none came out."""
    tail_s: float = 0.0
    """How long it sounds on at its defaults, up to 5 s."""
    is_deterministic: bool = False
    """Whether the same sound gave the same bytes: again, in another instance, in another process."""
    is_reusable: bool = False
    """Whether it can be set back so that it is as if freshly loaded."""
    depends_on_blocks: bool = False
    """Whether the result depends on how the signal is cut."""
    is_silent: bool = False
    """Whether nothing came out at its defaults: it may want its window, a licence or a side chain."""
    load_s: float = 0.0

    @property
    def full_name(self) -> str:
        """Name with the vendor before it."""
        return f"{self.vendor}/{self.name}" if self.vendor else self.name

    def parameter(self, key: str) -> PluginParameter | None:
        """The parameter of that key."""
        return next((parameter for parameter in self.parameters if parameter.key == key), None)


class Quarantined(Value):
    """A plug-in file that must not be loaded."""

    path: Path
    mark: FileMark
    sentence: str
    """What it did: "crashed (SIGSEGV) while loading"."""
    at: str
    """UTC, ISO 8601."""


class Failed(Value):
    """A failure of a plug-in in a job."""

    at: str
    sentence: str
    """What it did: "hung for 20 s at 1:23.0"."""
    is_forgiven: bool = False
    """Whether it has worked since."""


class Refused(Value):
    """A file that is no plug-in which we could use, and why."""

    path: Path
    mark: FileMark
    sentence: str
