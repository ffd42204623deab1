"""Saturation at the same loudness, of everything or of a band."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import Saturate
from bridge.dsp.mastering.band import is_frequency_beyond, left_out
from bridge.dsp.mastering.dynamics.cells import blocks_of
from bridge.dsp.mastering.dynamics.crossover import low_pass_magnitude
from bridge.dsp.mastering.equal_loudness import lost_db
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.fir import BAND_SPAN_S, FirProcessor, Taps, linear_phase_taps
from bridge.dsp.mastering.filters.prototype import Curve as Response
from bridge.dsp.mastering.placement import Delay
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, Processor, applied_step
from bridge.dsp.mastering.waveshape import Curve, ShapedProcessor, saturation_curve
from bridge.dsp.mastering.working import BLOCK_FRAMES
from bridge.dsp.measures.kweighting import k_weighting
from bridge.units import Db, db_to_gain


@dataclass(frozen=True)
class BentSignal:
    """A signal through a curve, not oversampled: as loud as the oversampled one."""

    signal: Signal
    curve: Curve

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.signal.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.signal.channels

    @property
    def frames(self) -> int:
        """Length."""
        return self.signal.frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples (channels, n), bent."""
        return self.curve.shaped(self.signal.read(start, frames))


class BandSaturator:
    """Puts a saturated band in the place of the band; the rest goes through untouched, in time with it."""

    def __init__(self, taps: Taps, shaped: Processor, channels: int) -> None:
        self._band = FirProcessor(taps, channels)
        self._shaped = shaped
        self._band_delay = Delay(shaped.latency_frames, channels)
        self.latency_frames = self._band.latency_frames + shaped.latency_frames
        self._delay = Delay(self.latency_frames, channels)

    def process(self, block: Samples) -> Samples:
        """The block, late, with its band bent."""
        band = self._band.process(block)
        result = np.array(self._delay.process(block), np.float32)
        result += self._shaped.process(band)
        result -= self._band_delay.process(band)
        return result


def fit_saturate(step: Saturate, signal: Signal) -> Fitted:
    """The curve, and the gain after it that brings the loudness back to what it was; nothing without drive."""
    if step.drive_db == 0.0:
        return UNCHANGED
    if step.low_hz is not None and is_frequency_beyond(step.low_hz, signal):
        return left_out(step, signal)
    drive = db_to_gain(step.drive_db)
    taps = _band_taps(step, signal)
    bent = saturation_curve(step.kind, drive)
    gain_db = _lost_db(signal, BentSignal(signal, bent)) if taps is None else _lost_in_band_db(signal, bent, taps)
    curve = saturation_curve(step.kind, drive, db_to_gain(gain_db))
    shaped = ShapedProcessor(curve, step.oversample, signal.channels, signal.sample_rate_hz)
    processor = shaped if taps is None else BandSaturator(taps, shaped, signal.channels)
    detail = f"loudness brought back by {gain_db:+.2f} dB"
    return Fitted(processor, applied_step(step, detail, gain_db=round(gain_db, 4)))


def _band_taps(step: Saturate, signal: Signal) -> Taps | None:
    """The linear-phase filter of the step's band; None for everything."""
    high_hz = None if step.high_hz is None or is_frequency_beyond(step.high_hz, signal) else step.high_hz
    if step.low_hz is None and high_hz is None:
        return None
    return linear_phase_taps(partial(_band, step.low_hz, high_hz), signal.sample_rate_hz, BAND_SPAN_S)


def _band(low_hz: float | None, high_hz: float | None, at_hz: Response) -> Response:
    """Linkwitz-Riley slopes to both sides."""
    above = 1.0 - low_pass_magnitude(low_hz, at_hz) if low_hz is not None else np.ones(at_hz.shape)
    return above * low_pass_magnitude(high_hz, at_hz) if high_hz is not None else above


def _lost_db(before: Signal, after: Signal) -> Db:
    """Loudness that was lost; energy where there is no loudness; nothing for silence."""
    lost = lost_db(before, after)
    if lost is not None:
        return lost
    energies = _energy(before), _energy(after)
    return float(10 * np.log10(energies[0] / energies[1])) if min(energies) > 0 else 0.0


def _energy(signal: Signal) -> float:
    blocks = range(0, signal.frames, BLOCK_FRAMES)
    return float(sum(np.square(signal.read(start, BLOCK_FRAMES), dtype=np.float64).sum() for start in blocks))


def _lost_in_band_db(signal: Signal, curve: Curve, taps: Taps) -> Db:
    """K-weighted energy that the curve takes out of a band, in one pass; nothing for silence."""
    band = FirProcessor(taps, signal.channels)
    weightings = [CascadeProcessor(k_weighting(signal.sample_rate_hz), signal.channels) for _ in range(2)]
    energies = np.zeros(2)
    rest = np.zeros((signal.channels, band.latency_frames), np.float32)
    for block in (*blocks_of(signal), rest):
        heard = band.process(block)
        for index, samples in enumerate((heard, curve.shaped(heard))):
            energies[index] += np.square(weightings[index].process(samples), dtype=np.float64).sum()
    return float(10 * np.log10(energies[0] / energies[1])) if energies.min() > 0 else 0.0
