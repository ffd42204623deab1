"""Steps whose frequency a signal does not reach."""

from bridge.audio.signal import Signal
from bridge.chains import StepBase
from bridge.dsp.mastering.processor import Fitted
from bridge.messages import message
from bridge.units import Hz

BAND_EDGE = 0.49
"""Of the sample rate: beyond it a bilinear filter has no response that is worth its name."""


def is_beyond_band(frequency_hz: Hz, signal: Signal) -> bool:
    """Whether the signal's sample rate is too low for a filter at that frequency."""
    return frequency_hz >= BAND_EDGE * signal.sample_rate_hz


def left_out(step: StepBase, signal: Signal) -> Fitted:
    """The step does nothing to this signal, and says why."""
    return Fitted(None, None, (message("step_left_out", step=step.placed_sentence(), rate_hz=signal.sample_rate_hz),))
