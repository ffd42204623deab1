"""Gain along the nodes, and what it does to the energies of a signal."""

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.measures.peak_kernels import CELL

TILE = 128
"""Cells whose gain is drawn before it is applied: short loops over single cells cost five times as much."""


@compiled
def apply_gain(source: Samples, result: Samples, places: NDArray[np.int64], drive: float, nodes: Nodes) -> None:
    """Writes the source times drive times gain, the same gain on all channels.

    Args:
        source: float32 (channels, any).
        result: float32 (channels, any); altered.
        places: first frame in `source`, first frame in `result`, frames, and which frame of the signal that is (a
            multiple of CELL).
        drive: linear gain before the nodes; where it and the nodes are 1, samples stay as they are, bit by bit.
        nodes: of the whole signal; the last gain goes on after it.
    """
    first, into, frames, start = places[0], places[1], places[2], places[3]
    gains = np.empty(TILE * CELL, np.float32)
    for begin in range(0, frames, gains.size):
        size = min(gains.size, frames - begin)
        _draw(nodes, (start + begin) // CELL, drive, gains)
        for channel in range(source.shape[0]):
            given = source[channel, first + begin : first + begin + size]
            made = result[channel, into + begin : into + begin + size]
            for i in range(size):
                made[i] = given[i] * gains[i]


@compiled
def _draw(nodes: Nodes, cell: int, drive: float, gains: Samples) -> None:
    """The gain of each frame from a cell on."""
    for begin in range(0, gains.size, CELL):
        k = min(cell + begin // CELL, nodes.size - 2)  # later steps may be late: then silence follows the signal
        gain = np.float32(drive * nodes[k])
        slope = (np.float32(drive * nodes[k + 1]) - gain) * np.float32(1.0 / CELL)
        drawn = gains[begin : begin + CELL]
        for i in range(CELL):
            drawn[i] = gain + slope * np.float32(i)


@compiled
def hop_gains(nodes: Nodes, hop: int, gains: NDArray[np.float64]) -> None:
    """Mean square gain of each hop of `hop` frames."""
    for h in range(gains.size):
        first = (h * hop) // CELL
        last = min(max(first + 1, ((h + 1) * hop) // CELL), nodes.size)
        total = 0.0
        for k in range(first, last):
            total += nodes[k] * nodes[k]
        gains[h] = total / (last - first)
