"""A mix on disk for whole runs, and disks that are too small."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of

RATE_HZ = 44100
MIX_S = 6.0


class MixFile(NamedTuple):
    """A 24-bit stereo bounce."""

    path: Path
    samples: Samples
    sample_rate_hz: int


@pytest.fixture(scope="session")
def mix_file(tmp_path_factory: pytest.TempPathFactory) -> MixFile:
    """Six seconds of the project's own song."""
    samples = mix_of(make_song(seed=3, duration_s=MIX_S, sample_rate_hz=RATE_HZ))
    path = tmp_path_factory.mktemp("mix") / "Song.wav"
    write_like_a_daw(path, samples, RATE_HZ, duration_s=0.0)
    return MixFile(path, np.ascontiguousarray(samples), RATE_HZ)


needs_mount = pytest.mark.skipif(
    os.environ.get("CI") != "true" and (not hasattr(os, "geteuid") or os.geteuid() != 0),
    reason="mounts a small disk, which only root may; CI does",
)


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path, str], None]]:
    """Puts a memory disk with given mount options over a folder."""
    mounted: list[Path] = []

    def mount(folder: Path, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)
