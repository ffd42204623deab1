"""Markers as a Standard MIDI File, which every DAW imports."""

import io
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from mido import MetaMessage, MidiFile, MidiTrack

from bridge.model import MarkerTimes
from bridge.report import Marker

TICKS_PER_S: Mapping[MarkerTimes, int] = MappingProxyType({"beats": 960, "smpte": 1000})
"""960 for each beat is what every sequencer knows."""
SMPTE_25_FPS = -25 << 8 | 40
"""Division of a file whose ticks are times: 25 frames of 40 ticks, a thousand a second (SMF 1.0, "division")."""
MICROSECONDS = 1_000_000
NAME_MAX = 80
TRACK = "daw-bridge markers"


def marker_midi(markers: Sequence[Marker], times: MarkerTimes) -> bytes:
    """A file of type 0: a marker at each place with its sentence as text, and one at the end of each stretch.

    Args:
        markers: in the order of the song.
        times: `beats`: at 60 BPM, so that a beat is a second; `smpte`: in times that no tempo moves.
    """
    file = MidiFile(type=0, charset="utf-8", ticks_per_beat=TICKS_PER_S["beats"] if times == "beats" else SMPTE_25_FPS)
    track = MidiTrack([MetaMessage("track_name", name=TRACK)])
    if times == "beats":
        track.append(MetaMessage("set_tempo", tempo=MICROSECONDS))
    at_ticks = 0
    for ticks, kind, text in sorted(_events(markers, TICKS_PER_S[times]), key=lambda event: event[0]):
        track.append(MetaMessage(kind, text=text, time=ticks - at_ticks))
        at_ticks = ticks
    track.append(MetaMessage("end_of_track"))
    file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def _events(markers: Sequence[Marker], ticks_per_s: int) -> Iterator[tuple[int, str, str]]:
    """Time in ticks, kind of event, text."""
    for marker in markers:
        short = marker.name if len(marker.name) <= NAME_MAX else marker.kind.replace("_", " ").capitalize()
        yield round(marker.start_s * ticks_per_s), "marker", short
        if short != marker.name:
            yield round(marker.start_s * ticks_per_s), "text", marker.name
        if marker.end_s is not None:
            yield round(marker.end_s * ticks_per_s), "marker", f"End: {short}"
