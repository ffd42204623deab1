"""Low-pass of first order."""

from pedalboard import LowpassFilter

from bridge.audio.signal import Signal
from bridge.chains import Lowpass
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.processor import Fitted, applied_step
from bridge.dsp.mastering.steps.pedalboard_filter import PedalboardFilter


def fit_lowpass(step: Lowpass, signal: Signal) -> Fitted:
    """Pedalboard's low-pass: bilinear, 3 dB down at the cut-off."""
    if is_beyond_band(step.cutoff_hz, signal):
        return left_out(step, signal)
    return Fitted(PedalboardFilter(LowpassFilter(step.cutoff_hz), signal.sample_rate_hz), applied_step(step))
