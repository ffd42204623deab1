"""Reports and delivery: from what was measured and written to what the user finds in the return folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bridge.audio.render import file_digest
from bridge.delivery import deliver, final_name, reserved
from bridge.drawing import page_process
from bridge.dsp.measures import Analyzed
from bridge.model import DeliveredFile, FileRole, JobResult, Message, Severity
from bridge.pipeline.run import Run
from bridge.report import Report
from bridge.reports import report_json
from bridge.reports.delivered import HTML_SUFFIX, JSON_SUFFIX
from bridge.reports.markers import markers_of

MARKERS_SUFFIX = ".markers.mid"


class Staged(NamedTuple):
    """A finished audio file in the work folder."""

    path: Path
    suffix: str
    """What its delivered name ends with."""
    digest: str
    role: FileRole = "master"
    sample_rate_hz: int | None = None


@dataclass(frozen=True)
class Paper:
    """A report in one of its forms, written when the final names of the audio files are known."""

    role: FileRole
    suffix: str
    write: Callable[[tuple[DeliveredFile, ...]], str]


def report_of_mix(run: Run, before: Analyzed) -> Report:
    """What every report on one mix says of it."""
    return Report(
        job_id=run.assignment.job_id,
        name=run.request.name,
        made_at=now_text(),
        recipe=run.request.recipe,
        inputs=run.request.renders,
        engine=run.engine_info(),
        before=before.measured.measurement,
        loudness_before=before.measured.curve,
        analysis_before=before.analysis,
        messages=before.measured.messages,
        timings=tuple(run.timings),
    )


def deliver_files(
    run: Run, report: Report, staged: Sequence[Staged], papers: Sequence[Paper] = (), *, has_page: bool = True
) -> JobResult:
    """Audio files, other papers, and the reports that name the audio files, in place."""

    @cache
    def json_text(files: tuple[DeliveredFile, ...]) -> str:
        return report_json(report.model_copy(update={"files": files}))

    page = Paper("report_html", HTML_SUFFIX, lambda files: page_process().draw("song", json_text(files)))
    json = Paper("report", JSON_SUFFIX, json_text)
    outcome = JobResult(
        files=(),
        before=report.before,
        after=report.after,
        warnings=warnings_of(report.messages),
        runtime_s=0.0,
        is_from_cache=report.is_from_cache,
    )
    told = [*papers, *([page] if has_page else []), json]
    return put_in_place(run, [*staged, *_markers(run, report)], told, outcome)


def _markers(run: Run, report: Report) -> tuple[Staged, ...]:
    """The MIDI file with a report's markers; nothing where there are none, or none are wanted."""
    times, markers = run.assignment.markers, markers_of(report)
    if times == "off" or not markers:
        return ()
    from bridge.reports.marker_file import marker_midi  # noqa: PLC0415 - few jobs leave one

    path = run.work / "markers.mid"
    path.write_bytes(marker_midi(markers, times))
    return (Staged(path, MARKERS_SUFFIX, file_digest(path), "markers"),)


def put_in_place(run: Run, staged: Sequence[Staged], papers: Sequence[Paper], outcome: JobResult) -> JobResult:
    """`outcome` with its files and its time, once everything is in place.

    Args:
        run: gives names and the work folder.
        staged: finished audio files.
        papers: reports; the last of them is put in place last.
        outcome: all else of the result, and files that lie in place already.
    """
    replace = run.request.recipe.replace
    suffixes = [*(file.suffix for file in staged), *(paper.suffix for paper in papers)]
    with run.stage("delivering", 0.05), reserved(run.request, base_name(run), suffixes, replace=replace) as place:
        files = tuple(_delivered(file.path, place.path(file.suffix), file.role, file.digest) for file in staged)
        written = [_written_text(run.work / f"{paper.role}.text", paper.write(files)) for paper in papers]
        told = [
            _delivered(path, place.path(paper.suffix), paper.role, file_digest(path))
            for path, paper in zip(written, papers, strict=True)
        ]
        delivered = (*files, *told, *outcome.files)
        result = outcome.model_copy(update={"files": delivered, "runtime_s": round(run.runtime_s, 3)})
        moves = zip([*(file.path for file in staged), *written], map(place.path, suffixes), strict=True)
        return deliver(run.work, list(moves), result, replace=replace)


def warnings_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """What people should read of the messages."""
    return tuple(message.sentence for message in messages if message.severity is not Severity.INFO)


def base_name(run: Run) -> str:
    """Path of the job's files below the return folder, without extension."""
    return final_name(run.request, run.assignment.job_id)


def _delivered(staged: Path, final: Path, role: FileRole, digest: str) -> DeliveredFile:
    """A staged file under its final name."""
    return DeliveredFile(path=final, role=role, size_bytes=staged.stat().st_size, digest=digest)


def _written_text(path: Path, text: str) -> Path:
    """The file, with that text in it."""
    path.write_text(text, encoding="utf-8")
    return path


def now_text() -> str:
    """Now in UTC, as reports say it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
