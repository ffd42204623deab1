"""Comparing two versions of a recording: what was done to one of them is found again."""

from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.analysis import Comparison
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.alignment import align, fast_length
from bridge.dsp.measures.compare import compare
from bridge.dsp.song import make_song, mix_of
from bridge.errors import UnsupportedAudioError
from tests import signals

RATE_HZ = 44100
MIX = signals.music(20.0, RATE_HZ)
STEMS = make_song(1, 24.0)
SONG = mix_of(STEMS)


def audio(samples: Samples, rate_hz: int = RATE_HZ) -> Audio:
    return Audio(np.ascontiguousarray(samples, np.float32), rate_hz)


def compared(a: Samples, b: Samples) -> Comparison:
    return compare(audio(a), audio(b))


def delayed(samples: Samples, frames: int) -> Samples:
    """Later by so many frames; cut at the start where negative."""
    if frames < 0:
        return samples[:, -frames:]
    return np.concatenate([np.zeros((samples.shape[0], frames), np.float32), samples], axis=1)


def codes(comparison: Comparison) -> list[str]:
    return [message.code for message in comparison.messages]


def filtered(samples: Samples, response: NDArray[np.inexact[Any]]) -> Samples:
    wave: Samples = np.fft.irfft(np.fft.rfft(samples, axis=1) * response, samples.shape[1]).astype(np.float32)
    return wave


# --- Laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "samples",
    [
        MIX,
        SONG,
        signals.white_noise(3.0, RATE_HZ, channels=1),
        signals.sine(1000.0, 3.0, RATE_HZ, channels=2),
        signals.silence(2.0, RATE_HZ),
        MIX[:, :5],
        signals.white_noise(1.0, RATE_HZ, channels=6),
    ],
    ids=["music", "song", "mono noise", "tone", "silence", "five frames", "six channels"],
)
def test_a_signal_is_identical_to_itself(samples: Samples) -> None:
    comparison = compared(samples, samples)
    assert comparison.is_identical
    assert comparison.null_db is None
    assert comparison.first_difference_s is None
    assert comparison.changes == ()
    assert codes(comparison) == ["identical"]


@settings(max_examples=15, deadline=None)
@given(
    frames=st.integers(-300_000, 900_000),
    gain_db=st.floats(-30.0, 12.0),
    is_inverted=st.booleans(),
    seed=st.integers(0, 9),
)
def test_delay_gain_and_polarity_are_found_exactly(frames: int, gain_db: float, is_inverted: bool, seed: int) -> None:
    mix = signals.music(12.0, RATE_HZ, seed)
    gain = np.float32(10.0 ** (gain_db / 20.0))
    comparison = compared(mix, delayed(mix, frames) * (-gain if is_inverted else gain))
    assert comparison.is_aligned
    assert comparison.offset_frames == frames
    assert comparison.gain_db == pytest.approx(gain_db, abs=1e-6)
    assert comparison.is_inverted == is_inverted
    assert comparison.is_exact_null or (comparison.null_db is not None and comparison.null_db < -120.0)
    assert comparison.changes == ()


@settings(max_examples=15, deadline=None)
@given(start_s=st.floats(0.0, 15.0), length_s=st.floats(0.2, 4.0), level=st.floats(0.002, 0.5))
def test_a_changed_span_is_found_where_it_is(start_s: float, length_s: float, level: float) -> None:
    first, last = round(start_s * RATE_HZ), round((start_s + length_s) * RATE_HZ)
    changed = MIX.copy()
    changed[:, first:last] += signals.white_noise((last - first + 0.5) / RATE_HZ, RATE_HZ, rms=level)[:, : last - first]
    comparison = compared(MIX, delayed(changed, 12_345))
    assert comparison.gain_db == pytest.approx(0.0, abs=1e-9)
    assert comparison.first_difference_s == pytest.approx(first / RATE_HZ, abs=1e-4)
    assert comparison.last_difference_s == pytest.approx(last / RATE_HZ, abs=1e-4)
    (span,) = comparison.changes
    assert span.start_s == pytest.approx(first / RATE_HZ, abs=0.011)
    assert span.end_s == pytest.approx(last / RATE_HZ, abs=0.011)


def test_threads_and_reading_change_nothing() -> None:
    changed: Samples = (0.5 * SONG + 0.1 * STEMS["vocals"]).astype(np.float32)
    one = compare(audio(SONG), audio(changed), threads=1)
    streamed = compare(
        signals.StreamedSignal(audio(SONG), 50_001), signals.StreamedSignal(audio(changed), 7777), threads=3
    )
    assert one == streamed


@given(least=st.integers(1, 10**7))
def test_fast_lengths_are_long_enough_and_not_much_longer(least: int) -> None:
    length = fast_length(least)
    assert least <= length <= 1.25 * least + 2
    for prime in (2, 3, 5):
        while length % prime == 0:
            length //= prime
    assert length == 1


# --- Versions ---------------------------------------------------------------------------------------------------------


def test_a_louder_stem_shows_in_the_spectrum_and_leaves_the_rest_at_unity() -> None:
    louder = mix_of({name: stem * np.float32(1.5) if name == "vocals" else stem for name, stem in STEMS.items()})
    comparison = compared(SONG, louder)
    assert comparison.gain_db == pytest.approx(0.0, abs=1e-6)
    changes = {band.centre_hz: band.change_db for band in comparison.spectrum}
    assert changes[63.1] == pytest.approx(0.0, abs=0.02)
    assert (changes[631.0] or 0.0) > 0.5


