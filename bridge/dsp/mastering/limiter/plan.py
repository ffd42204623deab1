"""The gain plan of the limiter: from what each cell of eight frames needs to a gain at each cell boundary.

need -> the most that is needed within hold and lookahead -> two-stage release -> smoothing as long as the lookahead.
Smoothing averages values of which each already holds the need of the cell at hand, so that every cell gets at least the
reduction that it needs, and the gain has arrived before the peak does. The release has two stages, of which the lower
gain wins: a fast one for single peaks, and a slow one that follows what lasts, so that dense music is not pumped.

Everything is a *reduction* d = 1 - gain, linear: no reduction is exactly zero, so that the gain is then exactly one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.chains import Limiter
from bridge.chains.levels import LimiterMode
from bridge.dsp.compiled import compiled
from bridge.dsp.measures.peak_kernels import CELL

Envelope: TypeAlias = NDArray[np.float32]
"""Shape (cells,): linear true peak of each cell of CELL frames over all channels, or 0 where it does not matter."""
Nodes: TypeAlias = NDArray[np.float32]
"""Shape (cells + 1,): linear gain at each cell boundary; between boundaries the gain moves in a straight line."""


class SlowStage(NamedTuple):
    """The second stage of the release."""

    rise_s: float
    """How long a reduction must last before the slow stage takes it for the music's own."""
    release: float
    """How much longer than the fast stage it takes to give back."""


SLOW_STAGES: Mapping[LimiterMode, SlowStage | None] = MappingProxyType(
    {"transparent": SlowStage(0.5, 4.0), "punchy": SlowStage(1.0, 2.5), "loud": None}
)
INAUDIBLE = 1e-6
"""A reduction below it (0.00001 dB) is over: from there on samples are left alone, bit by bit."""
REPAIR_S = 0.001
"""How far a correction around a single cell reaches."""


@dataclass(frozen=True)
class Shape:
    """How the gain moves: lengths in cells, rates as shares per cell."""

    lookahead: int
    hold: int
    release: float
    slow_rise: float
    slow_release: float


def limiter_shape(step: Limiter, sample_rate_hz: int) -> Shape:
    """Shape of the limiter that is heard."""
    cells_per_ms = sample_rate_hz / CELL / 1000
    lookahead = max(2, round(step.lookahead_ms * cells_per_ms))
    slow = SLOW_STAGES[step.mode]
    return Shape(
        lookahead=lookahead,
        hold=lookahead if step.hold_ms is None else round(step.hold_ms * cells_per_ms),
        release=_rate(step.release_ms * cells_per_ms),
        slow_rise=0.0 if slow is None else _rate(slow.rise_s * 1000 * cells_per_ms),
        slow_release=1.0 if slow is None else _rate(slow.release * step.release_ms * cells_per_ms),
    )


def repair_shape(sample_rate_hz: int) -> Shape:
    """Shape of a correction around single cells: short, to both sides alike, without release."""
    lookahead = max(2, round(REPAIR_S * sample_rate_hz / CELL))
    return Shape(lookahead, hold=0, release=1.0, slow_rise=0.0, slow_release=1.0)


def _rate(cells: float) -> float:
    """Share per cell by which 63 % are done after so many cells."""
    return 1.0 - math.exp(-1.0 / cells)


