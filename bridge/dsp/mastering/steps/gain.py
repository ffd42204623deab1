"""Gain: every sample times the same factor."""

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import Gain
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.units import db_to_gain


class GainProcessor:
    """Multiplies by a factor, rounded once to float32."""

    latency_frames = 0

    def __init__(self, gain: float) -> None:
        self._gain = np.float32(gain)

    def process(self, block: Samples) -> Samples:
        """The block times the factor."""
        return block * self._gain


def fit_gain(step: Gain, signal: Signal) -> Fitted:
    """A fixed gain; 0 dB leaves the signal alone."""
    del signal
    if step.gain_db == 0.0:
        return UNCHANGED
    return Fitted(GainProcessor(db_to_gain(step.gain_db)), applied_step(step))
