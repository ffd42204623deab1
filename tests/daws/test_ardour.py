"""Ardour's hook: real Ardour exports, its own Lua runs the very script, the real daemon masters."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import soundfile

from bridge.listeners.tickets.box import TicketBox, read_ticket
from bridge.listeners.tickets.forms import TicketResult
from tests.daws.ardour import export, make_session, run_lua
from tests.support import wait_until

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "examples" / "ardour" / "bridge_after_export.lua"
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


@pytest.fixture
def daemon(tmp_path: Path) -> Generator[Path]:
    """A daemon's data folder, where Ardour's user has it."""
    data = tmp_path / "data" / "daw-bridge"
    data.mkdir(parents=True)
    config = tmp_path / "bridge.yaml"
    config.write_text(f"data_folder: {data}\n")
    command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "run"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until((data / "tickets" / "daemon.json").exists, 60, "the daemon's heartbeat")
        yield data
        process.terminate()
        process.wait(30)


def call_hook(place: Path, exported: Path, data: Path) -> str:
    return run_lua(CALL, place, str(HOOK), str(exported), XDG_DATA_HOME=str(data.parent))


@pytest.mark.skipif(os.name == "nt", reason="Ardour's headless tools are for Linux")
def test_what_ardour_exports_comes_back_mastered(tmp_path: Path, daemon: Path) -> None:
    session, exported = tmp_path / "Session", tmp_path / "Exports" / 'My "Söng".wav'
    exported.parent.mkdir()
    make_session(session, "Song", 4.0)
    export(session, "Song", tmp_path / "exported.wav")
    (tmp_path / "exported.wav").rename(exported)
    printed = call_hook(tmp_path, exported, daemon)
    assert "KIND EditorHook" in printed
    wait_until(lambda: list((daemon / "tickets").glob("*.result.json")), 120, "the master")
    (path,) = (daemon / "tickets").glob("*.result.json")
    result = TicketResult.model_validate_json(path.read_bytes())
    assert (result.state, result.name) == ("done", 'My "Söng"')
    assert result.result is not None
    master = next(file.path for file in result.result.files if file.role == "master")
    assert soundfile.info(str(master)).frames == 4 * 44100
    assert master.is_relative_to(exported.parent / "Returns")


@pytest.mark.skipif(os.name == "nt", reason="Ardour's headless tools are for Linux")
def test_without_a_ticket_folder_the_hook_says_so_and_other_files_are_left_alone(tmp_path: Path) -> None:
    printed = call_hook(tmp_path, tmp_path / "a.wav", tmp_path / "nowhere" / "daw-bridge")
    assert "cannot be written" in printed
    assert "TICKET nil" in call_hook(tmp_path, tmp_path / "a.cue", tmp_path / "nowhere" / "daw-bridge")


@pytest.mark.skipif(os.name == "nt", reason="Ardour's headless tools are for Linux")
def test_the_ticket_of_the_hook_is_of_the_form(tmp_path: Path) -> None:
    folder = tmp_path / "daw-bridge" / "tickets"
    folder.mkdir(parents=True)
    call_hook(tmp_path, tmp_path / 'a "b" \\ ü.flac', tmp_path / "daw-bridge")
    (slip,) = TicketBox(folder).slips()
    ticket = read_ticket(slip)
    assert ticket.ask == "work"
    assert ticket.files == (str(tmp_path / 'a "b" \\ ü.flac'),)
    assert ticket.recipe.do == "master"
