"""The multiband compressor: crossovers against their analytic curves, a flat sum, and bands that keep to themselves."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.chains import BandDynamics, Multiband, read_chain
from bridge.chains.tone import FilterPhase
from bridge.dsp.mastering.dynamics.crossover import crossovers_at
from bridge.dsp.mastering.fitting import fit
from bridge.dsp.mastering.steps.multiband import MultibandProcessor
from bridge.errors import ChainError
from tests.mastering.examples import a_mix, audio, through
from tests.signals import sine

RATE_HZ = 48000
STILL = BandDynamics(ratio=1)


def spectrum_db(response: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(response.astype(np.float64))) + 1e-30), np.float64)


def impulse(frames: int = 1 << 17) -> Samples:
    samples = np.zeros((1, frames), np.float32)
    samples[0, 0] = 1.0
    return samples


def amplitude_db(samples: Samples) -> float:
    return float(10 * np.log10(2 * np.mean(samples[0, samples.shape[1] // 2 :].astype(np.float64) ** 2)))


@settings(max_examples=20, deadline=None)  # the first example may compile
@given(
    st.lists(st.floats(20, 20000), min_size=1, max_size=5, unique=True).map(sorted),
    st.sampled_from([44100, 96000, 384000]),
)
def test_the_bands_sum_flat_wherever_the_crossovers_are(crossovers_hz: list[float], rate_hz: int) -> None:
    ones = np.ones((1, (1 << 17) // 16 + 1), np.float32)
    processor = MultibandProcessor(crossovers_at(crossovers_hz, rate_hz, 1), [ones] * (len(crossovers_hz) + 1))
    gain_db = spectrum_db(processor.process(impulse())[0])
    audible = np.fft.rfftfreq(1 << 17, 1 / rate_hz) >= 20
    assert np.abs(gain_db[audible]).max() < 0.01


@pytest.mark.parametrize("crossover_hz", [60.0, 1000.0, 9000.0])
def test_a_crossover_is_a_linkwitz_riley_of_fourth_order(crossover_hz: float) -> None:
    rest = impulse().astype(np.float64)
    low = crossovers_at([crossover_hz], RATE_HZ, 1)[0].split(rest)
    frequencies = np.fft.rfftfreq(1 << 17, 1 / RATE_HZ)[1:-1]
    s = np.tan(np.pi * frequencies / RATE_HZ) / np.tan(np.pi * crossover_hz / RATE_HZ)
    heard = (np.abs(20 * np.log10(s)) < 24) & (frequencies >= 20)
    wanted_low = -20 * np.log10(1 + s**4)
    assert spectrum_db(low[0])[1:-1][heard] == pytest.approx(wanted_low[heard], abs=0.02)
    wanted_high = wanted_low + 80 * np.log10(s)
    assert spectrum_db(rest[0])[1:-1][heard] == pytest.approx(wanted_high[heard], abs=0.02)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_each_band_is_compressed_by_its_own_curve(index: int) -> None:
    """A tone in the middle of each of three bands, 12 dB over its threshold at 3:1, and raised by 2 dB."""
    bands = [STILL] * 3
    bands[index] = BandDynamics(threshold_db=-25, ratio=3, knee_db=0, gain_db=2)
    step = Multiband(crossovers_hz=(300, 4000), bands=tuple(bands))
    for band, frequency_hz in enumerate((50, 1100, 16000)):
        tone = sine(frequency_hz, 2, RATE_HZ, -10, channels=2)
        change_db = amplitude_db(through(step, audio(tone, RATE_HZ))) - amplitude_db(tone)
        assert change_db == pytest.approx(-(15 - 3.01) * 2 / 3 + 2 if band == index else 0, abs=0.15)


def test_loud_bass_does_not_turn_the_treble_down() -> None:
    treble = sine(8000, 2, RATE_HZ, -30, channels=2)
    given = audio(sine(60, 2, RATE_HZ, -3, channels=2) + treble, RATE_HZ)
    squeezed = BandDynamics(threshold_db=-24, ratio=8)
    made = through(Multiband(crossovers_hz=(500,), bands=(squeezed, squeezed)), given)
    half = RATE_HZ
    turn = np.exp(-2j * np.pi * 8000 / RATE_HZ * np.arange(half)) * np.hanning(half)
    heard = np.abs((made[0, half:] * turn).sum()) / np.abs((treble[0, half:] * turn).sum())
    assert 20 * np.log10(heard) == pytest.approx(0, abs=0.05)


def test_attack_and_release_of_a_band_are_its_own() -> None:
    tone = sine(1000, 3, RATE_HZ, -6, channels=2)
    tone[:, :RATE_HZ] *= np.float32(0.01)
    tone[:, 2 * RATE_HZ :] *= np.float32(0.01)
    band = BandDynamics(threshold_db=-30, ratio=4, knee_db=0, attack_ms=40, release_ms=200)
    made = through(Multiband(crossovers_hz=(100,), bands=(STILL, band)), audio(tone, RATE_HZ))
    crests = [np.abs(samples[0]).reshape(-1, 48).max(axis=1) for samples in (made, tone)]
    change = 20 * np.log10(crests[0] / crests[1])  # one value a millisecond
    most = change[1800]
    attack_ms = np.flatnonzero(change[1000:2000] < most * (1 - np.exp(-1)))[0]
    release_ms = np.flatnonzero(change[2002:] < most * np.exp(-1))[-1] + 2
    assert attack_ms == pytest.approx(40, abs=3)
    assert release_ms == pytest.approx(200, abs=6)


def test_both_channels_get_the_same_gain() -> None:
    mix = a_mix()
    step = Multiband(crossovers_hz=(150, 3000), bands=(BandDynamics(threshold_db=-30),) * 3)
    assert np.array_equal(through(step, audio(mix.samples[::-1])), through(step, mix)[::-1])


def test_the_report_gives_each_band_with_its_gain_reduction() -> None:
    step = Multiband(crossovers_hz=(200, 2000), bands=(STILL, BandDynamics(threshold_db=-33, ratio=2), STILL))
    applied = fit(step, audio(sine(600, 3, RATE_HZ, -3, channels=2), RATE_HZ)).applied
    assert applied is not None
    assert applied.parameters["crossovers_hz"] == "200, 2000"
    assert applied.parameters["band_2_threshold_db"] == -33
    assert applied.parameters["band_2_gain_reduction_max_db"] == pytest.approx(13.5, abs=0.2)
    assert applied.parameters["band_1_gain_reduction_max_db"] == 0
    assert applied.detail is not None
    assert applied.detail.startswith("at most 0.0 / 13.")


def test_crossovers_that_the_signal_does_not_reach_leave_the_step_out() -> None:
    step = Multiband(crossovers_hz=(200, 6000), bands=(BandDynamics(),) * 3)
    assert [message.code for message in fit(step, a_mix(1.0, 8000)).messages] == ["step_left_out"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("crossovers_hz: [2000, 200]\n    bands: [{}, {}, {}]", "must rise"),
        ("crossovers_hz: [200]\n    bands: [{}, {}, {}]", "must be 2 for 1 crossovers, not 3"),
        ("crossovers_hz: [200]\n    bands: [{}, {ratoi: 2}]", "ratio"),
        ("crossovers_hz: [200]\n    bands: [{}, {below_threshold_db: -10}]", "must lie at or below threshold_db"),
        ("crossovers_hz: [5]\n    bands: [{}, {}]", "20"),
    ],
)
def test_wrong_bands_are_told_with_their_place(lines: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"title: Wrong\nsteps:\n  - use: multiband\n    {lines}\n")
    with pytest.raises(ChainError, match=sentence) as reason:
        read_chain(path)
    assert "wrong.yaml" in str(reason.value)


SIX = (80.0, 250.0, 800.0, 2500.0, 8000.0)


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_six_bands_of_linear_phase_sum_to_the_signal_itself(rate_hz: int) -> None:
    mix = a_mix(2.0, rate_hz)
    step = Multiband(crossovers_hz=SIX, bands=(BandDynamics(threshold_db=-80, ratio=2, gain_db=0),) * 6, phase="linear")
    still = step.model_copy(update={"bands": (*(STILL,) * 5, BandDynamics(ratio=1, gain_db=0.001))})
    assert np.abs(through(still, mix) - mix.samples).max() < 2e-4
    assert np.abs(through(step, mix) - mix.samples).max() > 0.01


@pytest.mark.parametrize("phase", ["minimum", "linear"])
@pytest.mark.parametrize("bands", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("rate_hz", [44100, 192_000])
def test_the_bands_sum_flat_within_a_tenth_of_a_decibel_in_either_phase(
    phase: FilterPhase, bands: int, rate_hz: int
) -> None:
    nearly_still = (*(STILL,) * (bands - 1), BandDynamics(ratio=1, gain_db=0.001))
    centred = np.zeros((1, 1 << 18), np.float32)
    centred[0, 1 << 17] = 1.0
    step = Multiband(crossovers_hz=SIX[: bands - 1], bands=nearly_still, phase=phase)
    audible = np.fft.rfftfreq(1 << 18, 1 / rate_hz) >= 20
    assert np.abs(spectrum_db(through(step, audio(centred, rate_hz))[0])[audible]).max() < 0.1


@pytest.mark.parametrize("crossover_hz", [60.0, 1000.0, 9000.0])
def test_a_linear_phase_crossover_has_the_slopes_of_the_other(crossover_hz: float) -> None:
    bands = (BandDynamics(ratio=1, gain_db=-12), STILL)
    centred = np.zeros((1, 1 << 17), np.float32)
    centred[0, 1 << 16] = 1.0
    step = Multiband(crossovers_hz=(crossover_hz,), bands=bands, phase="linear")
    made = through(step, audio(centred, RATE_HZ))[0]
    at_hz = np.fft.rfftfreq(1 << 17, 1 / RATE_HZ)
    low = 1 / (1 + (at_hz / crossover_hz) ** 4)
    wanted_db = 20 * np.log10(low * 10 ** (-12 / 20) + 1 - low)
    heard = at_hz >= 20
    assert np.abs(spectrum_db(made)[heard] - wanted_db[heard]).max() < 0.05
    assert np.abs(made[1:] - made[1:][::-1]).max() < 1e-6


@pytest.mark.parametrize(
    ("band", "peak_dbfs", "wanted_db"),
    [
        (BandDynamics(threshold_db=-30, ratio=0.5, knee_db=0), -17.0, 10.0),
        (BandDynamics(threshold_db=-30, ratio=0.5, knee_db=0, change_db_max=6), -17.0, 6.0),
        (BandDynamics(ratio=1, below_threshold_db=-40, below_ratio=2, knee_db=0), -47.0, -10.0),
        (BandDynamics(ratio=1, below_threshold_db=-40, below_ratio=2, knee_db=0, change_db_max=4), -47.0, -4.0),
        (BandDynamics(ratio=1, below_threshold_db=-40, below_ratio=0.5, knee_db=0), -47.0, 5.0),
        (BandDynamics(ratio=1, below_threshold_db=-40, below_ratio=2, knee_db=0), -30.0, 0.0),
        (BandDynamics(threshold_db=-20, ratio=4, below_threshold_db=-40, below_ratio=3, knee_db=0), -7.0, -7.5),
    ],
)
def test_bands_expand_and_compress_above_and_below(band: BandDynamics, peak_dbfs: float, wanted_db: float) -> None:
    """Upward expansion, downward expansion, upward compression; a tone's RMS is 3 dB below its peak."""
    tone = sine(1100, 2, RATE_HZ, peak_dbfs, channels=2)
    made = through(Multiband(crossovers_hz=(100, 9000), bands=(STILL, band, STILL)), audio(tone, RATE_HZ))
    assert amplitude_db(made) - amplitude_db(tone) == pytest.approx(wanted_db, abs=0.15)


