"""Low-pass filter."""

from bridge.audio.signal import Signal
from bridge.chains import Lowpass
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.processor import Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_lowpass(step: Lowpass, signal: Signal) -> Fitted:
    """A Butterworth low-pass."""
    return fit_filter(step, [butterworth(step.cutoff_hz, step.slope_db_per_oct // 6, "lowpass")], signal, step.phase)
