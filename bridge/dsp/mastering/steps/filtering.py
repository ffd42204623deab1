"""What all filters have in common when they are fitted to a signal."""

from collections.abc import Sequence

from bridge.audio.signal import Signal
from bridge.chains import StepBase
from bridge.dsp.mastering.band import is_beyond_band, left_out
from bridge.dsp.mastering.filters.build import Phase, filter_of
from bridge.dsp.mastering.filters.prototype import Prototype
from bridge.dsp.mastering.processor import Fitted, applied_step


def fit_filter(
    step: StepBase, prototypes: Sequence[Prototype], signal: Signal, phase: Phase = "minimum", detail: str | None = None
) -> Fitted:
    """The filters, one after another; the step is left out where one lies beyond what the sample rate can hold."""
    if any(is_beyond_band(prototype, signal) for prototype in prototypes):
        return left_out(step, signal)
    return Fitted(filter_of(prototypes, phase, signal), applied_step(step, detail))
