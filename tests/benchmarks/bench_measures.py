"""Time of all standard readings of a four-minute mix, against ffmpeg's `ebur128=peak=true` and pyloudnorm.

`python -m tests.benchmarks.bench_measures [--seconds 240] [--repeat 5] [--json FILE]`

Each line is the best of several runs; "from file" reads a 24-bit WAV from the disk's cache, decoding included. ffmpeg
has no 64-fold true peak and no maxima at a 10 ms hop, pyloudnorm reads integrated loudness only. Ratios are to ffmpeg's
whole process on the same file.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from bridge.audio.read import open_audio
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import analyze, hop_energies, measure, true_peak_dbtp
from bridge.dsp.measures.readings import read_everything
from bridge.dsp.warm import warm_up
from tests import signals
from tests.benchmarks.machine import ffmpeg_version, machine

WHOLE_PROCESS = """
import sys
from pathlib import Path
from bridge.audio.read import open_audio
from bridge.dsp.measures import measure
with open_audio(Path(sys.argv[1])) as file:
    print(measure(file).measurement.integrated_lufs)
"""
DAWBRIDGE = (sys.executable, "-m", "bridge.cli.main", "analyze")
PYLOUDNORM = """
import sys
import pyloudnorm
import soundfile
samples, rate = soundfile.read(sys.argv[1])
print(pyloudnorm.Meter(rate).integrated_loudness(samples))
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    material: str
    what: str
    wall_ms: float
    cpu_ms: float
    ratio: float
    """CPU time of ffmpeg divided by this one's."""


def cpu_s() -> float:
    """CPU time of this process and of the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Best wall and best CPU time in ms, children included, after one run that warms."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(repeat + 1):
        cpu, wall = cpu_s(), time.perf_counter()
        work()
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (cpu_s() - cpu))
    return min(walls[1:]), min(cpus[1:])


def command(*arguments: str | Path) -> Callable[[], object]:
    """Runs a program."""
    return lambda: subprocess.run(arguments, capture_output=True, check=True, timeout=300)


def rows(material: str, samples: Samples, rate_hz: int, repeat: int) -> Iterator[Row]:
    """Every way to measure one signal."""
    audio = Audio(samples, rate_hz)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        soundfile.write(path, samples.T, rate_hz, subtype="PCM_24")

        def from_file(threads: int) -> None:
            with open_audio(path) as file:
                measure(file, threads=threads)

        filtered = ("-af", "ebur128=peak=true", "-f", "null", "-")
        ways: dict[str, Callable[[], object]] = {
            "ffmpeg ebur128=peak=true, whole process": command("ffmpeg", "-nostats", "-i", path, *filtered),
            "pyloudnorm (no peaks), whole process": command(sys.executable, "-c", PYLOUDNORM, path),
            "measure, whole process": command(sys.executable, "-c", WHOLE_PROCESS, path),
            "dawbridge analyze --scope loudness": command(*DAWBRIDGE, path, "--scope", "loudness", "--json"),
            "dawbridge analyze": command(*DAWBRIDGE, path, "--json"),
            "measure, warm, from file, 1 thread": lambda: from_file(1),
            "measure, warm, from file, 2 threads": lambda: from_file(2),
            "measure, warm, in memory, 1 thread": lambda: measure(audio, threads=1),
            "measure, warm, in memory, 2 threads": lambda: measure(audio, threads=2),
            "analyze (everything), 1 thread": lambda: analyze(audio, threads=1),
            "analyze (everything), 2 threads": lambda: analyze(audio, threads=2),
            "  of which the pass over the samples": lambda: read_everything(audio, threads=1),
            "  of which K-weighted energies": lambda: hop_energies(audio, threads=1),
            "  of which true peak at 64-fold": lambda: true_peak_dbtp(audio, threads=1),
            "  reading the samples once (numpy max)": lambda: np.max(samples),
        }
        peer_ms = 0.0
        for what, work in ways.items():
            wall_ms, cpu_ms = timed(work, repeat)
            peer_ms = peer_ms or cpu_ms
            yield Row(material, what, wall_ms, cpu_ms, peer_ms / cpu_ms)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    warm_up()
    where = machine("numpy", "numba", "pyloudnorm") | {"ffmpeg": ffmpeg_version()}
    print(", ".join(f"{name} {text}" for name, text in where.items()))
    table: list[Row] = []
    mixes = {
        "44.1 kHz": (signals.music(given.seconds, 44100), 44100),
        "44.1 kHz, clipped by 12 dB": (np.clip(4 * signals.music(given.seconds, 44100), -1, 1), 44100),
        "96 kHz": (signals.music(given.seconds, 96000), 96000),
    }
    for material, (samples, rate_hz) in mixes.items():
        print(f"\n{given.seconds:g} s, {material:32} {'wall ms':>8} {'CPU ms':>8} {'ffmpeg/this':>12}")
        for row in rows(material, np.ascontiguousarray(samples, np.float32), rate_hz, given.repeat):
            print(f"{row.what:40} {row.wall_ms:8.0f} {row.cpu_ms:8.0f} {row.ratio:12.1f}")
            table.append(row)
    if given.json:
        data = {"machine": where, "rows": [asdict(row) for row in table]}
        given.json.write_text(json.dumps(data, indent=2) + "\n")


if __name__ == "__main__":
    main()
