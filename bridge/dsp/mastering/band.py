"""Steps whose frequency a signal does not reach."""

from bridge.audio.signal import Signal
from bridge.chains import StepBase
from bridge.dsp.mastering.filters.prototype import Prototype
from bridge.dsp.mastering.processor import Fitted
from bridge.messages import message
from bridge.units import Hz

BAND_EDGE = 0.49
"""Of the sample rate: beyond it there is nothing to cut off."""
SKIRT_EDGE = 1.0
"""A shelf or bell up to there still raises or lowers what lies below half the sample rate."""


def is_beyond_band(prototype: Prototype, signal: Signal) -> bool:
    """Whether the signal's sample rate is too low for a filter."""
    edge = SKIRT_EDGE if prototype.has_skirts else BAND_EDGE
    return prototype.frequency_hz >= edge * signal.sample_rate_hz


def is_frequency_beyond(frequency_hz: Hz, signal: Signal) -> bool:
    """Whether there is hardly anything of the signal at that frequency, and nothing above."""
    return frequency_hz >= BAND_EDGE * signal.sample_rate_hz


def left_out(step: StepBase, signal: Signal) -> Fitted:
    """The step does nothing to this signal, and says why."""
    return Fitted(None, None, (message("step_left_out", step=step.placed_sentence(), rate_hz=signal.sample_rate_hz),))
