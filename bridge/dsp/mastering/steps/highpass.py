"""High-pass of first order, or of a higher one for steeper slopes."""

from pedalboard import HighpassFilter

from bridge.audio.signal import Signal
from bridge.chains import Highpass
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.cascade import CascadeProcessor, butterworth
from bridge.dsp.mastering.processor import Fitted, applied_step
from bridge.dsp.mastering.steps.pedalboard_filter import PedalboardFilter


def fit_highpass(step: Highpass, signal: Signal) -> Fitted:
    """Pedalboard's at 6 dB/oct, a Butterworth filter of our own beyond: bilinear, 3 dB down at the cut-off."""
    if is_beyond_band(step.cutoff_hz, signal):
        return left_out(step, signal)
    if step.slope_db_per_oct == 6:
        return Fitted(PedalboardFilter(HighpassFilter(step.cutoff_hz), signal.sample_rate_hz), applied_step(step))
    sections = butterworth(step.cutoff_hz / signal.sample_rate_hz, step.slope_db_per_oct // 6, "highpass")
    return Fitted(CascadeProcessor(sections, signal.channels), applied_step(step))
