"""Whatever goes wrong becomes one block on stderr and an exit code, never a traceback."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import Cancelled, guarded
from bridge.errors import AudioError, BugError, EngineCrashedError, Fault, SettingsError, StoreError
from tests.cli.conftest import Run, in_a_process


def raising(error: BaseException) -> int:
    def command() -> int:
        raise error

    return guarded(command)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AudioError("a.wav is text."), ExitCode.AUDIO),
        (StoreError("Another daemon has it."), ExitCode.STORE),
        (EngineCrashedError("It crashed.", "details"), ExitCode.FAILED),
        (BugError("A mistake.", "details"), ExitCode.BUG),
        (click.UsageError("Wrong flag."), ExitCode.USAGE),
        (click.ClickException("Could not open it."), ExitCode.FAILED),
    ],
)
def test_the_sentence_goes_to_stderr(error: Exception, code: ExitCode, capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(error) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"error: {error}\n"


@pytest.mark.parametrize("error", [Cancelled(), KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_said_and_has_its_code(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(error) == ExitCode.CANCELLED
    assert capsys.readouterr().err == "Cancelled.\n"


def test_what_the_system_refuses_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(PermissionError(13, "Permission denied", "/data/jobs")) == ExitCode.AUDIO
    assert capsys.readouterr().err == "error: /data/jobs cannot be used: Permission denied.\n"


def test_a_bug_gives_a_sentence_and_keeps_its_traceback_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(ZeroDivisionError("nobody expected this")) == ExitCode.BUG
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    details = Path(printed.split("the file ")[1].strip().removesuffix("."))
    try:
        assert "ZeroDivisionError: nobody expected this" in details.read_text()
    finally:
        details.unlink()


def test_every_fault_is_shown_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_text("watch:\n  - folder: /x\n    setle_s: 1\nlog_level: loud\n")
    faults = [Fault("is wrong.", "watch[0].setle_s", path, 3, 5), Fault("is wrong too.", "log_level", path, 4, 1)]
    assert raising(SettingsError(faults)) == ExitCode.USAGE
    printed = capsys.readouterr().err
    assert printed.startswith("error: 2 faults in ")
    assert ":3:5  watch[0].setle_s\n    is wrong.\n    3 |     setle_s: 1\n      |     ^^^^^^^\n" in printed
    assert ":4:1  log_level\n    is wrong too.\n    4 | log_level: loud\n      | ^^^^^^^^^\n" in printed


def test_faults_without_a_line_stand_alone(capsys: pytest.CaptureFixture[str]) -> None:
    raising(SettingsError([Fault("is not a number (set by DAWBRIDGE_X)", "engines.slots")]))
    assert capsys.readouterr().err == "error: engines.slots: is not a number (set by DAWBRIDGE_X)\n"


def test_a_wrong_settings_file_shows_all_faults_at_once(dawbridge: Run, config: Path) -> None:
    config.write_text("watsh: []\nengines:\n  slots: 0\nlog_level: loud\n")
    result = dawbridge("jobs", "list")
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("error: 3 faults in ")
    for text in ("Did you mean `watch`?", "must be 1 to ", "Did you mean `"):
        assert text in result.stderr
    assert result.stdout == ""


def test_a_missing_settings_file_is_named(dawbridge: Run, tmp_path: Path) -> None:
    result = dawbridge("jobs", "list", settings=tmp_path / "nowhere.yaml")
    assert result.exit_code == ExitCode.USAGE
    assert "nowhere.yaml: there is no such file." in result.stderr


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    assert in_a_process("--version").returncode == 0
    assert in_a_process("nonsense").returncode == ExitCode.USAGE
    assert in_a_process("--config", tmp_path / "no.yaml", "jobs", "list").returncode == ExitCode.USAGE


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m bridge.cli.main help settings | head -n 1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() in {"0"}
