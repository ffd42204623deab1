"""Audio files for tests: by soundfile and ffmpeg as other people's writers, and by hand where the header must lie."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from bridge.audio.signal import Samples

SUFFIXES = {"WAV": "wav", "WAVEX": "wav", "RF64": "wav", "W64": "w64", "AIFF": "aif", "CAF": "caf", "FLAC": "flac",
            "MP3": "mp3", "OGG": "ogg"}  # fmt: skip


def grid_noise(
    frames: int = 3000, channels: int = 2, bits: int = 16, seed: int = 1, gain: float = 0.5
) -> NDArray[np.float32]:
    """Noise (channels, frames) whose every sample is a whole number of `bits` bits."""
    top = 1 << (bits - 1)
    whole = np.random.default_rng(seed).integers(-int(gain * top), int(gain * top), (channels, frames))
    return (whole / top).astype(np.float32)


def written(
    folder: Path, samples: Samples, format_: str = "WAV", subtype: str = "PCM_16", rate_hz: int = 44100
) -> Path:
    """A file by libsndfile."""
    path = folder / f"a.{SUFFIXES[format_]}"
    with soundfile.SoundFile(path, "w", rate_hz, samples.shape[0], subtype, format=format_) as file:
        for start in range(0, samples.shape[1], 8192):
            file.write(np.ascontiguousarray(samples[:, start : start + 8192].T))
    return path


def ffmpeg(*arguments: str | Path) -> bytes:
    """What ffmpeg writes to its standard output; skips where it is missing, fails where CI has it."""
    if shutil.which("ffmpeg") is None:
        if os.environ.get("CI"):
            pytest.fail("ffmpeg must be installed here")
        pytest.skip("ffmpeg is not installed")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk; `size` is what it says where that is not the truth."""
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def fmt_chunk(
    *, tag: int = 1, channels: int = 2, rate_hz: int = 44100, bits: int = 16, block: int | None = None
) -> bytes:
    """A plain fmt chunk."""
    block = channels * bits // 8 & 0xFFFF if block is None else block
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block, bits))


def wave(*chunks: bytes, size: int | None = None, magic: bytes = b"RIFF") -> bytes:
    """A WAVE file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body
