"""Saturation at the same loudness."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import Saturate
from bridge.dsp.mastering.equal_loudness import lost_db
from bridge.dsp.mastering.processor import Fitted, applied_step
from bridge.dsp.mastering.waveshape import Curve, ShapedProcessor, saturation_curve
from bridge.dsp.mastering.working import BLOCK_FRAMES
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


def fit_saturate(step: Saturate, signal: Signal) -> Fitted:
    """The curve, and the gain after it that brings the loudness back to what it was."""
    drive = db_to_gain(step.drive_db)
    gain_db = _lost_db(signal, BentSignal(signal, saturation_curve(step.kind, drive)))
    curve = saturation_curve(step.kind, drive, db_to_gain(gain_db))
    processor = ShapedProcessor(curve, step.oversample, signal.channels, signal.sample_rate_hz)
    detail = f"loudness brought back by {gain_db:+.2f} dB"
    return Fitted(processor, applied_step(step, detail, gain_db=round(gain_db, 4)))


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
