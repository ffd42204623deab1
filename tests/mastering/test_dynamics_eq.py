"""The dynamic equaliser and the de-esser against the bell that they are at rest."""

import numpy as np
import pytest

from bridge.audio.signal import Audio
from bridge.chains import Deess, DynamicEq
from bridge.dsp.mastering.fitting import fit
from tests.mastering.examples import a_mix, audio, through
from tests.signals import pink_noise, silence, sine

RATE_HZ = 48000


def analogue_bell_db(step: DynamicEq, gain_db: float, frequency_hz: float) -> float:
    """The bell 1 + (gain - 1) b that the step means, b being the analogue band-pass."""
    s = 1j * frequency_hz / step.frequency_hz
    band = (s / step.q) / (s * s + s / step.q + 1)
    return float(20 * np.log10(abs(1 + (10 ** (gain_db / 20) - 1) * band)))


def amplitude(samples: np.ndarray, frequency_hz: float, rate_hz: int = RATE_HZ) -> float:
    """Of a tone in the second half of the first channel."""
    half = samples[0, samples.shape[1] // 2 :].astype(np.float64)
    turn = np.exp(-2j * np.pi * frequency_hz / rate_hz * np.arange(half.size))
    return float(2 * np.abs((half * turn * np.hanning(half.size)).sum()) / np.hanning(half.size).sum())


@pytest.mark.parametrize("gain_db_max", [-12.0, 9.0])
@pytest.mark.parametrize("over_db", [-10.0, 6.0, 12.0, 40.0])
def test_a_steady_tone_in_the_band_is_changed_as_the_curve_says(gain_db_max: float, over_db: float) -> None:
    step = DynamicEq(frequency_hz=1000, gain_db_max=gain_db_max, threshold_db=-60, threshold_from="full_scale", ratio=2)
    given = audio(sine(1000, 2, RATE_HZ, -60 + over_db + 3.0103, channels=2), RATE_HZ)
    wanted_db = np.sign(gain_db_max) * min(abs(gain_db_max), max(over_db, 0) / 2)
    ratio = amplitude(through(step, given), 1000) / amplitude(given.samples, 1000)
    assert 20 * np.log10(ratio) == pytest.approx(wanted_db, abs=0.05)


@pytest.mark.parametrize("gain_db_max", [-9.0, 6.0])
@pytest.mark.parametrize("probe_hz", [60.0, 500.0, 900.0, 1300.0, 4000.0, 15000.0])
def test_beside_its_centre_it_is_a_bell(gain_db_max: float, probe_hz: float) -> None:
    step = DynamicEq(
        frequency_hz=1000, q=2, gain_db_max=gain_db_max, threshold_db=-60, threshold_from="full_scale", ratio=100
    )
    loud = sine(1000, 2, RATE_HZ, -10, channels=2)
    given = audio(loud + sine(probe_hz, 2, RATE_HZ, -50, channels=2), RATE_HZ)
    ratio = amplitude(through(step, given), probe_hz) / amplitude(given.samples, probe_hz)
    assert 20 * np.log10(ratio) == pytest.approx(analogue_bell_db(step, gain_db_max, probe_hz), abs=0.05)


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000])
@pytest.mark.parametrize("frequency_hz", [6500.0, 12000.0, 18000.0])
@pytest.mark.parametrize(("gain_db_max", "ratio", "within_db"), [(-6.0, 100, 0.1), (6.0, 100, 0.15), (-12.0, 2, 0.4)])
def test_nothing_cramps_at_high_frequencies(
    rate_hz: int, frequency_hz: float, gain_db_max: float, ratio: float, within_db: float
) -> None:
    """Wherever its gain stands: the last of these changes by 5 of its 12 dB."""
    over_db = 10.0
    step = DynamicEq(
        frequency_hz=frequency_hz,
        q=1.2,
        gain_db_max=gain_db_max,
        threshold_db=-23.0103 - over_db,
        threshold_from="full_scale",
        ratio=ratio,
    )
    gain_db = np.sign(gain_db_max) * min(abs(gain_db_max), over_db * (1 - 1 / ratio))
    loud = sine(frequency_hz, 2, rate_hz, -20, channels=2)
    for probe_hz in (4000.0, 9100.0, 12500.0, 15100.0, 18500.0, 19900.0):
        given = audio(loud + sine(probe_hz, 2, rate_hz, -70, channels=2), rate_hz)
        made = through(step, given)
        change_db = 20 * np.log10(amplitude(made, probe_hz, rate_hz) / amplitude(given.samples, probe_hz, rate_hz))
        assert change_db == pytest.approx(analogue_bell_db(step, gain_db, probe_hz), abs=within_db)


