"""Guards: what a drive into the limiter would cost the music, told from the gain plan before a sample is touched."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio
from bridge.chains import Guards
from bridge.dsp.mastering.hits import Hits, read_hits
from bridge.units import Lufs

HIT_DB = 6.0
"""A hit stands so far out of the mean power of the second around it."""
AROUND_HIT_HOPS = 101
GATE = 1e-3
"""Seconds with less than this share of a band's mean power are pauses."""
HITS_MIN = 10
AROUND_HOPS = 21
"""What the limiter does within 200 ms is movement; what takes longer is gain."""
QUIET_DB = 0.3
"""Where no hop is reduced by more than this, no guard of movement can bite: the hits are not even read."""

COSTS = {
    "average_reduction_lu_max": "cost {cost:.1f} LU of loudness in gain reduction",
    "peak_reduction_db_max": "take {cost:.1f} dB off the highest peaks",
    "plr_lu_min": "leave a PLR of only {cost:.1f} LU",
    "punch_loss_db_max": "cost {cost:.1f} dB of punch",
    "bass_modulation_db_max": "make the limiter move the bass by {cost:.1f} dB",
    "low_correlation_loss_max": "take {cost:.2f} from the correlation of the low end",
}
"""What each guard says of the loudness that it does not let pass."""
LIMITS = {
    "average_reduction_lu_max": "at most {limit:.1f} LU here",
    "peak_reduction_db_max": "at most {limit:.1f} dB here",
    "plr_lu_min": "at least {limit:.1f} LU here",
    "punch_loss_db_max": "at most {limit:.1f} dB here",
    "bass_modulation_db_max": "at most {limit:.1f} dB here",
    "low_correlation_loss_max": "at most {limit:.2f} here",
}
"""What each guard lets pass."""

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """A drive that was tried."""

    gains: Series
    """Mean square gain of each hop, without the drive."""
    loudness_lufs: Lufs
    lost_lu: float
    """What limiting takes away."""
    is_beyond: bool = False
    """Whether more was asked for than any trial reaches."""


@dataclass(frozen=True)
class Bitten:
    """The guard that stopped the loudness, and what going on would have cost."""

    guard: str
    cost: float
    limit: float
    is_more: bool = False
    """Whether the loudness that was asked for would cost still more: it lies beyond what is tried."""

    @property
    def words(self) -> str:
        """Such as "cost 4.2 dB of punch (at most 3.0 dB here)"."""
        words = COSTS[self.guard].format(cost=self.cost)
        words = re.sub(r"(\d)", r"more than \1", words, count=1) if self.is_more else words
        return f"{words} ({LIMITS[self.guard].format(limit=self.limit)})"


class Watch:
    """The guards of one signal at its limiter."""

    def __init__(self, source: Audio, guards: Guards, ceiling_dbtp: float, plr_lu: float) -> None:
        self._source = source
        limits = guards.model_dump(exclude_none=True)
        if "plr_lu_min" in limits:  # what has less already cannot get it back by being softer
            limits["plr_lu_min"] = min(limits["plr_lu_min"], plr_lu)
        self._limits: dict[str, float] = limits
        self.ordered = dict(limits)
        """As they were before any was drawn closer."""
        self._ceiling_dbtp = ceiling_dbtp
        self._hits: Hits | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is no guard at all."""
        return not self._limits

    def worst(self, trial: Trial) -> tuple[str, float] | None:
        """The guard that is furthest beyond its limit, and how far, as a share of it (<= 0 where all hold)."""
        costs = self.costs(trial)
        excesses = [(self._excess(guard, costs[guard]), guard) for guard in self._limits if guard in costs]
        if not excesses:
            return None
        excess, guard = max(excesses)
        return guard, excess

    def tighten(self, guard: str, excess: float) -> None:
        """Draws a guard closer by as much as it was passed."""
        limit = self._limits[guard]
        self._limits[guard] = limit + excess * max(limit, 1.0) if guard.endswith("_min") else limit / (1.0 + excess)

    def _excess(self, guard: str, cost: float) -> float:
        limit = self._limits[guard]
        return (limit - cost) / max(limit, 1.0) if guard.endswith("_min") else cost / limit - 1.0

    def costs(self, trial: Trial) -> dict[str, float]:
        """What each guard reads of a trial."""
        deepest_db = float(-10.0 * np.log10(max(float(trial.gains.min(initial=1.0)), 1e-12)))
        costs = {
            "average_reduction_lu_max": trial.lost_lu,
            "peak_reduction_db_max": deepest_db,
            "plr_lu_min": self._ceiling_dbtp - trial.loudness_lufs,
        }
        if deepest_db > QUIET_DB and self._limits.keys() - costs.keys():
            costs |= self._movement(trial.gains)
        return costs

    def _movement(self, gains: Series) -> dict[str, float]:
        if self._hits is None:
            self._hits = read_hits(self._source)
        return movement_costs(self._hits, gains)


def movement_costs(hits: Hits, gains: Series) -> dict[str, float]:
    """Punch, bass and correlation that these gains would cost.

    Args:
        hits: of the limiter's input.
        gains: mean square gain of each hop; as many, or one more.
    """
    count = min(gains.size, hits.bright.size)
    power = gains[:count]
    low = hits.low[:, :count]
    both = low[0] + low[1]
    return {
        "punch_loss_db_max": max(punch_loss_db(both, power), punch_loss_db(hits.bright[:count], power)),
        "bass_modulation_db_max": modulation_db(both, power),
        "low_correlation_loss_max": max(0.0, _correlation(low) - _correlation(low * power)),
    }


def punch_loss_db(band: Series, gains: Series) -> float:
    """How much further the hits of a band are turned down than the second around them; 0 where there are none.

    A hit stands HIT_DB out of the mean power around it; without at least HITS_MIN hops of hits there is no punch to
    lose, and a swell is none, however loud.
    """
    if band.size < AROUND_HIT_HOPS or band.sum() <= 0.0:
        return 0.0
    around = _mean_around(band, AROUND_HIT_HOPS)
    is_hit = (band > around * 10.0 ** (HIT_DB / 10.0)) & (around > GATE * band.mean())
    if is_hit.sum() < HITS_MIN:
        return 0.0
    levels = 10.0 * np.log10(np.maximum(gains, 1e-12))
    lost = _mean_around(levels, AROUND_HIT_HOPS) - levels
    return max(0.0, float(lost[is_hit].mean()))


def _mean_around(values: Series, hops: int) -> Series:
    """Mean over so many hops (an odd number) around each."""
    sums = np.concatenate(([0.0], np.cumsum(np.pad(values, hops // 2, mode="edge"))))
    mean: Series = (sums[hops:] - sums[:-hops]) / hops
    return mean


def modulation_db(band: Series, gains: Series) -> float:
    """How far the gain moves around its mean of 200 ms, RMS, where the bass is."""
    if gains.size < AROUND_HOPS or band.sum() <= 0.0:
        return 0.0
    levels = 10.0 * np.log10(np.maximum(gains, 1e-12))
    return float(np.sqrt(np.average((levels - _mean_around(levels, AROUND_HOPS)) ** 2, weights=band)))


def _correlation(low: Series) -> float:
    """Of left and right; 1 where one of them is silent."""
    left, right, product = (float(part.sum()) for part in low)
    return product / float(np.sqrt(left * right)) if left > 0.0 and right > 0.0 else 1.0
