"""Notch filter."""

from bridge.audio.signal import Signal
from bridge.chains import Notch
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.cascade import CascadeProcessor, notch
from bridge.dsp.mastering.processor import Fitted, applied_step


def fit_notch(step: Notch, signal: Signal) -> Fitted:
    """The cookbook's notch."""
    if is_beyond_band(step.frequency_hz, signal):
        return left_out(step, signal)
    sections = notch(step.frequency_hz / signal.sample_rate_hz, step.q)
    return Fitted(CascadeProcessor(sections, signal.channels), applied_step(step))
