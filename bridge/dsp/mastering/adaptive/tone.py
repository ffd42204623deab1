"""The mix's spectrum against the curve of its genre."""

from dataclasses import dataclass

import numpy as np

from bridge.analysis import ToneAnalysis
from bridge.chains import Genre
from bridge.dsp.measures.spectra import Series
from bridge.units import Db, Hz

LEVEL_LOW_HZ, LEVEL_HIGH_HZ = 80.0, 8000.0
"""Between these the two are laid over each other: what lies beyond must not move the whole."""
HEARD_DB = -90.0
"""Third octaves below this, against the whole, hold nothing that could be balanced."""
EDGE_DB = -36.0
"""A spectrum begins where its third octaves come within this of the strongest."""


@dataclass(frozen=True)
class ToneBalance:
    """How far each third octave stands above the curve, once both are laid over each other."""

    frequencies_hz: Series
    excess_db: Series

    def mean_db(self, low_hz: Hz, high_hz: Hz) -> Db | None:
        """Mean over a region; None where the signal has no third octave in it."""
        inside = self._inside(low_hz, high_hz)
        return float(self.excess_db[inside].mean()) if inside.any() else None

    def extreme(self, low_hz: Hz, high_hz: Hz, sign: int) -> tuple[Hz, Db] | None:
        """Where a region stands furthest above (sign 1) or below (-1) the curve, over two thirds of an octave."""
        inside = self._inside(low_hz, high_hz)
        if not inside.any():
            return None
        smooth = np.convolve(np.pad(self.excess_db, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        at = int(np.flatnonzero(inside)[int(np.argmax(sign * smooth[inside]))])
        return float(self.frequencies_hz[at]), float(smooth[at])

    def around_db(self, frequency_hz: Hz, q: float) -> Db | None:
        """Mean over the width of a bell; of the nearest third octave where the bell is narrower than that."""
        if not self.frequencies_hz.size:
            return None
        half = 2.0 ** min(1.0, max(1.0 / 6.0, 0.5 / q))
        mean = self.mean_db(frequency_hz / half, frequency_hz * half)
        if mean is not None:
            return mean
        nearest = int(np.argmin(np.abs(np.log(self.frequencies_hz / frequency_hz))))
        is_near = abs(np.log2(self.frequencies_hz[nearest] / frequency_hz)) < 0.5
        return float(self.excess_db[nearest]) if is_near else None

    def _inside(self, low_hz: Hz, high_hz: Hz) -> np.ndarray:
        inside: np.ndarray = (self.frequencies_hz >= low_hz) & (self.frequencies_hz <= high_hz)
        return inside


def tone_balance(tone: ToneAnalysis, genre: Genre) -> ToneBalance:
    """The spectrum against the curve; empty for silence."""
    points = [point for point in tone.third_octaves if point.level_db > HEARD_DB]
    if not points:
        return ToneBalance(np.zeros(0), np.zeros(0))
    frequencies = np.array([point.frequency_hz for point in points])
    excess = np.array([point.level_db for point in points]) - curve_db(genre, frequencies)
    inside = (frequencies >= LEVEL_LOW_HZ) & (frequencies <= LEVEL_HIGH_HZ)
    return ToneBalance(frequencies, excess - float(np.median(excess[inside] if inside.any() else excess)))


def curve_db(genre: Genre, frequencies_hz: Series) -> Series:
    """The curve at these frequencies, linear over octaves; beyond its ends it goes on as it ended."""
    curve: Series = np.interp(
        np.log(frequencies_hz), np.log([point.hz for point in genre.curve]), [point.db for point in genre.curve]
    )
    return curve


def lowest_hz(tone: ToneAnalysis) -> Hz | None:
    """Lower edge of the lowest third octave that comes within EDGE_DB of the strongest; None for silence."""
    if not tone.third_octaves:
        return None
    strongest = max(point.level_db for point in tone.third_octaves)
    lowest = next(point for point in tone.third_octaves if point.level_db > strongest + EDGE_DB)
    return float(lowest.frequency_hz / 10.0**0.05)
