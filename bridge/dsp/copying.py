"""Frames from one array to another, inside kernels."""

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled


@compiled
def copy_into(target: Samples, source: Samples) -> None:
    """Fills `target` from a source that is at least as long.

    A slice on the left of an assignment would compare lengths, and complain in a way that needs Python.
    """
    for i in range(target.size):
        target[i] = source[i]


@compiled
def largest(values: Samples) -> np.float32:
    """The largest of one or more values; `values.max()` needs a function of numba's."""
    best = np.float32(values[0])
    for i in range(1, values.size):
        best = max(best, values[i])
    return best
