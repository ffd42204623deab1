"""kill -9 at any moment: every accepted job is done exactly once, and no half file is ever in the return folder."""

import os
import random
import shutil
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from mido import MidiFile

from bridge.audio.metadata import job_id_in
from bridge.audio.read import open_audio
from bridge.cli.daw_writer import write_like_a_daw
from bridge.engine_main import WARMING_STAGE
from bridge.model import JobState
from bridge.reports import read_report
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess
from tests.whole.conftest import MixFile

KILLS = 32
SONGS = 8
SEED = int(os.environ.get("DAWBRIDGE_KILL_SEED", "1"))
LONGEST_START_S = 2.0
LONGEST_WORK_S = 0.6
"""Half of the kills come at any moment after the start, half while an engine is at work on samples or delivers."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_daemon_killed_at_many_random_moments_does_every_job_exactly_once(tmp_path: Path, mix_file: MixFile) -> None:
    rng = random.Random(SEED)
    bridge = BridgeProcess(tmp_path, engines={"slots": 2})
    bounce = tmp_path / "Song.wav"
    write_like_a_daw(bounce, np.tile(mix_file.samples, 6), mix_file.sample_rate_hz, duration_s=0.0)
    stages: set[str] = set()
    dropped = 0
    for kill in range(KILLS):
        bridge.start()
        if dropped < SONGS and kill % 3 == 0:
            shutil.copyfile(bounce, bridge.renders / f"Song {dropped}.wav")
            dropped += 1
        if kill % 2:
            wait_until(partial(is_worth_a_kill, bridge, dropped), 30, "work to interrupt")
        time.sleep(rng.uniform(0.0, LONGEST_WORK_S if kill % 2 else LONGEST_START_S))  # the random moment itself
        engines = psutil.Process(bridge.pid).children(recursive=True)
        bridge.kill()
        stages |= {job.progress.stage for job in bridge.jobs() if job.state is JobState.RUNNING}
        wait_until(partial(are_gone, engines), 5, "the end of engines without a daemon")
        assert_nothing_half_there(bridge)
    while dropped < SONGS:
        shutil.copyfile(bounce, bridge.renders / f"Song {dropped}.wav")
        dropped += 1
    bridge.start()
    jobs = bridge.wait_for_jobs(SONGS, 120)
    assert bridge.stop() == 0

    assert sorted(job.request.name for job in jobs) == [f"Song {number}" for number in range(SONGS)]
    assert {job.state for job in jobs} == {JobState.DONE}
    names = [
        f"Song {n}/Song {n} [streaming].{end}"
        for n in range(SONGS)
        for end in ("markers.mid", "report.html", "report.json", "wav")
    ]
    assert bridge.returned() == sorted(names)
    for job in jobs:
        assert job.result is not None
        master = job.result.files[0].path
        assert job_id_in(master) == job.id
    print(f"killed {KILLS} times; jobs were seen in the stages {sorted(stages)}")


def is_worth_a_kill(bridge: BridgeProcess, dropped: int) -> bool:
    """Whether an engine is past its own start, or nothing is left to interrupt."""
    jobs = bridge.jobs()
    stages = {job.progress.stage for job in jobs if job.state is JobState.RUNNING}
    return bool(stages - {"waiting", WARMING_STAGE}) or (len(jobs) == dropped and all(j.state.is_final for j in jobs))


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none runs any more; one that nobody has buried yet is gone, too."""
    try:
        return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)
    except psutil.NoSuchProcess:
        return False


def assert_nothing_half_there(bridge: BridgeProcess) -> None:
    """Every visible file is whole; what is being made is in the hidden folder."""
    for name in bridge.returned():
        path = bridge.returns / name
        if name.startswith(".dawbridge/"):
            continue
        if path.suffix == ".wav":
            with open_audio(path) as audio:
                assert audio.frames > 0
        elif path.suffix == ".json":
            report = read_report(path.read_text())
            assert all(file.path.stat().st_size == file.size_bytes for file in report.files)
        elif path.suffix == ".mid":
            assert MidiFile(path).tracks
        else:
            assert path.read_text().rstrip().endswith("</html>")
