"""DC: a constant offset, which costs headroom and clicks at cuts."""

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.chains import DcRemove
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.dynamics.cells import blocks_of
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import sections_of
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step

OFFSET_MIN = 1e-5
"""Of full scale (-100 dBFS): less is no offset, but what the lowest notes leave over."""


def fit_dc_remove(step: DcRemove, signal: Signal) -> Fitted:
    """A high-pass of first order far below hearing; a signal without an offset is left alone.

    Subtracting the mean would be simpler, and would turn the silence before the first note into an offset.
    """
    offsets = mean_of(signal)
    if np.abs(offsets).max(initial=0.0) < OFFSET_MIN:
        return UNCHANGED
    sections = sections_of(butterworth(step.cutoff_hz, 1, "highpass"), signal.sample_rate_hz)
    told = ", ".join(f"{offset:+.5f}" for offset in offsets.tolist())
    detail = f"the channels stood off zero by {told} of full scale"
    return Fitted(CascadeProcessor(sections, signal.channels), applied_step(step, detail))


def mean_of(signal: Signal) -> NDArray[np.float64]:
    """Mean of each channel; zero for a signal without frames."""
    totals = np.zeros(signal.channels)
    for block in blocks_of(signal):
        add_up(block, totals)
    return totals / max(1, signal.frames)


@compiled
def add_up(block: Samples, totals: NDArray[np.float64]) -> None:
    """Adds the samples of each channel, in float64."""
    for channel in range(block.shape[0]):
        row, total = block[channel], 0.0
        for i in range(row.size):
            total += np.float64(row[i])
        totals[channel] += total
