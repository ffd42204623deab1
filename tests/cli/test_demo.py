"""`dawbridge demo`: a song through the real daemon."""

import os
import re
from pathlib import Path

import psutil
import pytest

from bridge.cli.demo_session import DemoSession
from bridge.cli.exit_codes import ExitCode
from bridge.errors import RequestError
from bridge.model import Job, JobState
from tests.cli.conftest import ROOT, in_a_process
from tests.support import wait_until

pytestmark = pytest.mark.usefixtures("compiled_kernels")
LIMIT_S = 280.0


def daemons(folder: Path) -> list[psutil.Process]:
    """Daemons that run on a demo's settings."""
    wanted = str(folder / "bridge.yaml")
    return [process for process in psutil.process_iter(["cmdline"]) if wanted in (process.info["cmdline"] or [])]


def test_the_song_comes_back_with_a_report_and_the_daemon_is_kept_where_that_was_asked(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = in_a_process("demo", "--keep", "--seconds", 5, "--folder", folder, timeout_s=LIMIT_S)
    [daemon] = daemons(folder)
    try:
        assert done.returncode == 0, done.stderr
        for step in ("Daemon started", "Song composed", "Bounced", "Mastered and returned"):
            assert step in done.stderr
        for words in ("Reached -14.0 LUFS", "BEFORE", "AFTER", "First Light [streaming].wav"):
            assert words in done.stdout
        [page] = re.findall(r"^Report +(.*)$", done.stdout, re.MULTILINE)
        assert Path(page).read_text().lower().startswith("<!doctype html>")
        assert f"dawbridge --config {folder / 'bridge.yaml'} jobs watch" in done.stdout
        assert str(daemon.pid) in done.stdout
    finally:
        daemon.terminate()
        wait_until(lambda: not daemons(folder), 30, "the daemon's end")


def test_as_json_it_prints_the_job_and_nothing_else_and_the_daemon_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = in_a_process("demo", "--json", "--seconds", 5, "--folder", folder, timeout_s=LIMIT_S)
    assert done.returncode == 0, done.stderr
    assert Job.model_validate_json(done.stdout).state is JobState.DONE
    assert (folder / "Session" / "Renders" / "First Light.wav").is_file()
    assert daemons(folder) == []


def test_a_daemon_that_does_not_start_ends_the_demo_with_its_last_lines(tmp_path: Path) -> None:
    breaks = "import os, sys\nif sys.orig_argv[-1] == 'run':\n    os.write(2, b'No audio today.')\n    os._exit(9)\n"
    (tmp_path / "sitecustomize.py").write_text(breaks)
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    done = in_a_process("demo", "--folder", tmp_path / "demo", PYTHONPATH=path)
    assert done.returncode == ExitCode.FAILED
    assert done.stdout == ""
    assert "the daemon ended with exit code 9" in done.stderr
    assert "No audio today." in done.stderr


def test_settings_of_the_user_do_not_reach_the_demo(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    session = DemoSession(tmp_path / "demo")
    os.environ["DAWBRIDGE_DATA_FOLDER"] = str(mine)
    try:
        session.start_daemon()
    finally:
        session.stop_daemon()
        del os.environ["DAWBRIDGE_DATA_FOLDER"]
    assert not mine.exists()
    assert session.log_tail().endswith("stopping")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="not an empty folder"):
        DemoSession(tmp_path)
    done = in_a_process("demo", "--folder", tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir() if path.name not in {"here"}] == ["mine.txt"]


@pytest.mark.parametrize("seconds", ["0", "3601", "long"])
def test_a_length_out_of_bounds_is_wrong_usage(seconds: str) -> None:
    assert in_a_process("demo", "--seconds", seconds).returncode == ExitCode.USAGE
