"""Laws of all meters, odd signals, and agreement with other meters."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import Measured, hop_energies, integrated_lufs, measure
from bridge.dsp.measures.levels import ClippedRun
from bridge.dsp.measures.readings import read_meters
from bridge.dsp.song import make_song, mix_of
from bridge.model import Measurement
from tests import signals

RATE_HZ = 44100
LEVELS = (
    "integrated_lufs",
    "momentary_max_lufs",
    "short_term_max_lufs",
    "true_peak_dbtp",
    "standard_true_peak_dbtp",
    "sample_peak_dbfs",
)
DIFFERENCES = ("loudness_range_lu", "plr_lu", "crest_db")


def read(samples: Samples, rate_hz: int = RATE_HZ) -> Measurement:
    return measure(Audio(np.ascontiguousarray(samples), rate_hz)).measurement


def codes(measured: Measured) -> list[str]:
    return [message.code for message in measured.messages]


# --- Laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(gain_db=st.floats(-20.0, 20.0), seed=st.integers(0, 1000))
def test_a_gain_moves_every_level_by_itself_and_no_difference(gain_db: float, seed: int) -> None:
    samples = signals.music(6.0, RATE_HZ, seed)
    before = read(samples).model_dump()
    after = read((samples * np.float32(10.0 ** (gain_db / 20.0))).astype(np.float32)).model_dump()
    for name in LEVELS:
        assert after[name] - before[name] == pytest.approx(gain_db, abs=1e-4), name
    for name in DIFFERENCES:
        assert after[name] == pytest.approx(before[name], abs=1e-4), name


def test_swapping_channels_changes_nothing_that_names_no_side() -> None:
    samples = signals.music(8.0, RATE_HZ)
    here = read(samples).model_dump()
    there = read(samples[::-1]).model_dump()
    assert there == pytest.approx(here, abs=1e-12)


def test_more_silence_before_or_after_does_not_move_gated_loudness() -> None:
    # Blocks across the edge count with what they hold of the music: both signals have them all.
    edge = signals.silence(0.5, RATE_HZ)
    samples = np.concatenate([edge, signals.music(12.0, RATE_HZ), edge], axis=1)
    quiet = signals.silence(7.0, RATE_HZ)
    alone = read(samples)
    for longer in (np.concatenate([samples, quiet], axis=1), np.concatenate([quiet, samples], axis=1)):
        padded = read(longer)
        assert padded.integrated_lufs == pytest.approx(alone.integrated_lufs, abs=1e-9)
        assert padded.momentary_max_lufs == pytest.approx(alone.momentary_max_lufs, abs=1e-9)
        assert padded.true_peak_dbtp == alone.true_peak_dbtp


def test_polarity_does_not_matter() -> None:
    samples = signals.music(5.0, RATE_HZ)
    here, there = read(samples).model_dump(), read(-samples).model_dump()
    assert there.pop("dc_offset") == pytest.approx(-here.pop("dc_offset"))
    assert there == here


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("largest_read", [1000, 100_000, 1 << 30])
def test_threads_and_reading_in_blocks_change_no_bit(threads: int, largest_read: int) -> None:
    audio = Audio(signals.music(47.3, 22050), 22050)
    streamed = signals.StreamedSignal(audio, largest_read)
    assert measure(streamed, threads=threads) == measure(audio, threads=1)


@settings(max_examples=15, deadline=None)
@given(frames=st.integers(0, 60000), cut=st.integers(0, 60000), seed=st.integers(0, 99))
def test_a_longer_signal_begins_with_the_energies_of_a_shorter_one(frames: int, cut: int, seed: int) -> None:
    samples = signals.white_noise(frames / 8000, 8000, seed)
    whole = hop_energies(Audio(samples, 8000))
    part = hop_energies(Audio(np.ascontiguousarray(samples[:, :cut]), 8000))
    assert part == pytest.approx(whole[:, : part.shape[1]], rel=1e-9)


def test_progress_goes_up_to_one() -> None:
    told: list[float] = []
    measure(Audio(signals.silence(100.0, 8000), 8000), on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


def test_no_input_is_altered() -> None:
    samples = signals.music(3.0, RATE_HZ)
    copy = samples.copy()
    measure(Audio(samples, RATE_HZ))
    assert np.array_equal(samples, copy)


def test_memory_that_may_not_be_written_is_read_as_well() -> None:
    samples = signals.music(3.0, RATE_HZ)
    expected = measure(Audio(samples.copy(), RATE_HZ))
    samples.flags.writeable = False
    assert measure(Audio(samples, RATE_HZ)) == expected
    assert measure(Audio(np.asfortranarray(samples), RATE_HZ)) == expected


# --- What does not exist ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [0, 1, 441, 44100])
def test_silence_has_no_level(frames: int) -> None:
    measured = measure(Audio(np.zeros((2, frames), np.float32), RATE_HZ))
    figures = measured.measurement.model_dump()
    assert [figures[name] for name in (*LEVELS, *DIFFERENCES)] == [None] * 9
    assert codes(measured) == ["silent"]
    assert set(measured.curve.momentary_lufs) <= {None}


@pytest.mark.parametrize("frames", [1, 2, 100, 17639])
def test_below_400_ms_there_are_peaks_but_no_loudness(frames: int) -> None:
    measured = measure(Audio(signals.white_noise(1.0, RATE_HZ)[:, :frames].copy(), RATE_HZ))
    assert measured.measurement.integrated_lufs is None
    assert measured.measurement.momentary_max_lufs is None
    assert measured.measurement.plr_lu is None
    assert measured.measurement.true_peak_dbtp is not None
    assert "too_short" in codes(measured)


def test_exactly_400_ms_have_a_loudness_and_2_s_no_short_term() -> None:
    assert read(signals.white_noise(0.4, RATE_HZ)).integrated_lufs is not None
    two_seconds = read(signals.white_noise(2.0, RATE_HZ))
    assert two_seconds.short_term_max_lufs is None
    assert two_seconds.loudness_range_lu is None


def test_what_is_below_the_absolute_gate_has_no_integrated_loudness() -> None:
    quiet = read(signals.sine(1000.0, 5.0, RATE_HZ, -90.0, channels=2))
    assert quiet.integrated_lufs is None
    assert quiet.momentary_max_lufs == pytest.approx(-90.0, abs=0.1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("seconds", [0.005, 4.0])
def test_samples_that_are_not_numbers_give_no_levels_and_a_message(value: float, seconds: float) -> None:
    samples = signals.white_noise(seconds, RATE_HZ)
    samples[0, samples.shape[1] // 2] = value
    measured = measure(Audio(samples, RATE_HZ))
    assert codes(measured) == ["not_a_number"]
    assert measured.measurement.integrated_lufs is None
    assert measured.measurement.true_peak_dbtp is None


def test_one_channel_counts_as_one() -> None:
    tone = signals.sine(997.0, 3.0, RATE_HZ, -20.0)
    mono, dual = read(tone), read(np.tile(tone, (2, 1)))
    assert mono.integrated_lufs is not None
    assert dual.integrated_lufs == pytest.approx(mono.integrated_lufs + 3.01, abs=0.001)


# --- Times, curves, findings ------------------------------------------------------------------------------------------


def test_the_loudest_moment_is_where_it_is() -> None:
    quiet = signals.cut([(-40, 10), (-20, 3), (-40, 6)], RATE_HZ)
    measurement = read(quiet)
    assert measurement.short_term_max_at_s == pytest.approx(11.5, abs=0.02)
    assert measurement.momentary_max_at_s == pytest.approx(11.5, abs=1.31)


def test_a_curve_shows_what_a_meter_shows_at_that_time() -> None:
    curve = measure(Audio(signals.cut([(-20, 5), (-30, 5)], RATE_HZ), RATE_HZ)).curve
    assert curve.hop_s == pytest.approx(0.1)
    assert len(curve.momentary_lufs) == len(curve.short_term_lufs) == 100
    assert curve.short_term_lufs[:29] == (None,) * 29
    assert curve.short_term_lufs[30] == pytest.approx(-20.0, abs=0.1)
    assert curve.momentary_lufs[-1] == pytest.approx(-30.0, abs=0.1)


def test_the_curve_of_a_long_signal_is_thinned_by_its_highest_values() -> None:
    samples = signals.silence(1000.0, 8000, 1)
    samples[0, 4_000_000:4_004_000] = signals.sine(1000.0, 0.5, 8000, -10.0)[0]
    curve = measure(Audio(samples, 8000)).curve
    assert len(curve.momentary_lufs) <= 2400
    assert max(value for value in curve.momentary_lufs if value is not None) == pytest.approx(-13.0, abs=0.3)


def test_clipped_runs_are_found_with_their_places_also_across_spans() -> None:
    samples = 0.5 * signals.white_noise(45.0, RATE_HZ, rms=0.2)
    span = 8 * 250 * 441  # frames of a span of two channels
    for start, frames in ((1000, 2646), (span - 5, 20), (span + 100, 3), (2 * span, 7), (3000, 2)):
        samples[1, start : start + frames] = 1.0
    samples[0, -4:] = -1.0
    runs = read_meters(Audio(samples.astype(np.float32), RATE_HZ)).levels.runs
    assert runs == (
        ClippedRun(1000, 2646, 1),
        ClippedRun(span - 5, 20, 1),
        ClippedRun(span + 100, 3, 1),
        ClippedRun(2 * span, 7, 1),
        ClippedRun(samples.shape[1] - 4, 4, 0),
    )


def test_a_clipped_mix_says_how_often_and_where() -> None:
    samples = signals.music(10.0, RATE_HZ)
    samples[:, 88200:90846] = 1.0  # 60 ms
    measured = measure(Audio(samples, RATE_HZ))
    clipped = next(message for message in measured.messages if message.code == "clipped")
    assert (clipped.start_s, clipped.value) == (2.0, 2646.0)
    assert "at 0:02.0" in clipped.sentence


def test_peaks_of_a_float_mix_beyond_full_scale_are_not_clipped() -> None:
    measured = measure(Audio(2.0 * signals.music(5.0, RATE_HZ), RATE_HZ))
    assert codes(measured) == ["over_full_scale"]


def test_an_inter_sample_over_is_told() -> None:
    measured = measure(Audio(signals.tech_3341_steady_peak(19, RATE_HZ), RATE_HZ))
    assert codes(measured) == ["inter_sample_over"]


def test_dc_and_a_dead_channel_are_told_with_their_side() -> None:
    samples = signals.music(5.0, RATE_HZ) * np.float32(0.5)
    samples[0] += 0.01
    samples[1] = 0.0
    measured = measure(Audio(samples, RATE_HZ))
    assert codes(measured) == ["dc_offset", "silent_channel"]
    assert "left" in measured.messages[0].sentence
    assert "right" in measured.messages[1].sentence
    assert measured.measurement.dc_offset == pytest.approx(float(samples[0].mean()), abs=1e-6)


def test_clean_music_brings_no_finding() -> None:
    assert codes(measure(Audio(signals.music(10.0, RATE_HZ), RATE_HZ))) == []


# --- Other meters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_pyloudnorm_agrees_on_music(rate_hz: int) -> None:
    samples = signals.music(20.0, rate_hz)
    meter = pyloudnorm.Meter(rate_hz, filter_class="DeMan")
    ours = integrated_lufs(hop_energies(Audio(samples, rate_hz)))
    # Its high-pass has another gain at other rates than 48 kHz (see `k_weighting`).
    assert ours == pytest.approx(meter.integrated_loudness(samples.T.astype(np.float64)), abs=0.05)


def test_pyloudnorm_agrees_to_a_billionth_at_48_khz() -> None:
    samples = signals.music(20.0, 48000)
    meter = pyloudnorm.Meter(48000, filter_class="DeMan")
    ours = integrated_lufs(hop_energies(Audio(samples, 48000)))
    assert ours == pytest.approx(meter.integrated_loudness(samples.T.astype(np.float64)), abs=1e-9)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_ffmpeg_agrees_on_a_song(rate_hz: int, tmp_path: Path) -> None:
    samples = mix_of(make_song(2, 12.0, rate_hz))
    path = tmp_path / "song.wav"
    soundfile.write(path, samples.T, rate_hz, subtype="FLOAT")
    meter = "ebur128=metadata=1:peak=true,ametadata=mode=print:file=-"  # three decimals; the summary has one
    command = ["ffmpeg", "-nostats", "-loglevel", "error", "-i", str(path), "-af", meter, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    theirs = {name: float(value) for line in said if "=" in line for name, value in [line.split("=")]}
    peak = max(theirs["lavfi.r128.true_peaks_ch0"], theirs["lavfi.r128.true_peaks_ch1"])
    ours = read(samples, rate_hz)
    assert ours.integrated_lufs == pytest.approx(theirs["lavfi.r128.I"], abs=0.05)
    assert ours.loudness_range_lu == pytest.approx(theirs["lavfi.r128.LRA"], abs=0.05)
    assert ours.standard_true_peak_dbtp == pytest.approx(20.0 * np.log10(peak), abs=0.1)


def test_a_measurement_survives_json() -> None:
    for samples in (signals.music(4.0, RATE_HZ), signals.silence(1.0, RATE_HZ)):
        measurement = read(samples)
        assert Measurement.model_validate(json.loads(measurement.model_dump_json())) == measurement
