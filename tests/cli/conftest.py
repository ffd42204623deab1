"""The command line as a user meets it: in this process for speed, in a process of its own where that matters."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.main import cli
from bridge.jobs.store import JobStore
from tests.conftest import Song

Run = Callable[..., Result]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without settings, and a home that is nobody's."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in [name for name in os.environ if name.startswith("DAWBRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session folder with a render folder."""
    (tmp_path / "Session" / "Renders").mkdir(parents=True)
    return tmp_path / "Session"


@pytest.fixture
def mix(song: Song, tmp_path: Path) -> Path:
    """Six seconds of the song as a 24-bit WAV."""
    path = tmp_path / "My Song.wav"
    write_like_a_daw(path, song.mix[:, : 6 * song.sample_rate_hz], song.sample_rate_hz)
    return path


@pytest.fixture
def config(tmp_path: Path, session: Path) -> Path:
    """A settings file that watches the session and keeps its data to itself."""
    path = tmp_path / "bridge.yaml"
    settings = {"watch": [{"folder": str(session / "Renders")}], "data_folder": str(tmp_path / "data")}
    path.write_text(yaml.safe_dump(settings))
    return path


@pytest.fixture
def dawbridge(config: Path) -> Run:
    """Runs a command line with those settings in this process."""

    def run(*arguments: object, settings: Path | None = config) -> Result:
        chosen = [] if settings is None else ["--config", str(settings)]
        return CliRunner().invoke(cli, [*chosen, *map(str, arguments)], catch_exceptions=False)

    return run


@pytest.fixture
def store(tmp_path: Path, config: Path) -> Iterator[JobStore]:
    """The job store of those settings."""
    (tmp_path / "data").mkdir()
    with JobStore(tmp_path / "data" / "jobs.sqlite3") as store:
        yield store


def in_a_process(*arguments: object, timeout_s: float = 60, **variables: str) -> "subprocess.CompletedProcess[str]":
    """The same in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [sys.executable, "-m", "bridge.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=environment,
    )


def new_terminal() -> tuple[int, int]:
    """Both ends of a pseudo-terminal: what a user sees and types, what a program is given."""
    import pty  # noqa: PLC0415 - not on Windows

    return pty.openpty()


def json_of(result: Result) -> Any:
    """What a command printed with `--json`: all of its stdout must be JSON."""
    return json.loads(result.stdout)


@pytest.fixture
def compiled_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lets all engines of a test run share their compiled kernels, which take half a minute to make."""
    folder = tmp_path_factory.getbasetemp().parent / "dawbridge-test-kernels"
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", folder))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody, not even root, can make a file."""
    folder = tmp_path / "locked"
    folder.mkdir()
    if os.name == "nt":
        pytest.skip("permissions of folders are another matter on Windows")
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder], capture_output=True, check=False)
    if mounting.returncode != 0:
        pytest.skip("root may write everywhere, and may not mount here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
