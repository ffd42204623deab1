"""High-shelf filter."""

from bridge.audio.signal import Signal
from bridge.chains import HighShelf
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.biquad import BiquadProcessor, high_shelf
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step


def fit_high_shelf(step: HighShelf, signal: Signal) -> Fitted:
    """The cookbook's high shelf; 0 dB leaves the signal alone."""
    if is_beyond_band(step.frequency_hz, signal):
        return left_out(step, signal)
    if step.gain_db == 0.0:
        return UNCHANGED
    coefficients = high_shelf(step.frequency_hz / signal.sample_rate_hz, step.gain_db, step.q)
    return Fitted(BiquadProcessor(coefficients, signal.channels), applied_step(step))
