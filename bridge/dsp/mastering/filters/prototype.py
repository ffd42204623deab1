"""Analogue prototypes: poles and zeros of every filter that a step can ask for.

Shapes are those of R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", before any
transform: what a bell of 3 dB at 15 kHz is, is said here and nowhere else.
"""

import cmath
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bridge.units import Db, Hz, db_to_gain

PassKind = Literal["highpass", "lowpass"]
Curve = NDArray[np.float64]
BUTTERWORTH_Q = math.sqrt(0.5)


@dataclass(frozen=True)
class Factor:
    """First or second order: as many zeros as poles, for s = j f / f0; a zero may be infinite."""

    zeros: tuple[complex, ...]
    poles: tuple[complex, ...]


@dataclass(frozen=True)
class Prototype:
    """An analogue filter."""

    frequency_hz: Hz
    factors: tuple[Factor, ...]
    gain: float
    """Linear, where the product of the factors is monic above and below."""

    @property
    def has_skirts(self) -> bool:
        """Whether it neither takes anything away for good nor leaves everything but its band: a bell, shelf or tilt."""
        return all(zero.real < 0.0 for factor in self.factors for zero in factor.zeros)

    def magnitude(self, frequencies_hz: Curve) -> Curve:
        """Gain, linear, at these frequencies (>= 0)."""
        s = 1j * frequencies_hz / self.frequency_hz
        gain = np.full(frequencies_hz.shape, abs(self.gain))
        for factor in self.factors:
            for zero in factor.zeros:
                gain *= 1.0 if math.isinf(abs(zero)) else np.abs(s - zero)
            for pole in factor.poles:
                gain /= np.maximum(np.abs(s - pole), 1e-300)
        return gain


def bell(frequency_hz: Hz, gain_db: Db, q: float) -> Prototype:
    """Peaking EQ: `gain_db` at its frequency, 0 dB far from it."""
    root = _root_gain(gain_db)
    return Prototype(frequency_hz, (Factor(_roots(root / q, 1.0), _roots(1.0 / (root * q), 1.0)),), 1.0)


def band_bell(frequency_hz: Hz, gain_db: Db, q: float) -> Prototype:
    """What a band-pass lets through is raised or lowered: 1 + (gain - 1) band_pass, whose poles no gain moves."""
    return Prototype(frequency_hz, (Factor(_roots(db_to_gain(gain_db) / q, 1.0), _roots(1.0 / q, 1.0)),), 1.0)


def low_shelf(frequency_hz: Hz, gain_db: Db, q: float) -> Prototype:
    """`gain_db` below, half of it at its frequency."""
    root = _root_gain(gain_db)
    slope = math.sqrt(root) / q
    return Prototype(frequency_hz, (Factor(_roots(slope, root), _roots(slope / root, 1.0 / root)),), 1.0)


def high_shelf(frequency_hz: Hz, gain_db: Db, q: float) -> Prototype:
    """`gain_db` above, half of it at its frequency."""
    root = _root_gain(gain_db)
    slope = math.sqrt(root) / q
    return Prototype(frequency_hz, (Factor(_roots(slope / root, 1.0 / root), _roots(slope, root)),), root * root)


def notch(frequency_hz: Hz, q: float) -> Prototype:
    """Nothing at its frequency, 3 dB down at the edges of a band as wide as frequency / q."""
    return Prototype(frequency_hz, (Factor((1j, -1j), _roots(1.0 / q, 1.0)),), 1.0)


def band_pass(frequency_hz: Hz, q: float) -> Prototype:
    """0 dB at its frequency, 6 dB/oct to either side."""
    return Prototype(frequency_hz, (Factor((0j, complex(math.inf)), _roots(1.0 / q, 1.0)),), 1.0 / q)


def tilt(frequency_hz: Hz, gain_db: Db) -> Prototype:
    """First order: -gain_db far below, 0 dB at its frequency, gain_db far above."""
    gain = db_to_gain(gain_db)
    return Prototype(frequency_hz, (Factor((complex(-1.0 / gain),), (complex(-gain),)),), gain)


def butterworth(frequency_hz: Hz, order: int, kind: PassKind) -> Prototype:
    """Flat as far as it can be, 3 dB down at its frequency, 6 dB/oct beyond for each order."""
    zero = 0j if kind == "highpass" else complex(math.inf)
    poles = [cmath.exp(1j * math.pi * (0.5 + (2 * k + 1) / (2 * order))) for k in range(order // 2)]
    pairs = [Factor((zero, zero), (pole, pole.conjugate())) for pole in reversed(poles)]
    single = [Factor((zero,), (complex(-1.0),))] if order % 2 else []
    return Prototype(frequency_hz, (*single, *pairs), 1.0)


def _root_gain(gain_db: Db) -> float:
    return float(10.0 ** (gain_db / 40.0))


def _roots(linear: float, constant: float) -> tuple[complex, complex]:
    """Roots of s^2 + linear s + constant; without cancellation where they are real and far apart."""
    middle = cmath.sqrt(linear * linear / 4.0 - constant)
    if middle.imag:
        return complex(-linear / 2.0, abs(middle.imag)), complex(-linear / 2.0, -abs(middle.imag))
    far = complex(-linear / 2.0 - middle.real)
    return far, constant / far