def plan_gain(envelope: Envelope, levels: tuple[float, float], shape: Shape, nodes: Nodes) -> None:
    """Multiplies into `nodes` the gain that brings each cell above the ceiling down to the aim.

    Args:
        envelope: true peaks.
        levels: ceiling, which a cell must exceed to need anything; and aim (at most the ceiling), where its peak goes.
        shape: how the gain moves.
        nodes: altered; where nothing is near, they stay as they are, bit by bit.
    """
    smooth = shape.lookahead + 2
    lengths = np.array([shape.lookahead, shape.hold, smooth // 2, smooth - smooth // 2])
    rates = np.array([shape.release, shape.slow_rise, shape.slow_release])
    _plan(envelope, np.array(levels), lengths, rates, nodes)


@compiled
def _plan(
    envelope: Envelope,
    levels: NDArray[np.float64],
    lengths: NDArray[np.int64],
    rates: NDArray[np.float64],
    nodes: Nodes,
) -> None:
    """One pass over the cells; the state is a queue of candidates for the window's maximum, the release, two means."""
    ahead, hold = lengths[0], lengths[1]
    queue = np.zeros((2, ahead + hold + 3))  # ring of cells and their needs, which fall from `first` on
    first, count = 0, 0
    fast, slow = 0.0, 0.0
    boxes = np.zeros((2, 1 + max(lengths[2], lengths[3])))
    turns = np.zeros(2, np.int64)
    quiet = ahead + 3
    seen = -1
    while seen + 1 < nodes.size + ahead:
        seen += 1
        if count == 0 and quiet > ahead + 2:  # nothing is needed or still under way
            seen = _next_over(envelope, seen, levels[0])
            if seen == envelope.size:
                return
        if seen < envelope.size and envelope[seen] > levels[0]:
            count = _push(queue, first, count, seen, 1.0 - levels[1] / envelope[seen])
        k = seen - ahead
        if k < 0:
            continue
        while count > 0 and queue[0, first] < k - 1 - hold:  # node k borders on cells k - 1 and k
            first = _wrapped(first + 1, queue.shape[1])
            count -= 1
        need = queue[1, first] if count > 0 else 0.0
        fast = need if need > fast else fast + (need - fast) * rates[0]
        slow += (fast - slow) * (rates[1] if fast > slow else rates[2])
        reduction = max(fast, slow)
        if reduction < INAUDIBLE:
            fast, slow, reduction = 0.0, 0.0, 0.0
            quiet += 1
            if quiet > ahead + 2:
                boxes[:] = 0.0  # exactly no reduction, whatever roundings have gathered
                continue
        else:
            quiet = 0
        if k == 0:  # before the start the gain is what the start needs
            boxes[:] = reduction
            boxes[0, 0], boxes[1, 0] = reduction * lengths[2], reduction * lengths[3]
        nodes[k] *= np.float32(1.0 - _smoothed(reduction, boxes, turns, lengths))


@compiled
def _smoothed(
    reduction: float, boxes: NDArray[np.float64], turns: NDArray[np.int64], lengths: NDArray[np.int64]
) -> float:
    """The reduction after two running means, each a sum with the ring of what is in it."""
    for box in range(2):
        length = lengths[2 + box]
        place = _wrapped(turns[box] + 1, length)
        boxes[box, 0] += reduction - boxes[box, 1 + place]
        boxes[box, 1 + place] = reduction
        reduction = max(0.0, boxes[box, 0] / length)
        turns[box] = place
    return reduction


@compiled
def _next_over(envelope: Envelope, seen: int, level: float) -> int:
    """The next cell above a level, or the end."""
    while seen < envelope.size and envelope[seen] <= level:
        seen += 1
    return min(seen, envelope.size)


@compiled
def _push(queue: NDArray[np.float64], first: int, count: int, cell: int, need: float) -> int:
    """Puts a cell behind all that need more; the new length of the queue."""
    size = queue.shape[1]
    while count > 0 and queue[1, _wrapped(first + count - 1, size)] <= need:
        count -= 1
    end = _wrapped(first + count, size)
    queue[0, end], queue[1, end] = cell, need
    return count + 1


@compiled
def _wrapped(place: int, size: int) -> int:
    """Place in a ring; `place` is less than twice its size."""
    return place - size if place >= size else place


def reduction_db(nodes: Nodes) -> tuple[float, float]:
    """Most and mean gain reduction over the whole signal, in dB."""
    lowest, mean_db = _reduction(nodes)
    return -20.0 * math.log10(lowest), -mean_db


@compiled
def _reduction(nodes: Nodes) -> tuple[float, float]:
    """Lowest gain, linear, and mean gain in dB."""
    lowest, total = np.float32(1.0), 0.0
    for k in range(nodes.size):
        if nodes[k] < np.float32(1.0):
            lowest = min(lowest, nodes[k])
            total += 20.0 * np.log10(nodes[k])
    return float(lowest), total / max(1, nodes.size)
