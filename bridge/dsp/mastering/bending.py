"""Memoryless curves: what each adds to a value, on arrays and at a point."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled

CLIP, TANH, TAPE, TUBE = 0.0, 1.0, 2.0, 3.0
Settings: TypeAlias = NDArray[np.float64]
"""Kind of the curve, gain before it, and two numbers of its own: ceiling and knee (of the ceiling), or drive and 0."""
BIAS = 0.35
"""Of the tube curve: how far off its middle the signal lies."""
TANH_END = 4.97
"""From there on the continued fraction of tanh is taken as 1."""


@compiled
def bend(values: Samples, settings: Settings) -> None:
    """Puts in place of each value what the curve adds to it."""
    if settings[0] == CLIP:
        _bend_clip(values, np.float32(settings[2]), np.float32(settings[3]))
    elif settings[0] == TAPE:
        drive = np.float32(settings[2])
        for i in range(values.size):
            x = values[i]
            values[i] = x / np.sqrt(np.float32(1.0) + drive * x * drive * x) - x
    else:
        _bend_tanh(values, settings[2], BIAS if settings[0] == TUBE else 0.0)


@compiled
def _bend_clip(values: Samples, ceiling: np.float32, knee: np.float32) -> None:
    """Bends by knee + (1 - knee) (2 t - t^2) of the ceiling, with t running from 0 at the knee to 1 at 2 - knee."""
    one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
    rest = one - knee
    for i in range(values.size):
        x = values[i]
        size = abs(x)
        q = min(size / ceiling, one + rest)
        t = max(zero, (q - knee) / (two * rest))
        down = (min(q, knee) + rest * (two * t - t * t)) * ceiling - size
        down = down if size > knee * ceiling else zero
        values[i] = down if x > zero else -down


@compiled
def _bend_tanh(values: Samples, drive: float, bias: float) -> None:
    """(tanh(d x + bias) - tanh(bias)) / slope at zero - x, by a continued fraction (error below 2e-6)."""
    middle = _tanh(np.float32(bias))
    scale = np.float32(1.0 / (drive * (1.0 - np.float64(middle) * np.float64(middle))))
    gain, off = np.float32(drive), np.float32(bias)
    for i in range(values.size):
        x = values[i]
        values[i] = scale * (_tanh(gain * x + off) - middle) - x


@compiled
def _tanh(x: np.float32) -> np.float32:
    v = min(np.float32(TANH_END), max(np.float32(-TANH_END), x))
    q = v * v
    above = np.float32(135135.0) + q * (np.float32(17325.0) + q * (np.float32(378.0) + q))
    below = np.float32(135135.0) + q * (np.float32(62370.0) + q * (np.float32(3150.0) + np.float32(28.0) * q))
    return v * above / below


@compiled
def unit_scales(settings: Settings) -> tuple[float, float, float]:
    """How a value becomes one of the curve as it is drawn once and for all: times, plus; and times, on the way back."""
    if settings[0] == CLIP:
        return 1.0 / settings[2], 0.0, settings[2]
    if settings[0] == TUBE:
        middle = np.float64(_tanh(np.float32(BIAS)))
        return settings[2], BIAS, 1.0 / (settings[2] * (1.0 - middle * middle))
    return settings[2], 0.0, 1.0 / settings[2]


@compiled
def unit_curve(values: Samples, kind: float, knee: float) -> None:
    """Puts in place of each value the curve of unit slope and unit height."""
    one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
    if kind == CLIP:
        low = np.float32(knee)
        rest = one - low
        for i in range(values.size):
            v = values[i]
            q = min(abs(v), one + rest)
            t = max(zero, (q - low) / (two * rest))
            bent = min(q, low) + rest * (two * t - t * t)
            values[i] = bent if v > zero else -bent
    elif kind == TAPE:
        for i in range(values.size):
            values[i] = values[i] / np.sqrt(one + values[i] * values[i])
    else:
        for i in range(values.size):
            values[i] = _tanh(values[i])
