"""REAPER's project file, as far as results need it: tracks in folders, items at their places, markers and regions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from bridge.report import Marker

NAMESPACE = UUID("5a0b7c21-4e0d-4c55-9a43-0d7a2e8c11f0")
CUSTOM_COLOUR = 0x1000000
TIMEBASE_TIME = 0
"""Audio stays as it is when the tempo, which nobody told us, is put right."""
SOURCES = {".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS", ".opus": "OPUS"}
"""All others, AIFF too, are `WAVE`."""


@dataclass(frozen=True)
class Clip:
    """One audio file on a track, from its beginning to its end."""

    name: str
    file: str
    """Relative to the project file, with slashes."""
    length_s: float


@dataclass(frozen=True)
class Lane:
    """One track."""

    name: str
    clips: tuple[Clip, ...] = ()
    colour: tuple[int, int, int] | None = None
    is_muted: bool = False
    inner: tuple["Lane", ...] = ()
    """Tracks of the folder that this one is."""


@dataclass(frozen=True)
class ProjectFile:
    """What is in a project."""

    lanes: tuple[Lane, ...]
    markers: tuple[Marker, ...]
    sample_rate_hz: int
    offset_s: float = 0.0
    """What the ruler shows at the beginning."""


def rpp_text(project: ProjectFile) -> str:
    """The project as REAPER writes it; the same project gives the same text."""
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        "  PANLAW 1",
        f"  PROJOFFS {project.offset_s:.14g} 0 0",
        "  PANMODE 3",
        *(f"  {key} {TIMEBASE_TIME}" for key in ("TIMELOCKMODE", "TEMPOENVLOCKMODE")),
        f"  SAMPLERATE {project.sample_rate_hz} 1 0",
        "  TEMPO 120 4 4",
        *_markers(project.markers),
    ]
    for lane in project.lanes:
        lines += _lane(lane, 1, closes=0)
    return "\n".join([*lines, ">"]) + "\n"


def quoted(text: str) -> str:
    """The text as a word of a project file: in the first kind of quotes that it does not hold."""
    plain = "".join(" " if ord(char) < 32 else char for char in text)
    mark = next((mark for mark in ('"', "'", "`") if mark not in plain), None)
    return f"{mark}{plain}{mark}" if mark else "`" + plain.replace("`", "'") + "`"


def _markers(markers: Sequence[Marker]) -> Iterator[str]:
    for number, marker in enumerate(markers, start=1):
        is_region = int(marker.end_s is not None)
        yield f"  MARKER {number} {marker.start_s:.14g} {quoted(marker.name)} {is_region}"
        if marker.end_s is not None:
            yield f'  MARKER {number} {marker.end_s:.14g} "" 1'


def _lane(lane: Lane, depth: int, *, closes: int) -> Iterator[str]:
    """The lines of a track and of those inside it; `closes` folders end behind it."""
    indent = "  " * depth
    content = "".join(clip.file for clip in lane.clips)
    guid = _guid(f"{lane.name}/{content}")
    is_folder = bool(lane.inner)
    yield f"{indent}<TRACK {guid}"
    yield f"{indent}  NAME {quoted(lane.name)}"
    if lane.colour is not None:
        red, green, blue = lane.colour
        yield f"{indent}  PEAKCOL {CUSTOM_COLOUR | red | green << 8 | blue << 16}"
    yield f"{indent}  VOLPAN 1 0 -1 -1 1"
    yield f"{indent}  MUTESOLO {int(lane.is_muted)} 0 0"
    yield f"{indent}  ISBUS {1 if is_folder else 2 if closes else 0} {1 if is_folder else -closes}"
    yield f"{indent}  NCHAN 2"
    yield f"{indent}  TRACKID {guid}"
    yield f"{indent}  MAINSEND 1 0"
    for clip in lane.clips:
        yield from _clip(clip, indent + "  ")
    yield f"{indent}>"
    for index, inner in enumerate(lane.inner):
        is_last = index == len(lane.inner) - 1
        yield from _lane(inner, depth, closes=closes + 1 if is_last else 0)


def _clip(clip: Clip, indent: str) -> Iterator[str]:
    ending = "." + clip.file.rpartition(".")[2].lower()
    yield f"{indent}<ITEM"
    yield f"{indent}  POSITION 0"
    yield f"{indent}  LENGTH {clip.length_s:.14g}"
    yield f"{indent}  LOOP 0"
    yield f"{indent}  FADEIN 1 0 0 1 0 0 0"
    yield f"{indent}  FADEOUT 1 0 0 1 0 0 0"
    yield f"{indent}  IGUID {_guid('item/' + clip.file)}"
    yield f"{indent}  NAME {quoted(clip.name)}"
    yield f"{indent}  VOLPAN 1 0 1 -1"
    yield f"{indent}  SOFFS 0"
    yield f"{indent}  PLAYRATE 1 1 0 -1 0 0.0025"
    yield f"{indent}  GUID {_guid('take/' + clip.file)}"
    yield f"{indent}  <SOURCE {SOURCES.get(ending, 'WAVE')}"
    yield f"{indent}    FILE {quoted(clip.file)}"
    yield f"{indent}  >"
    yield f"{indent}>"


def _guid(name: str) -> str:
    return "{" + str(uuid5(NAMESPACE, name)).upper() + "}"
