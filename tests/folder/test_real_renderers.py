"""Real programs bounce into a watched folder, as they do it on the machines of musicians."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.model import BitDepth, Grouping
from tests.folder.listening import Listening
from tests.scripted_writer import wav_bytes
from tests.support import wait_until

LMMS_SONG = Path("/usr/share/lmms/projects/shorties/Greshz-CoolSnip.mmpz")


def need(program: str) -> str:
    """The program; without it the test is skipped, except in CI, where it must be there."""
    found = shutil.which(program)
    if found is None and os.environ.get("CI", "").casefold() == "true":
        pytest.fail(f"{program} must be installed where CI=true (apt-get install {program})")
    return found or pytest.skip(f"{program} is not installed")


def render(command: list[str], home: Path, *, is_done: Callable[[], bool]) -> None:
    """Runs a renderer; the files count, not the exit code (Ardour and friends die after a complete bounce)."""
    environment = {**os.environ, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False, cwd=home)
    assert is_done(), f"{command} made nothing:\n{ended.stdout[-1000:]}{ended.stderr[-2000:]}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_mix_by_ecasound_is_one_request(tmp_path: Path, home: Path) -> None:
    program = need("ecasound")
    for seed in (1, 2):
        (home / f"{seed}.wav").write_bytes(wav_bytes(frames=20 * 44100, seed=seed))
    with Listening(tmp_path / "Session") as listening:
        target = listening.folder / "Mix.wav"
        inputs = ["-a:1", "-i", "1.wav", "-a:2", "-i", "2.wav", "-ea:80"]
        command = [program, "-q", "-x", "-f:24,2,44100", *inputs, "-a:all", "-o", str(target)]
        render(command, home, is_done=target.exists)
        [request] = listening.wait_for(1)
        listening.wait_until_idle()
        assert listening.names() == [["Mix.wav"]]
        [render_] = request.renders
        assert (render_.bit_depth, render_.channels) == (BitDepth.PCM_24, 2)
        assert render_.size_bytes == target.stat().st_size
        assert render_.duration_s == pytest.approx(20, abs=0.1)
        assert listening.problems == []


def test_a_song_by_lmms_is_one_request(tmp_path: Path, home: Path) -> None:
    program = need("lmms")
    with Listening(tmp_path / "Session") as listening:
        target = listening.folder / "CoolSnip.wav"
        command = [program, "--allowroot", "render", str(LMMS_SONG), "-f", "wav", "-o", str(target.with_suffix(""))]
        render(command, home, is_done=target.exists)
        [request] = listening.wait_for(1)
        listening.wait_until_idle()
        assert listening.names() == [["CoolSnip.wav"]]
        assert request.grouping is Grouping.SINGLE
        assert request.renders[0].size_bytes == target.stat().st_size
        assert request.renders[0].duration_s == pytest.approx(13.7, abs=0.2)
        assert listening.problems == []


def test_every_track_by_lmms_comes_through_once_and_only_equal_lengths_are_summed(tmp_path: Path, home: Path) -> None:
    program = need("lmms")
    with Listening(tmp_path / "Session") as listening:
        command = [program, "--allowroot", "rendertracks", str(LMMS_SONG), "-f", "wav", "-o", str(listening.folder)]
        render(command, home, is_done=lambda: len(list(listening.folder.glob("*.wav"))) > 1)
        made = sorted(path.name for path in listening.folder.glob("*.wav"))
        wait_until(lambda: listening.files() == made, what="a request for every track")
        listening.wait_until_idle()
        assert listening.files() == made
        for request in listening.requests:
            frames = [render_.frames or 0 for render_ in request.renders]
            assert request.grouping in {Grouping.SINGLE, Grouping.STEMS}
            assert max(frames) - min(frames) <= 1
        assert listening.problems == []
