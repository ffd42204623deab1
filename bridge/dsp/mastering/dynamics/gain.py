"""Gain along nodes, linear from one to the next, for all channels or each by itself."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.dynamics.cells import CELL, Cells
from bridge.units import Db


class GainProcessor:
    """Multiplies by the gain of nodes that were planned from the whole signal."""

    latency_frames = 0

    def __init__(self, nodes: Cells) -> None:
        self._nodes = nodes
        self._position = 0

    def process(self, block: Samples) -> Samples:
        """The block times its gain."""
        result = with_gain(block, self._position, self._nodes)
        self._position += int(block.shape[1])
        return result


@dataclass(frozen=True)
class Gained:
    """A signal as it will be after the gain, for meters."""

    source: Signal
    nodes: Cells

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.source.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.source.channels

    @property
    def frames(self) -> int:
        """Length, exactly."""
        return self.source.frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples times gain."""
        return with_gain(self.source.read(start, frames), start, self.nodes)


def with_gain(block: Samples, start: int, nodes: Cells) -> Samples:
    """The block that begins at frame `start` times its gain, in a new array."""
    given = np.ascontiguousarray(block)
    result = np.empty_like(given)
    multiply(given, result, start, nodes)
    return result


def reduction_to_gain(reductions_db: Cells) -> Cells:
    """Linear gain of reductions in dB; exactly 1 for none."""
    gain: Cells = np.exp(reductions_db * np.float32(-np.log(10.0) / 20.0))
    return gain


@dataclass(frozen=True)
class Reduction:
    """How much gain was taken away, of the channel where most was."""

    most_db: Db
    mean_db: Db
    """Over the whole signal."""

    @property
    def text(self) -> str:
        """Such as "at most 3.1 dB, on average 0.4 dB of gain reduction"."""
        return f"at most {self.most_db:.1f} dB, on average {self.mean_db:.1f} dB of gain reduction"


def reduction_of(reductions_db: Cells) -> Reduction:
    """Figures for the report."""
    return Reduction(float(reductions_db.max(initial=0.0)), float(reductions_db.mean(axis=1, dtype=np.float64).max()))


@compiled
def multiply(given: Samples, made: Samples, start: int, nodes: Cells) -> None:
    """Writes into `made` what was given times the gain.

    Args:
        given: float32 (channels, frames).
        made: as long; altered.
        start: frame of the signal with which `given` begins.
        nodes: linear gain at every CELL-th frame of the signal, one row or one a channel; the end goes on.
    """
    frames = given.shape[1]
    for channel in range(given.shape[0]):
        row = nodes[channel if nodes.shape[0] > 1 else 0]
        place = 0
        while place < frames:
            cell = (start + place) // CELL
            offset = start + place - cell * CELL
            end = min(frames, place + CELL - offset)
            known = min(cell, row.size - 2)  # later processors may be late: then silence follows the signal
            gain = row[known]
            slope = (row[known + 1] - gain) * np.float32(1.0 / CELL)
            into, source = made[channel, place:end], given[channel, place:end]
            for i in range(into.size):
                into[i] = source[i] * (gain + slope * np.float32(i + offset))
            place = end
