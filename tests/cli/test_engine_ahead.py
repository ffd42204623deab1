"""The engine of a command loads while the command itself does, and is the one that it would have started."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bridge.cli.engine_ahead import start_engine_ahead
from bridge.cli.main import COMMANDS
from bridge.jobs.engine import engine_launch
from bridge.places import settings_path
from bridge.processes.child import AHEAD
from bridge.processes.readiness import Readiness
from bridge.settings import load_settings, process_environment
from tests.cli.conftest import ROOT, Run


def engines() -> list[int]:
    """Process ids of the children of this process that are engines."""
    return [child.pid for child in psutil.Process().children() if "bridge.engine_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("text", [None, "engines: {slots: 2}\n", "data_folder: elsewhere\n"])
def test_the_command_gets_the_engine_that_was_started_for_it(text: str | None, tmp_path: Path) -> None:
    config = None if text is None else tmp_path / "own.yaml"
    if config is not None and text is not None:
        config.write_text(text)
    end = start_engine_ahead(Readiness.AT_ONCE, config)
    (started,) = engines()
    settings = load_settings(settings_path(config))
    child = AHEAD.child(engine_launch(settings, process_environment(), 1, Readiness.AT_ONCE))
    assert child.pid == started
    end()  # that of another's is nobody's business
    assert child.exit_code is None
    child.end()


def test_variables_count_as_settings_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAWBRIDGE_DATA_FOLDER", str(tmp_path / "own"))
    end = start_engine_ahead(Readiness.AT_ONCE, None)
    (started,) = engines()
    child = AHEAD.child(engine_launch(load_settings(None), process_environment(), 1, Readiness.AT_ONCE))
    assert child.pid == started
    child.end()
    end()


def test_an_engine_that_no_command_asked_for_is_ended(dawbridge: Run, tmp_path: Path) -> None:
    song = tmp_path / "Song.wav"
    song.write_bytes(b"RIFF")
    assert dawbridge("master", song, "--chain", "none", settings=None).exit_code != 0
    assert dawbridge("master", song, "--no-such-flag", settings=None).exit_code != 0
    assert engines() == []


def test_settings_with_faults_start_nothing(tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("engine: {}\n")
    start_engine_ahead(Readiness.AT_ONCE, faulty)()
    assert engines() == []


def test_the_engine_is_started_before_the_command_is_imported() -> None:
    program = (
        "import sys, bridge.cli.engine_ahead\n"
        "from bridge.cli.main import cli\n"
        "print(sorted({'pydantic', 'yaml', 'rich', 'psutil', 'numpy'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"


def test_commands_that_work_in_an_engine_say_so() -> None:
    assert {name for name, entry in COMMANDS.items() if entry.readiness is not None} == {
        "master", "album", "split", "analyze", "compare"
    }  # fmt: skip
