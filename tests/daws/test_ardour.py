"""Ardour: a real one exports, runs the hook in its own Lua, and takes the markers of the real daemon."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import soundfile

from bridge.listeners.osc.daw import MARKERS_MAX, NEAR_FRAMES, Ardour, short_name
from bridge.listeners.tickets.box import TicketBox, read_ticket
from bridge.listeners.tickets.forms import TicketResult
from bridge.reports.document import read_report
from bridge.reports.markers import markers_of
from tests.daws.ardour import (
    OSC_PORT,
    RATE_HZ,
    HeadlessArdour,
    export,
    make_session,
    run_lua,
    saved_markers,
    switch_osc_on,
)
from tests.support import wait_until

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "examples" / "ardour" / "bridge_after_export.lua"
TRIES = 3
"""A headless Ardour does not always come up: its own clock or its port fails it now and then."""
CALL = """
LuaSignal = LuaSignal or { Exported = 1, Set = function () return { add = function () end } end }
local about
ardour = function (found) about = found end
dofile (arg[1])
signals ()
local callback = factory ()
print ("KIND", about.type)
print ("TICKET", callback (LuaSignal.Exported, nil, "session", arg[2]))
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Ardour's headless tools are for Linux")


@pytest.fixture
def daemon(tmp_path: Path) -> Generator[Path]:
    """A daemon's data folder, where Ardour's user has it; what is done it tells Ardour by OSC."""
    data = tmp_path / "data" / "daw-bridge"
    data.mkdir(parents=True)
    config = tmp_path / "bridge.yaml"
    osc = f"osc:\n  is_enabled: true\n  port: 0\n  ardour: 127.0.0.1:{OSC_PORT}\n"
    config.write_text(f"data_folder: {data}\n{osc}")
    command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "run"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until((data / "tickets" / "daemon.json").exists, 60, "the daemon's heartbeat")
        yield data
        process.terminate()
        process.wait(30)


def call_hook(place: Path, exported: Path, data: Path) -> str:
    return run_lua(CALL, place, str(HOOK), str(exported), XDG_DATA_HOME=str(data.parent))


def test_an_export_comes_back_as_a_master_and_as_markers_in_its_session_opened_again_for_osc(
    tmp_path: Path, daemon: Path
) -> None:
    """Ardour's exporter and the Ardour that listens on OSC are two programs: the session is opened by each in turn."""
    made, exported = tmp_path / "Session", tmp_path / "Exports" / 'My "Söng".wav'
    exported.parent.mkdir()
    make_session(made, "Song", 4.0)
    export(made, "Song", tmp_path / "exported.wav")
    (tmp_path / "exported.wav").rename(exported)
    switch_osc_on(made / "Song.ardour")
    session, result = marked_in_one_of(made, exported, daemon)
    master = file_of(result, "master")
    assert soundfile.info(str(master)).frames == 4 * RATE_HZ
    assert master.is_relative_to(exported.parent / "Returns")
    wanted = markers_of(read_report(file_of(result, "report").read_text(encoding="utf-8")))
    saved = saved_markers(session)
    assert any(name.startswith('daw-bridge My "Söng" -14') for name in saved), saved
    assert wanted
    for marker in wanted:
        assert abs(saved[short_name(marker)] - marker.start_s * RATE_HZ) <= NEAR_FRAMES


def marked_in_one_of(made: Path, exported: Path, daemon: Path) -> tuple[Path, TicketResult]:
    """The session file that has the markers, and what the daemon answered; each try takes a fresh copy."""
    for number in range(1, TRIES + 1):
        home = made.parent / f"try {number}"
        shutil.copytree(made, home / "Session")
        session = home / "Session" / "Song.ardour"
        try:
            return session, marked_by_the_daemon(home, session, exported, daemon)
        except AssertionError:
            if number == TRIES:
                raise
    raise AssertionError("there is no try")


def marked_by_the_daemon(home: Path, session: Path, exported: Path, daemon: Path) -> TicketResult:
    """What the daemon answers to the hook, once its markers are in the saved session."""
    for left in (daemon / "tickets").glob("*.result.json"):
        left.unlink()
    with HeadlessArdour(session.parent, "Song", home) as real, Ardour(("127.0.0.1", OSC_PORT)) as ardour:
        wait_until(lambda: is_at_rest(ardour), 30, f"Ardour's answer: {real.logs()}")
        assert "KIND EditorHook" in call_hook(home, exported, daemon)
        wait_until(lambda: list((daemon / "tickets").glob("*.result.json")), 120, "the master")
        (path,) = (daemon / "tickets").glob("*.result.json")
        result = TicketResult.model_validate_json(path.read_bytes())
        assert (result.state, result.name) == ("done", 'My "Söng"')
        wanted = 1 + len(result.markers)
        assert 2 < wanted < MARKERS_MAX
        wait_until(lambda: marked(ardour, session) >= wanted, 40, f"{wanted} markers: {real.logs()}")
    return result


def is_at_rest(ardour: Ardour) -> bool:
    """Whether it answers and stands for two seconds: a new session rolls once of itself, after some seconds."""
    for _ in range(20):
        if not ardour.is_stopped():
            ardour._send("/transport_stop")
            return False
        time.sleep(0.1)
    return True


def marked(ardour: Ardour, session: Path) -> int:
    """How many markers the session file has; it is saved anew at each look, because UDP loses packets."""
    ardour._send("/save_state")
    time.sleep(0.2)
    return len(saved_markers(session)) - 1  # less the session's own range


def file_of(result: TicketResult, role: str) -> Path:
    assert result.result is not None
    return next(file.path for file in result.result.files if file.role == role)


def test_without_a_ticket_folder_the_hook_says_so_and_other_files_are_left_alone(tmp_path: Path) -> None:
    printed = call_hook(tmp_path, tmp_path / "a.wav", tmp_path / "nowhere" / "daw-bridge")
    assert "cannot be written" in printed
    assert "TICKET nil" in call_hook(tmp_path, tmp_path / "a.cue", tmp_path / "nowhere" / "daw-bridge")


def test_the_ticket_of_the_hook_is_of_the_form(tmp_path: Path) -> None:
    folder = tmp_path / "daw-bridge" / "tickets"
    folder.mkdir(parents=True)
    call_hook(tmp_path, tmp_path / 'a "b" \\ ü.flac', tmp_path / "daw-bridge")
    (slip,) = TicketBox(folder).slips()
    ticket = read_ticket(slip)
    assert ticket.ask == "work"
    assert ticket.files == (str(tmp_path / 'a "b" \\ ü.flac'),)
    assert ticket.recipe.do == "master"
