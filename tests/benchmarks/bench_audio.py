"""How fast audio files are read and written, beside plain soundfile in the same run.

`python -m tests.benchmarks.bench_audio [--seconds 240] [--repeat 7] [--json FILE]`

Reading: the whole file into planar float32 (channels, frames), as the engine takes it; soundfile gives interleaved
frames, which is less. Writing: through to the disk (fsync) on both sides; ours checks every sample and carries a stamp,
soundfile is given the samples in its own layout. Each figure is the best of several, with files in the disk's cache.
"""

import importlib.metadata
import json
import os
import platform
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.audio.headers import read_header
from bridge.audio.metadata import Metadata
from bridge.audio.read import decoded_digest, open_audio, read_audio
from bridge.audio.signal import Audio, Samples
from bridge.audio.write import OutputSpec, write_audio
from bridge.recipes import OutputBitDepth, OutputFormat
from tests.benchmarks.options import options

RATE_HZ = 44_100
KINDS: list[tuple[OutputFormat, OutputBitDepth, str, str]] = [
    (OutputFormat.WAV, "16", "WAV", "PCM_16"),
    (OutputFormat.WAV, "24", "WAV", "PCM_24"),
    (OutputFormat.WAV, "32f", "WAV", "FLOAT"),
    (OutputFormat.AIFF, "24", "AIFF", "PCM_24"),
    (OutputFormat.FLAC, "24", "FLAC", "PCM_24"),
    (OutputFormat.MP3, "32f", "MP3", "MPEG_LAYER_III"),
    (OutputFormat.OGG, "32f", "OGG", "VORBIS"),
]


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    ours_ms: float
    soundfile_ms: float | None

    @property
    def ratio(self) -> float | None:
        """How many times faster than soundfile."""
        return None if self.soundfile_ms is None else self.soundfile_ms / self.ours_ms


def best_ms(work: Callable[[], object], repeat: int) -> float:
    """The shortest of several runs, after one that fills the disk's cache."""
    work()
    times: list[float] = []
    for _ in range(repeat):
        started_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_s)
    return 1000 * min(times)


def music_like(seconds: float) -> Audio:
    """Noise that rises and falls, on the 16-bit grid so that it fits every format."""
    frames = round(seconds * RATE_HZ)
    noise = np.random.default_rng(1).standard_normal((2, frames), np.float32) * np.float32(0.08)
    noise *= np.abs(np.sin(np.arange(frames, dtype=np.float32) / np.float32(RATE_HZ))) + np.float32(0.1)
    return Audio((np.round(noise * 32768) / 32768).astype(np.float32), RATE_HZ)


def write_by_soundfile(path: Path, frames: NDArray[np.float32], container: str, subtype: str) -> None:
    """The peer, through to the disk."""
    mode, level = ("CONSTANT", 0.0) if container == "MP3" else (None, 0.2 if container == "OGG" else None)
    with soundfile.SoundFile(
        path, "w", RATE_HZ, 2, subtype, format=container, bitrate_mode=mode, compression_level=level
    ) as file:
        for start in range(0, len(frames), 65_536):
            file.write(frames[start : start + 65_536])
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def figures(folder: Path, seconds: float, repeat: int) -> list[Figure]:
    """Every line of the table."""
    audio = music_like(seconds)
    interleaved = np.ascontiguousarray(audio.samples.T)
    room = np.zeros_like(audio.samples)

    def given_room(_channels: int, _frames: int) -> Samples:
        return room

    rows: list[Figure] = []
    for output_format, depth, container, subtype in KINDS:
        name = (
            f"{output_format} {depth}" if output_format not in {OutputFormat.MP3, OutputFormat.OGG} else output_format
        )
        path, spec = folder / f"ours.{output_format}", OutputSpec(output_format, depth)
        few = repeat if container in {"WAV", "AIFF"} else min(repeat, 2)
        ours = best_ms(partial(write_audio, path, audio, spec, Metadata(job_id="bench")), few)
        peer = best_ms(partial(write_by_soundfile, folder / "x", interleaved, container, subtype), few)
        rows.append(Figure(f"write {name}", ours, peer))
        ours = best_ms(partial(read_audio, path, given_room), few)
        peer = best_ms(partial(soundfile.read, path, dtype="float32"), few)
        rows.append(Figure(f"read {name}", ours, peer))
        rows.append(Figure(f"header {name}", best_ms(partial(read_header, path), repeat), None))
    rows.append(Figure("digest of the decoded samples", best_ms(partial(decoded_digest, audio), 3), None))
    return rows


def block_memory_mb(path: Path) -> float:
    """Peak of what reading a file through, block by block, allocates."""
    tracemalloc.start()
    with open_audio(path) as file:
        for start in range(0, file.frames, 1 << 18):
            file.read(start, 1 << 18)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Measures and prints."""
    given = options(__doc__, repeat=7, seconds=240.0).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = figures(Path(folder), given.seconds, given.repeat)
        memory_mb = block_memory_mb(Path(folder) / "ours.wav")
    machine = {
        "system": platform.platform(),
        "cpu": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown",
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "soundfile": f"{importlib.metadata.version('soundfile')} (libsndfile {soundfile.__libsndfile_version__})",
    }
    print(f"{given.seconds:g} s of stereo at {RATE_HZ} Hz\n\n{'':32} {'ours':>10} {'soundfile':>12} {'ratio':>7}")
    for row in rows:
        peer = "" if row.soundfile_ms is None else f"{row.soundfile_ms:9.1f} ms"
        ratio = "" if row.ratio is None else f"{row.ratio:6.2f}x"
        print(f"{row.name:32} {row.ours_ms:7.2f} ms {peer:>12} {ratio:>7}")
    print(f"\nreading through in blocks allocates at most {memory_mb:.1f} MB")
    print("\n" + "\n".join(f"{name:10} {text}" for name, text in machine.items()))
    if given.json:
        data = {"machine": machine, "figures": [{**asdict(row), "ratio": row.ratio} for row in rows]}
        given.json.write_text(json.dumps(data, indent=2) + "\n")


if __name__ == "__main__":
    main()
