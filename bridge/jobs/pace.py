"""How long a job still takes, and how often its progress is worth writing down."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.model import Progress

GAINED_MIN = 0.05
ELAPSED_S_MIN = 1.0
LONG_S, LONG_GAINED_MIN = 30.0, 0.005
"""Whoever waits for hours wants to know after half a minute."""
INTERVAL_S = 0.2
"""People see no more than five steps a second, and each is a write."""


@dataclass(frozen=True)
class Stretch:
    """A part of a job that has been done: how much of the whole, and how long it took."""

    gained: float
    elapsed_s: float


def remaining_s(done: Stretch, fraction: float, expected_s: float | None) -> float | None:
    """Seconds left of a job; None while nothing is known. Never negative.

    At the start only the pace of other jobs is known; that of this one counts the more, the further it has come.

    Args:
        done: tells the pace of this job.
        fraction: of the job that is done, 0 to 1.
        expected_s: what the whole job would take by the pace of others of its kind; None when there were none.
    """
    by_others = None if expected_s is None else max(0.0, expected_s) * (1.0 - fraction)
    if not _tells_a_pace(done):
        return by_others
    by_own = done.elapsed_s / done.gained * (1.0 - fraction)
    return by_own if by_others is None else fraction * by_own + (1.0 - fraction) * by_others


def _tells_a_pace(done: Stretch) -> bool:
    if done.elapsed_s >= LONG_S:
        return done.gained >= LONG_GAINED_MIN
    return done.gained >= GAINED_MIN and done.elapsed_s >= ELAPSED_S_MIN


class Pace:
    """Follows one job: what an engine reports -> what is worth writing down, with the seconds left.

    The clock of the job's own pace starts with the first progress above zero: what came before was an engine starting.
    A stage that has told enough of itself is judged by its own pace, because most of what is left is like it: of a
    separation on a CPU, reading the file says nothing.
    """

    def __init__(self, expected_s: float | None, monotonic_s: Callable[[], float]) -> None:
        self._expected_s = expected_s
        self._monotonic_s = monotonic_s
        self._begun: tuple[float, float] | None = None
        self._stage_begun = (0.0, 0.0)
        self._told_s = float("-inf")
        self._stage = ""

    def tell(self, progress: Progress) -> Progress | None:
        """The progress with its `eta_s`; None when the last of the same stage was a moment ago."""
        now_s = self._monotonic_s()
        if self._begun is None and progress.fraction > 0:
            self._begun = (progress.fraction, now_s)
        if progress.stage == self._stage and now_s - self._told_s < INTERVAL_S:
            return None
        if progress.stage != self._stage:
            self._stage_begun = progress.fraction, now_s
        self._told_s, self._stage = now_s, progress.stage
        done = _since(self._stage_begun, progress, now_s)
        if not _tells_a_pace(done):
            done = _since(self._begun or (progress.fraction, now_s), progress, now_s)
        return progress.model_copy(update={"eta_s": remaining_s(done, progress.fraction, self._expected_s)})


def _since(begun: tuple[float, float], progress: Progress, now_s: float) -> Stretch:
    return Stretch(progress.fraction - begun[0], now_s - begun[1])
