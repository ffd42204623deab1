"""What tests of several rooms share."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T | None], limit_s: float = 20.0, what: str = "what was expected") -> T:
    """The first true answer of `look`, asked every few milliseconds; an AssertionError after the limit."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {limit_s:g} s; last answer: {answer!r}")
        time.sleep(0.01)
