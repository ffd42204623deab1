"""Bell filter."""

from bridge.audio.signal import Signal
from bridge.chains import Peak
from bridge.dsp.mastering.filters.prototype import bell
from bridge.dsp.mastering.processor import UNCHANGED, Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_peak(step: Peak, signal: Signal) -> Fitted:
    """A bell; 0 dB leaves the signal alone."""
    if step.gain_db == 0.0:
        return UNCHANGED
    return fit_filter(step, [bell(step.frequency_hz, step.gain_db, step.q)], signal)
