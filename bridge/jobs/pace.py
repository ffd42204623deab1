"""How long a job still takes, and how often its progress is worth writing down."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.model import Progress

GAINED_MIN = 0.05
ELAPSED_S_MIN = 1.0
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
    if done.gained < GAINED_MIN or done.elapsed_s < ELAPSED_S_MIN:
        return by_others
    by_own = done.elapsed_s / done.gained * (1.0 - fraction)
    return by_own if by_others is None else fraction * by_own + (1.0 - fraction) * by_others


class Pace:
    """Follows one job: what an engine reports -> what is worth writing down, with the seconds left.

    The clock of the job's own pace starts with the first progress above zero: what came before was an engine starting.
    """

    def __init__(self, expected_s: float | None, monotonic_s: Callable[[], float]) -> None:
        self._expected_s = expected_s
        self._monotonic_s = monotonic_s
        self._begun: tuple[float, float] | None = None
        self._told_s = float("-inf")
        self._stage = ""

    def tell(self, progress: Progress) -> Progress | None:
        """The progress with its `eta_s`; None when the last of the same stage was a moment ago."""
        now_s = self._monotonic_s()
        if self._begun is None and progress.fraction > 0:
            self._begun = (progress.fraction, now_s)
        if progress.stage == self._stage and now_s - self._told_s < INTERVAL_S:
            return None
        self._told_s, self._stage = now_s, progress.stage
        fraction, begun_s = self._begun or (progress.fraction, now_s)
        done = Stretch(progress.fraction - fraction, now_s - begun_s)
        return progress.model_copy(update={"eta_s": remaining_s(done, progress.fraction, self._expected_s)})
