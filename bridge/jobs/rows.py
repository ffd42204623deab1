"""Rows of the store <-> the values that the other rooms speak."""

import hashlib
import logging
from collections.abc import Iterable
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from bridge.errors import RequestError, StoreError
from bridge.model import Grouping, Job, JobError, JobRequest, JobResult, JobState, Progress
from bridge.recipes import MasterRecipe

PRIORITY_MAX = 2**31
WAITING = Progress().model_dump_json()
UNREADABLE = JobError(
    code=StoreError.code, sentence="Another version of daw-bridge wrote this job: bounce the render again."
).model_dump_json()
log = logging.getLogger(__name__)


class Row(Protocol):
    """What SQLite keeps under each column; values that are made of others are JSON text."""

    def __getitem__(self, column: str, /) -> Any: ...


def columns_of(request: JobRequest) -> dict[str, object]:
    """What the store keeps of a request that has just come in.

    Raises:
        RequestError: a path in it is no text.
    """
    try:
        return {
            "key": request.key(), "subject": subject_of(request), "kind": kind_of(request),
            "length_s": render_length_s(request), "request": request.model_dump_json(), "state": JobState.QUEUED,
            "priority": max(-PRIORITY_MAX, min(PRIORITY_MAX, request.priority)), "progress": WAITING,
        }  # fmt: skip
    except (PydanticSerializationError, UnicodeEncodeError) as reason:
        name = request.name.encode(errors="replace").decode()
        raise RequestError(f"The path of {name} is not valid text (UTF-8): rename the file or its folder.") from reason


def subject_of(request: JobRequest) -> str:
    """What makes two requests versions of one wish: all but the bytes."""
    parts = (
        str(request.renders[0].path),
        request.name,
        request.recipe.model_dump_json(),
        str(request.return_folder),
        request.name_pattern,
    )
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def kind_of(request: JobRequest) -> str:
    """Requests of one kind take about equally long for a second of audio: "master:streaming"."""
    match request.recipe:
        case MasterRecipe(chain=chain):
            return f"{request.recipe.do}:{chain}"
        case _:
            return request.recipe.do


def render_length_s(request: JobRequest) -> float | None:
    """Seconds of audio to work through; None where only decoding tells."""
    lengths = [length for render in request.renders if (length := render.duration_s) is not None]
    if request.grouping is Grouping.ALBUM and lengths:
        return sum(lengths)
    return max(lengths, default=None)


def job_of(row: Row) -> Job:
    """The job in a row.

    Raises:
        StoreError: another version wrote it, in a way that this one does not understand.
    """
    try:
        return Job(
            id=row["id"],
            request=JobRequest.model_validate_json(row["request"]),
            state=JobState(row["state"]),
            attempt=row["attempt"],
            progress=Progress.model_validate_json(row["progress"]),
            result=None if row["result"] is None else JobResult.model_validate_json(row["result"]),
            error=None if row["error"] is None else JobError.model_validate_json(row["error"]),
            is_cancel_requested=bool(row["is_cancel_requested"]),
            not_before_s=row["not_before_s"],
            created_s=row["created_s"],
            started_s=row["started_s"],
            finished_s=row["finished_s"],
        )
    except ValidationError as reason:
        raise StoreError(f"Job {row['id']} was written by another version of daw-bridge: ask for it again.") from reason


def readable(rows: Iterable[Row]) -> tuple[Job, ...]:
    """The jobs that this version understands; the others are named in the log, and cost nobody the rest of a list."""
    jobs: list[Job] = []
    for row in rows:
        try:
            jobs.append(job_of(row))
        except StoreError as error:
            log.warning("%s", error, extra={"action": "job_unreadable", "job": row["id"]})
    return tuple(jobs)
