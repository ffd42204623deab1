"""Real music: songs by several authors that come with LMMS, rendered by LMMS itself, once for all test processes.

Free licences (Artistic-2.0, CC-BY-SA-4.0), as `lmms-common` says; all of them instrumental.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from filelock import FileLock

from bridge.audio.read import read_audio
from bridge.audio.signal import Audio

PROJECTS = Path("/usr/share/lmms/projects")
REAL_PIECES: Mapping[str, str] = MappingProxyType(
    {
        "reggae": "demos/CapDan/CapDan-ReggaeTry.mmpz",
        "reggaeton": "demos/CapDan/CapDan-ReggaetonTry.mmpz",
        "chiptune": "demos/Skiessi/Skiessi-C64.mmpz",
        "drum and bass": "shorties/Skiessi-222.mmpz",
        "crunk": "shorties/Crunk(Demo).mmp",
        "trance": "shorties/Surrender-Main.mmpz",
        "funk": "shorties/Greshz-CoolSnip.mmpz",
    }
)
BEGINS_S, LASTS_S = 1.5, 12.0
RENDERS_MAX = 4
"""LMMS crashes now and then on a busy machine."""


def real_piece(name: str, folder: Path) -> Audio:
    """Twelve seconds of a song; without LMMS the test is skipped, and fails where CI says that it must be there."""
    if shutil.which("lmms") is None or not (PROJECTS / REAL_PIECES[name]).is_file():
        assert os.environ.get("CI") != "true", "CI must have lmms and lmms-common"
        pytest.skip("lmms or its songs are not installed")
    path = folder / f"{name}.wav"
    with FileLock(folder / f"{name}.lock"):
        if not path.is_file():
            _render(PROJECTS / REAL_PIECES[name], path)
    audio = read_audio(path)
    first, last = (round(seconds * audio.sample_rate_hz) for seconds in (BEGINS_S, BEGINS_S + LASTS_S))
    return Audio(np.ascontiguousarray(audio.samples[:, first:last]), audio.sample_rate_hz)


def _render(project: Path, path: Path) -> None:
    part = path.with_name(f"part {path.name}")
    command: list[str | Path] = ["lmms", "--allowroot", "render", project, "-f", "wav", "-o", part]
    scratch = {**os.environ, "HOME": str(path.parent), "QT_QPA_PLATFORM": "offscreen"}
    for _ in range(RENDERS_MAX):
        done = subprocess.run(command, capture_output=True, env=scratch, timeout=200, check=False)
        if done.returncode == 0 and part.is_file():
            part.rename(path)
            return
    pytest.fail(f"lmms could not render {project}")
