"""`dawbridge plugins edit` on a real screen (Xvfb): a knob is turned with the mouse, and what it did is kept."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from bridge.audio.signal import in_memory
from bridge.chains import read_chain
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.plugins import rack as racks
from bridge.dsp.plugins.rack import open_rack
from bridge.plugin_settings import PluginPlace, PluginSettings
from tests.cli.conftest import ROOT
from tests.plugins.conftest import NOW, faults, or_skip, zam
from tests.plugins.test_steps import MIX
from tests.support import wait_until

__all__ = ["faults", "zam"]
TITLE = "^Pedalboard$"
THRESHOLD_AT = ("210", "65")
"""Where ZamCompX2 has the knob, from the corner of its window."""
COLOURS_MIN = 30
START_LIMIT_S = 60


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen that nobody sees, without a window manager."""
    or_skip(shutil.which("Xvfb") is not None, "xvfb")
    for program in ("xdotool", "ffmpeg"):
        or_skip(shutil.which(program) is not None, program)
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x700x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
        server.terminate()


class Editing:
    """The command in a terminal of its own."""

    def __init__(self, display: str, config: Path, *arguments: str) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": display}
        self._keyboard, terminal = pty.openpty()
        command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "plugins", "edit", *arguments]
        self._process = subprocess.Popen(
            command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._environment, text=True
        )
        os.close(terminal)

    def mouse(self, *words: str) -> str:
        """What xdotool says."""
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout.strip()

    def seen(self) -> bytes:
        """The corner of the screen in which the knobs are, in grey."""
        grab = ["ffmpeg", "-loglevel", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", "480x110"]
        still = ["-i", self._environment["DISPLAY"], "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
        return subprocess.run([*grab, *still], capture_output=True, timeout=20, check=True).stdout

    def turn_the_threshold(self) -> None:
        """Waits until the window is drawn, and drags its knob down until that is seen."""
        wait_until(lambda: self.mouse("search", "--onlyvisible", "--name", TITLE), START_LIMIT_S, "the window")
        wait_until(lambda: len(set(self.seen())) > COLOURS_MIN, START_LIMIT_S, "knobs")
        before = self.seen()

        def is_turned() -> bool:
            self.mouse("mousemove", *THRESHOLD_AT, "sleep", "0.3", "mousedown", "1")
            for _ in range(6):
                self.mouse("mousemove_relative", "--", "0", "12", "sleep", "0.05")
            self.mouse("mouseup", "1", "sleep", "0.3")
            return self.seen() != before

        wait_until(is_turned, START_LIMIT_S, "another picture")

    def press_enter(self) -> None:
        os.write(self._keyboard, b"\n")

    def press_ctrl_c(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """Exit code and what was printed."""
        out, err = self._process.communicate(timeout=START_LIMIT_S)
        os.close(self._keyboard)
        return self._process.returncode, out, err


@pytest.fixture
def edit(display: str, config: Path, zam: Path, faults: Path) -> Callable[..., Editing]:
    """Begins to edit a plug-in of zam-plugins, or one that is ours."""
    settings = yaml.safe_load(config.read_text())
    settings["plugins"] = {"folders": [str(zam), str(faults)], "use_system_folders": False}
    config.write_text(yaml.safe_dump(settings))
    return lambda *arguments: Editing(display, config, *arguments)


def threshold_of(preset: Path) -> float:
    """DPF writes parameters as names and numbers with zeros between them."""
    words = preset.read_bytes().split(b"\0")
    place = next(index for index, word in enumerate(words) if word.endswith(b"thr"))
    return float(words[place + 1])


def chain_with_preset(folder: Path) -> Path:
    path = folder / "mine.yaml"
    path.write_text("title: Mine\nsteps:\n  - {use: plugin, plugin: ZamCompX2, preset: presets/ZamCompX2.vstpreset}\n")
    return path


@pytest.mark.slow
def test_what_was_turned_in_the_window_is_a_preset_beside_the_chain_and_sounds(
    edit: Callable[..., Editing], tmp_path: Path, zam: Path
) -> None:
    chain = chain_with_preset(tmp_path)
    editing = edit("ZamCompX2", "--chain", str(chain))
    editing.turn_the_threshold()
    editing.press_enter()
    code, out, err = editing.end()
    assert code == 0, err
    preset = tmp_path / "presets" / "ZamCompX2.vstpreset"
    assert out.splitlines() == [f"Kept {preset}", "In the chain: `preset: presets/ZamCompX2.vstpreset`"]
    turned = threshold_of(preset)
    assert -60 < turned < -3
    again = edit("ZamCompX2", "--chain", str(chain))
    again.turn_the_threshold()
    again.press_enter()
    assert again.end()[0] == 0
    assert threshold_of(preset) < turned - 3, "it went on from what was kept"
    place = PluginPlace(settings=PluginSettings(folders=(zam,), use_system_folders=False), data_folder=tmp_path)
    open_rack(place, lambda: NOW)
    by_preset = run_steps(MIX, read_chain(chain).steps, in_memory, to_nobody).audio.samples
    racks.rack().close()
    assert abs(by_preset).max() < abs(MIX.samples).max(), "4:1 above the threshold"


def test_ctrl_c_keeps_nothing(edit: Callable[..., Editing], tmp_path: Path) -> None:
    editing = edit("ZamCompX2", "--preset", str(tmp_path / "mine.vstpreset"))
    editing.turn_the_threshold()
    editing.press_ctrl_c()
    assert editing.end()[0] != 0
    assert not list(tmp_path.rglob("*.vstpreset*"))


def test_a_plug_in_without_a_window_says_so(edit: Callable[..., Editing], tmp_path: Path) -> None:
    code, _, err = edit("FaultBox", "--preset", str(tmp_path / "mine.vstpreset")).end()
    assert code != 0
    assert "The plug-in FaultBox has no window of its own; nothing was kept." in err
    assert not list(tmp_path.rglob("*.vstpreset*"))
