"""Nothing that the store accepted is lost when its process is killed, at whatever moment."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.jobs.store import JobStore
from bridge.model import JobState
from tests.jobs.conftest import ROOT

BUSY_PROCESS = """
import itertools, sys
from pathlib import Path
from bridge.jobs.store import JobStore, StoreLimits
from bridge.model import Progress
from tests.values import a_render, a_request, a_result

store = JobStore(Path(sys.argv[1]), StoreLimits(queue_max=100_000))
for number in itertools.count():
    job = store.submit(a_request(render=a_render(Path(f"/{sys.argv[2]}/{number}.wav"))), number)
    print("accepted", job.id, flush=True)
    if number % 3 == 0:
        job = store.claim(number)
        print("claimed", job.id, flush=True)
        store.progress(job.id, Progress(fraction=0.5))
        if number % 2 == 0:
            store.finish(job.id, a_result(), number)
            print("finished", job.id, flush=True)
"""


@pytest.mark.parametrize("kills", [6])
def test_what_was_accepted_before_a_kill_is_there_after_it(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "jobs.sqlite3"
    said: dict[str, str] = {}
    dice = random.Random(7)
    for turn in range(kills):
        lines = killed_after(dice.randint(1, 150), path, turn)
        said |= {job_id: word for word, job_id in (line.split() for line in lines)}
        with JobStore(path) as store:
            kept = {job.id: job.state for job in store.list(limit=100_000)}
            for job_id, word in said.items():
                wanted = {
                    "accepted": set(JobState),
                    "claimed": {JobState.RUNNING, JobState.DONE},
                    "finished": {JobState.DONE},
                }
                assert kept[job_id] in wanted[word]
            assert len(kept) <= len(said) + turn + 1  # at most the one that was being accepted is unheard of
    assert set(said.values()) == {"accepted", "claimed", "finished"}


def killed_after(count: int, path: Path, turn: int) -> list[str]:
    """What a busy process said before it was killed in the middle of something."""
    busy = subprocess.Popen(
        [sys.executable, "-c", BUSY_PROCESS, str(path), str(turn)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with busy:
        assert busy.stdout is not None
        lines = [busy.stdout.readline() for _ in range(count)]
        busy.kill()
        lines += busy.stdout.readlines()
    return [line for line in lines if line.endswith("\n")]
