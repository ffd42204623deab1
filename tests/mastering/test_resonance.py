"""The resonance step: what rings is tamed, what does not is left alone bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples
from bridge.chains import Resonance
from bridge.dsp.mastering.fitting import fit
from tests.mastering.examples import a_mix, audio, through
from tests.signals import pink_noise, sine, white_noise

RATE_HZ = 44100


def with_whistle(frequency_hz: float, peak_dbfs: float = -18.0, rate_hz: int = RATE_HZ) -> Audio:
    """Six seconds of noise; something rings from the second to the fourth."""
    noise = pink_noise(6, rate_hz, rms=0.1)
    noise[:, 2 * rate_hz : 4 * rate_hz] += sine(frequency_hz, 2, rate_hz, peak_dbfs, channels=2)
    return audio(noise, rate_hz)


def tone_db(samples: Samples, frequency_hz: float, rate_hz: int = RATE_HZ) -> float:
    """Amplitude of a tone in the third second's middle."""
    part = samples[0, round(2.7 * rate_hz) : round(3.7 * rate_hz)].astype(np.float64)
    turn = np.exp(-2j * np.pi * frequency_hz / rate_hz * np.arange(part.size)) * np.hanning(part.size)
    return float(20 * np.log10(2 * np.abs((part * turn).sum()) / np.hanning(part.size).sum()))


@pytest.mark.parametrize("noise", [white_noise, pink_noise])
@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_noise_has_no_resonances_and_stays_the_same_array(noise: type, rate_hz: int) -> None:
    signal = Audio(noise(5, rate_hz), rate_hz)
    assert through(Resonance(), signal) is signal.samples


@pytest.mark.parametrize("frequency_hz", [800.0, 3150.0, 9000.0])
@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_a_whistle_is_tamed_while_it_lasts_and_where_it_is(frequency_hz: float, rate_hz: int) -> None:
    given = with_whistle(frequency_hz, rate_hz=rate_hz)
    made = through(Resonance(cut_db_max=9, depth_percent=100), given)
    cut_db = tone_db(made, frequency_hz, rate_hz) - tone_db(given.samples, frequency_hz, rate_hz)
    assert cut_db == pytest.approx(-9, abs=0.7)
    assert np.array_equal(made[:, : round(1.9 * rate_hz)], given.samples[:, : round(1.9 * rate_hz)])
    assert np.array_equal(made[:, 5 * rate_hz :], given.samples[:, 5 * rate_hz :])
    spectra = [np.abs(np.fft.rfft(samples[0, 2 * rate_hz : 4 * rate_hz])) ** 2 for samples in (made, given.samples)]
    at_hz = np.fft.rfftfreq(2 * rate_hz, 1 / rate_hz)
    away = (np.abs(np.log2(np.maximum(at_hz, 1) / frequency_hz)) > 0.3) & (at_hz > 20)
    assert 10 * np.log10(spectra[0][away].sum() / spectra[1][away].sum()) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("depth_percent", [25.0, 50.0])
def test_the_depth_is_the_share_of_what_stands_out(depth_percent: float) -> None:
    given = with_whistle(3150, -24)
    cuts = []
    for depth in (depth_percent, 100.0):
        applied = fit(Resonance(depth_percent=depth, cut_db_max=24), given).applied
        assert applied is not None
        cuts.append(float(str(applied.parameters["deepest_cut_db"])))
    assert cuts[0] == pytest.approx(cuts[1] * depth_percent / 100, abs=0.15)


@settings(max_examples=8, deadline=None)
@given(st.floats(-50, 6))
def test_how_loud_the_signal_is_does_not_matter(gain_db: float) -> None:
    given = with_whistle(3150)
    factor = np.float32(10 ** (gain_db / 20))
    made = through(Resonance(), Audio(given.samples * factor, RATE_HZ)) / factor
    assert np.abs(made - through(Resonance(), given)).max() < 0.01


def test_outside_of_its_range_it_does_nothing() -> None:
    given = with_whistle(3150)
    assert through(Resonance(low_hz=5000), given) is given.samples
    assert through(Resonance(high_hz=2000), given) is given.samples


def test_the_cut_is_never_deeper_than_its_limit() -> None:
    applied = fit(Resonance(cut_db_max=3.5, depth_percent=100), with_whistle(3150, -6)).applied
    assert applied is not None
    assert applied.parameters["deepest_cut_db"] == 3.5
    assert float(str(applied.parameters["most_cut_hz"])) == pytest.approx(3150, rel=0.06)
    assert 25 < float(str(applied.parameters["at_work_percent"])) < 60


def test_less_sharpness_takes_the_surroundings_along() -> None:
    given = with_whistle(3150)
    narrow, wide = (
        np.abs(through(Resonance(sharpness_percent=share), given) - given.samples).sum() for share in (100, 0)
    )
    assert wide > 1.05 * narrow


def test_channels_keep_their_balance() -> None:
    given = with_whistle(3150)
    given.samples[1] = np.float32(0.25) * given.samples[0]
    made = through(Resonance(), given)
    assert np.abs(made[1] - 0.25 * made[0]).max() < 1e-5


def test_a_signal_that_ends_in_a_resonance_keeps_its_end() -> None:
    given = audio(with_whistle(3150).samples[:, : 3 * RATE_HZ])
    made = through(Resonance(), given)
    assert made.shape == given.samples.shape
    assert np.isfinite(made).all()
    assert np.abs(made[:, -200:]).max() > 0.01


def test_music_without_flares_is_hardly_touched() -> None:
    given = audio(pink_noise(3, RATE_HZ, rms=0.05) + 0.3 * a_mix().samples)
    change = through(Resonance(), given) - given.samples
    assert 10 * np.log10(np.square(change).mean() / np.square(given.samples).mean() + 1e-12) < -12
