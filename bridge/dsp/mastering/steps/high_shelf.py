"""High-shelf filter."""

from bridge.audio.signal import Signal
from bridge.chains import HighShelf
from bridge.dsp.mastering.filters.prototype import high_shelf
from bridge.dsp.mastering.processor import UNCHANGED, Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_high_shelf(step: HighShelf, signal: Signal) -> Fitted:
    """A high shelf; 0 dB leaves the signal alone."""
    if step.gain_db == 0.0:
        return UNCHANGED
    return fit_filter(step, [high_shelf(step.frequency_hz, step.gain_db, step.q)], signal)
