"""Filters of several sections with float64 from the first section's input to the last one's output.

Sections come from the bilinear transform (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
coefficients"), which keeps the cut-off in place and is steeper towards half the sample rate than the analogue filter.
The tilt alone is matched instead: there the transform would flatten the treble, which is what a tilt is for.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.units import Db

Sections = NDArray[np.float64]
"""b0 b1 b2 a1 a2 of each section, divided by its a0: (sections, 5)."""
PassKind = Literal["highpass", "lowpass"]


class CascadeProcessor:
    """Sections one after another on every channel (transposed direct form II)."""

    latency_frames = 0

    def __init__(self, sections: Sections, channels: int) -> None:
        self._sections = np.ascontiguousarray(sections)
        self._state = np.zeros((channels, len(sections), 2))

    def process(self, block: Samples) -> Samples:
        """The filtered block, rounded once."""
        result = np.array(block, np.float32, order="C")
        filter_sections(result, self._sections, self._state)
        return result


def butterworth(frequency: float, order: int, kind: PassKind) -> Sections:
    """Flat as far as it can be, 3 dB down at `frequency` (cycles per frame, below 0.5)."""
    pairs = [
        _second_order(frequency, 1 / (2 * math.cos(math.pi * (2 * k + 1 + order % 2) / (2 * order))), kind)
        for k in range(order // 2)
    ]
    single = [_first_order(frequency, kind)] if order % 2 else []
    return np.array(single + pairs)


def notch(frequency: float, q: float) -> Sections:
    """Zero at `frequency`, and 3 dB down at the edges of a band as wide as `frequency` / `q`."""
    cosine, alpha = _shape(frequency, q)
    return np.array([[1, -2 * cosine, 1, -2 * cosine, 1 - alpha]]) / (1 + alpha)


def band_pass(frequency: float, q: float) -> Sections:
    """Gain 1 at `frequency`, 6 dB/oct to either side."""
    cosine, alpha = _shape(frequency, q)
    return np.array([[alpha, 0, -alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha)


def tilt(frequency: float, gain_db: Db) -> Sections:
    """First order: -gain_db at 0 Hz, 0 dB at `frequency`, and what the analogue tilt has at half the sample rate.

    The squared magnitude of a first-order filter is (B0 p + B1 r) / (A0 p + A1 r) with r = sin^2(w / 2), p = 1 - r: the
    three points give its coefficients (as in M. Vicanek, "Matched Second Order Digital Filters", 2016).
    """
    gain, pivot = 10.0 ** (gain_db / 20.0), 2 * math.pi * frequency
    low = gain**-2
    top = ((gain * math.pi) ** 2 + pivot**2) / (math.pi**2 + (gain * pivot) ** 2)
    r = math.sin(pivot / 2) ** 2
    a_top = 1.0 if top == low else (1 - r) * (1 - low) / (r * (top - 1))
    b, a = (math.sqrt(low), math.sqrt(top * a_top)), (1.0, math.sqrt(a_top))
    return np.array([[b[0] + b[1], b[0] - b[1], 0.0, a[0] - a[1], 0.0]]) / (a[0] + a[1])


def _first_order(frequency: float, kind: PassKind) -> list[float]:
    k = math.tan(math.pi * frequency)
    b0, b1 = (k, k) if kind == "lowpass" else (1.0, -1.0)
    return [b0 / (1 + k), b1 / (1 + k), 0.0, (k - 1) / (1 + k), 0.0]


def _second_order(frequency: float, q: float, kind: PassKind) -> list[float]:
    cosine, alpha = _shape(frequency, q)
    middle = 1 - cosine if kind == "lowpass" else -1 - cosine
    values = (abs(middle) / 2, middle, abs(middle) / 2, -2 * cosine, 1 - alpha)
    return [value / (1 + alpha) for value in values]


def _shape(frequency: float, q: float) -> tuple[float, float]:
    """Cosine of the angular frequency, and the cookbook's alpha."""
    angle = 2 * math.pi * frequency
    return math.cos(angle), math.sin(angle) / (2 * q)


@compiled
def filter_sections(block: Samples, sections: Sections, state: NDArray[np.float64]) -> None:
    """Filters all channels in place, grain by grain; states that have faded become zero at the end of a grain."""
    values = np.empty(GRAIN_FRAMES)
    for channel in range(block.shape[0]):
        samples = block[channel]
        for start in range(0, samples.size, GRAIN_FRAMES):
            grain = samples[start : start + GRAIN_FRAMES]
            for i in range(grain.size):
                values[i] = np.float64(grain[i])
            for section in range(sections.shape[0]):
                _filter_grain(values[: grain.size], sections[section], state[channel, section])
            for i in range(grain.size):
                grain[i] = np.float32(values[i])


@compiled
def _filter_grain(values: NDArray[np.float64], c: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    b0, b1, b2, a1, a2 = c[0], c[1], c[2], c[3], c[4]
    p, q = state[0], state[1]
    for i in range(values.size):
        x = values[i]
        y = b0 * x + p
        p = b1 * x - a1 * y + q
        q = b2 * x - a2 * y
        values[i] = y
    state[0] = p if abs(p) > 1e-30 else 0.0
    state[1] = q if abs(q) > 1e-30 else 0.0
