"""High-pass filter."""

from bridge.audio.signal import Signal
from bridge.chains import Highpass
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.processor import Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_highpass(step: Highpass, signal: Signal) -> Fitted:
    """A Butterworth high-pass."""
    return fit_filter(step, [butterworth(step.cutoff_hz, step.slope_db_per_oct // 6, "highpass")], signal, step.phase)
