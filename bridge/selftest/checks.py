"""All checks, in the order of the table. A new one is one line in `CHECKS`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bridge.selftest import health, limiter, meters, nulls, second_opinion
from bridge.wire import CheckRow, ChecksOrder


@dataclass(frozen=True)
class Check:
    """A group of rows."""

    group: str
    rows: Callable[[ChecksOrder], Iterator[CheckRow]]
    weight: int
    """Roughly, seconds on a slow machine: how much of the progress bar it takes."""


CHECKS: Sequence[Check] = (
    Check(meters.LOUDNESS_GROUP, lambda _: meters.check(meters.loudness_cases()), 4),
    Check(meters.PEAK_GROUP, lambda _: meters.check(meters.true_peak_cases()), 1),
    Check(meters.RANGE_GROUP, lambda _: meters.check(meters.range_cases()), 2),
    Check(second_opinion.GROUP, lambda _: second_opinion.check_second_opinion(), 5),
    Check(limiter.GROUP, lambda _: limiter.check_limiter(), 3),
    Check(nulls.GROUP, lambda _: nulls.check_nulls(), 2),
    Check(health.PLUGIN_GROUP, lambda order: health.check_plugins(order.plugins), 4),
    Check(health.MODEL_GROUP, lambda order: health.check_models(order.separation), 3),
)
