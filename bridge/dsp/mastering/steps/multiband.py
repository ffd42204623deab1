"""Multiband compressor: bands that sum flat, each with its own curve, times and gain."""

from collections.abc import Sequence

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import BandDynamics, Multiband
from bridge.dsp.mastering.band import is_frequency_beyond, left_out
from bridge.dsp.mastering.dynamics.cells import Cells, blocks_of, cell_count, cell_powers
from bridge.dsp.mastering.dynamics.crossover import Crossover, crossovers_at
from bridge.dsp.mastering.dynamics.curve import Curve
from bridge.dsp.mastering.dynamics.gain import Reduction, reduction_of, reduction_to_gain, with_gain
from bridge.dsp.mastering.dynamics.times import Times, held, moved
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.model import AppliedStep, ParameterValue
from bridge.units import db_to_gain


class MultibandProcessor:
    """Splits, gives each band its gain along nodes, and sums."""

    latency_frames = 0

    def __init__(self, crossovers: Sequence[Crossover], nodes: Sequence[Cells]) -> None:
        self._crossovers = crossovers
        self._nodes = nodes
        self._position = 0

    def process(self, block: Samples) -> Samples:
        """The sum of the bands."""
        rest = np.array(block, np.float64, order="C")
        total = np.zeros_like(rest)
        for index, crossover in enumerate(self._crossovers):
            low = crossover.split(rest)
            if index > 0:
                crossover.align(total)
            total += with_gain(low, self._position, self._nodes[index])
        total += with_gain(rest.astype(np.float32), self._position, self._nodes[-1])
        self._position += int(block.shape[1])
        return total.astype(np.float32)


def fit_multiband(step: Multiband, signal: Signal) -> Fitted:
    """The gain of each band for this signal; where no band has any, the signal stays as it is."""
    if is_frequency_beyond(step.crossovers_hz[-1], signal):
        return left_out(step, signal)
    if all(band.ratio == 1.0 and band.gain_db == 0.0 for band in step.bands):
        return UNCHANGED
    powers = band_powers(step, signal)
    reductions = [
        _reductions(band, powers[index : index + 1], signal.sample_rate_hz) for index, band in enumerate(step.bands)
    ]
    if not any(reduction.any() for reduction in reductions) and not any(band.gain_db for band in step.bands):
        return UNCHANGED
    applied = _applied(step, [reduction_of(reduction) for reduction in reductions])
    nodes = [
        reduction_to_gain(reduction) * np.float32(db_to_gain(band.gain_db))
        for reduction, band in zip(reductions, step.bands, strict=True)
    ]
    crossovers = crossovers_at(step.crossovers_hz, signal.sample_rate_hz, signal.channels)
    return Fitted(MultibandProcessor(crossovers, nodes), applied)


def band_powers(step: Multiband, signal: Signal) -> Cells:
    """Power of each cell in each band, of the channel where it is strongest: float32 (bands, cells)."""
    crossovers = crossovers_at(step.crossovers_hz, signal.sample_rate_hz, signal.channels)
    powers = np.empty((len(step.bands), cell_count(signal.frames)), np.float32)
    done = 0
    for block in blocks_of(signal):
        rest = block.astype(np.float64)
        bands = [crossover.split(rest) for crossover in crossovers]
        for row, band in enumerate([*bands, rest.astype(np.float32)]):
            heard = cell_powers(band, "rms").max(axis=0)
            powers[row, done : done + heard.size] = heard
        done += cell_count(block.shape[1])
    return powers


def _reductions(band: BandDynamics, powers: Cells, sample_rate_hz: int) -> Cells:
    times = Times(band.attack_ms, band.release_ms)
    reductions = held(powers, times, "rms", sample_rate_hz)
    Curve(band.threshold_db, band.ratio, band.knee_db).bend(reductions)
    return moved(reductions, times, "rms", sample_rate_hz)


def _applied(step: Multiband, figures: Sequence[Reduction]) -> AppliedStep:
    parameters: dict[str, ParameterValue] = {"bands": len(step.bands)}
    for number, figure in enumerate(figures, start=1):
        parameters[f"band_{number}_gain_reduction_max_db"] = round(figure.most_db, 4)
        parameters[f"band_{number}_gain_reduction_mean_db"] = round(figure.mean_db, 4)
    most = " / ".join(f"{figure.most_db:.1f}" for figure in figures)
    mean = " / ".join(f"{figure.mean_db:.1f}" for figure in figures)
    return applied_step(step, f"at most {most} dB, on average {mean} dB of gain reduction, low to high", **parameters)