def test_equalised_limited_and_coded_versions_are_aligned() -> None:
    hertz = np.fft.rfftfreq(SONG.shape[1], 1.0 / RATE_HZ)
    versions = {
        "equalised": filtered(SONG, 1.0 + 1.0 / (1.0 + (hertz / 500.0) ** 2)),
        "clipped": np.clip(SONG * np.float32(4.0), -0.8, 0.8),
        "band-limited": filtered(SONG, (hertz < 11_000.0).astype(float)),
        "noisy": SONG + signals.white_noise(24.0, RATE_HZ, rms=0.02),
    }
    for name, version in versions.items():
        alignment = align(audio(SONG), audio(delayed(version, 4321)))
        assert alignment.offset == 4321, name
        assert alignment.confidence > 0.7, name


def test_a_short_excerpt_is_found_in_the_song() -> None:
    comparison = compared(SONG, SONG[:, 500_000:600_000])
    assert comparison.offset_frames == -500_000
    assert comparison.is_exact_null
    assert "compared_length" in codes(comparison)
    assert comparison.overlap_end_s - comparison.overlap_start_s == pytest.approx(100_000 / RATE_HZ)


def test_a_stem_of_cymbals_is_aligned_by_its_envelope() -> None:
    hertz = np.fft.rfftfreq(SONG.shape[1], 1.0 / RATE_HZ)
    cymbals = filtered(STEMS["drums"], (hertz > 9000.0).astype(float))
    assert align(audio(cymbals), audio(delayed(cymbals, -77_777))).offset == -77_777


def test_a_long_delay_of_a_long_file_is_found() -> None:
    tune = signals.pink_noise(100.0, 11_025, channels=1)
    comparison = compare(audio(tune, 11_025), audio(delayed(tune, 90 * 11_025), 11_025))
    assert comparison.offset_s == pytest.approx(90.0)
    assert comparison.is_exact_null


def test_a_resampled_copy_is_found_and_said() -> None:
    hertz = np.fft.rfftfreq(SONG.shape[1], 1.0 / RATE_HZ)
    mix = filtered(SONG, (hertz < 18_000.0).astype(float))
    copy = soxr.resample(mix.T, RATE_HZ, 96_000, "VHQ").T
    for a, b, which in ((audio(mix), audio(copy, 96_000), "b"), (audio(copy, 96_000), audio(mix), "a")):
        comparison = compare(a, b)
        assert comparison.resampled == which
        assert comparison.sample_rate_hz == RATE_HZ
        assert comparison.offset_frames == 0
        assert comparison.null_db is not None
        assert comparison.null_db < -90.0
        assert "compared_resampled" in codes(comparison)
        assert not comparison.is_identical


def test_a_shift_below_one_frame_is_told_and_a_whole_one_is_not() -> None:
    hertz = np.fft.rfftfreq(SONG.shape[1], 1.0 / RATE_HZ)
    comparison = compared(SONG, filtered(SONG, np.exp(-2j * np.pi * hertz / RATE_HZ * 10.3)))
    assert comparison.offset_frames == 10
    assert comparison.fraction_frames == pytest.approx(0.3, abs=0.01)
    assert "fraction_limits_null" in codes(comparison)
    assert compared(SONG, delayed(SONG, 10)).fraction_frames == 0.0


def test_sixteen_bits_are_no_change() -> None:
    rounded: Samples = np.round(SONG * 32768.0).astype(np.float32) / np.float32(32768.0)
    comparison = compared(SONG, rounded)
    assert comparison.null_db is not None
    assert -100.0 < comparison.null_db < -70.0
    assert comparison.changes == ()
    assert not comparison.is_exact_null


# --- What cannot be compared ------------------------------------------------------------------------------------------


def test_unrelated_music_is_said_to_be_unrelated() -> None:
    for other in (signals.music(20.0, RATE_HZ, 2), mix_of(make_song(2, 24.0)), signals.white_noise(20.0, RATE_HZ, 9)):
        comparison = compared(SONG, other)
        assert not comparison.is_aligned
        assert comparison.offset_frames == 0
        assert "not_alike" in codes(comparison)


def test_a_mono_copy_is_compared_with_each_channel() -> None:
    mono = SONG[:1]
    comparison = compared(mono, np.concatenate([mono, mono]))
    assert comparison.is_exact_null
    assert not comparison.is_identical
    assert "compared_mono" in codes(comparison)


def test_other_channel_counts_are_refused_with_a_sentence() -> None:
    with pytest.raises(UnsupportedAudioError, match="2 channels and the second 6"):
        compared(MIX[:, :1000], signals.white_noise(0.1, RATE_HZ, channels=6))


def test_silence_has_no_null() -> None:
    comparison = compared(MIX, np.zeros_like(MIX))
    assert comparison.gain_db is None
    assert comparison.null_db is None
    assert not comparison.is_exact_null
    assert "compared_silence" in codes(comparison)


def test_offset_polarity_and_an_exact_null_are_told_and_not_where_there_is_nothing_to_tell() -> None:
    late = compared(MIX, -0.5 * delayed(MIX, 4410))
    assert {"compared_offset", "polarity_inverted", "exact_null"} <= set(codes(late))
    assert next(m for m in late.messages if m.code == "compared_offset").sentence.endswith("(4410 frames) later.")
    louder = compared(MIX, (MIX + 0.01 * signals.white_noise(20.0, RATE_HZ)).astype(np.float32))
    assert not {"compared_offset", "polarity_inverted", "exact_null", "identical"} & set(codes(louder))
