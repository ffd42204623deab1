"""Tilt filter."""

from bridge.audio.signal import Signal
from bridge.chains import Tilt
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.cascade import CascadeProcessor, tilt
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step


def fit_tilt(step: Tilt, signal: Signal) -> Fitted:
    """The matched tilt; 0 dB leaves the signal alone."""
    if is_beyond_band(step.frequency_hz, signal):
        return left_out(step, signal)
    if step.gain_db == 0.0:
        return UNCHANGED
    sections = tilt(step.frequency_hz / signal.sample_rate_hz, step.gain_db)
    return Fitted(CascadeProcessor(sections, signal.channels), applied_step(step))
