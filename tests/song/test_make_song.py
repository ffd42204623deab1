"""The song as a whole: exact, repeatable, level, and as long as asked."""

import tracemalloc

import numpy as np
import pytest

from bridge.audio.signal import Samples
from bridge.dsp.song import make_song, mix_of
from bridge.dsp.song.mixdown import integrated_lufs
from bridge.errors import RequestError
from tests.conftest import Song

STEMS = ["vocals", "drums", "bass", "other"]


def digest(stems: dict[str, Samples]) -> list[bytes]:
    return [samples.tobytes() for samples in stems.values()]


def test_a_song_has_four_stereo_stems_in_float32(song: Song) -> None:
    assert list(song.stems) == STEMS
    for samples in song.stems.values():
        assert samples.shape == (2, 12 * 44100)
        assert samples.dtype == np.float32
        assert samples.flags.c_contiguous


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert digest(make_song(4, 5.0, 22050)) == digest(make_song(4, 5.0, 22050))


def test_another_seed_gives_another_song() -> None:
    one, other = make_song(4, 5.0, 22050), make_song(5, 5.0, 22050)
    for name in STEMS:
        assert not np.array_equal(one[name], other[name])


def test_the_stems_add_up_to_the_mix_exactly_and_in_any_order(song: Song) -> None:
    exact = sum(samples.astype(np.float64) for samples in song.stems.values())
    assert np.array_equal(song.mix, exact)
    backwards = mix_of(dict(reversed(song.stems.items())))
    assert np.array_equal(song.mix, backwards)


def test_adding_up_leaves_the_stems_as_they_were(song: Song) -> None:
    before = digest(song.stems)
    mix_of(song.stems)[...] = 0
    assert digest(song.stems) == before


def test_every_sample_fits_24_bits(song: Song) -> None:
    for samples in (*song.stems.values(), song.mix):
        steps = samples.astype(np.float64) * 2**23
        assert np.array_equal(steps, np.rint(steps))


@pytest.mark.parametrize("sample_rate_hz", [22050, 48000, 96000])
def test_length_and_loudness_hold_at_every_rate(sample_rate_hz: int) -> None:
    mix = mix_of(make_song(2, 5.0, sample_rate_hz))
    assert mix.shape == (2, round(5.0 * sample_rate_hz))
    check_levels(mix, sample_rate_hz)


@pytest.mark.parametrize("duration_s", [3.0, 8.25, 20.0, 47.0])
def test_length_and_loudness_hold_for_every_form(duration_s: float) -> None:
    mix = mix_of(make_song(3, duration_s, 16000))
    assert mix.shape == (2, round(duration_s * 16000))
    check_levels(mix, 16000)


def check_levels(mix: Samples, sample_rate_hz: int) -> None:
    assert np.isfinite(mix).all()
    loudness = integrated_lufs(mix, sample_rate_hz)
    assert loudness is not None
    assert -18.0 <= loudness <= -16.0
    peak_dbfs = 20 * np.log10(np.abs(mix).max())
    assert -5.5 <= peak_dbfs <= -1.49
    assert np.abs(mix.mean(axis=1)).max() < 1e-4


def test_long_songs_take_little_more_memory_than_their_stems() -> None:
    tracemalloc.start()
    try:
        stems = make_song(1, 60.0, 16000)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert mix_of(stems).shape == (2, 60 * 16000)
    assert peak_bytes < 2.2 * sum(samples.nbytes for samples in stems.values())


@pytest.mark.parametrize(
    ("seed", "duration_s", "sample_rate_hz", "wrong"),
    [
        (1, 2.9, 44100, "3 to 900 seconds: 2.9"),
        (1, 901.0, 44100, "3 to 900 seconds: 901"),
        (1, float("nan"), 44100, "3 to 900 seconds"),
        (1, 30.0, 8000, "16000 to 384000 Hz: 8000"),
        (1, 30.0, 400_000, "16000 to 384000 Hz: 400000"),
        (-1, 30.0, 44100, "0 or more: -1"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(
    seed: int, duration_s: float, sample_rate_hz: int, wrong: str
) -> None:
    with pytest.raises(RequestError, match=wrong):
        make_song(seed, duration_s, sample_rate_hz)
