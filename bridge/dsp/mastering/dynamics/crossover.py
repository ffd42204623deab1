"""Crossovers whose bands sum flat: Linkwitz-Riley of fourth order, brought back into phase by all-passes.

A low-pass is two Butterworths in a row, L = B^2. What is above it is H = A - L, where A is the all-pass with the poles
of B: for Linkwitz-Riley filters that is exactly the fourth-order high-pass (S. Lipshitz, J. Vanderkooy, "A family of
linear-phase crossover networks", JAES 34/1, 1986). The bands below a crossover go through its A before the band above
is added, so the sum is the signal through all-passes, whatever the frequencies.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.filters.prototype import BUTTERWORTH_Q, Curve
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.units import Hz

Coefficients = NDArray[np.float64]
Exact = NDArray[np.float64]
"""Shape (channels, frames): a signal between filters."""


class Crossover:
    """Cuts what is left of a signal in two."""

    def __init__(self, frequency: float, channels: int) -> None:
        self._coefficients = poles(frequency)
        self._cut = np.zeros((channels, 4))
        self._below = np.zeros((channels, 2))

    def split(self, rest: Exact) -> Samples:
        """What lies below the frequency; `rest` becomes what lies above."""
        low = np.empty(rest.shape, np.float32)
        split_block(rest, low, self._coefficients, self._cut)
        return low

    def align(self, below: Exact) -> None:
        """Brings the sum of the bands below into phase with those of this crossover, in place."""
        align_block(below, self._coefficients, self._below)


def crossovers_at(frequencies_hz: Sequence[Hz], sample_rate_hz: int, channels: int) -> list[Crossover]:
    """Crossovers for rising frequencies, with nothing in them yet."""
    return [Crossover(frequency / sample_rate_hz, channels) for frequency in frequencies_hz]


def low_pass_magnitude(crossover_hz: Hz, at_hz: Curve) -> Curve:
    """Of the low-pass, for crossovers of linear phase; the high-pass is what is left of 1."""
    return np.asarray(1.0 / (1.0 + (at_hz / crossover_hz) ** 4), np.float64)


def poles(frequency: float) -> Coefficients:
    """Gain of the Butterworth, and a1, a2 that it shares with the all-pass; `frequency` in cycles per frame."""
    angle = 2 * math.pi * frequency
    alpha = math.sin(angle) / (2 * BUTTERWORTH_Q)
    return np.array([(1 - math.cos(angle)) / 2, -2 * math.cos(angle), 1 - alpha]) / (1 + alpha)


@compiled
def split_block(rest: Exact, low: Samples, c: Coefficients, state: Exact) -> None:
    """Writes L of `rest` into `low` and leaves A - L in `rest`; both filters in direct form II, state float64."""
    gain, a1, a2 = c[0], c[1], c[2]
    for channel in range(rest.shape[0]):
        given, made = rest[channel], low[channel]
        p, q, r, s = state[channel, 0], state[channel, 1], state[channel, 2], state[channel, 3]
        for start in range(0, given.size, GRAIN_FRAMES):
            for i in range(start, min(start + GRAIN_FRAMES, given.size)):
                w = given[i] - a1 * p - a2 * q
                v = gain * (w + 2.0 * p + q) - a1 * r - a2 * s
                below = gain * (v + 2.0 * r + s)
                given[i] = a2 * w + a1 * p + q - below
                made[i] = np.float32(below)
                p, q, r, s = w, p, v, r
            p, q, r, s = _audible(p), _audible(q), _audible(r), _audible(s)
        state[channel, 0], state[channel, 1], state[channel, 2], state[channel, 3] = p, q, r, s


@compiled
def align_block(below: Exact, c: Coefficients, state: Exact) -> None:
    """Sends `below` through A, in place."""
    a1, a2 = c[1], c[2]
    for channel in range(below.shape[0]):
        given = below[channel]
        p, q = state[channel, 0], state[channel, 1]
        for start in range(0, given.size, GRAIN_FRAMES):
            for i in range(start, min(start + GRAIN_FRAMES, given.size)):
                w = given[i] - a1 * p - a2 * q
                given[i] = a2 * w + a1 * p + q
                p, q = w, p
            p, q = _audible(p), _audible(q)
        state[channel, 0], state[channel, 1] = p, q


@compiled
def _audible(value: float) -> float:
    """The value, or zero once it has faded: numbers that decay for ever become subnormal, which is slow."""
    return value if abs(value) > 1e-30 else 0.0