def test_an_expander_opens_with_the_attack_and_closes_with_the_release() -> None:
    tone = sine(1000, 4, RATE_HZ, -6, channels=2)
    tone[:, :RATE_HZ] *= np.float32(0.01)
    tone[:, 2 * RATE_HZ :] *= np.float32(0.01)
    band = BandDynamics(
        ratio=1, below_threshold_db=-30, below_ratio=2, knee_db=0, attack_ms=30, release_ms=200, change_db_max=12
    )
    made = through(Multiband(crossovers_hz=(100,), bands=(STILL, band)), audio(tone, RATE_HZ))
    crests = [np.abs(samples[0]).reshape(-1, 48).max(axis=1) for samples in (made, tone)]
    change = 20 * np.log10(crests[0] / crests[1])
    assert change[900] == pytest.approx(-12, abs=0.2)
    open_ms = np.flatnonzero(change[1000:2000] > -12 * np.exp(-1))[0]
    close_ms = np.flatnonzero(change[2010:] < -12 * (1 - np.exp(-1)))[0] + 10
    assert open_ms == pytest.approx(30, abs=5)
    assert close_ms == pytest.approx(200, abs=12)


def test_raised_bands_are_told_with_their_sign() -> None:
    step = Multiband(crossovers_hz=(100,), bands=(STILL, BandDynamics(threshold_db=-30, ratio=0.5, knee_db=0)))
    applied = fit(step, audio(sine(1100, 2, RATE_HZ, -17, channels=2), RATE_HZ)).applied
    assert applied is not None
    assert applied.detail is not None
    assert "/ +10.0 dB" in applied.detail
    assert applied.detail.endswith("of change, low to high")
