"""What an engine prepares while it waits for its first job."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.model import Assignment
from bridge.wire import FailedEvent, ReadyEvent, event_of, to_line
from tests.jobs.conftest import ROOT
from tests.support import wait_until
from tests.values import a_request

PROGRAM = """
import sys, time
from pathlib import Path
from bridge.engine_main import live
from bridge.errors import RequestError

folder = Path(sys.argv[1])

def first():
    (folder / "first").touch()
    raise ValueError("no fonts here")

def second():
    (folder / "second begun").touch()
    while not (folder / "go on").exists():
        time.sleep(0.01)
    (folder / "second").touch()

def third():
    (folder / "third").touch()

def work(assignment, tell):
    raise RequestError("done")

live(lambda pipes: work, (first, second, third))
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(os.getpid())]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        yield child
        child.kill()


def test_an_engine_is_ready_before_it_prepares_and_a_job_does_not_wait_for_all_of_it(
    child: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    assert child.stdout is not None
    assert child.stdin is not None
    assert isinstance(event_of(child.stdout.readline()), ReadyEvent)
    wait_until((tmp_path / "second begun").exists)  # the first failed, and the engine lives
    child.stdin.write(to_line(Assignment(job_id="j1", request=a_request(), work_folder=tmp_path)))
    child.stdin.flush()
    (tmp_path / "go on").touch()
    assert isinstance(event_of(child.stdout.readline()), FailedEvent)
    assert (tmp_path / "second").exists()


def test_a_job_that_waits_already_comes_before_all_preparation(
    child: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdin.write(to_line(Assignment(job_id="j1", request=a_request(), work_folder=tmp_path)))
    child.stdin.flush()
    assert isinstance(event_of(child.stdout.readline()), ReadyEvent)
    assert isinstance(event_of(child.stdout.readline()), FailedEvent)
    assert not (tmp_path / "first").exists()


def test_an_engine_that_nobody_asks_prepares_everything(child: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    (tmp_path / "go on").touch()
    wait_until((tmp_path / "third").exists)
