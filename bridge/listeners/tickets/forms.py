"""What stands in the files of a ticket folder; one declaration behind the checks, the schemas and the manual.

Version 1. A field that is added keeps the number; a field that changes its meaning, or goes, raises it.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, JsonValue, field_validator

from bridge.listening import Side
from bridge.model import Grouping, JobError, JobResult, JobState
from bridge.recipes import Recipe
from bridge.report import Marker
from bridge.settings import name_pattern_checked
from bridge.value import Value

FORMAT = 1
"""Of every file in a ticket folder."""
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$"
NOTES_MAX = 200

Format: TypeAlias = Annotated[Literal[1], Field(description="Version of this form.")]
ActionId: TypeAlias = Annotated[str, Field(pattern=r"^_?[A-Za-z0-9_]{1,80}$")]
"""Of an action of REAPER."""
TicketId: TypeAlias = Annotated[str, Field(pattern=ID_PATTERN, description="The file's name without `.json`.")]


class WorkTicket(Value):
    """`<id>.json`: somebody wants something done with files that are on this disk."""

    format: Format
    id: TicketId
    ask: Literal["work"] = Field(default="work", description="What kind of ticket this is.")
    recipe: Recipe = Field(description="What to do, and its options: `do: master`, `do: analyze` and so on.")
    files: Annotated[tuple[str, ...], Field(min_length=1, max_length=64)] = Field(
        description="Audio files, each with its whole path as this system writes paths."
    )
    grouping: Grouping = Field(default=Grouping.SINGLE, description="How the files belong together.")
    name: str | None = Field(
        default=None, min_length=1, max_length=180, description="Name of the song; otherwise that of the first file."
    )
    return_folder: str | None = Field(
        default=None, description="Where results go; otherwise the folder Returns beside the first file."
    )
    name_pattern: str | None = Field(
        default=None, description="Names of results below the return folder; otherwise as the settings say."
    )
    priority: int = Field(default=0, ge=-100, le=100, description="Higher first.")
    wait_s: float = Field(
        default=5,
        ge=0,
        le=3600,
        description="How long the files may still be missing or growing.",
        json_schema_extra={"unit": "s"},
    )
    created_s: float | None = Field(
        default=None, description="When it was written (Unix time); otherwise when the file was changed last."
    )
    client: str | None = Field(default=None, max_length=200, description="Which program wrote it, for the log.")
    retry_of: str | None = Field(default=None, description="Id of a failed job that is to be tried again.")
    notes: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=NOTES_MAX,
        description="Whatever the writer wants to find again in the answer; the bridge does not look at it.",
    )

    @field_validator("name_pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        """As in the settings: it must stay below the return folder."""
        return None if pattern is None else name_pattern_checked(pattern)


class SteerTicket(Value):
    """`<id>.json`: jobs are to be stopped, the daemon to pause or to call (`push`); or somebody says what is heard."""

    format: Format
    id: TicketId
    ask: Literal["cancel", "pause", "resume", "push", "heard"] = Field(description="What is to happen.")
    of: tuple[TicketId, ...] = Field(default=(), max_length=1000, description="Ids of the tickets that are meant.")
    by: Literal["web", "osc"] | None = Field(
        default=None,
        description="With `push`: by REAPER's web interface or by OSC; otherwise by the first of them that is on.",
    )
    side: Side = Field(
        default=Side.SESSION, description="With `heard`: what the DAW plays now; a is the mix, b its master."
    )
    client: str | None = Field(default=None, max_length=200, description="Which program wrote it, for the log.")
    created_s: float | None = Field(default=None, description="When it was written (Unix time).")


Ticket: TypeAlias = WorkTicket | SteerTicket
STEERING = frozenset({"cancel", "pause", "resume", "push", "heard"})


class TicketProgress(Value):
    """`<id>.progress.json`: how far the job of a ticket has come; rewritten as it goes, removed by the result."""

    format: Format
    ticket: TicketId
    job: str = Field(description="Id of the job, as `dawbridge jobs` shows it.")
    state: JobState = Field(description="Where the job is.")
    stage: str = Field(description="What is being done, in a word or two.")
    fraction: float = Field(description="Of the whole job, 0 to 1.")
    eta_s: float | None = Field(description="Seconds left by the pace so far.", json_schema_extra={"unit": "s"})
    updated_s: float = Field(description="Unix time.")


class TicketResult(Value):
    """`<id>.result.json`: what became of a ticket. Whoever wrote the ticket removes this file after reading it."""

    format: Format
    ticket: TicketId
    state: Literal["done", "failed", "cancelled", "refused"] = Field(
        description="`refused`: it never became a job, and the sentence says why."
    )
    sentence: str | None = Field(default=None, description="What is wrong and how to put it right.")
    job: str | None = Field(default=None, description="Id of the job.")
    name: str | None = Field(default=None, description="Name of the song.")
    result: JobResult | None = Field(default=None, description="Files and figures.")
    error: JobError | None = Field(default=None, description="Why the job failed.")
    markers: tuple[Marker, ...] = Field(default=(), description="What the report found, with its times.")
    request: WorkTicket | None = Field(default=None, description="The ticket itself, as it was taken.")
    notes: dict[str, JsonValue] = Field(default_factory=dict, description="The notes of the ticket, untouched.")
    finished_s: float = Field(description="Unix time.")


class AcceptedTicket(Value):
    """`accepted/<id>.json`: a ticket whose job has not ended; by it a restarted daemon knows whom to answer."""

    format: Format
    ticket: WorkTicket
    job: str


class ChainCard(Value):
    """A chain, for a menu."""

    name: str
    title: str
    target_lufs: float | None = None


class Heartbeat(Value):
    """`daemon.json`: a daemon reads this folder. Gone, or older than ten seconds: none does."""

    format: Format
    version: str = Field(description="Of daw-bridge.")
    pid: int = Field(description="Process id of the daemon.")
    beat: int = Field(description="Counts up while the daemon lives.")
    now_s: float = Field(description="Unix time of this beat.")
    is_paused: bool = Field(description="Whether jobs are left waiting.")
    chains: tuple[ChainCard, ...] = Field(description="Chains by name.")
    waiting: int = Field(description="Jobs that wait.")
    running: int = Field(description="Jobs that run.")


class JobCard(Value):
    """A job in a line."""

    id: str
    name: str
    do: str
    chain: str | None = None
    state: JobState
    stage: str
    fraction: float
    eta_s: float | None = None
    created_s: float
    finished_s: float | None = None
    sentence: str | None = None
    mix_lufs: float | None = None
    mix_dbtp: float | None = None
    master_lufs: float | None = None
    master_dbtp: float | None = None
    page: Path | None = None
    """The report, to be looked at."""


class JobList(Value):
    """`jobs.json`: the latest jobs of the daemon, whoever asked for them, the newest first."""

    format: Format
    jobs: tuple[JobCard, ...]


class DawCard(Value):
    """`reaper.json`, written by REAPER's set-up script: how REAPER is told of results, and what to play."""

    format: Format
    collect_action: ActionId = Field(description="Command id of the collecting script.")
    listen_actions: dict[Side, ActionId] = Field(
        default_factory=dict, description="Command ids of the scripts that let it play a side of A/B."
    )
    web_port: int | None = Field(default=None, ge=1, le=65535, description="Port of its web interface, if that is on.")
    osc_port: int | None = Field(default=None, ge=1, le=65535, description="Port on which it hears OSC, if it does.")

    def only(self, by: Literal["web", "osc"] | None) -> Self:
        """The card with one way to call REAPER; None: as it is."""
        other = {"web": "osc_port", "osc": "web_port"}
        return self if by is None else self.model_copy(update={other[by]: None})


