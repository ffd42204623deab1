"""Recursive filters that keep the response of their analogue prototype, up to the top of hearing.

The squared magnitude of a digital filter is a rational function of r = sin^2(w / 2), that of an analogue one of W^2.
So a rational function of r that stands for W^2 makes the one of the other. The bilinear transform takes
W^2 = 4 r / (1 - r), of first order, which is right at one frequency and squeezes everything above it ("cramping"). Here
the function is of second order and right within 0.45 % from 0 to 0.92 of half the sample rate: 20 kHz at 44.1 kHz. Each
root of the prototype becomes two, found in closed form, and stable ones are taken: the filter is of minimum phase like
the prototype, with its curve, for every gain, Q and order, even where its frequency lies above half the sample rate.

It costs two sections instead of one for each second order. Where the bilinear transform is as good (low frequencies),
that is used.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.dsp.mastering.filters.prototype import Curve, Factor, Prototype

Sections = NDArray[np.float64]
"""b0 b1 b2 a1 a2 of each section, divided by its a0: (sections, 5)."""
GRID = 256
TOP_HZ, TOP_SHARE = 20000.0, 0.46
"""Where responses are compared: up to what is heard, or nearly half the sample rate."""
BILINEAR_ERROR_DB = 0.01
ON_CIRCLE = 1e-9


@dataclass(frozen=True)
class Stretch:
    """What stands for W^2, in radians per frame: above / below, each c[0] + c[1] r + c[2] r^2."""

    above: tuple[float, ...]
    below: tuple[float, ...]

    def turn(self, frequency: float) -> float:
        """W of a frequency (cycles per frame), so that a filter's own frequency comes out exactly where it belongs."""
        place = math.sin(math.pi * min(frequency, TOP_SHARE)) ** 2
        above, below = (sum(c * place**k for k, c in enumerate(cs)) for cs in (self.above, self.below))
        return math.sqrt(above / below) * max(1.0, frequency / TOP_SHARE)

    def places(self, root: complex) -> list[complex]:
        """Values of r, nearest to 0 first, at which the squared magnitude has what the prototype has at `root`."""
        if math.isinf(abs(root)):
            found = np.roots(self.below[::-1])
        else:
            square = -root * root
            found = np.roots([a - square * b for a, b in zip(self.above[::-1], self.below[::-1], strict=True)])
        return sorted(map(complex, found), key=abs)


ACCURATE = Stretch((0.0, 4.0, -3.41683713), (1.0, -1.2126473, 0.27762491))
"""Minimax fit of W^2 / r for w in [0, 0.92 pi], exact at 0."""
BILINEAR = Stretch((0.0, 4.0), (1.0, -1.0))


def sections_of(prototype: Prototype, sample_rate_hz: int) -> Sections:
    """The filter at a sample rate: float64 (sections, 5).

    Args:
        prototype: of any order; its frequency may lie above half the sample rate if it has no infinite zero there.
        sample_rate_hz: any.
    """
    top_hz = min(TOP_HZ, TOP_SHARE * sample_rate_hz)
    at_hz = np.geomspace(10.0, top_hz, GRID)
    wanted = prototype.magnitude(at_hz)
    if prototype.frequency_hz < TOP_SHARE * sample_rate_hz:
        plain = bilinear_sections(prototype, sample_rate_hz)
        if _error_db(plain, wanted, at_hz / sample_rate_hz) < BILINEAR_ERROR_DB:
            return plain
    return _stretched(prototype, ACCURATE, sample_rate_hz)


def bilinear_sections(prototype: Prototype, sample_rate_hz: int) -> Sections:
    """The filter by the bilinear transform, one section for each second order: for what only detectors hear."""
    return _stretched(prototype, BILINEAR, sample_rate_hz)


def magnitude_of(sections: Sections, frequencies: Curve) -> Curve:
    """Gain, linear, of sections at frequencies in cycles per frame."""
    z = np.exp(-2j * np.pi * frequencies)
    gain = np.ones(frequencies.shape)
    for b0, b1, b2, a1, a2 in sections:
        gain *= np.abs((b0 + b1 * z + b2 * z * z) / (1.0 + a1 * z + a2 * z * z))
    return gain


def _stretched(prototype: Prototype, stretch: Stretch, sample_rate_hz: int) -> Sections:
    turn = stretch.turn(prototype.frequency_hz / sample_rate_hz)
    made = [section for factor in prototype.factors for section in _of_factor(factor, stretch, turn)]
    sections = np.array(
        [[1.0, *(-_sum(zeros), _product(zeros)), -_sum(poles), _product(poles)] for zeros, poles in made]
    )
    sections[0, :3] *= _gain(prototype, sections, sample_rate_hz)
    return sections


Roots = Sequence[complex]


def _of_factor(factor: Factor, stretch: Stretch, turn: float) -> list[tuple[Roots, Roots]]:
    """Zeros and poles (at most two each) of the sections for one factor."""
    zeros = [_turned(root * turn, stretch) for root in factor.zeros]
    poles = [_turned(root * turn, stretch) for root in factor.poles]
    if len(factor.poles) == 1:
        return [(zeros[0], poles[0])]
    return [
        ([found[order] for found in zeros], [found[order] for found in poles])
        for order in range(len(stretch.below) - 1)
    ]


def _turned(root: complex, stretch: Stretch) -> list[complex]:
    """Places inside the unit circle, or on it, for an analogue root in radians per frame."""
    return [_inside(place, root) for place in stretch.places(root)]


def _inside(place: complex, root: complex) -> complex:
    """Z with sin^2(w / 2) = place: of the two, z and 1 / z, the stable one."""
    middle = 1.0 - 2.0 * place
    away = 2.0 * cmath.sqrt(place * (place - 1.0))
    one, other = middle + away, middle - away
    if abs(abs(one) - abs(other)) < ON_CIRCLE:  # a notch: each of the two belongs to one of the analogue pair
        return one if (one.imag >= 0.0) == (root.imag >= 0.0) else other
    return one if abs(one) < abs(other) else other


def _sum(roots: Roots) -> float:
    return float(sum(roots).real) if roots else 0.0


def _product(roots: Roots) -> float:
    return float((roots[0] * roots[1]).real) if len(roots) == 2 else 0.0


def _gain(prototype: Prototype, sections: Sections, sample_rate_hz: int) -> float:
    """What makes the filter as loud as its prototype: at 0 Hz if that lets anything through, else at its frequency."""
    at_hz = np.array([0.0, min(prototype.frequency_hz, 0.4 * sample_rate_hz)])
    wanted = prototype.magnitude(at_hz)
    which = 0 if wanted[0] > 1e-6 else 1
    return float(wanted[which] / magnitude_of(sections, at_hz / sample_rate_hz)[which])


def _error_db(sections: Sections, wanted: Curve, frequencies: Curve) -> float:
    """Largest distance from the prototype, where that is above -100 dB."""
    heard = wanted > 1e-5
    made = np.maximum(magnitude_of(sections, frequencies), 1e-12)
    return float(np.abs(20.0 * np.log10(made[heard] / wanted[heard])).max(initial=0.0))
