"""Work handed from stage to stage."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.relay import relay

LIMIT_S = 30.0


class Running:
    """A stage with state: the sum of all it was given; it notices company."""

    def __init__(self, factor: int) -> None:
        self.total = 0
        self._factor = factor
        self._alone = threading.Lock()

    def __call__(self, item: int) -> int:
        assert self._alone.acquire(blocking=False), "two items in one stage"
        self.total = self._factor * self.total + item
        self._alone.release()
        return self.total


@given(st.lists(st.integers(-9, 9), max_size=12), st.integers(0, 4), st.integers(1, 5))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_what_comes_out_is_what_a_plain_loop_makes(items: list[int], count: int, threads: int) -> None:
    expected: list[int] = []
    plain = [Running(place + 2) for place in range(count)]
    for item in items:
        for stage in plain:
            item = stage(item)  # noqa: PLW2901 - as a relay does it
        expected.append(item)
    assert list(relay(items, [Running(place + 2) for place in range(count)], threads)) == expected


def test_stages_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=LIMIT_S)

    def first(item: int) -> int:
        if item == 1:
            both.wait()
        return item

    def second(item: int) -> int:
        if item == 0:
            both.wait()
        return item

    assert list(relay(range(3), [first, second])) == [0, 1, 2]


def test_an_error_of_a_stage_is_raised_once_behind_all_before_it_and_nothing_is_begun_after_it() -> None:
    seen: list[int] = []
    has_failed = threading.Event()

    def fail_at_three(item: int) -> int:
        if item == 3:
            has_failed.set()
            raise ValueError(item)
        return item

    def note(item: int) -> int:
        assert item != 2 or has_failed.wait(LIMIT_S)  # so that an earlier item is still on its way
        seen.append(item)
        return item

    taken: list[int] = []
    with pytest.raises(ValueError, match="3"):  # noqa: PT012 - what came before it is part of the law
        for item in relay(range(100), [fail_at_three, note, note]):
            taken.append(item)  # noqa: PERF402
    assert taken == [0, 1, 2]
    assert sorted(seen) == [0, 0, 1, 1, 2, 2]


def test_an_error_of_what_is_read_is_raised_as_it_is() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(relay(items(), [lambda item: item]))


def test_who_stops_taking_stops_the_stages() -> None:
    begun: list[int] = []

    def note(item: int) -> int:
        begun.append(item)
        return item

    threads_before = threading.active_count()
    for item in relay(range(1000), [note, note], threads=2):
        if item == 4:
            break
    assert len(begun) < 40
    assert threading.active_count() == threads_before