FORMS: Mapping[str, type[Value]] = MappingProxyType(
    {
        "ticket": WorkTicket,
        "steer": SteerTicket,
        "progress": TicketProgress,
        "result": TicketResult,
        "daemon": Heartbeat,
        "jobs": JobList,
        "reaper": DawCard,
    }
)
"""Every form that other programs write or read, by name."""
RECIPE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"do": {"enum": ["master", "album", "analyze", "split", "compare"]}},
    "required": ["do"],
    "description": "What to do, and its options: those of the command of that name, as `dawbridge help` lists them.",
}
REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')
WRITTEN_BY_OTHERS = frozenset({"ticket", "steer", "reaper"})


def form_schema(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a form; the options of recipes are left to the daemon, which knows its own version."""
    mode: Literal["validation", "serialization"] = "validation" if name in WRITTEN_BY_OTHERS else "serialization"
    schema = FORMS[name].model_json_schema(mode=mode)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    for form in (schema, *definitions.values()):
        if "recipe" in form.get("properties", {}):
            form["properties"]["recipe"] = RECIPE_SCHEMA
    kept = _reached(schema, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:daw-bridge:schema:ticket-{name}:{FORMAT}",
        **schema,
        **({"$defs": kept} if kept else {}),
        "title": f"daw-bridge {name}",
    }


def _reached(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, directly or by others."""
    found: set[str] = set()
    looking = [json.dumps(schema)]
    while looking:
        names = set(REFERENCE.findall(looking.pop())) - found
        found |= names
        looking += [json.dumps(definitions[name]) for name in names]
    return {name: definitions[name] for name in sorted(found)}
