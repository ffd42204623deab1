"""High-pass of first order."""

from pedalboard import HighpassFilter

from bridge.audio.signal import Signal
from bridge.chains import Highpass
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.processor import Fitted, applied_step
from bridge.dsp.mastering.steps.pedalboard_filter import PedalboardFilter


def fit_highpass(step: Highpass, signal: Signal) -> Fitted:
    """Pedalboard's high-pass: bilinear, 3 dB down at the cut-off."""
    if is_beyond_band(step.cutoff_hz, signal):
        return left_out(step, signal)
    return Fitted(PedalboardFilter(HighpassFilter(step.cutoff_hz), signal.sample_rate_hz), applied_step(step))
