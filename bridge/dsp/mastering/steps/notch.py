"""Notch filter."""

from bridge.audio.signal import Signal
from bridge.chains import Notch
from bridge.dsp.mastering.filters.prototype import notch
from bridge.dsp.mastering.processor import Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_notch(step: Notch, signal: Signal) -> Fitted:
    """A notch."""
    return fit_filter(step, [notch(step.frequency_hz, step.q)], signal)
