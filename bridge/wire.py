"""What crosses the pipe between a worker and its engine: one frozen value a line of JSON.

Down go Assignments (`bridge.model`), up come these events. An engine says `starting` any number of times, `ready` once,
then for each assignment `progress` any number of times and exactly one of `done` and `failed`.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from bridge.model import JobResult, Progress
from bridge.plugin_settings import PluginPlace
from bridge.separation_settings import SeparationSettings
from bridge.value import Value


class StartingEvent(Value):
    """The engine is alive and not ready yet."""

    event: Literal["starting"] = "starting"
    progress: Progress


class ReadyEvent(Value):
    """The engine waits for an assignment."""

    event: Literal["ready"] = "ready"
    version: str


class ProgressEvent(Value):
    """How far a job has come."""

    event: Literal["progress"] = "progress"
    job_id: str
    progress: Progress


class DoneEvent(Value):
    """What a job brought back, delivered."""

    event: Literal["done"] = "done"
    job_id: str
    result: JobResult
    model_mb: int = 0
    """What the models that it left loaded for the next job take."""


class FailedEvent(Value):
    """Why a job could not be done."""

    event: Literal["failed"] = "failed"
    job_id: str
    code: str
    """Of the class in `bridge.errors`."""
    sentence: str
    traceback: str | None = None
    """For bugs only."""


EngineEvent: TypeAlias = Annotated[
    StartingEvent | ReadyEvent | ProgressEvent | DoneEvent | FailedEvent, Field(discriminator="event")
]
_EVENTS: TypeAdapter[EngineEvent] = TypeAdapter(EngineEvent)


def to_line(value: Value) -> bytes:
    """The value as one line, newline included."""
    return value.model_dump_json().encode() + b"\n"


def event_of(line: bytes) -> EngineEvent:
    """The event in a line.

    Raises:
        ValueError: it holds something else.
    """
    return _EVENTS.validate_json(line)


# --- The self-test and its process ------------------------------------------------------------------------------------


class ChecksOrder(Value):
    """What a self-test must know of this installation; goes down, once."""

    plugins: PluginPlace = PluginPlace()
    separation: SeparationSettings = SeparationSettings()


class CheckRow(Value):
    """What one check of the self-test found."""

    group: str
    """What was looked at: "Loudness (EBU 3341)"."""
    name: str
    expected: str
    measured: str
    verdict: Literal["pass", "fail", "skipped"]


class ChecksEvent(Value):
    """How far a self-test has come, and what it found since the last event."""

    doing: str
    """Group that is looked at next; empty at the end."""
    fraction: float = Field(ge=0, le=1)
    rows: tuple[CheckRow, ...] = ()


# --- Pages and the process that draws them ----------------------------------------------------------------------------

PageKind: TypeAlias = Literal["song", "album", "comparison"]


class PageOrder(Value):
    """A page that is wanted; goes down."""

    kind: PageKind
    report: str
    """As `report_json` writes it."""


class PagePart(Value):
    """A stretch of a page's text; any number of them go up for an order."""

    event: Literal["part"] = "part"
    text: str


class PageEnd(Value):
    """The page is whole, or there will be none."""

    event: Literal["end"] = "end"
    fault: str = ""
    """What went wrong, in a line."""
    traceback: str = ""


PageEvent: TypeAlias = Annotated[PagePart | PageEnd, Field(discriminator="event")]
_PAGE_EVENTS: TypeAdapter[PageEvent] = TypeAdapter(PageEvent)


def page_event_of(line: bytes) -> PageEvent:
    """The event in a line of the process that draws pages; errors as `event_of`."""
    return _PAGE_EVENTS.validate_json(line)
