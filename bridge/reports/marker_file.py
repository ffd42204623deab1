"""Markers as a Standard MIDI File, which every DAW imports.

Written by hand: importing mido took longer than everything else that is done with markers, at the end of each master.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from bridge.model import MarkerTimes
from bridge.report import Marker

TICKS_PER_S: Mapping[MarkerTimes, int] = MappingProxyType({"beats": 960, "smpte": 1000})
"""960 for each beat is what every sequencer knows."""
SMPTE_25_FPS = -25 << 8 | 40
"""Division of a file whose ticks are times: 25 frames of 40 ticks, a thousand a second (SMF 1.0, "division")."""
MICROSECONDS = 1_000_000
KINDS: Mapping[str, int] = MappingProxyType(
    {"text": 0x01, "track_name": 0x03, "marker": 0x06, "end_of_track": 0x2F, "set_tempo": 0x51}
)
"""Of meta-events."""
NAME_MAX = 80
TRACK = "daw-bridge markers"


def marker_midi(markers: Sequence[Marker], times: MarkerTimes) -> bytes:
    """A file of type 0: a marker at each place with its sentence as text, and one at the end of each stretch.

    Args:
        markers: in the order of the song.
        times: `beats`: at 60 BPM, so that a beat is a second; `smpte`: in times that no tempo moves.
    """
    events = [(0, "track_name", TRACK.encode())]
    if times == "beats":
        events.append((0, "set_tempo", MICROSECONDS.to_bytes(3, "big")))
    told = ((ticks, kind, text.encode()) for ticks, kind, text in _events(markers, TICKS_PER_S[times]))
    events += sorted(told, key=lambda event: event[0])
    division = TICKS_PER_S["beats"] if times == "beats" else SMPTE_25_FPS
    track = b"".join(_meta_events([*events, (events[-1][0], "end_of_track", b"")]))
    return b"MThd" + struct.pack(">IHHh", 6, 0, 1, division) + b"MTrk" + struct.pack(">I", len(track)) + track


def _meta_events(events: Sequence[tuple[int, str, bytes]]) -> Iterator[bytes]:
    """Each event with the ticks since the one before it (SMF 1.0, "meta-events")."""
    at_ticks = 0
    for ticks, kind, content in events:
        yield _variable(ticks - at_ticks) + bytes((0xFF, KINDS[kind])) + _variable(len(content)) + content
        at_ticks = ticks


def _variable(number: int) -> bytes:
    """A number as SMF writes it: seven bits a byte, all but the last marked."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def _events(markers: Sequence[Marker], ticks_per_s: int) -> Iterator[tuple[int, str, str]]:
    """Time in ticks, kind of event, text."""
    for marker in markers:
        short = marker.name if len(marker.name) <= NAME_MAX else marker.kind.replace("_", " ").capitalize()
        yield round(marker.start_s * ticks_per_s), "marker", short
        if short != marker.name:
            yield round(marker.start_s * ticks_per_s), "text", marker.name
        if marker.end_s is not None:
            yield round(marker.end_s * ticks_per_s), "marker", f"End: {short}"
