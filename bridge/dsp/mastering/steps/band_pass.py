"""Band-pass filter."""

from bridge.audio.signal import Signal
from bridge.chains import BandPass
from bridge.dsp.mastering.filters.prototype import band_pass
from bridge.dsp.mastering.processor import Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter


def fit_band_pass(step: BandPass, signal: Signal) -> Fitted:
    """A band-pass that keeps the gain of its centre."""
    return fit_filter(step, [band_pass(step.frequency_hz, step.q)], signal)
