"""The limiter's worst cases: nothing may leave above the ceiling, read by a reference that shares no code with it."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.chains import Chain, Gain, Limiter, Target
from bridge.dsp.mastering import MasterOrder, master
from bridge.selftest import signals
from bridge.selftest.rows import truth_row
from bridge.units import gain_to_db
from bridge.wire import CheckRow

GROUP = "Limiter, read at 64x"
CEILING_DBTP = -1.0
ROUNDING_DB = 0.005
"""Figures are told with two decimals."""
DRIVE_DB = 12.0
RATE_HZ = 44100
HARDEST = ("fs/4 at 45 degrees", "square 441 Hz", "white noise", "random signs", "click", "pair of frames")


def check_limiter(limit: Callable[[Samples], Samples] | None = None) -> Iterator[CheckRow]:
    """Each of the worst signals, driven far into the ceiling of `limit`, or of our own limiter."""
    for name, samples in worst_signals():
        peak_dbtp = gain_to_db(signals.reference_true_peak((limit or limited)(samples)))
        yield truth_row(
            GROUP,
            name[:1].upper() + name[1:],
            f"at most {CEILING_DBTP:.2f} dBTP",
            "silence" if peak_dbtp is None else f"{peak_dbtp:.2f} dBTP",
            is_right=peak_dbtp is not None and peak_dbtp <= CEILING_DBTP + ROUNDING_DB,
        )


def worst_signals() -> Iterator[tuple[str, Samples]]:
    """By name."""
    yield from ((name, samples) for name, samples in signals.hard_peaks(RATE_HZ) if name in HARDEST)
    yield "steps of DC", np.ascontiguousarray(dc_steps(RATE_HZ), np.float32)


def dc_steps(frames: int) -> NDArray[np.float64]:
    """Every tenth of a second another level, without any frequency of its own (1, frames)."""
    levels = np.array([0.9, -0.9, 0.2, 0.9, 0.0, -0.9, -0.3, 0.9, -0.9, 0.9])
    return np.repeat(levels, math.ceil(frames / levels.size))[None, :frames]


def limited(samples: Samples) -> Samples:
    """The signal after a gain of 12 dB and the limiter."""
    chain = Chain(
        title="Self-test", steps=(Gain(gain_db=DRIVE_DB), Limiter()), target=Target(ceiling_dbtp=CEILING_DBTP)
    )
    return master(Audio(samples, RATE_HZ), chain, MasterOrder(bit_depth="24")).audio.samples
