"""What a detector hears: the power of each cell of 16 frames."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.working import BLOCK_FRAMES

CELL = 16
"""Frames from one node of the gain to the next (0.36 ms at 44.1 kHz)."""
Cells: TypeAlias = NDArray[np.float32]
"""Shape (rows, cells): one row for all channels where they are linked, otherwise one a channel."""
Detector: TypeAlias = Literal["peak", "rms"]


class Filter(Protocol):
    """What the detector hears through."""

    def process(self, block: Samples) -> Samples:
        """The next block, filtered."""
        ...


def blocks_of(signal: Signal) -> Iterator[Samples]:
    """The signal in blocks of BLOCK_FRAMES, each contiguous."""
    for start in range(0, signal.frames, BLOCK_FRAMES):
        yield np.ascontiguousarray(signal.read(start, BLOCK_FRAMES))


def cell_count(frames: int) -> int:
    """Cells in so many frames; the last may be unfinished."""
    return -(-frames // CELL)


def cell_powers(block: Samples, detector: Detector) -> Cells:
    """Highest square (`peak`) or mean square (`rms`) in each cell, per channel; silence gives zeros."""
    powers = np.empty((block.shape[0], cell_count(block.shape[1])), np.float32)
    if detector == "peak":
        fill_peaks(block, powers)
    else:
        fill_means(block, powers)
    return powers


def read_cells(signal: Signal, detector: Detector, filters: Sequence[Filter], *, is_linked: bool) -> Cells:
    """Powers of the cells of a whole signal, heard through filters.

    Args:
        signal: float32 (channels, frames), any length.
        detector: see `cell_powers`.
        filters: fresh ones; in this order.
        is_linked: one row with the strongest channel's power, instead of one row a channel.
    """
    cells = np.empty((1 if is_linked else signal.channels, cell_count(signal.frames)), np.float32)
    done = 0
    for block in blocks_of(signal):
        heard = block
        for one in filters:
            heard = one.process(heard)
        powers = cell_powers(heard, detector)
        cells[:, done : done + powers.shape[1]] = powers.max(axis=0) if is_linked else powers
        done += powers.shape[1]
    return cells


@compiled
def fill_peaks(block: Samples, powers: Cells) -> None:
    """Highest square in each cell."""
    for channel in range(block.shape[0]):
        for cell in range(powers.shape[1]):
            given = block[channel, cell * CELL : (cell + 1) * CELL]
            highest = np.float32(0.0)
            for i in range(given.size):
                highest = max(highest, abs(given[i]))
            powers[channel, cell] = highest * highest


@compiled
def fill_means(block: Samples, powers: Cells) -> None:
    """Mean square of each cell."""
    for channel in range(block.shape[0]):
        for cell in range(powers.shape[1]):
            given = block[channel, cell * CELL : (cell + 1) * CELL]
            total = np.float32(0.0)
            for i in range(given.size):
                total += given[i] * given[i]
            powers[channel, cell] = total / np.float32(given.size)
