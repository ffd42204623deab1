"""Children that are started before anybody asks for them."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from bridge.processes.child import Ahead, Launch

SLEEPER = Launch((sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"), dict(os.environ))
START_S = 30.0


@pytest.fixture
def ahead() -> Iterator[Ahead]:
    """One that leaves no child behind."""
    ahead = Ahead()
    yield ahead
    ahead.end()


def test_who_asks_for_a_child_started_like_that_gets_it(ahead: Ahead) -> None:
    ahead.start(SLEEPER)
    child = ahead.child(replace(SLEEPER))
    assert child.next_line(START_S) == b"up\n"
    other = ahead.child(SLEEPER)  # it is given once
    assert other.pid != child.pid
    assert child.exit_code is None
    for one in (child, other):
        one.end()


def test_a_child_that_was_started_otherwise_is_ended_and_a_right_one_started(ahead: Ahead) -> None:
    before = {child.pid for child in psutil.Process().children()}
    ahead.start(SLEEPER)
    (waiting,) = {child.pid for child in psutil.Process().children()} - before
    child = ahead.child(replace(SLEEPER, environment={**os.environ, "OTHER": "1"}))
    assert child.pid != waiting
    assert not psutil.pid_exists(waiting)
    child.end()


def test_a_child_that_died_meanwhile_is_replaced(ahead: Ahead) -> None:
    before = {child.pid for child in psutil.Process().children()}
    ahead.start(SLEEPER)
    (waiting,) = [child for child in psutil.Process().children() if child.pid not in before]
    waiting.kill()
    waiting.wait(START_S)
    child = ahead.child(SLEEPER)
    assert child.next_line(START_S) == b"up\n"
    child.end()


def test_a_program_that_is_not_there_is_told_to_who_asks(ahead: Ahead) -> None:
    nowhere = Launch(("/nowhere/python",), {})
    ahead.start(nowhere)
    with pytest.raises(FileNotFoundError):
        ahead.child(nowhere)