def test_it_acts_only_while_the_band_exceeds_its_threshold() -> None:
    noise = pink_noise(4, RATE_HZ, rms=0.05)
    burst = np.zeros_like(noise)
    begin, end = RATE_HZ, RATE_HZ * 5 // 4
    burst[:, begin:end] = sine(3000, 0.25, RATE_HZ, -12)
    given = audio(noise + burst, RATE_HZ)
    made = through(DynamicEq(frequency_hz=3000, gain_db_max=-9, threshold_db=12, ratio=4, release_ms=50), given)
    assert np.array_equal(made[:, : begin - 500], given.samples[:, : begin - 500])
    assert np.array_equal(made[:, 3 * RATE_HZ :], given.samples[:, 3 * RATE_HZ :])
    inside = slice(begin + 4800, end - 480)
    assert np.abs(made[:, inside]).mean() < 0.6 * np.abs(given.samples[:, inside]).mean()


@pytest.mark.parametrize("factor", [0.125, 2.0])
@pytest.mark.parametrize("step", [DynamicEq(frequency_hz=2500, gain_db_max=-6, threshold_db=0), Deess(threshold_db=0)])
def test_relative_to_its_own_loudness_the_gain_of_the_signal_does_not_matter(
    step: DynamicEq | Deess, factor: float
) -> None:
    mix = a_mix()
    scaled = audio(mix.samples * np.float32(factor))
    assert np.allclose(through(step, scaled), through(step, mix) * factor, rtol=1e-4, atol=1e-6)


def test_both_channels_are_changed_alike() -> None:
    mix = a_mix()
    step = DynamicEq(frequency_hz=200, gain_db_max=-9, threshold_db=-3)
    swapped = audio(mix.samples[::-1])
    assert np.array_equal(through(step, swapped), through(step, mix)[::-1])


@pytest.mark.parametrize(("frequency_hz", "is_softer"), [(7000.0, True), (500.0, False)])
def test_the_de_esser_softens_sibilants_and_leaves_vowels_alone(frequency_hz: float, *, is_softer: bool) -> None:
    given = pink_noise(4, RATE_HZ, rms=0.03)
    given[:, RATE_HZ : RATE_HZ * 9 // 8] += sine(frequency_hz, 0.125, RATE_HZ, -14)
    given = given.astype(np.float32)
    made = through(Deess(reduction_db_max=6), audio(given, RATE_HZ))
    inside = slice(RATE_HZ + 1000, RATE_HZ * 9 // 8)
    change_db = 20 * np.log10(np.abs(made[:, inside]).mean() / np.abs(given[:, inside]).mean())
    assert change_db == pytest.approx(-6 if is_softer else 0, abs=0.7)


def test_the_report_gives_the_cut_and_the_threshold_that_was_found() -> None:
    tone = audio(sine(3000, 3, RATE_HZ, -10, channels=2), RATE_HZ)
    applied = fit(DynamicEq(frequency_hz=3000, gain_db_max=-4, threshold_db=-20), tone).applied
    assert applied is not None
    assert applied.parameters["band_threshold_db"] == pytest.approx(-10 - 3.01 - 20, abs=0.05)
    assert applied.parameters["change_max_db"] == pytest.approx(-4, abs=0.01)
    assert applied.detail is not None
    assert applied.detail.startswith("at most 4.0 dB")
    assert "of cut" in applied.detail


@pytest.mark.parametrize("step", [DynamicEq(frequency_hz=9000, gain_db_max=-4), Deess(frequency_hz=9000)])
def test_a_band_that_the_signal_does_not_reach_is_left_out(step: DynamicEq | Deess) -> None:
    assert [message.code for message in fit(step, a_mix(1.0, 8000)).messages] == ["step_left_out"]


def test_a_silent_band_has_no_loudness_to_stand_out_from() -> None:
    assert fit(Deess(threshold_db=0), Audio(silence(1, RATE_HZ), RATE_HZ)).processor is None
