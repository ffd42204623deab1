"""Low-shelf filter."""

from bridge.audio.signal import Signal
from bridge.chains import LowShelf
from bridge.dsp.mastering.filters.prototype import low_shelf
from bridge.dsp.mastering.processor import UNCHANGED, Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_low_shelf(step: LowShelf, signal: Signal) -> Fitted:
    """A low shelf; 0 dB leaves the signal alone."""
    if step.gain_db == 0.0:
        return UNCHANGED
    return fit_filter(step, [low_shelf(step.frequency_hz, step.gain_db, step.q)], signal)
