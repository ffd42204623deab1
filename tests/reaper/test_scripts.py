"""The scripts as files: Lua that compiles, passes luacheck and calls nothing that REAPER has not."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reaper.fake.imgui import IMGUI_TABLE
from tests.reaper.fake.reaper import SCRIPTS
from tests.reaper.fake.table import TABLE

ALL = sorted(SCRIPTS.rglob("*.lua"))
ACTIONS = sorted(SCRIPTS.glob("Bridge - *.lua"))
CALL = re.compile(r"\breaper\.(\w+)")
IMGUI_CALL = re.compile(r"\bImGui\.(\w+)")
NO_CODE = re.compile(r"--.*|\"[^\"\n]*\"")


def program(*names: str) -> str:
    """The first of these programs that is there; on a laptop the test is skipped without one."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        assert not os.environ.get("CI"), f"none of {names} is installed"
        pytest.skip(f"none of {names} is installed")
    return found


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_script_compiles_with_lua_5_4(path: Path) -> None:
    done = subprocess.run([program("luac5.4"), "-p", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_luacheck_finds_nothing() -> None:
    done = subprocess.run(
        [program("luacheck"), "--no-color", "-q", "."], cwd=SCRIPTS.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_no_function_is_called_that_reaper_has_not(path: Path) -> None:
    code = NO_CODE.sub("", path.read_text(encoding="utf-8"))
    known = {*TABLE, *(f"ImGui_{name}" for name in IMGUI_TABLE)}
    called = {*CALL.findall(code), *(f"ImGui_{name}" for name in IMGUI_CALL.findall(code))}
    assert called <= known, called - known


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.stem)
def test_an_action_is_a_header_and_a_call(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1] == f"@description {path.stem.replace('Bridge - ', 'Bridge: ')}"
    assert any(line.startswith("@about") for line in lines)
    assert len(lines) < 40
