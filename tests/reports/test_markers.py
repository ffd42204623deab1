"""Markers of a report, and the MIDI file that holds them."""

import io

import pytest
from mido import MidiFile

from bridge.model import MarkerTimes, Message, Severity
from bridge.report import Marker, Report
from bridge.reports.marker_file import marker_midi
from bridge.reports.markers import markers_of
from tests.values import a_measurement, a_report


def with_findings() -> Report:
    before = a_measurement().model_copy(update={"short_term_max_at_s": 5.0, "momentary_max_at_s": 4.25})
    message = Message(
        code="inverted_side",
        severity=Severity.WARNING,
        sentence="One side has the wrong polarity." * 3,
        start_s=1.0,
        end_s=2.5,
    )
    return a_report().model_copy(update={"before": before, "messages": (message,)})


def events(content: bytes) -> list[tuple[int, str, str]]:
    """Ticks, kind and text."""
    at, found = 0, []
    for event in MidiFile(file=io.BytesIO(content), charset="utf-8").tracks[0]:
        at += event.time
        if event.type in {"marker", "text"}:
            found.append((at, event.type, event.text))
    return found


def test_findings_with_times_and_the_loudest_moments_are_markers_in_order() -> None:
    markers = markers_of(with_findings())
    assert [(marker.start_s, marker.end_s, marker.kind) for marker in markers] == [
        (1.0, 2.5, "inverted_side"),
        (3.5, 6.5, "loudest"),
        (4.25, None, "loudest_moment"),
    ]
    assert markers[1].name == "Loudest 3 s, -14.0 LUFS"


def test_a_report_without_times_has_no_markers() -> None:
    assert markers_of(a_report()) == ()


@pytest.mark.parametrize(("times", "ticks_per_s"), [("beats", 960), ("smpte", 1000)])
def test_the_midi_file_holds_every_marker_at_its_time_and_long_sentences_as_text(
    times: MarkerTimes, ticks_per_s: int
) -> None:
    found = events(marker_midi(markers_of(with_findings()), times))
    assert found[0] == (ticks_per_s, "marker", "Inverted side")
    assert found[1][:2] == (ticks_per_s, "text")
    assert found[1][2].startswith("One side has the wrong polarity.")
    assert (2.5 * ticks_per_s, "marker", "End: Inverted side") in found
    assert (4.25 * ticks_per_s, "marker", "Loudest moment, -12.0 LUFS") in found
    assert [at for at, _, _ in found] == sorted(at for at, _, _ in found)


def test_beats_are_seconds_and_smpte_ticks_are_milliseconds() -> None:
    markers = (Marker(start_s=61.25, name="Hook", kind="hook"),)
    beats = MidiFile(file=io.BytesIO(marker_midi(markers, "beats")))
    assert beats.length == pytest.approx(61.25)
    assert marker_midi(markers, "smpte")[12:14] == bytes([0xE7, 40])  # 25 frames a second, 40 ticks a frame


def test_names_in_any_script_survive() -> None:
    [(_, _, text)] = events(marker_midi((Marker(start_s=0, name="Refrão 副歌 🎹", kind="hook"),), "beats"))
    assert text == "Refrão 副歌 🎹"
