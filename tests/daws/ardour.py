"""A small session of real Ardour 7, without its window: made by its Lua, filled with audio, exported."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE_HZ = 44100
SUPERCLOCK = 282_240_000 // RATE_HZ
"""Ardour's own units of time in a frame."""
LIMIT_S = 120
NEW_SESSION = """
AudioEngine:set_backend ("None (Dummy)", "", "")
local s = create_session (arg[1], arg[2], 44100)
s:new_audio_track (2, 2, nil, 1, "Tone", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
s:save_state ("")
close_session ()
"""


def ardour_program(name: str) -> str:
    """A program of Ardour 7; on a laptop the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


def run_lua(script: str, place: Path, *arguments: str, **variables: str) -> str:
    """What a script prints in Ardour's own Lua."""
    path = place / "script.lua"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [ardour_program("ardour7-lua"), path, *arguments],
        capture_output=True, text=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(place), **variables},
    )  # fmt: skip
    return done.stdout + done.stderr


def make_session(folder: Path, name: str, seconds: float) -> None:
    """A session with one track that plays noise."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    run_lua(NEW_SESSION, folder.parent, str(folder), name)
    frames = round(seconds * RATE_HZ)
    noise = (np.random.default_rng(1).normal(size=frames) * 0.1).astype("float32")
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
    inside = rf"\1>{_region(900003, length, 0)}</Playlist>"
    return re.sub(r'(<Playlist [^>]*name="Tone[^>]*?)/>', inside, session)


def _region(number: int, length: int, whole: int) -> str:
    return (
        f'<Region name="tone" muted="0" opaque="1" locked="0" id="{number}" type="audio" channels="1" start="a0" '
        f'length="a{length}@a0" source-0="900001" master-source-0="900001" whole-file="{whole}" first-edit="nothing"/>'
    )


def export(folder: Path, name: str, target: Path) -> None:
    """Exports the session; by the file, not by the exit code, which Ardour 7 spoils at its very end now and then."""
    command = [ardour_program("ardour7-export"), "-b", "24", "-s", str(RATE_HZ), "-o", str(target), str(folder), name]
    subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL)
    assert soundfile.info(str(target)).frames > 0
