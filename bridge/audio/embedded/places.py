"""Places in a recording as Vorbis comments: chapters, as players show them, and the time reference of a DAW.

`CHAPTER001=00:01:02.345` and `CHAPTER001NAME=Chorus` are the chapters extension of Vorbis comments, which ffmpeg, VLC,
mpv and REAPER know in FLAC, Ogg and Opus; `TIME_REFERENCE` (frames since midnight) is what BWF's field is called there.
"""

import re
from collections.abc import Iterable, Iterator

from bridge.audio.embedded.cues import FRAME_MAX, CuePoint
from bridge.audio.embedded.tags import Tags

CHAPTERS_MAX = 480
"""With their names they stay within the values that are read of a file."""
CHAPTER = re.compile(r"CHAPTER(\d{3})(NAME|URL)?")
TIME = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
TIME_REFERENCE = "TIME_REFERENCE"
TIME_REFERENCE_MAX = (1 << 64) - 1


def with_places(tags: Tags, points: Iterable[CuePoint], time_reference_frames: int | None, rate_hz: int) -> Tags:
    """The tags with chapters (to the millisecond) and time reference added; earlier ones give way."""
    texts = {name: values for name, values in tags.texts.items() if not _is_place(name)}
    for name, value in _chapters(points, rate_hz):
        texts[name] = (value,)
    if time_reference_frames is not None:
        texts[TIME_REFERENCE] = (str(time_reference_frames),)
    return tags.model_copy(update={"texts": texts})


def without_places(tags: Tags) -> Tags:
    """The tags without chapters and time reference, which are true of one file only."""
    kept = {name: values for name, values in tags.texts.items() if not _is_place(name)}
    return tags.model_copy(update={"texts": kept})


def cue_points_in(tags: Tags, rate_hz: int) -> tuple[CuePoint, ...]:
    """The chapters, in order of time; those whose time cannot be read are left out."""
    points: list[CuePoint] = []
    for name, values in tags.texts.items():
        chapter, time = CHAPTER.fullmatch(name), TIME.fullmatch(values[0].strip())
        if chapter is None or chapter[2] is not None or time is None:
            continue
        seconds = 3600 * int(time[1]) + 60 * int(time[2]) + float(time[3])
        frame = round(seconds * rate_hz)
        if frame <= FRAME_MAX:
            points.append(CuePoint(frame=frame, label=tags.texts.get(f"{name}NAME", ("",))[0]))
    return tuple(sorted(points, key=lambda point: point.frame))


def time_reference_in(tags: Tags) -> int | None:
    """Frames since midnight; None where that is not said, or is no number."""
    text = tags.texts.get(TIME_REFERENCE, ("",))[0].strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= 20
    return int(text) if is_number and int(text) <= TIME_REFERENCE_MAX else None


def _chapters(points: Iterable[CuePoint], rate_hz: int) -> Iterator[tuple[str, str]]:
    in_order = sorted(points, key=lambda point: point.frame)[:CHAPTERS_MAX]
    for number, point in enumerate(in_order, start=1):
        yield f"CHAPTER{number:03d}", _time_text(point.frame, rate_hz)
        if point.label.strip():
            yield f"CHAPTER{number:03d}NAME", point.label.strip()


def _time_text(frame: int, rate_hz: int) -> str:
    seconds, milliseconds = divmod(round(1000 * frame / rate_hz), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def _is_place(name: str) -> bool:
    return name == TIME_REFERENCE or CHAPTER.fullmatch(name) is not None
