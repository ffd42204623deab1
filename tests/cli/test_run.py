"""`dawbridge run`: the real daemon in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bridge.cli.exit_codes import ExitCode
from tests.cli.conftest import ROOT, Run, new_terminal
from tests.support import wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def command(config: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "run", *arguments]


@contextmanager
def running(config: Path, *arguments: str) -> Generator["subprocess.Popen[str]"]:
    """A daemon that is ready."""
    ready = config.parent / "data" / "daemon.json"
    with subprocess.Popen(
        command(config, *arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as daemon:
        try:
            wait_until(lambda: ready.exists() or daemon.poll() is not None, 30, "the daemon's start")
            yield daemon
        finally:
            daemon.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_watches_and_stops_with_zero(config: Path, session: Path, number: signal.Signals) -> None:
    with running(config) as daemon:
        daemon.send_signal(number)
        printed, complained = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert complained == ""
    assert str(session / "Renders") in printed
    assert "ready" in printed
    assert "stopping" in printed
    assert "\x1b" not in printed


def test_kernels_that_are_not_compiled_yet_are_announced_at_the_start_and_not_left_to_the_first_job(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "none compiled"))
    with running(config) as daemon:
        engine = wait_until(lambda: psutil.Process(daemon.pid).children(), 30, "the engine's start")
        daemon.send_signal(signal.SIGINT)
        printed, _ = daemon.communicate(timeout=30)
    assert engine
    assert "preparing the audio engine (once after installation)" in printed


def test_a_second_daemon_on_the_same_data_is_turned_away(config: Path) -> None:
    with running(config) as daemon:
        second = subprocess.run(command(config), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == ExitCode.STORE
        assert str(daemon.pid) in second.stderr
        assert daemon.poll() is None


def test_doctor_and_jobs_work_beside_it(config: Path, dawbridge: Run) -> None:
    with running(config) as daemon:
        assert f"(process {daemon.pid})" in dawbridge("doctor").stdout
        assert dawbridge("jobs", "list").exit_code == 0


def test_on_a_terminal_it_shows_folders_and_says_when_it_is_ready(config: Path, session: Path) -> None:
    ours, theirs = new_terminal()
    with subprocess.Popen(command(config), cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as daemon:
        os.close(theirs)
        seen = ""

        def shows(text: str) -> bool:
            nonlocal seen
            seen += os.read(ours, 65536).decode()
            return text in seen

        try:
            wait_until(lambda: shows("Ready. Ctrl-C stops."), 30, "ready")
            os.write(ours, b"\x03")
            daemon.send_signal(signal.SIGINT)
            wait_until(lambda: shows("Stopping"), 30, "stopping")
            assert daemon.wait(30) == 0
        finally:
            daemon.kill()
            os.close(ours)
    unwrapped = seen.replace("\r\n", "")
    assert "watches" in unwrapped
    assert "Returns" in unwrapped


def test_without_a_watch_folder_and_tickets_it_says_what_to_do(dawbridge: Run, config: Path) -> None:
    config.write_text("tickets: {is_on: false}\n")
    result = dawbridge("run")
    assert result.exit_code == ExitCode.USAGE
    assert "dawbridge init --watch" in result.stderr


@pytest.mark.parametrize("wrong", ["engines.slots", "=2", "engines.slotz=2", "engines.slots=0", "watch.x=1"])
def test_a_wrong_assignment_is_wrong_usage(dawbridge: Run, wrong: str) -> None:
    result = dawbridge("run", "--set", wrong)
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("error: ")


def test_assignments_win_over_the_file(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "log_level: error\n")
    with running(config, "--set", "log_level=info", "--set", f"data_folder={tmp_path / 'data'}") as daemon:
        daemon.terminate()
        assert "ready" in daemon.communicate(timeout=30)[0]


def test_a_chain_with_faults_is_told_at_the_start(dawbridge: Run, config: Path, session: Path) -> None:
    config.write_text(f"watch:\n  - folder: {session / 'Renders'}\n    recipe: {{do: master, chain: streeming}}\n")
    result = dawbridge("run")
    assert result.exit_code == ExitCode.USAGE
    assert "Did you mean `streaming`?" in result.stderr
