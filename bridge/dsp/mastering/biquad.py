"""Second-order filters with float64 state: shelves and bells.

Pedalboard's are not used here: in float32 a second-order filter at a low frequency adds noise far above what 24 bits
hold (low shelf at 90 Hz: -89 dB below the signal, bell at 60 Hz with Q 4: -76 dB; this one: below -140 dB). The
responses are the same: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

import math

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.units import Db, Hz

Coefficients = NDArray[np.float64]
"""b0 b1 b2 a1 a2, divided by a0."""


class BiquadProcessor:
    """One biquad on every channel (transposed direct form II, float64 inside)."""

    latency_frames = 0

    def __init__(self, coefficients: Coefficients, channels: int) -> None:
        self._coefficients = coefficients
        self._state = np.zeros((channels, 2))

    def process(self, block: Samples) -> Samples:
        """The filtered block."""
        given = np.ascontiguousarray(block)
        result = np.empty_like(given)
        filter_block(given, result, self._coefficients, self._state)
        return result


def bell(frequency: float, gain_db: Db, q: float) -> Coefficients:
    """Peaking EQ; `frequency` in cycles per frame."""
    amplitude, cosine, alpha = _shape(frequency, gain_db, q)
    return _divided(
        [1 + alpha * amplitude, -2 * cosine, 1 - alpha * amplitude],
        [1 + alpha / amplitude, -2 * cosine, 1 - alpha / amplitude],
    )


def low_shelf(frequency: float, gain_db: Db, q: float) -> Coefficients:
    """Low shelf; `frequency` (middle of the slope) in cycles per frame."""
    return _shelf(frequency, gain_db, q, side=1.0)


def high_shelf(frequency: float, gain_db: Db, q: float) -> Coefficients:
    """High shelf; `frequency` (middle of the slope) in cycles per frame."""
    return _shelf(frequency, gain_db, q, side=-1.0)


def _shelf(frequency: float, gain_db: Db, q: float, *, side: float) -> Coefficients:
    a, cosine, alpha = _shape(frequency, gain_db, q)
    root = 2 * math.sqrt(a) * alpha
    turned = side * cosine  # both shelves are one formula with the frequency axis turned round
    return _divided(
        [
            a * (a + 1 - (a - 1) * turned + root),
            side * 2 * a * (a - 1 - (a + 1) * turned),
            a * (a + 1 - (a - 1) * turned - root),
        ],
        [a + 1 + (a - 1) * turned + root, -side * 2 * (a - 1 + (a + 1) * turned), a + 1 + (a - 1) * turned - root],
    )


def _shape(frequency: Hz, gain_db: Db, q: float) -> tuple[float, float, float]:
    """Square root of the gain, cosine of the angular frequency, and the cookbook's alpha."""
    angle = 2 * math.pi * frequency
    return 10.0 ** (gain_db / 40.0), math.cos(angle), math.sin(angle) / (2 * q)


def _divided(b: list[float], a: list[float]) -> Coefficients:
    return np.array([b[0], b[1], b[2], a[1], a[2]]) / a[0]


@compiled
def filter_block(block: Samples, result: Samples, coefficients: Coefficients, state: NDArray[np.float64]) -> None:
    """Filters all channels, two at a time: two recursions side by side take as long as one."""
    channels = block.shape[0]
    for channel in range(0, channels - 1, 2):
        _filter_pair(block, result, coefficients, state, channel)
    if channels % 2:
        _filter_last(block, result, coefficients, state)


@compiled
def _filter_pair(block: Samples, result: Samples, c: Coefficients, state: NDArray[np.float64], channel: int) -> None:
    b0, b1, b2, a1, a2 = c[0], c[1], c[2], c[3], c[4]
    given, given_beside = block[channel], block[channel + 1]
    made, made_beside = result[channel], result[channel + 1]
    p, q = state[channel, 0], state[channel, 1]
    r, s = state[channel + 1, 0], state[channel + 1, 1]
    for start in range(0, given.size, GRAIN_FRAMES):
        for i in range(start, min(start + GRAIN_FRAMES, given.size)):
            x, u = np.float64(given[i]), np.float64(given_beside[i])
            y, v = b0 * x + p, b0 * u + r
            p, r = b1 * x - a1 * y + q, b1 * u - a1 * v + s
            q, s = b2 * x - a2 * y, b2 * u - a2 * v
            made[i], made_beside[i] = np.float32(y), np.float32(v)
        p, q, r, s = _audible(p), _audible(q), _audible(r), _audible(s)
    state[channel, 0], state[channel, 1] = p, q
    state[channel + 1, 0], state[channel + 1, 1] = r, s


@compiled
def _filter_last(block: Samples, result: Samples, c: Coefficients, state: NDArray[np.float64]) -> None:
    b0, b1, b2, a1, a2 = c[0], c[1], c[2], c[3], c[4]
    given, made = block[-1], result[-1]
    p, q = state[-1, 0], state[-1, 1]
    for start in range(0, given.size, GRAIN_FRAMES):
        for i in range(start, min(start + GRAIN_FRAMES, given.size)):
            x = np.float64(given[i])
            y = b0 * x + p
            p = b1 * x - a1 * y + q
            q = b2 * x - a2 * y
            made[i] = np.float32(y)
        p, q = _audible(p), _audible(q)
    state[-1, 0], state[-1, 1] = p, q


@compiled
def _audible(value: float) -> float:
    """The value, or zero once it has faded: numbers that decay for ever become subnormal, which is slow."""
    return value if abs(value) > 1e-30 else 0.0
