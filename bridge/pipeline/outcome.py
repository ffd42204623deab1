"""Reports and delivery: from what was measured and written to what the user finds in the return folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bridge.audio.render import file_digest
from bridge.audio.write import restamp
from bridge.cache import CacheEntry
from bridge.delivery import deliver, file_name, reserved
from bridge.dsp.mastering import Mastered
from bridge.dsp.measures import Analyzed
from bridge.model import DeliveredFile, FileRole, JobResult, Message, Severity
from bridge.pipeline.mix import gathering_steps
from bridge.pipeline.output import Staged, Written, carried_metadata
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe
from bridge.report import Report
from bridge.reports import report_html, report_json

JSON_SUFFIX = ".report.json"
HTML_SUFFIX = ".report.html"
NO_CHAIN: Mapping[str, str] = MappingProxyType({"analyze": "analysis", "compare": "comparison"})
"""What stands in a file name where a master has its chain."""


class Told(NamedTuple):
    """A report in both its forms."""

    html: str
    json: str


def master_report(run: Run, before: Analyzed, mastered: Mastered, written: Written) -> Report:
    """The report of a master, without the files' final names."""
    recipe = run.request.recipe
    assert isinstance(recipe, MasterRecipe)
    return _report(run, before).model_copy(
        update={
            "chain": recipe.chain,
            "after": written.after.measured.measurement,
            "loudness_after": written.after.measured.curve,
            "analysis_after": written.after.analysis,
            "target_lufs": mastered.target_lufs,
            "ceiling_dbtp": mastered.ceiling_dbtp,
            "steps": (*gathering_steps(run.request), *mastered.steps, *written.steps),
            "messages": (*_findings(before, written.after), *mastered.messages),
        }
    )


def _findings(mix: Analyzed, master: Analyzed) -> Iterator[Message]:
    """What was found in the mix; how it will play elsewhere is said of the master, which is what will be played."""
    replaced = () if mix.analysis is None else mix.analysis.translation.messages
    yield from (found for found in mix.measured.messages if found not in replaced)
    if master.analysis is not None:
        yield from master.analysis.translation.messages


def analysis_report(run: Run, before: Analyzed) -> Report:
    """The report of an analysis."""
    return _report(run, before).model_copy(update={"steps": gathering_steps(run.request)})


def deliver_again(run: Run, entry: CacheEntry, folder: Path) -> JobResult:
    """An earlier result under this job's name: the same samples with this mix's metadata and this job's stamp."""
    report = entry.report.model_copy(
        update={
            "job_id": run.assignment.job_id,
            "name": run.request.name,
            "made_at": now_text(),
            "recipe": run.request.recipe,
            "inputs": run.request.renders,
            "timings": tuple(run.timings),
            "engine": run.engine_info(),
            "is_from_cache": True,
        }
    )
    staged: list[Staged] = []
    rate_hz = entry.report.after.sample_rate_hz if entry.report.after else entry.report.before.sample_rate_hz
    for file in entry.files:
        path = run.work / file.name
        restamp(folder / file.name, path, carried_metadata(run, rate_hz))
        staged.append(Staged(path, file.suffix, file_digest(path), file.role))
    return deliver_files(run, report, staged)


def _report(run: Run, before: Analyzed) -> Report:
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


def deliver_files(run: Run, report: Report, staged: Sequence[Staged]) -> JobResult:
    """Audio files and the reports that name them, in place."""

    def told(masters: tuple[DeliveredFile, ...]) -> Told:
        named = report.model_copy(update={"files": masters})
        return Told(report_html(named), report_json(named))

    outcome = JobResult(
        files=(),
        before=report.before,
        after=report.after,
        warnings=warnings_of(report.messages),
        runtime_s=0.0,
        is_from_cache=report.is_from_cache,
    )
    return put_in_place(run, staged, (HTML_SUFFIX, JSON_SUFFIX), told, outcome)


def put_in_place(
    run: Run,
    staged: Sequence[Staged],
    report_suffixes: tuple[str, str],
    told: Callable[[tuple[DeliveredFile, ...]], Told],
    outcome: JobResult,
) -> JobResult:
    """`outcome` with its files and its time, once everything is in place, the JSON report last.

    Args:
        run: gives names and the work folder.
        staged: finished audio files.
        report_suffixes: of the page and of the JSON report.
        told: both, made when the final names of the audio files are known.
        outcome: all else of the result.
    """
    replace = run.request.recipe.replace
    suffixes = [*(file.suffix for file in staged), *report_suffixes]
    with run.stage("delivering", 0.05), reserved(run.request, _base_name(run), suffixes, replace=replace) as place:
        masters = tuple(_delivered(file.path, place.path(file.suffix), file.role, file.digest) for file in staged)
        texts = told(masters)
        html, json = (
            _written_text(run.work / "report.html", texts.html),
            _written_text(run.work / "report.json", texts.json),
        )
        finals = [place.path(suffix) for suffix in suffixes]
        files = (
            *masters,
            _delivered(html, finals[-2], "report_html", file_digest(html)),
            _delivered(json, finals[-1], "report", file_digest(json)),
        )
        result = outcome.model_copy(update={"files": files, "runtime_s": round(run.runtime_s, 3)})
        moves = zip([*(file.path for file in staged), html, json], finals, strict=True)
        return deliver(run.work, list(moves), result, replace=replace)


def warnings_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """What people should read of the messages."""
    return tuple(message.sentence for message in messages if message.severity is not Severity.INFO)


def _base_name(run: Run) -> str:
    """The pattern filled in: path below the return folder, without extension."""
    recipe = run.request.recipe
    return run.request.name_pattern.format(
        name=file_name(run.request.name),
        chain=file_name(recipe.chain) if isinstance(recipe, MasterRecipe) else NO_CHAIN[recipe.do],
        date=datetime.now().astimezone().strftime("%Y-%m-%d"),
        job=run.assignment.job_id,
    )


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
