"""Curves thinned to what a plot can show."""

import math

import numpy as np

from bridge.dsp.measures.spectra import Series

POINTS_MAX = 2400

Thinned = tuple[float, tuple[float | None, ...]]
"""Time between the values, and the values; None where there is none."""


def lowest_values(values: Series, hop_s: float) -> Thinned:
    """The lowest of each few values, so that no dip is lost; NaN stands for no value."""
    step = max(1, -(-values.size // POINTS_MAX))
    padded = np.append(values, np.full(-values.size % step, np.nan)).reshape(-1, step)
    lowest = np.where(np.isnan(padded), np.inf, padded).min(axis=1)
    return step * hop_s, tuple(round(value, 2) if math.isfinite(value) else None for value in lowest.tolist())
