"""Results of jobs as a session: a folder of files that know their place, and a REAPER project that puts them there."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.audio.headers import read_header
from bridge.daws.bwf import copy_with_time_reference
from bridge.daws.rpp import Clip, Lane, ProjectFile, rpp_text
from bridge.delivery import delivery_errors, file_name, write_whole
from bridge.errors import ReportError, RequestError
from bridge.model import DeliveredFile, FileRole, Job
from bridge.report import Marker
from bridge.reports.document import read_report
from bridge.reports.markers import markers_of
from bridge.value import Value

AUDIO = "Audio"
STEM_ROLES: frozenset[FileRole] = frozenset({"stem", "instrumental", "residual"})
COLOURS = {
    "vocals": (214, 88, 110), "drums": (226, 154, 60), "bass": (86, 120, 214), "other": (118, 168, 92),
    "piano": (160, 110, 200), "guitar": (200, 130, 90), "instrumental": (70, 160, 160), "residual": (130, 130, 130),
}  # fmt: skip
MASTER_COLOUR = (212, 175, 55)


class WrittenSession(Value):
    """What was written."""

    folder: Path
    project: Path
    files: tuple[Path, ...]
    without_reference: tuple[Path, ...]
    """Files whose format cannot say where they begin."""
    markers: int


@dataclass(frozen=True)
class _Sound:
    """One audio file of the session, before it is copied."""

    source: Path
    title: str
    kind: str
    """`mix`, `master`, or the name of a stem."""


def write_session(jobs: Sequence[Job], folder: Path, start_s: float | None = None) -> WrittenSession:
    """Writes mix, masters, stems and markers of finished jobs about one mix.

    Args:
        jobs: all about the same render.
        folder: is made; files of the same names in it are replaced.
        start_s: where the song begins in the session; otherwise as the mix itself says, or at 0.

    Raises:
        RequestError: a job is not done, or the jobs are about different renders.
        AudioError: a file is gone or no audio.
        DeliveryError: the folder cannot be written.
    """
    _require_one_song(jobs)
    mix = jobs[0].request.renders[0]
    if start_s is None:
        start_s = (mix.time_reference_frames or 0) / mix.sample_rate_hz
    name = file_name(jobs[0].request.name)
    with delivery_errors(folder):
        (folder / AUDIO).mkdir(parents=True, exist_ok=True)
        copies = [_copy(sound, number, folder, start_s) for number, sound in enumerate(_sounds(jobs), start=1)]
        markers = _markers(jobs)
        project = ProjectFile(_lanes(copies), markers, mix.sample_rate_hz, start_s)
        path = folder / f"{name}.rpp"
        write_whole(path, rpp_text(project).encode())
        write_whole(folder / f"{name} markers.csv", _csv(markers, start_s).encode())
    return WrittenSession(
        folder=folder,
        project=path,
        files=tuple(copy.path for copy in copies),
        without_reference=tuple(copy.path for copy in copies if not copy.knows_its_place),
        markers=len(markers),
    )


@dataclass(frozen=True)
class _Copy:
    """One audio file in the session's folder."""

    sound: _Sound
    path: Path
    length_s: float
    knows_its_place: bool


def _require_one_song(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.result is None:
            raise RequestError(f"Job {job.id} is {job.state}: a session is made of jobs that are done.")
    digests = {job.request.renders[0].digest for job in jobs}
    if len(digests) != 1:
        names = ", ".join(dict.fromkeys(job.request.name for job in jobs))
        raise RequestError(f"These jobs are about different renders ({names}): make a session of each.")


def _sounds(jobs: Sequence[Job]) -> list[_Sound]:
    """The mix, then masters, then stems, each file once."""
    sounds = [_Sound(render.path, f"Mix {render.path.stem}", "mix") for render in jobs[0].request.renders[:1]]
    delivered = [(job, file) for job in jobs for file in (job.result.files if job.result else ())]
    sounds += [_Sound(file.path, _master_title(job), "master") for job, file in delivered if file.role == "master"]
    stems = [(job, file) for job, file in delivered if file.role in STEM_ROLES]
    sounds += [_Sound(file.path, stem.capitalize(), stem) for _, file in stems for stem in (_stem_of(file),)]
    return list({sound.source: sound for sound in sounds}.values())


def _master_title(job: Job) -> str:
    chain = getattr(job.request.recipe, "chain", "")
    return f"Master {chain}".strip()


def _stem_of(file: DeliveredFile) -> str:
    """The stem in a delivered file: the last word of its name."""
    return file.path.stem.rpartition(" - ")[2].rpartition(" ")[2].strip("()[]").lower()


def _copy(sound: _Sound, number: int, folder: Path, start_s: float) -> _Copy:
    header = read_header(sound.source)
    path = folder / AUDIO / f"{number:02d} {file_name(sound.title)}{sound.source.suffix}"
    knows = copy_with_time_reference(sound.source, path, round(start_s * header.sample_rate_hz))
    frames = header.frames if header.frames is not None else header.frames_about or 0
    return _Copy(sound, path, frames / header.sample_rate_hz, knows)


def _lanes(copies: Sequence[_Copy]) -> tuple[Lane, ...]:
    """The mix is heard; masters and stems wait, muted, because they are the same song."""
    lanes: list[Lane] = []
    stems: list[Lane] = []
    for copy in copies:
        clip = Clip(copy.sound.title, f"{AUDIO}/{copy.path.name}", copy.length_s)
        match copy.sound.kind:
            case "mix":
                lanes.append(Lane("Mix", (clip,)))
            case "master":
                lanes.append(Lane(copy.sound.title, (clip,), MASTER_COLOUR, is_muted=True))
            case stem:
                stems.append(Lane(copy.sound.title, (clip,), COLOURS.get(stem)))
    if stems:
        lanes.append(Lane("Stems", is_muted=True, inner=tuple(stems)))
    return tuple(lanes)


def _markers(jobs: Sequence[Job]) -> tuple[Marker, ...]:
    """Those of every report, each once."""
    found: dict[tuple[float, str], Marker] = {}
    for job in jobs:
        for file in job.result.files if job.result else ():
            if file.role == "report":
                for marker in _markers_in(file.path):
                    found.setdefault((marker.start_s, marker.name), marker)
    return tuple(sorted(found.values(), key=lambda marker: marker.start_s))


def _markers_in(path: Path) -> tuple[Marker, ...]:
    try:
        return markers_of(read_report(path.read_text(encoding="utf-8")))
    except (OSError, ReportError):  # reports of splits and comparisons have none, and a moved one costs no audio
        return ()


def _csv(markers: Sequence[Marker], start_s: float) -> str:
    """Markers as a table, in seconds of the session."""
    held = io.StringIO()
    table = csv.writer(held, lineterminator="\n")
    table.writerow(("start_s", "end_s", "name", "kind"))
    for marker in markers:
        end = "" if marker.end_s is None else f"{start_s + marker.end_s:.3f}"
        table.writerow((f"{start_s + marker.start_s:.3f}", end, marker.name, marker.kind))
    return held.getvalue()
