"""Bell filter."""

from bridge.audio.signal import Signal
from bridge.chains import Peak
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.biquad import BiquadProcessor, bell
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step


def fit_peak(step: Peak, signal: Signal) -> Fitted:
    """The cookbook's bell; 0 dB leaves the signal alone."""
    if is_beyond_band(step.frequency_hz, signal):
        return left_out(step, signal)
    if step.gain_db == 0.0:
        return UNCHANGED
    coefficients = bell(step.frequency_hz / signal.sample_rate_hz, step.gain_db, step.q)
    return Fitted(BiquadProcessor(coefficients, signal.channels), applied_step(step))
