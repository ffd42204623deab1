"""Responses of the filters against their analogue prototypes, and the noise that they add."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.chains import Highpass, HighShelf, Lowpass, LowShelf, Peak, Step
from tests.mastering.examples import audio, step_name, through
from tests.signals import sine

Curve = NDArray[np.complex128]
Response = Callable[[Curve], Curve]


def prototype(step: Step) -> tuple[float, Response]:
    """Frequency and analogue transfer function of a step, for s normalised to that frequency."""
    match step:
        case Highpass():
            return step.cutoff_hz, lambda s: s / (s + 1)
        case Lowpass():
            return step.cutoff_hz, lambda s: 1 / (s + 1)
        case Peak():
            a, q = 10 ** (step.gain_db / 40), step.q
            return step.frequency_hz, lambda s: (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1)
        case LowShelf():
            a, k = 10 ** (step.gain_db / 40), 10 ** (step.gain_db / 80) / step.q
            return step.frequency_hz, lambda s: a * (s * s + k * s + a) / (a * s * s + k * s + 1)
        case HighShelf():
            a, k = 10 ** (step.gain_db / 40), 10 ** (step.gain_db / 80) / step.q
            return step.frequency_hz, lambda s: a * (a * s * s + k * s + 1) / (s * s + k * s + a)
        case _:
            raise AssertionError(step)


def analytic_db(step: Step, frequencies_hz: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Gain of the bilinear transform of the prototype, its frequency kept in place."""
    own_hz, response = prototype(step)
    warped = np.tan(np.pi * frequencies_hz / sample_rate_hz) / np.tan(np.pi * own_hz / sample_rate_hz)
    gain: NDArray[np.float64] = np.abs(response(1j * warped))
    return 20 * np.log10(gain)


def measured_db(step: Step, frequencies_hz: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Gain of the step's impulse response."""
    impulse = np.zeros((1, 1 << 18))
    impulse[0, 0] = 0.5
    response = np.fft.rfft(through(step, audio(impulse, sample_rate_hz))[0].astype(np.float64) / 0.5)
    at = np.fft.rfftfreq(impulse.shape[1], 1 / sample_rate_hz)
    return np.asarray(np.interp(frequencies_hz, at, 20 * np.log10(np.abs(response) + 1e-30)), np.float64)


FILTERS: tuple[Step, ...] = (
    Highpass(cutoff_hz=22),
    Highpass(cutoff_hz=3000),
    Lowpass(cutoff_hz=200),
    Lowpass(cutoff_hz=18000),
    LowShelf(frequency_hz=90, gain_db=0.8),
    LowShelf(frequency_hz=400, gain_db=-12, q=1.5),
    HighShelf(frequency_hz=10000, gain_db=0.8),
    HighShelf(frequency_hz=1500, gain_db=15, q=0.4),
    Peak(frequency_hz=40, gain_db=6, q=4),
    Peak(frequency_hz=280, gain_db=-0.8, q=0.9),
    Peak(frequency_hz=15000, gain_db=-18, q=10),
)


@pytest.mark.parametrize("step", FILTERS, ids=step_name)
@pytest.mark.parametrize("sample_rate_hz", [44100, 96000])
def test_the_response_is_that_of_the_prototype(step: Step, sample_rate_hz: int) -> None:
    frequencies = np.geomspace(10, 20000, 300)
    wanted = analytic_db(step, frequencies, sample_rate_hz)
    assert np.abs(measured_db(step, frequencies, sample_rate_hz) - wanted).max() < 0.02


@pytest.mark.parametrize("step", [Highpass(cutoff_hz=500), Lowpass(cutoff_hz=500)], ids=step_name)
def test_the_cut_off_lies_where_the_response_has_fallen_by_3_db(step: Step) -> None:
    assert measured_db(step, np.array([500.0]), 44100)[0] == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize(
    "step",
    [
        Highpass(cutoff_hz=22),
        LowShelf(frequency_hz=20, gain_db=6, q=0.5),
        LowShelf(frequency_hz=90, gain_db=0.8),
        Peak(frequency_hz=60, gain_db=3, q=4),
        HighShelf(frequency_hz=10000, gain_db=0.8),
    ],
    ids=step_name,
)
def test_a_filter_adds_less_noise_than_24_bits_hold(step: Step) -> None:
    """The reason why shelves and bells are not Pedalboard's: there, some of these add noise at -70 dB."""
    sample_rate_hz, frames = 44100, 1 << 17
    bin_ = 150
    tone = sine(bin_ * sample_rate_hz / frames, 2 * frames / sample_rate_hz, sample_rate_hz, peak_dbfs=-6)
    settled = through(step, audio(tone, sample_rate_hz))[0, -frames:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(settled)) ** 2
    tone_power = spectrum[bin_]
    noise_power = spectrum.sum() - tone_power
    assert 10 * np.log10(noise_power / tone_power) < -125
