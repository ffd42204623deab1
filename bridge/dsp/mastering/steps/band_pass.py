"""Band-pass filter."""

from bridge.audio.signal import Signal
from bridge.chains import BandPass
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.cascade import CascadeProcessor, band_pass
from bridge.dsp.mastering.processor import Fitted, applied_step


def fit_band_pass(step: BandPass, signal: Signal) -> Fitted:
    """The cookbook's band-pass with constant peak gain."""
    if is_beyond_band(step.frequency_hz, signal):
        return left_out(step, signal)
    sections = band_pass(step.frequency_hz / signal.sample_rate_hz, step.q)
    return Fitted(CascadeProcessor(sections, signal.channels), applied_step(step))
