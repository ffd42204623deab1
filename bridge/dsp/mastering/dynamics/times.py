"""How gain moves in time: windows of the detector, lookahead, attack and release."""

import math
from dataclasses import dataclass

import numpy as np

from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.dynamics.cells import CELL, Cells, Detector

WINDOW_MS = 10.0
"""A detector hears this far back: half a period of 50 Hz, so that gain does not follow the wave itself."""
FRESH = 256
"""A running sum is begun anew after so many cells, before rounding adds up."""


@dataclass(frozen=True)
class Times:
    """Attack and release: time to 63 % of a change of gain reduction in dB."""

    attack_ms: float
    release_ms: float
    lookahead_ms: float = 0.0
    """How early the gain begins to move."""

    @property
    def window_ms(self) -> float:
        """How far back the detector hears; less where it would be longer than the release allows."""
        return min(WINDOW_MS, self.release_ms / 2)


def held(powers: Cells, times: Times, detector: Detector, sample_rate_hz: int) -> Cells:
    """What the gain at each node has to answer to: float32 (rows, lookahead + cells + 1), to be moved by `moved`.

    A peak is held for the window, an RMS is the mean over the window; then the highest over the lookahead, so that a
    peak's reduction does not end before the peak has passed. The window of an RMS lies 30 % in the future: then attack
    takes about as long for a mean, which fills slowly, as for a peak.
    """
    window = cells_in(times.window_ms, sample_rate_hz)
    ahead = cells_in(times.lookahead_ms, sample_rate_hz)
    if detector == "peak":
        return highest_around(powers, window, ahead)
    means = np.empty_like(powers)
    fill_window_means(powers, means, round(0.7 * window), round(0.3 * window))
    return highest_around(means, 0, ahead)


def moved(reductions: Cells, times: Times, detector: Detector, sample_rate_hz: int) -> Cells:
    """The reductions of `held` cells, moved with attack and release: one for each node, float32 (rows, cells + 1)."""
    ahead = cells_in(times.lookahead_ms, sample_rate_hz)
    # What the window itself takes to let go is part of the release.
    release_ms = times.release_ms - times.window_ms * (1.0 if detector == "peak" else 0.4)
    smooth(reductions, pace(times.attack_ms, sample_rate_hz), pace(release_ms, sample_rate_hz))
    return reductions[:, ahead:]


def moved_below(reductions: Cells, times: Times, sample_rate_hz: int) -> Cells:
    """The same for what grows when the signal gets softer: it comes with the release and goes with the attack."""
    release_ms = times.release_ms - 0.4 * times.window_ms
    smooth(reductions, pace(release_ms, sample_rate_hz), pace(times.attack_ms, sample_rate_hz))
    return reductions


def cells_in(time_ms: float, sample_rate_hz: int) -> int:
    """Cells in a time, rounded."""
    return round(time_ms * sample_rate_hz / (1000.0 * CELL))


def highest_around(values: Cells, behind: int, ahead: int) -> Cells:
    """Highest of the cells from `behind` before to `ahead` after each; for cells -ahead - 1 up to the last.

    Outside of the signal lies silence.
    """
    width = behind + ahead + 1
    padded = np.pad(values, ((0, 0), (width, ahead)))
    reach = 1  # padded[i] is the highest of values i .. i + reach - 1
    while reach < width:
        step = min(reach, width - reach)
        padded = np.maximum(padded[:, :-step], padded[:, step:])
        reach += step
    return padded


def pace(time_ms: float, sample_rate_hz: int) -> float:
    """Share of the way that is gone in a cell when 63 % take `time_ms`."""
    return -math.expm1(-1000.0 * CELL / (sample_rate_hz * time_ms))


@compiled
def smooth(reductions: Cells, attack: float, release: float) -> None:
    """Moves each row towards its values by these shares a cell, in place; it starts from no reduction."""
    for row in range(reductions.shape[0]):
        values = reductions[row]
        now = 0.0
        for i in range(values.size):
            wanted = np.float64(values[i])
            now += (attack if wanted > now else release) * (wanted - now)
            if now < 1e-6:  # the last bit of a float32; it would decay for ever
                now = 0.0
            values[i] = np.float32(now)


@compiled
def fill_window_means(powers: Cells, means: Cells, behind: int, ahead: int) -> None:
    """Mean of the cells from `behind` before to `ahead` after each; silence outside of the signal."""
    size = powers.shape[1]
    for row in range(powers.shape[0]):
        values = powers[row]
        total = 0.0
        for i in range(size):
            if i % FRESH == 0:
                total = 0.0
                for j in range(max(0, i - behind), min(size, i + ahead + 1)):
                    total += values[j]
            else:
                if i + ahead < size:
                    total += values[i + ahead]
                if i - behind - 1 >= 0:
                    total -= values[i - behind - 1]
            means[row, i] = np.float32(max(total, 0.0) / (behind + ahead + 1))
