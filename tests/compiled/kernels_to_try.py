"""Kernels of the tests, one for each kind of argument and result."""

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import largest

FACTOR = 2.0
CURVE = np.array([1.0, 10.0, 100.0])

Exact = NDArray[np.float64]


@compiled
def weighed(values: Exact, gain: float) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i] * gain * FACTOR
    return total


@compiled
def mixed(pair: tuple[Samples, Exact], many: int, seed: np.uint64, single: np.float32) -> tuple[int, float]:
    return many + int(seed), float(largest(pair[0]) + pair[1][0] + single)


@compiled
def with_room(values: Exact) -> float:
    """Allocates, slices, and reads a constant array."""
    room = np.zeros(3)
    for i in range(3):
        room[i] = CURVE[i] * values[i]
    part = room[1:]
    return float(part[0] + part[1])


@compiled
def corner(grid: Exact) -> float:
    return float(grid[0, 1] + grid[1, 0])


@compiled
def filled(values: Exact, number: float) -> None:
    for i in range(values.size):
        values[i] = number


@compiled
def share(whole: int, parts: int) -> int:
    return whole // parts


@compiled
def is_long(values: Exact) -> bool:
    return values.size > 2


@compiled
def called_back(values: Exact) -> float:
    return weighed(values, 1.0)
