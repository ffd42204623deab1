"""Dither: statistics of its error, its grid, its silence, its seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.chains import Gain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.dither import Grid, grid_for, is_on_grid, quantise
from bridge.recipes import OutputBitDepth
from tests.mastering.examples import a_mix, audio, chain_of, uses
from tests.signals import silence, sine

RATE_HZ = 44100
KINDS = [Grid(16, "tpdf", 3), Grid(24, "tpdf", 3), Grid(16, "noise_shaped", 3)]
every_kind = pytest.mark.parametrize("grid", KINDS, ids=lambda grid: f"{grid.bits} {grid.kind}")


def quantised(samples: Samples, grid: Grid) -> Samples:
    result = samples.copy()
    quantise(result, 0, samples.shape[1], grid)
    return result


def error_in_steps(samples: Samples, grid: Grid) -> NDArray[np.float64]:
    return (quantised(samples, grid).astype(np.float64) - samples) / grid.step


def tone(peak: float) -> Samples:
    return (peak * sine(997, 6.0, RATE_HZ, channels=2)).astype(np.float32)


@every_kind
def test_every_value_lies_on_the_grid(grid: Grid) -> None:
    steps = quantised(a_mix().samples, grid).astype(np.float64) / grid.step
    assert np.array_equal(steps, np.round(steps))


@every_kind
def test_values_beyond_full_scale_are_held_at_its_ends(grid: Grid) -> None:
    result = quantised(np.array([[1.5, -1.5] * 100], np.float32), grid)
    assert result.max() == pytest.approx(1.0 - grid.step, abs=1e-12)
    assert result.min() == -1.0


@pytest.mark.parametrize("grid", KINDS[:2], ids=lambda grid: f"{grid.bits} {grid.kind}")
@pytest.mark.parametrize("peak", [0.5, 0.00003, 0.0000003])
def test_the_error_of_tpdf_has_no_mean_and_a_quarter_step_of_variance(grid: Grid, peak: float) -> None:
    """1/12 of rounding and 1/6 of the noise, whatever the signal: far below a step, too."""
    error = error_in_steps(tone(peak), grid)
    assert abs(error.mean()) < 0.003
    assert error.var() == pytest.approx(0.25, rel=0.01)
    assert np.abs(error).max() <= 1.5


def test_the_error_does_not_follow_the_signal() -> None:
    """Variance of the error is the same at every place between two steps, which plain rounding or RPDF misses."""
    samples = tone(0.00005)
    error = error_in_steps(samples, KINDS[0])
    place = (samples.astype(np.float64) / KINDS[0].step) % 1.0
    for low in np.arange(0, 1, 0.1):
        inside = (place >= low) & (place < low + 0.1)
        assert abs(error[inside].mean()) < 0.02
        assert error[inside].var() == pytest.approx(0.25, rel=0.05)


def test_the_error_of_tpdf_is_white_and_differs_by_channel() -> None:
    left, right = error_in_steps(tone(0.5), KINDS[0])
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.01
    for lag in range(1, 6):
        assert abs(np.mean(left[lag:] * left[:-lag])) < 0.003


def test_a_tone_below_one_step_survives() -> None:
    """Undithered it would be silence."""
    samples = (0.4 * KINDS[0].step * sine(1000, 6.0, RATE_HZ)).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(quantised(samples, KINDS[0])[0]))
    assert spectrum.argmax() == 6000


def test_shaped_error_is_where_hearing_is_least_sensitive() -> None:
    """Its spectrum is that of the published filter, |1 - sum of c z^-k|^2, over the flat one."""
    error = error_in_steps(tone(0.5), KINDS[2])[0]
    frames = 4096
    blocks = error[: error.size // frames * frames].reshape(-1, frames) * np.hanning(frames)
    power = (np.abs(np.fft.rfft(blocks, axis=1)) ** 2).mean(axis=0) / (np.hanning(frames) ** 2).sum()
    frequencies = np.fft.rfftfreq(frames, 1 / RATE_HZ)
    coefficients = np.array([1, -2.412, 3.370, -3.937, 4.174, -3.353, 2.205, -1.281, 0.569, -0.0847])
    published = np.abs(np.fft.rfft(coefficients, frames)) ** 2 * 0.25
    audible = (frequencies > 100) & (frequencies < 21000)
    smooth = np.ones(15) / 15
    ratio_db = 10 * np.log10(np.convolve(power, smooth, "same") / np.convolve(published, smooth, "same"))
    assert np.abs(ratio_db[audible]).max() < 1.5
    ear = (frequencies > 2500) & (frequencies < 5000)
    assert 10 * np.log10(power[ear].mean() / 0.25) < -20


@every_kind
def test_digital_silence_stays_digital_silence(grid: Grid) -> None:
    assert not quantised(silence(1.0, RATE_HZ), grid).any()


@every_kind
def test_a_silent_channel_and_a_silent_passage_stay_silent(grid: Grid) -> None:
    samples = a_mix(2.0).samples.copy()
    samples[1] = 0.0
    samples[0, 20_000:50_000] = 0.0
    result = quantised(samples, grid)
    assert not result[1].any()
    assert not result[0, 20_000 + 1024 : 50_000 - 1024].any()


@every_kind
def test_the_seed_and_nothing_else_decides_the_bytes(grid: Grid) -> None:
    samples = a_mix(1.0).samples
    other = Grid(grid.bits, grid.kind, grid.seed + 1)
    assert np.array_equal(quantised(samples, grid), quantised(samples, grid))
    assert not np.array_equal(quantised(samples, grid), quantised(samples, other))


def test_any_stretch_can_be_made_again() -> None:
    samples = a_mix(2.0).samples
    whole = quantised(samples, KINDS[0])
    again = samples.copy()
    quantise(again, 2048, 4096, KINDS[0])
    assert np.array_equal(again[:, 2048:6144], whole[:, 2048:6144])
    assert np.array_equal(again[:, :2048], samples[:, :2048])


@pytest.mark.parametrize(
    ("bits", "sample_rate_hz", "kind"),
    [(16, 44100, "noise_shaped"), (16, 48000, "noise_shaped"), (16, 96000, "tpdf"), (24, 44100, "tpdf")],
)
def test_noise_is_shaped_for_16_bits_at_the_rates_that_the_filter_was_made_for(
    bits: int, sample_rate_hz: int, kind: str
) -> None:
    assert grid_for(bits, sample_rate_hz, seed=0).kind == kind


def test_values_of_fewer_bits_lie_on_the_grid_of_more() -> None:
    of_16 = audio(np.array([-32768, -5, 0, 7, 32767]) / 32768)
    assert is_on_grid(of_16, 16)
    assert is_on_grid(of_16, 24)
    assert not is_on_grid(audio(of_16.samples + np.float32(2**-20)), 16)
    assert not is_on_grid(audio(np.array([1.0])), 24)


# --- As part of a mastering -------------------------------------------------------------------------------------------


def of_bits(bits: int) -> Audio:
    scale = 2 ** (bits - 1)
    return audio(np.round(a_mix().samples * scale) / scale)


@pytest.mark.parametrize(("bits", "bit_depth"), [(24, "24"), (16, "24"), (16, "16"), (24, "32f")])
def test_a_signal_that_fits_and_is_not_changed_leaves_as_it_is(bits: int, bit_depth: OutputBitDepth) -> None:
    source = of_bits(bits)
    mastered = master(source, chain_of(ceiling_dbtp=0), MasterOrder(bit_depth=bit_depth))
    assert mastered.audio is source
    assert mastered.steps == ()


@pytest.mark.parametrize(("bits", "bit_depth"), [(24, "16"), (32, "24"), (32, "16")])
def test_dither_is_a_step_whenever_the_bit_depth_falls(bits: int, bit_depth: OutputBitDepth) -> None:
    source = of_bits(bits)
    mastered = master(source, chain_of(ceiling_dbtp=0), MasterOrder(bit_depth=bit_depth, seed=5))
    assert uses(mastered) == ["dither"]
    parameters = mastered.steps[0].parameters
    assert parameters["bit_depth"] == bit_depth
    assert parameters["seed"] == 5
    assert is_on_grid(mastered.audio, int(bit_depth))
    assert np.abs(mastered.audio.samples - source.samples).max() < 30 * 2.0 ** (1 - int(bit_depth))


def test_floating_point_is_never_dithered() -> None:
    mastered = master(a_mix(), chain_of(Gain(gain_db=-0.1)), MasterOrder(bit_depth="32f"))
    assert uses(mastered) == ["gain"]


def test_a_changed_signal_is_dithered_even_if_it_came_with_24_bits() -> None:
    mastered = master(of_bits(24), chain_of(Gain(gain_db=-0.1)), MasterOrder(bit_depth="24"))
    assert uses(mastered) == ["gain", "dither"]
