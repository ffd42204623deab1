"""Sample peak and edges of each 10 ms hop: what tells transients from steady sound."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import largest
from bridge.dsp.measures.spans import Span


class Hops(NamedTuple):
    """One value for each whole hop of 10 ms."""

    peaks: Samples
    """Highest absolute sample of any channel."""
    edges: Samples
    """Mean square of the difference between neighbouring frames, summed over channels: the energy of what is bright."""


def span_hops(span: Span, hop: int) -> Hops:
    """Of one span."""
    hops = Hops(np.zeros(span.frames // hop, np.float32), np.zeros(span.frames // hop, np.float32))
    for row in span.samples:
        _read_hops(row, np.array([span.first, hop, span.low], np.int64), hops.peaks, hops.edges)
    return hops


def join_hops(parts: list[Hops]) -> Hops:
    """Of the whole signal."""
    if not parts:
        return Hops(np.zeros(0, np.float32), np.zeros(0, np.float32))
    return Hops(np.concatenate([part.peaks for part in parts]), np.concatenate([part.edges for part in parts]))


@compiled
def _read_hops(row: Samples, places: NDArray[np.int64], peaks: Samples, edges: Samples) -> None:
    """Raises `peaks` and adds to `edges` for each hop; `places` is first frame, frames of a hop, lowest frame."""
    first, hop, low = places[0], places[1], places[2]
    highest = np.empty(16, np.float32)
    for h in range(peaks.size):
        start = first + h * hop
        now = row[start : start + hop]
        before = row[max(start - 1, low) : start + hop]
        skipped = before.size - hop  # 0 at the very start of a signal, else 1
        total = np.float32(0.0)
        for i in range(hop - 1 + skipped):
            step = before[i + 1] - before[i]
            total += step * step
        edges[h] += total / hop
        highest[:] = peaks[h]
        for k in range(0, hop - 15, 16):
            part = now[k : k + 16]
            for i in range(16):
                highest[i] = max(highest[i], abs(part[i]))
        for i in range(hop - hop % 16, hop):
            highest[0] = max(highest[0], abs(now[i]))
        peaks[h] = largest(highest)
