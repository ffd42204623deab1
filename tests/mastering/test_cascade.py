"""Steep high-passes and low-passes, notch, band-pass and tilt against their analytic curves."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pedalboard import HighpassFilter, LowpassFilter, Plugin

from bridge.chains import BandPass, Highpass, Lowpass, Notch, Step, Tilt
from bridge.chains.tone import Slope
from bridge.dsp.mastering.steps.pedalboard_filter import PedalboardFilter
from tests.mastering.examples import a_mix, audio, step_name, through
from tests.signals import sine

Curve = NDArray[np.float64]

SLOPES: tuple[Slope, ...] = (12, 18, 24, 36, 48)


def measured_db(step: Step, frequencies_hz: Curve, sample_rate_hz: int) -> Curve:
    """Gain of the step's impulse response at exactly these frequencies."""
    impulse = np.zeros((1, 1 << 17))
    impulse[0, 0] = 1.0
    response = through(step, audio(impulse, sample_rate_hz))[0].astype(np.float64)
    long = response[: 1 << 16] if np.abs(response[1 << 16 :]).max() < 1e-9 else response
    turns = np.outer(frequencies_hz / sample_rate_hz, np.arange(long.size))
    gain: Curve = np.abs(np.exp(-2j * np.pi * turns) @ long)
    return 20 * np.log10(gain + 1e-30)


def warped(frequencies_hz: Curve, own_hz: float, sample_rate_hz: int) -> Curve:
    """Where the bilinear transform takes frequencies, relative to the filter's own."""
    ratio: Curve = np.tan(np.pi * frequencies_hz / sample_rate_hz) / np.tan(np.pi * own_hz / sample_rate_hz)
    return ratio


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("kind", [Highpass, Lowpass])
@pytest.mark.parametrize(("cutoff_hz", "sample_rate_hz"), [(40.0, 44100), (1000.0, 8000), (15000.0, 96000)])
def test_steep_filters_are_butterworth(
    slope: Slope, kind: type[Highpass | Lowpass], cutoff_hz: float, sample_rate_hz: int
) -> None:
    step = kind(cutoff_hz=cutoff_hz, slope_db_per_oct=slope)
    frequencies = np.geomspace(max(20.0, cutoff_hz / 3), min(3 * cutoff_hz, 0.45 * sample_rate_hz), 40)
    x = warped(frequencies, cutoff_hz, sample_rate_hz) ** (1 if kind is Lowpass else -1)
    wanted = -10 * np.log10(1 + x ** (2 * slope // 6))
    is_audible = wanted > -100
    assert np.abs(measured_db(step, frequencies, sample_rate_hz) - wanted)[is_audible].max() < 0.01


@pytest.mark.parametrize("slope", SLOPES)
def test_the_cut_off_lies_where_the_response_has_fallen_by_3_db_and_then_falls_as_steeply_as_it_says(
    slope: Slope,
) -> None:
    at_cutoff, octave, two_octaves = measured_db(
        Lowpass(cutoff_hz=500, slope_db_per_oct=slope), np.array([500.0, 1000.0, 2000.0]), 96000
    )
    assert at_cutoff == pytest.approx(-3.01, abs=0.01)
    assert octave - two_octaves == pytest.approx(slope, rel=0.05)


@pytest.mark.parametrize(
    ("step", "plugin"),
    [(Highpass(cutoff_hz=80), HighpassFilter(80)), (Lowpass(cutoff_hz=9000), LowpassFilter(9000))],
    ids=["highpass", "lowpass"],
)
def test_at_6_db_per_octave_nothing_has_changed(step: Step, plugin: Plugin) -> None:
    mix = a_mix(2.0)
    assert np.array_equal(through(step, mix), PedalboardFilter(plugin, 44100).process(mix.samples))


@pytest.mark.parametrize("frequency_hz", [50.0, 1000.0, 15000.0])
@pytest.mark.parametrize("q", [0.7, 10.0])
def test_a_notch_is_the_prototype_and_removes_its_frequency(frequency_hz: float, q: float) -> None:
    step = Notch(frequency_hz=frequency_hz, q=q)
    frequencies = np.geomspace(20, 20000, 60)
    x = warped(frequencies, frequency_hz, 44100)
    wanted = -10 * np.log10(1 + (x / q / (1 - x * x)) ** 2)
    assert np.abs(measured_db(step, frequencies, 44100) - wanted)[wanted > -60].max() < 0.02
    tone = audio(sine(frequency_hz, 3.0, 44100))
    assert np.abs(through(step, tone)[0, -22050:]).max() < 1e-5


@pytest.mark.parametrize("frequency_hz", [50.0, 1000.0, 15000.0])
@pytest.mark.parametrize("q", [0.5, 8.0])
def test_a_band_pass_is_the_prototype(frequency_hz: float, q: float) -> None:
    frequencies = np.geomspace(20, 20000, 60)
    x = warped(frequencies, frequency_hz, 44100)
    wanted = -10 * np.log10(1 + (q * (x - 1 / x)) ** 2)
    assert np.abs(measured_db(BandPass(frequency_hz=frequency_hz, q=q), frequencies, 44100) - wanted).max() < 0.02


@pytest.mark.parametrize("gain_db", [-6.0, -1.0, 3.0, 6.0])
@pytest.mark.parametrize(
    ("pivot_hz", "sample_rate_hz"), [(100.0, 44100), (700.0, 44100), (2000.0, 44100), (700.0, 192000)]
)
def test_a_tilt_is_the_analogue_one_up_to_the_top(gain_db: float, pivot_hz: float, sample_rate_hz: int) -> None:
    frequencies = np.geomspace(20, 0.45 * sample_rate_hz, 60)
    gain, x = 10 ** (gain_db / 20), frequencies / pivot_hz
    wanted = 10 * np.log10(((gain * x) ** 2 + 1) / (x**2 + gain**2))
    step = Tilt(gain_db=gain_db, frequency_hz=pivot_hz)
    assert np.abs(measured_db(step, frequencies, sample_rate_hz) - wanted).max() < 0.1
    assert measured_db(step, np.array([pivot_hz]), sample_rate_hz)[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    "step",
    [
        Highpass(cutoff_hz=20, slope_db_per_oct=48),
        Lowpass(cutoff_hz=20000, slope_db_per_oct=48),
        Notch(frequency_hz=50, q=50),
        Tilt(gain_db=3),
    ],
    ids=step_name,
)
def test_they_add_less_noise_than_24_bits_hold(step: Step) -> None:
    sample_rate_hz, frames, bin_ = 44100, 1 << 17, 1500
    tone = sine(bin_ * sample_rate_hz / frames, 2 * frames / sample_rate_hz, sample_rate_hz, peak_dbfs=-6)
    settled = through(step, audio(tone, sample_rate_hz))[0, -frames:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(settled)) ** 2
    assert 10 * np.log10((spectrum.sum() - spectrum[bin_]) / spectrum[bin_]) < -140


@pytest.mark.parametrize(
    "step",
    [
        Highpass(cutoff_hz=5, slope_db_per_oct=48),
        Lowpass(cutoff_hz=20, slope_db_per_oct=48),
        Notch(frequency_hz=10, q=50),
        BandPass(frequency_hz=10, q=20),
    ],
    ids=step_name,
)
def test_the_lowest_frequencies_at_the_highest_rate_stay_calm(step: Step) -> None:
    result = through(step, a_mix(2.0, 384_000))
    assert np.isfinite(result).all()
    assert np.abs(result).max() < 2
