"""The static curve: how much of what lies above a threshold is taken away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.dsp.mastering.dynamics.cells import Cells
from bridge.units import Db

NOTHING = 1e-20
"""Power of -200 dB, for what is silent."""
CHUNK = 1 << 16
"""Cells that are turned into decibels at once, so that float64 costs no memory."""


@dataclass(frozen=True)
class Curve:
    """Compression (or, with a ratio below 1, expansion) above a threshold, with a quadratic knee."""

    threshold_db: Db
    """Of the detector's power: 0 dB is the square of full scale."""
    ratio: float
    knee_db: Db = 0.0
    """Width of the knee; the threshold is in its middle."""
    reduction_db_max: Db = 200.0

    def reduction_db(self, power_db: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gain reduction for a steady signal; negative where the ratio is below 1.

        Giannoulis, Massberg, Reiss: "Digital dynamic range compressor design", JAES 60/6, 2012, eq. 4.
        """
        over = power_db - self.threshold_db
        slope = 1.0 - 1.0 / self.ratio
        reduction = slope * np.maximum(over, 0.0)
        if self.knee_db > 1e-9:
            into = over + self.knee_db / 2
            reduction = np.where(2 * np.abs(over) < self.knee_db, slope * into**2 / (2 * self.knee_db), reduction)
        return np.clip(reduction, -self.reduction_db_max, self.reduction_db_max)

    def bend(self, powers: Cells) -> None:
        """Turns powers into gain reduction in dB, in place."""
        flat = powers.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            part = flat[start : start + CHUNK]
            part[:] = self.reduction_db(power_db(part))


@dataclass(frozen=True)
class BelowCurve:
    """Expansion (or, with a ratio below 1, upward compression) below a threshold: the curve above it, mirrored."""

    threshold_db: Db
    ratio: float
    knee_db: Db = 0.0
    reduction_db_max: Db = 200.0

    def bend(self, powers: Cells) -> None:
        """Turns powers into gain reduction in dB, in place; negative where the ratio is below 1."""
        mirrored = Curve(-self.threshold_db, 1.0 / self.ratio, self.knee_db, self.reduction_db_max)
        flat = powers.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            part = flat[start : start + CHUNK]
            part[:] = -mirrored.reduction_db(-power_db(part))


def power_db(powers: Cells) -> NDArray[np.float64]:
    """Decibels of powers; -200 for nothing."""
    return 10.0 * np.log10(np.maximum(powers.astype(np.float64), NOTHING))
