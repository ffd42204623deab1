"""A small session of real Ardour 7, without its window: made by its Lua, filled, exported, opened, marked."""

import os
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pytest
import soundfile

RATE_HZ = 44100
SUPERCLOCK = 282_240_000 // RATE_HZ
"""Ardour's own units of time in a frame."""
LIMIT_S = 20.0
"""For what takes two to five seconds: Ardour 7's tools hang now and then, or export silence, and are run again then."""
TRIES = 4
OSC_PORT = 3819
ARDOUR = Path("/usr/lib/ardour7")
SOUND_SYSTEM = "dawbridge"
OSC_SURFACE = (
    '<Protocol name="Open Sound Control (OSC)" feedback="0" debugmode="0" address-only="0" remote-port="8000" '
    'banksize="0" striptypes="159" feedbackmode="0" gainmode="0" active="1"/>'
)
NEW_SESSION = """
AudioEngine:set_backend ("None (Dummy)", "", "")
local s = create_session (arg[1], arg[2], 44100)
s:new_audio_track (2, 2, nil, 1, "Tone", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
s:save_state ("")
close_session ()
print ("made")
"""


def ardour_program(name: str) -> str:
    """A program of Ardour 7; on a laptop the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


def run_lua(script: str, place: Path, *arguments: str, **variables: str) -> str:
    """What a script prints in Ardour's own Lua; one that prints and hangs at its end has done its work."""
    path = place / "script.lua"
    path.write_text(script, encoding="utf-8")
    command = [ardour_program("ardour7-lua"), str(path), *arguments]
    for _ in range(TRIES):
        if printed := _printed(command, {**os.environ, "HOME": str(place), **variables}):
            return printed
    raise AssertionError(f"Ardour's Lua printed nothing, {TRIES} times")


