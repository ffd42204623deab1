"""Work handed from stage to stage: while one stage is at one item, an earlier stage is at the next.

Each stage gets every item in order and one at a time, as it would in a plain loop. So stages may keep state, and what
comes out is the same at any number of threads. It pays where stages let the interpreter go: kernels, digests, disks.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

Stage = Callable[[Any], Any]
"""Makes of an item what the next stage takes."""

THREADS = 2


def relay(items: Iterable[Any], stages: Sequence[Stage], threads: int = THREADS) -> Iterator[Any]:
    """What the stages make of each item, in order.

    Args:
        items: taken by the thread that takes the results, so that a reader need not be safe for several.
        stages: each is called by one thread at a time, not always the same.
        threads: that carry items, each one at a time; one item more is read ahead.

    Raises:
        Exception: what reading an item, or a stage, raised first; later items are then given up where they are.
    """
    turns = Turns(len(stages))

    def carry(number: int, item: Any) -> Any:
        for place, stage in enumerate(stages):
            with turns.turn(place, number):
                item = stage(item)
        return item

    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for number, item in enumerate(items):
                waiting.append(pool.submit(carry, number, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            turns.end_at(0)


def run_through(items: Iterable[Any], stages: Sequence[Stage]) -> None:
    """Sends all items through stages that are run for what they do; errors as `relay`."""
    for _ in relay(items, stages, threads=min(len(stages), THREADS)):
        pass


class GivenUpError(Exception):
    """An item is not carried on, because one before it failed or nobody takes it; seen by nobody but the pool."""


class Turns:
    """Whose turn it is at each stage."""

    def __init__(self, stages: int) -> None:
        self._passed = [0] * stages
        self._end = math.inf
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, stage: int, number: int) -> Generator[None]:
        """Waits until all earlier items have passed a stage; lets the next one in when it ends well."""
        with self._changed:
            self._changed.wait_for(lambda: number >= self._end or self._passed[stage] == number)
            if number >= self._end:
                raise GivenUpError
        try:
            yield
        except BaseException:
            self.end_at(number)
            raise
        with self._changed:
            self._passed[stage] += 1
            self._changed.notify_all()

    def end_at(self, number: int) -> None:
        """Lets in no item from this one on; those before it go on."""
        with self._changed:
            self._end = min(self._end, number)
            self._changed.notify_all()
