"""What the guards of loudness listen to: the low end and the bright edges of drums, in hops of 10 ms."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.measures.kweighting import hop_frames
from bridge.relay import THREADS

LOW_HZ, HIGH_HZ = 40.0, 120.0
"""Where kick and bass are."""
LOW_RATE_HZ = 2500.0
"""The low end is heard at about this rate: means of so many frames are filter enough below 120 Hz."""

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """Powers of each hop of 10 ms."""

    low: Series
    """(3, hops): left, right and their product, 40 to 120 Hz."""
    bright: Series
    """(hops,): of the differences between neighbouring frames, all channels: edges of snares and cymbals."""


def read_hits(audio: Audio) -> Hits:
    """Powers of the low end (of the first two channels; the only one counts twice) and of bright edges.

    Args:
        audio: float32 (channels, frames), any rate and length; silence gives zeros.
    """
    hop = hop_frames(audio.sample_rate_hz)
    hops = max(1, audio.frames // hop)
    step = max(1, round(audio.sample_rate_hz / LOW_RATE_HZ))
    low = np.zeros((3, hops))

    def read(channel: int) -> tuple[Series, Samples]:
        row = np.ascontiguousarray(audio.samples[channel])
        edges, sums = np.zeros(hops), np.zeros(row.size // step, np.float32)
        _add_edges(row, hop, edges)
        if channel < 2:
            _sum_steps(row, step, sums)
        return edges, sums

    with ThreadPoolExecutor(THREADS) as pool:
        rows = list(pool.map(read, range(audio.channels)))
    if audio.frames:
        filters = _band_filters(audio.sample_rate_hz / step)
        _low_powers((rows[0][1], rows[min(1, len(rows) - 1)][1]), np.array([hop, step], np.int64), filters, low)
    return Hits(low, sum((edges for edges, _ in rows), np.zeros(hops)))


def _band_filters(rate_hz: float) -> Series:
    """High-pass at LOW_HZ and low-pass at HIGH_HZ, 12 dB/oct each, as rows b0 b1 b2 a1 a2 (RBJ cookbook)."""
    rows: list[list[float]] = []
    for frequency_hz, is_high in ((LOW_HZ, True), (HIGH_HZ, False)):
        w = 2.0 * math.pi * frequency_hz / rate_hz
        alpha, cos = math.sin(w) * math.sqrt(0.5), math.cos(w)
        middle = -(1.0 + cos) if is_high else 1.0 - cos
        a0 = 1.0 + alpha
        rows.append([abs(middle) / 2.0 / a0, middle / a0, abs(middle) / 2.0 / a0, -2.0 * cos / a0, (1.0 - alpha) / a0])
    return np.array(rows)


@compiled
def _add_edges(row: Samples, hop: int, bright: Series) -> None:
    """Adds the power of the differences between neighbours to each hop."""
    for h in range(bright.size):
        now = row[h * hop : (h + 1) * hop]
        total = np.float32(0.0)
        for i in range(now.size - 1):
            step = now[i + 1] - now[i]
            total += step * step
        bright[h] += total / hop


@compiled
def _sum_steps(row: Samples, step: int, sums: Samples) -> None:
    """Sum of each `step` frames."""
    for k in range(sums.size):
        frames = row[k * step : (k + 1) * step]
        total = np.float32(0.0)
        for i in range(frames.size):
            total += frames[i]
        sums[k] = total


@compiled
def _low_powers(sums: tuple[Samples, Samples], places: NDArray[np.int64], filters: Series, powers: Series) -> None:
    """Mean of left squared, right squared and left times right in each hop: means of `step` frames, filtered."""
    hop, step = places[0], places[1]
    left, right = sums[0], sums[1]
    state = np.zeros((2, 2, 2))
    counts = np.zeros(powers.shape[1])
    for i in range(left.size):
        h = min((i * step) // hop, powers.shape[1] - 1)
        low = _filtered(left[i] / np.float64(step), filters, state[0])
        other = _filtered(right[i] / np.float64(step), filters, state[1])
        powers[0, h] += low * low
        powers[1, h] += other * other
        powers[2, h] += low * other
        counts[h] += 1.0
    for h in range(powers.shape[1]):
        if counts[h] > 0.0:
            for part in range(3):
                powers[part, h] /= counts[h]


@compiled
def _filtered(value: float, filters: Series, state: Series) -> float:
    """The value through both filters; the state moves on."""
    for f in range(2):
        b0, b1, b2, a1, a2 = filters[f, 0], filters[f, 1], filters[f, 2], filters[f, 3], filters[f, 4]
        made = b0 * value + state[f, 0]
        state[f, 0] = b1 * value - a1 * made + state[f, 1]
        state[f, 1] = b2 * value - a2 * made
        value = made
    return value
