"""Multiband dynamics: bands that sum flat, each with its own curves, times and gain."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import BandDynamics, Multiband
from bridge.dsp.mastering.band import is_frequency_beyond, left_out
from bridge.dsp.mastering.dynamics.cells import Cells, blocks_of, cell_count, cell_powers
from bridge.dsp.mastering.dynamics.crossover import Crossover, crossovers_at, low_pass_magnitude
from bridge.dsp.mastering.dynamics.curve import BelowCurve, Curve
from bridge.dsp.mastering.dynamics.gain import reduction_to_gain, with_gain
from bridge.dsp.mastering.dynamics.times import Times, held, moved, moved_below
from bridge.dsp.mastering.filters.fir import BAND_SPAN_S, FirBank, linear_phase_taps
from bridge.dsp.mastering.placement import Delay
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, Processor, applied_step
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


class LinearMultibandProcessor:
    """The same with crossovers of linear phase: differences of low-passes, whose sum is the signal itself, late."""

    def __init__(self, low_passes: FirBank, nodes: Sequence[Cells], channels: int) -> None:
        self._low_passes = low_passes
        self.latency_frames = low_passes.latency_frames
        self._delay = Delay(self.latency_frames, channels)
        self._nodes = nodes
        self._position = -self.latency_frames

    def process(self, block: Samples) -> Samples:
        """The sum of the bands, late."""
        below = self._low_passes.process(block)
        late = self._delay.process(block)
        early = min(max(0, -self._position), block.shape[1])  # frames before the signal's first
        start = self._position + early
        self._position += int(block.shape[1])
        bands = [below[0], *np.diff(below, axis=0), late - below[-1]]
        total = np.zeros(block.shape)
        for band, nodes in zip(bands, self._nodes, strict=True):
            total[:, early:] += with_gain(band[:, early:], start, nodes)
        return total.astype(np.float32)


def fit_multiband(step: Multiband, signal: Signal) -> Fitted:
    """The gain of each band for this signal; where no band has any, the signal stays as it is."""
    if is_frequency_beyond(step.crossovers_hz[-1], signal):
        return left_out(step, signal)
    if all(band.is_neutral for band in step.bands):
        return UNCHANGED
    powers = band_powers(step, signal)
    reductions = [
        _reductions(band, powers[index : index + 1], signal.sample_rate_hz) for index, band in enumerate(step.bands)
    ]
    if not any(reduction.any() for reduction in reductions) and not any(band.gain_db for band in step.bands):
        return UNCHANGED
    nodes = [
        reduction_to_gain(reduction) * np.float32(db_to_gain(band.gain_db))
        for reduction, band in zip(reductions, step.bands, strict=True)
    ]
    return Fitted(_processor(step, signal, nodes), _applied(step, reductions))


def _processor(step: Multiband, signal: Signal, nodes: Sequence[Cells]) -> Processor:
    if step.phase == "linear":
        low_passes = [
            linear_phase_taps(partial(low_pass_magnitude, crossover_hz), signal.sample_rate_hz, BAND_SPAN_S)
            for crossover_hz in step.crossovers_hz
        ]
        return LinearMultibandProcessor(FirBank(low_passes, signal.channels), nodes, signal.channels)
    crossovers = crossovers_at(step.crossovers_hz, signal.sample_rate_hz, signal.channels)
    return MultibandProcessor(crossovers, nodes)


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
    """Gain reduction in dB at each node, negative where the band is raised."""
    times = Times(band.attack_ms, band.release_ms)
    reductions = held(powers, times, "rms", sample_rate_hz)
    below = reductions.copy()
    below[:, 0] = below[:, min(1, below.shape[1] - 1)]  # before the signal lies no silence that would close an expander
    Curve(band.threshold_db, band.ratio, band.knee_db, band.change_db_max).bend(reductions)
    total = _signed(reductions, lambda size: moved(size, times, "rms", sample_rate_hz))
    if band.below_threshold_db is not None:
        BelowCurve(band.below_threshold_db, band.below_ratio, band.knee_db, band.change_db_max).bend(below)
        total += _signed(below, lambda size: moved_below(size, times, sample_rate_hz))
        np.clip(total, -band.change_db_max, band.change_db_max, out=total)
    return total


def _signed(changes: Cells, move: Callable[[Cells], Cells]) -> Cells:
    """Changes of one sign, moved in time by their size."""
    is_raised = bool(changes.min(initial=0.0) < 0.0)
    moved_size = move(np.abs(changes))
    return -moved_size if is_raised else moved_size


def _applied(step: Multiband, reductions: Sequence[Cells]) -> AppliedStep:
    """Changes are told as gain reduction, or with a sign where a band was raised."""
    parameters: dict[str, ParameterValue] = {"bands": len(step.bands)}
    most: list[str] = []
    mean: list[str] = []
    is_signed = any(bool((reduction < 0.0).any()) for reduction in reductions)
    for number, reduction in enumerate(reductions, start=1):
        extreme = float(max(reduction.max(initial=0.0), reduction.min(initial=0.0), key=abs))
        average = float(reduction.mean(dtype=np.float64))
        parameters[f"band_{number}_gain_reduction_max_db"] = round(extreme, 4)
        parameters[f"band_{number}_gain_reduction_mean_db"] = round(average, 4)
        most.append(f"{-extreme:+.1f}" if is_signed else f"{extreme:.1f}")
        mean.append(f"{-average:+.1f}" if is_signed else f"{average:.1f}")
    what = "of change" if is_signed else "of gain reduction"
    detail = f"at most {' / '.join(most)} dB, on average {' / '.join(mean)} dB {what}, low to high"
    return applied_step(step, detail, **parameters)
