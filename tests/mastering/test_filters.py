"""Responses of the filters against their analogue prototypes, up to 20 kHz at 44.1 kHz, and the noise that they add."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.chains import BandPass, Highpass, HighShelf, Lowpass, LowShelf, Notch, Peak, Step, Tilt
from bridge.chains.tone import FilterPhase, Slope
from bridge.dsp.mastering.filters import prototype as prototypes
from bridge.dsp.mastering.filters.cascade import CascadeProcessor, with_twins
from bridge.dsp.mastering.filters.sections import magnitude_of, sections_of
from tests.mastering.examples import a_mix, audio, step_name, through
from tests.signals import sine, white_noise

Curve = NDArray[np.float64]
SLOPES: tuple[Slope, ...] = (6, 12, 18, 24, 36, 48)
FILTERS: tuple[Step, ...] = (
    Highpass(cutoff_hz=22),
    Highpass(cutoff_hz=3000, slope_db_per_oct=48),
    Lowpass(cutoff_hz=200),
    Lowpass(cutoff_hz=18000, slope_db_per_oct=24),
    LowShelf(frequency_hz=90, gain_db=0.8),
    LowShelf(frequency_hz=400, gain_db=-12, q=1.5),
    HighShelf(frequency_hz=10000, gain_db=0.8),
    HighShelf(frequency_hz=1500, gain_db=15, q=0.4),
    HighShelf(frequency_hz=16000, gain_db=6),
    HighShelf(frequency_hz=30000, gain_db=9, q=0.5),
    Peak(frequency_hz=40, gain_db=6, q=4),
    Peak(frequency_hz=280, gain_db=-0.8, q=0.9),
    Peak(frequency_hz=15000, gain_db=-18, q=10),
    Peak(frequency_hz=19000, gain_db=9, q=0.7),
    Notch(frequency_hz=50, q=10),
    Notch(frequency_hz=15000, q=0.7),
    BandPass(frequency_hz=1000, q=0.5),
    BandPass(frequency_hz=15000, q=4),
    Tilt(gain_db=-6, frequency_hz=100),
    Tilt(gain_db=6, frequency_hz=2000),
)


def analogue(step: Step, frequencies_hz: Curve) -> Curve:
    """Gain, linear, of the analogue filter, from the textbook's transfer functions."""
    match step:
        case Highpass() | Lowpass():
            x = frequencies_hz / step.cutoff_hz
            away = x if isinstance(step, Lowpass) else 1 / x
            return np.asarray(1 / np.sqrt(1 + away ** (2 * step.slope_db_per_oct // 6)), np.float64)
        case Tilt():
            gain, x = 10 ** (step.gain_db / 20), frequencies_hz / step.frequency_hz
            return np.sqrt(((gain * x) ** 2 + 1) / (x**2 + gain**2))
        case Peak() | LowShelf() | HighShelf() | Notch() | BandPass():
            s = 1j * frequencies_hz / step.frequency_hz
        case _:
            raise AssertionError(step)
    a = 10 ** (getattr(step, "gain_db", 0.0) / 40)
    k = np.sqrt(a) / step.q
    match step:
        case Peak():
            ratio = (s * s + s * a / step.q + 1) / (s * s + s / (a * step.q) + 1)
        case LowShelf():
            ratio = a * (s * s + k * s + a) / (a * s * s + k * s + 1)
        case HighShelf():
            ratio = a * (a * s * s + k * s + 1) / (s * s + k * s + a)
        case Notch():
            ratio = (s * s + 1) / (s * s + s / step.q + 1)
        case BandPass():
            ratio = (s / step.q) / (s * s + s / step.q + 1)
    return np.asarray(np.abs(ratio), np.float64)


def measured(step: Step, frequencies_hz: Curve, sample_rate_hz: int) -> Curve:
    """Gain, linear, of the step's impulse response at exactly these frequencies."""
    impulse = np.zeros((1, 1 << 17))
    impulse[0, 1 << 16] = 1.0
    response = through(step, audio(impulse, sample_rate_hz))[0].astype(np.float64)
    heard = np.flatnonzero(np.abs(response) > 1e-10)
    part = response[heard[0] : heard[-1] + 1]
    turns = np.outer(frequencies_hz / sample_rate_hz, np.arange(part.size))
    return np.asarray(np.abs(np.exp(-2j * np.pi * turns) @ part), np.float64)


def db(gain: Curve) -> Curve:
    return 20 * np.log10(gain + 1e-30)


@pytest.mark.parametrize("step", FILTERS, ids=step_name)
@pytest.mark.parametrize("sample_rate_hz", [44100, 48000, 96000, 192_000])
def test_the_response_is_that_of_the_analogue_prototype_up_to_20_khz(step: Step, sample_rate_hz: int) -> None:
    frequencies = np.geomspace(20, 20000, 120)
    wanted = analogue(step, frequencies)
    audible = wanted > 0.01
    made = measured(step, frequencies, sample_rate_hz)
    assert np.abs(db(made) - db(wanted))[audible].max() < 0.25
    steep = isinstance(step, Highpass | Lowpass | Notch) or step_name(step) in {"peak", "band_pass"}
    assert np.abs(db(made) - db(wanted))[audible].mean() < (0.1 if steep else 0.02)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([prototypes.bell, prototypes.low_shelf, prototypes.high_shelf]),
    st.floats(10, 40000),
    st.floats(-18, 18),
    st.floats(0.1, 4),
    st.sampled_from([32000, 44100, 48000, 192000, 384000]),
)
def test_bells_and_shelves_are_stable_and_true_wherever_they_lie(
    make: Callable[[float, float, float], prototypes.Prototype],
    frequency_hz: float,
    gain_db: float,
    q: float,
    rate_hz: int,
) -> None:
    if frequency_hz >= rate_hz:
        return
    wanted = make(frequency_hz, gain_db, q)
    sections = sections_of(wanted, rate_hz)
    assert all(np.abs(np.roots([1.0, *section[3:]])).max() < 1 for section in sections)
    frequencies = np.geomspace(20, 0.45 * min(rate_hz, 44100), 200)
    error_db = db(magnitude_of(sections, frequencies / rate_hz)) - db(wanted.magnitude(frequencies))
    assert np.abs(error_db).max() < 0.4
    assert np.abs(error_db).mean() < 0.05


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("phase", ["minimum", "linear"])
@pytest.mark.parametrize("kind", [Highpass, Lowpass])
def test_the_cut_off_lies_where_the_response_has_fallen_by_3_db_and_then_falls_as_steeply_as_it_says(
    slope: Slope, phase: FilterPhase, kind: type[Highpass | Lowpass]
) -> None:
    step = kind(cutoff_hz=500, slope_db_per_oct=slope, phase=phase)
    places = np.array([500.0, 1000.0, 2000.0]) if kind is Lowpass else np.array([500.0, 250.0, 125.0])
    at_cutoff, octave, two_octaves = db(measured(step, places, 48000))
    assert at_cutoff == pytest.approx(-3.01, abs=0.02)
    assert octave - two_octaves == pytest.approx(slope, rel=0.12 if slope == 6 else 0.05)


@pytest.mark.parametrize("frequency_hz", [50.0, 1000.0, 15000.0])
@pytest.mark.parametrize("q", [0.7, 10.0])
def test_a_notch_removes_its_frequency(frequency_hz: float, q: float) -> None:
    tone = audio(sine(frequency_hz, 3.0, 44100))
    assert np.abs(through(Notch(frequency_hz=frequency_hz, q=q), tone)[0, -22050:]).max() < 1e-5


@pytest.mark.parametrize("cutoff_hz", [25.0, 400.0, 15000.0])
def test_a_linear_phase_filter_has_the_same_curve_and_shifts_nothing(cutoff_hz: float) -> None:
    step = Highpass(cutoff_hz=cutoff_hz, slope_db_per_oct=24, phase="linear")
    frequencies = np.geomspace(20, 20000, 60)
    wanted = analogue(step, frequencies)
    assert np.abs(measured(step, frequencies, 44100) - wanted).max() < 0.01
    impulse = np.zeros((1, 40001))
    impulse[0, 20000] = 1.0
    response = through(step, audio(impulse))[0]
    assert np.argmax(np.abs(response)) == 20000
    assert np.abs(response - response[::-1]).max() < 1e-7


@pytest.mark.parametrize(
    "step",
    [
        Highpass(cutoff_hz=22),
        Highpass(cutoff_hz=20, slope_db_per_oct=48),
        Highpass(cutoff_hz=20, slope_db_per_oct=48, phase="linear"),
        Lowpass(cutoff_hz=20000, slope_db_per_oct=48),
        LowShelf(frequency_hz=20, gain_db=6, q=0.5),
        LowShelf(frequency_hz=90, gain_db=0.8),
        Peak(frequency_hz=60, gain_db=3, q=4),
        HighShelf(frequency_hz=10000, gain_db=0.8),
        Notch(frequency_hz=50, q=50),
        Tilt(gain_db=3),
    ],
    ids=step_name,
)
def test_a_filter_adds_less_noise_than_24_bits_hold(step: Step) -> None:
    """The reason why they are not Pedalboard's: there, some of these add noise at -70 dB."""
    sample_rate_hz, frames, bin_ = 44100, 1 << 17, 1500
    tone = sine(bin_ * sample_rate_hz / frames, 4 * frames / sample_rate_hz, sample_rate_hz, peak_dbfs=-6)
    settled = through(step, audio(tone, sample_rate_hz))[0, 2 * frames : 3 * frames].astype(np.float64)
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


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_filters_that_run_in_twos_make_what_they_make_one_after_another(channels: int) -> None:
    rate_hz, given = 44100, white_noise(0.7, 44100, channels=channels)[:, :12345]
    fives = (
        prototypes.butterworth(20, 2, "highpass"),
        prototypes.band_bell(500, -3.0, 0.9),
        prototypes.butterworth(9000, 4, "lowpass"),
        prototypes.band_bell(110, 2.0, 1.0),
        prototypes.butterworth(30, 1, "highpass"),
    )

    def fresh() -> list[CascadeProcessor]:
        return [CascadeProcessor(sections_of(one, rate_hz), channels) for one in fives]

    alone, together = given, given
    for processor in fresh():
        alone = processor.process(alone)
    twins = with_twins(fresh())
    assert len(twins) == 3
    for twin in twins:
        together = twin.process(together)
    assert np.allclose(alone, together, rtol=0.0, atol=2.0**-24)  # the last bit may lie otherwise on other processors
