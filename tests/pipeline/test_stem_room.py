"""Room for stems: in memory where they are those of a song, on a scratch file where they are those of an hour."""

import numpy as np
import pytest

from bridge.audio.signal import Samples
from bridge.pipeline.stem_room import Shape, StemRoom

RATE_HZ = 44_100


@pytest.mark.parametrize(("minutes", "asked_for"), [(4, [2] * 5), (60, [10])])
def test_parts_of_a_song_are_signals_of_their_own_and_those_of_an_hour_are_one(
    minutes: int, asked_for: list[int]
) -> None:
    rows: list[int] = []

    def allocate(channels: int, frames: int) -> Samples:
        rows.append(channels)
        assert frames == minutes * 60 * RATE_HZ
        return np.broadcast_to(np.float32(0.0), (channels, frames))

    StemRoom("abcde", Shape(RATE_HZ, 2, minutes * 60 * RATE_HZ), allocate)
    assert rows == asked_for


@pytest.mark.parametrize("frames", [100, 40_000_000])
def test_what_is_put_in_comes_out_under_its_name(frames: int) -> None:
    kept: list[Samples] = []

    def allocate(channels: int, _: int) -> Samples:
        kept.append(np.zeros((channels, 100), np.float32))  # as if it went on
        return kept[-1]

    room = StemRoom(["drums", "bass"], Shape(RATE_HZ, 2, frames), allocate)
    room.put(0, {"drums": np.full((2, 50), 0.25, np.float32), "bass": np.full((2, 50), -0.5, np.float32)})
    assert len(kept) == (2 if frames == 100 else 1)
    np.testing.assert_array_equal(room.part("drums").read(0, 50), np.full((2, 50), 0.25))
    np.testing.assert_array_equal(room.part("bass").read(10, 40), np.full((2, 40), -0.5))
    assert room.peaks == {"drums": 0.25, "bass": 0.5}
