"""Fixtures that several rooms share."""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

# Every engine that a test starts finds the kernels that an earlier one compiled: as `bridge.dsp.compiled` keeps them.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "daw-bridge-test-kernels"))

from bridge.audio.signal import Samples
from bridge.dsp.song import make_song, mix_of


class Song(NamedTuple):
    """The project's own music, with its truth."""

    stems: dict[str, Samples]
    """`vocals`, `drums`, `bass`, `other`: float32 (2, frames), read-only."""
    mix: Samples
    """Their exact sum, read-only."""
    sample_rate_hz: int


@pytest.fixture(scope="session")
def song() -> Song:
    """Twelve seconds at 44.1 kHz, made once a session."""
    stems = make_song(seed=1, duration_s=12.0, sample_rate_hz=44100)
    mix = mix_of(stems)
    for samples in (*stems.values(), mix):
        samples.flags.writeable = False
    return Song(stems, mix, 44100)
