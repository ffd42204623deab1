"""The closed loop: a parameter that nobody knows anything about, searched until a measure is where it should be.

Bracketing, then the Illinois form of regula falsi (Dahlquist and Bjorck 1974, 6.2.2), which needs no slope and cannot
leave the range.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bridge.chains import Tune

Hear: TypeAlias = Callable[[float], float | None]
"""What the measure reads with the parameter at a value; None for silence, or too little of a signal."""
STEPS_BEFORE_HALVING = 3
TINY_SHARE = 1e-6


@dataclass(frozen=True)
class Heard:
    """A value that was tried, and what the measure read."""

    value: float
    reading: float


@dataclass(frozen=True)
class Tuned:
    """What a search has found."""

    best: Heard
    tries: int
    is_reached: bool


def search(tune: Tune, hear: Hear) -> Tuned | None:
    """The value whose reading is nearest to the goal; None where the measure reads nothing.

    Args:
        tune: range, goal, tolerance, and how often may be tried.
        hear: makes the sound at a value, and measures it.
    """
    ((_, goal),) = tune.goal.items()
    hunt = _Hunt(hear, goal, tune)
    low, high = hunt.at(tune.range[0]), hunt.at(tune.range[1])
    if low is None or high is None or hunt.best is None:
        return None
    if (low.reading - goal) * (high.reading - goal) < 0.0:
        hunt.close_in(low, high)
    return Tuned(hunt.best, hunt.tries, abs(hunt.best.reading - goal) <= tune.tolerance)


class _Hunt:
    def __init__(self, hear: Hear, goal: float, tune: Tune) -> None:
        self._hear = hear
        self._goal = goal
        self._tune = tune
        self.tries = 0
        self.best: Heard | None = None

    def at(self, value: float) -> Heard | None:
        """Tries a value."""
        self.tries += 1
        reading = self._hear(value)
        if reading is None:
            return None
        heard = Heard(value, reading)
        if self.best is None or self._miss(heard) < self._miss(self.best):
            self.best = heard
        return heard

    def close_in(self, low: Heard, high: Heard) -> None:
        """Until the goal is reached, or no more tries are allowed; the goal's reading lies between both."""
        errors = [low.reading - self._goal, high.reading - self._goal]
        ends = [low.value, high.value]
        last, count = -1, 0
        span = abs(high.value - low.value)
        while self.tries < self._tune.tries_max and self.best is not None:
            if self._miss(self.best) <= self._tune.tolerance or abs(ends[1] - ends[0]) < TINY_SHARE * span:
                return
            is_slow = count >= STEPS_BEFORE_HALVING
            middle = (ends[0] + ends[1]) / 2 if is_slow else _crossing(ends, errors)
            heard = self.at(middle)
            if heard is None:
                return
            error = heard.reading - self._goal
            side = 0 if error * errors[0] > 0.0 else 1
            count = count + 1 if side == last and not is_slow else 0
            if side == last:
                errors[1 - side] /= 2.0  # Illinois: the end that stays counts half
            ends[side], errors[side], last = middle, error, side

    def _miss(self, heard: Heard) -> float:
        return abs(heard.reading - self._goal)


def _crossing(ends: list[float], errors: list[float]) -> float:
    """Where the straight line between both ends is zero."""
    return ends[0] - errors[0] * (ends[1] - ends[0]) / (errors[1] - errors[0])
