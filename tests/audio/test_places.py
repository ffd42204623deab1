"""Markers and time reference of FLAC, Ogg and Opus: chapters that players show, and back again."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio.embedded.bext import Bext
from bridge.audio.embedded.cues import FRAME_MAX, CuePoint
from bridge.audio.embedded.places import cue_points_in, time_reference_in, with_places, without_places
from bridge.audio.embedded.tags import Tags
from bridge.audio.metadata import Metadata, read_metadata
from bridge.audio.signal import Audio
from bridge.audio.write import OutputSpec, restamp, write_audio
from bridge.recipes import OutputFormat

RATE_HZ = 48000
FORMATS = (OutputFormat.FLAC, OutputFormat.OGG, OutputFormat.OPUS)
POINTS = (
    CuePoint(frame=0, label="Intro"),
    CuePoint(frame=RATE_HZ + 480, label="Chorus ü"),
    CuePoint(frame=2 * RATE_HZ),
)
METADATA = Metadata(
    bext=Bext(time_reference_frames=3600 * RATE_HZ + 7, description="Mix"),
    cue_points=POINTS,
    tags=Tags(texts={"TITLE": ("Song",)}),
    job_id="j1",
)


def written(folder: Path, format_: OutputFormat) -> Path:
    path = folder / f"song.{format_}"
    write_audio(path, Audio(np.zeros((2, 3 * RATE_HZ), np.float32), RATE_HZ), OutputSpec(format_), METADATA)
    return path


@given(
    st.lists(st.tuples(st.integers(0, FRAME_MAX - 192), st.text("abc ", max_size=5)), max_size=5),
    st.none() | st.integers(0, 2**64 - 1),
    st.sampled_from([8000, 44100, 48000, 192000]),
)
def test_places_come_back_to_the_millisecond_and_the_reference_exactly(
    points: list[tuple[int, str]], reference: int | None, rate_hz: int
) -> None:
    given_points = [CuePoint(frame=frame, label=label.strip()) for frame, label in points]
    tags = with_places(Tags(texts={"TITLE": ("T",)}), given_points, reference, rate_hz)
    found = cue_points_in(tags, rate_hz)
    in_order = sorted(given_points, key=lambda point: point.frame)
    for point, wanted in zip(found, in_order, strict=True):  # a millisecond may not lie beyond the end
        assert abs(point.frame - wanted.frame) <= rate_hz / 2000 + 1
    assert time_reference_in(tags) == reference
    assert without_places(tags) == Tags(texts={"TITLE": ("T",)})


@pytest.mark.parametrize("texts", [
    {"CHAPTER001": ("soon",)}, {"CHAPTER001NAME": ("Alone",)}, {"CHAPTER001": ("99999999999:00:00",)},
    {"TIME_REFERENCE": ("-5",)}, {"TIME_REFERENCE": ("9" * 30,)}, {"TIME_REFERENCE": ("٣",)},
])  # fmt: skip
def test_nonsense_is_no_place(texts: dict[str, tuple[str, ...]]) -> None:
    assert cue_points_in(Tags(texts=texts), RATE_HZ) == ()
    assert time_reference_in(Tags(texts=texts)) is None


@pytest.mark.parametrize("format_", FORMATS)
def test_markers_and_time_reference_survive_a_file_and_its_copy(tmp_path: Path, format_: OutputFormat) -> None:
    path = written(tmp_path, format_)
    copy = tmp_path / "copy"
    restamp(path, copy, METADATA)
    for file in (path, copy):
        found = read_metadata(file)
        assert found.cue_points == POINTS
        assert found.bext is not None
        assert found.bext.time_reference_frames == 3600 * RATE_HZ + 7
        assert found.tags.texts["TITLE"] == ("Song",)
        assert not [name for name in found.tags.texts if name.startswith(("CHAPTER", "TIME_"))]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("format_", FORMATS)
def test_players_show_the_markers_as_chapters(tmp_path: Path, format_: OutputFormat) -> None:
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(written(tmp_path, format_))]
    shown = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)["chapters"]
    assert [float(chapter["start_time"]) for chapter in shown] == pytest.approx([0.0, 1.01, 2.0], abs=0.001)
    assert [chapter["tags"]["title"] for chapter in shown[:2]] == ["Intro", "Chorus ü"]