def _printed(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a program prints until it ends or its time is over."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            printed, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, _ = process.communicate()
    return printed.decode(errors="replace")


def make_session(folder: Path, name: str, seconds: float) -> None:
    """A session with one track that plays noise, with a click at 2 s so loud that its export clips."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    run_lua(NEW_SESSION, folder.parent, str(folder), name)
    frames = round(seconds * RATE_HZ)
    noise = (np.random.default_rng(1).normal(size=frames) * 0.1).astype("float32")
    noise[2 * RATE_HZ : 2 * RATE_HZ + 20] *= 40
    audio = folder / "interchange" / folder.name / "audiofiles"
    soundfile.write(str(audio / "tone.wav"), noise, RATE_HZ, subtype="FLOAT")
    path = folder / f"{name}.ardour"
    path.write_text(_filled(path.read_text(encoding="utf-8"), frames * SUPERCLOCK), encoding="utf-8")


def _filled(session: str, length: int) -> str:
    """The session with a source, a region of it on the track, and the session's range: what its Lua cannot import."""
    source = (
        '<Source name="tone.wav" take-id="" type="audio" flags="" id="900001" natural-position="a0" '
        'have-natural-position="0" channel="0" origin="" gain="1"/>'
    )
    place = (
        f'<Location id="900004" name="session" start="a0" end="a{length}" flags="IsSessionRange" locked="0" '
        'timestamp="0"/>'
    )
    session = session.replace("<Sources/>", f"<Sources>{source}</Sources>")
    session = session.replace("<Regions/>", f"<Regions>{_region(900002, length, 1)}</Regions>")
    session = session.replace("<Locations/>", f"<Locations>{place}</Locations>")
    for side in (1, 2):  # Ardour's Lua saves now and then before it has connected the track
        session = _connected(session, f"Tone/audio_out {side}", f"Master/audio_in {side}")
        session = _connected(session, f"Master/audio_in {side}", f"Tone/audio_out {side}")
    inside = rf"\1>{_region(900003, length, 0)}</Playlist>"
    return re.sub(r'(<Playlist [^>]*name="Tone[^>]*?)/>', inside, session)


def _connected(session: str, port: str, other: str) -> str:
    """The session with a connection at a port that has none."""
    name = f'<Port type="audio" name="{port}"'
    return session.replace(f"{name}/>", f'{name}><Connection other="{other}"/></Port>')


def _region(number: int, length: int, whole: int) -> str:
    return (
        f'<Region name="tone" muted="0" opaque="1" locked="0" id="{number}" type="audio" channels="1" start="a0" '
        f'length="a{length}@a0" source-0="900001" master-source-0="900001" whole-file="{whole}" first-edit="nothing"/>'
    )


def export(folder: Path, name: str, target: Path) -> None:
    """Exports the session; judged by the file, not by the exit code, which Ardour 7 spoils at its very end at times."""
    command = [ardour_program("ardour7-export"), "-b", "24", "-s", str(RATE_HZ), "-o", str(target), str(folder), name]
    for _ in range(TRIES):
        _printed(command, os.environ)
        if target.exists() and np.abs(soundfile.read(str(target))[0]).max(initial=0.0) > 0:
            return
    raise AssertionError(f"Ardour exported no sound, {TRIES} times")


def switch_osc_on(session: Path) -> None:
    """Switches Ardour's OSC surface on in a session file, as its preferences do."""
    text = session.read_text(encoding="utf-8")
    text = re.sub(r'<Protocol name="Open Sound Control \(OSC\)"[^>]*/>', "", text)
    whole = f"<ControlProtocols>{OSC_SURFACE}"
    if "<ControlProtocols>" in text:
        text = text.replace("<ControlProtocols>", whole)
    else:
        text = re.sub(r"<ControlProtocols\s*/>", f"{whole}</ControlProtocols>", text)
    session.write_text(text, encoding="utf-8")


def saved_markers(session: Path) -> dict[str, int]:
    """Position in frames by name, as the session file has them; times are superclock ticks."""
    found: dict[str, int] = {}
    for location in ET.parse(session).getroot().iter("Location"):
        start = location.get("start", "")
        number = int(re.sub(r"\D", "", start.partition("@")[0]) or 0)
        found[location.get("name", "")] = round(number / SUPERCLOCK) if start.startswith("a") else number
    return found


class HeadlessArdour:
    """A headless Ardour with a session open, on a sound system that makes no sound."""

    def __init__(self, folder: Path, name: str, home: Path) -> None:
        """Starts both; that does not always succeed.

        Args:
            folder: of the session.
            name: of the session.
            home: folder for Ardour's own settings and what it prints.
        """
        self._home = home
        self._environment = {
            **os.environ, "LD_LIBRARY_PATH": str(ARDOUR), "ARDOUR_DLL_PATH": str(ARDOUR), "HOME": str(home),
            "ARDOUR_DATA_PATH": "/usr/share/ardour7", "ARDOUR_CONFIG_PATH": "/etc/ardour7",
            "JACK_DEFAULT_SERVER": SOUND_SYSTEM,
        }  # fmt: skip
        jack = ["-r", "-S", "-n", SOUND_SYSTEM, "-d", "dummy", "-r", str(RATE_HZ), "-p", "4096"]
        (binary,) = ARDOUR.glob("hardour-*")
        self._processes = [self._start([ardour_program("jackd"), *jack])]
        wait = ["jack_wait", "-s", SOUND_SYSTEM, "-w", "-t", "20"]
        subprocess.run(wait, env=self._environment, check=False, capture_output=True, timeout=30)
        self._processes.append(self._start([str(binary), str(folder), name]))

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._home / f"{Path(command[0]).name}.log").open("wb") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment,
                start_new_session=True,
            )  # fmt: skip

    def logs(self) -> str:
        """What they printed last."""
        return "\n".join(path.read_text(errors="replace")[-800:] for path in self._home.glob("*.log"))

    def stop(self) -> None:
        """Ends both, the sound system last."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
