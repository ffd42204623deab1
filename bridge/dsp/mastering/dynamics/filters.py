"""Filters that detectors hear through (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad coefficients")."""

import math

import numpy as np

from bridge.dsp.mastering.biquad import Coefficients

BUTTERWORTH = math.sqrt(0.5)


def highpass(frequency: float, q: float = BUTTERWORTH) -> Coefficients:
    """High-pass of second order; `frequency` in cycles per frame."""
    cosine = math.cos(2 * math.pi * frequency)
    return _over_resonance([(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2], frequency, q)


def bandpass(frequency: float, q: float) -> Coefficients:
    """Band-pass of second order with a gain of 1 at its centre; `frequency` in cycles per frame."""
    alpha = math.sin(2 * math.pi * frequency) / (2 * q)
    return _over_resonance([alpha, 0.0, -alpha], frequency, q)


def _over_resonance(b: list[float], frequency: float, q: float) -> Coefficients:
    angle = 2 * math.pi * frequency
    alpha = math.sin(angle) / (2 * q)
    return np.array([*b, -2 * math.cos(angle), 1 - alpha]) / (1 + alpha)
