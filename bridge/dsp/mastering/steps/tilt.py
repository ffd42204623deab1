"""Tilt filter."""

from bridge.audio.signal import Signal
from bridge.chains import Tilt
from bridge.dsp.mastering.filters.prototype import tilt
from bridge.dsp.mastering.processor import UNCHANGED, Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_tilt(step: Tilt, signal: Signal) -> Fitted:
    """A tilt; 0 dB leaves the signal alone."""
    if step.gain_db == 0.0:
        return UNCHANGED
    return fit_filter(step, [tilt(step.frequency_hz, step.gain_db)], signal)
