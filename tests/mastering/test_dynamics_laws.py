"""Laws over every step whose gain follows the signal, beyond those of all steps."""

import numpy as np
import pytest

from bridge.audio.signal import Audio
from bridge.chains import BandDynamics, Compressor, Deess, DynamicEq, Multiband, Step, Transient
from bridge.dsp.mastering.dynamics.cells import cell_powers
from bridge.dsp.mastering.dynamics.gain import Gained, with_gain
from bridge.dsp.mastering.fitting import fit
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from tests.mastering.examples import a_mix, audio, step_name, through
from tests.signals import music

STEPS: tuple[Step, ...] = (
    Compressor(threshold_db=-30, ratio=3, detector="peak", lookahead_ms=5, sidechain_highpass_hz=90, link_percent=30),
    Compressor(threshold_db=-30, ratio=3),
    DynamicEq(frequency_hz=300, gain_db_max=6, threshold_db=-3),
    Deess(frequency_hz=3000, threshold_db=-3),
    Multiband(crossovers_hz=(150, 2000), bands=(BandDynamics(threshold_db=-40),) * 3),
    Transient(attack_db=4, sustain_db=-3),
)
every_step = pytest.mark.parametrize("step", STEPS, ids=step_name)


@every_step
@pytest.mark.parametrize("rate_hz", [8000, 22050, 96000, 384000])
def test_at_every_rate_blocks_may_be_cut_anywhere(step: Step, rate_hz: int) -> None:
    signal = Audio(music(1.0, rate_hz), rate_hz)
    whole = through(step, signal)
    assert np.isfinite(whole).all()
    assert not np.array_equal(whole, signal.samples)
    processor = fit(step, signal).processor
    assert processor is not None
    size = 5 * GRAIN_FRAMES
    parts = [processor.process(signal.read(start, size)) for start in range(0, signal.frames, size)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize(
    "step", [step for step in STEPS if not isinstance(step, DynamicEq | Deess)], ids=step_name
)  # those two count from the loudness of the whole
def test_what_comes_later_changes_nothing_earlier_than_the_lookahead(step: Step) -> None:
    """A fit hears the whole signal; its gain must not."""
    mix = a_mix(2.0)
    louder = mix.samples.copy()
    louder[:, 50_000:] *= np.float32(1.9)
    before = 50_000 - round(0.010 * mix.sample_rate_hz)
    assert np.array_equal(through(step, audio(louder))[:, :before], through(step, mix)[:, :before])


@every_step
def test_rates_hear_the_same(step: Step) -> None:
    """The same music loses or gains as much power at another rate."""

    def change_db(rate_hz: int) -> float:
        signal = Audio(music(2.0, 8000).repeat(rate_hz // 8000, axis=1), rate_hz)
        made = through(step, signal).astype(np.float64)
        return float(10 * np.log10((made**2).mean() / (signal.samples.astype(np.float64) ** 2).mean()))

    assert change_db(32000) == pytest.approx(change_db(96000), abs=0.25)


@pytest.mark.parametrize("start", [0, 5, 16, 1000, 4095])
def test_gain_is_linear_between_nodes_wherever_a_reading_begins(start: int) -> None:
    samples = np.random.default_rng(1).standard_normal((3, 5000)).astype(np.float32)
    nodes = np.random.default_rng(2).uniform(0, 2, (3, 5000 // 16 + 2)).astype(np.float32)
    at = np.arange(5000) / 16
    wanted = samples * np.array([np.interp(at, np.arange(row.size), row) for row in nodes])
    assert np.allclose(with_gain(samples[:, start:], start, nodes), wanted[:, start:], rtol=1e-5, atol=1e-6)
    assert np.array_equal(
        Gained(audio(samples), nodes).read(start, 100), with_gain(samples, 0, nodes)[:, start:][:, :100]
    )


@every_step
def test_silence_may_follow_the_signal(step: Step) -> None:
    """Where a later step is late, blocks go on after the end."""
    mix = a_mix(1.0)
    processor = fit(step, mix).processor
    assert processor is not None
    whole = processor.process(np.pad(mix.samples, ((0, 0), (0, 43 * GRAIN_FRAMES + 2500 - mix.frames))))
    assert np.array_equal(whole[:, : mix.frames], through(step, mix))
    rest = processor.process(np.zeros((2, 200_000), np.float32))
    assert np.isfinite(rest).all()
    assert np.abs(rest[:, -1000:]).max() < 1e-6


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 1000])
def test_cells_hold_the_highest_and_the_mean_square_even_when_unfinished(frames: int) -> None:
    samples = np.random.default_rng(3).standard_normal((2, frames)).astype(np.float32)
    cells = [samples[:, start : start + 16].astype(np.float64) ** 2 for start in range(0, frames, 16)]
    assert np.allclose(cell_powers(samples, "peak"), np.array([cell.max(axis=1) for cell in cells]).T, rtol=1e-5)
    assert np.allclose(cell_powers(samples, "rms"), np.array([cell.mean(axis=1) for cell in cells]).T, rtol=1e-5)
