"""Time of all standard readings of a four-minute mix, against ffmpeg's `ebur128=peak=true` and pyloudnorm.

`python -m tests.benchmarks.bench_measures [--seconds 240] [--repeat 5] [--json FILE]`

Each line is the best of several runs, and all ways take turns, so that a busy machine is busy for all of them; "from
file" reads a 24-bit WAV from the disk's cache, decoding included. ffmpeg has no 64-fold true peak and no maxima at a
10 ms hop, pyloudnorm reads integrated loudness only. Ratios are to ffmpeg's whole process on the same file. Commands
run as they are installed: their modules compiled, whatever PYTHONDONTWRITEBYTECODE says here.

Two lines after each table are what the project promises: the command against ffmpeg, whole processes, in CPU time; and
everything against loudness, range and true peak alone, both from the file and both in memory (at most 3).

The limit of the command is not measuring (0.1 s for four minutes at 44.1 kHz) nor decoding (0.06 s): two interpreters,
pydantic's models twice and numpy once are two thirds of it.
"""

import compileall
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

import bridge
from bridge.audio.read import open_audio
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import analyze, hop_energies, measure, true_peak_dbtp
from bridge.dsp.measures.readings import read_everything
from bridge.dsp.warm import warm_up
from tests import signals
from tests.benchmarks.machine import as_installed, ffmpeg_version, machine
from tests.benchmarks.options import options

WHOLE_PROCESS = """
import sys
from pathlib import Path
import bridge
from bridge.audio.read import open_audio
from bridge.dsp.measures import measure
with open_audio(Path(sys.argv[1])) as file:
    print(measure(file).measurement.integrated_lufs)
"""
FFMPEG, COMMAND = "ffmpeg ebur128=peak=true, whole process", "dawbridge analyze --scope loudness --json"
LOUDNESS, EVERYTHING = "measure, warm, 1 thread,", "analyze, warm, 1 thread,"
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


def timed(ways: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, tuple[float, float]]:
    """Best wall and best CPU time of each in ms, children included, after one run of each that warms; in turn."""
    best = dict.fromkeys(ways, (math.inf, math.inf))
    for turn in range(repeat + 1):
        for what, work in ways.items():
            cpu, wall = cpu_s(), time.perf_counter()
            work()
            now = 1e3 * (time.perf_counter() - wall), 1e3 * (cpu_s() - cpu)
            if turn:
                best[what] = min(best[what][0], now[0]), min(best[what][1], now[1])
    return best


def command(*arguments: str | Path) -> Callable[[], object]:
    """Runs a program, as it runs where it is installed."""
    return lambda: subprocess.run(arguments, capture_output=True, check=True, timeout=300, env=as_installed())


def rows(material: str, samples: Samples, rate_hz: int, repeat: int) -> Iterator[Row]:
    """Every way to measure one signal."""
    audio = Audio(samples, rate_hz)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        soundfile.write(path, samples.T, rate_hz, subtype="PCM_24")

        def from_file(read: Callable[..., object], threads: int) -> None:
            with open_audio(path) as file:
                read(file, threads=threads)

        filtered = ("-af", "ebur128=peak=true", "-f", "null", "-")
        ways: dict[str, Callable[[], object]] = {
            FFMPEG: command("ffmpeg", "-nostats", "-i", path, *filtered),
            COMMAND: command(*DAWBRIDGE, path, "--scope", "loudness", "--json"),
            "pyloudnorm (no peaks), whole process": command(sys.executable, "-c", PYLOUDNORM, path),
            "measure, whole process": command(sys.executable, "-c", WHOLE_PROCESS, path),
            "dawbridge analyze --json": command(*DAWBRIDGE, path, "--json"),
            f"{LOUDNESS} from file": lambda: from_file(measure, 1),
            "measure, warm, from file, 2 threads": lambda: from_file(measure, 2),
            f"{LOUDNESS} in memory": lambda: measure(audio, threads=1),
            "measure, warm, in memory, 2 threads": lambda: measure(audio, threads=2),
            f"{EVERYTHING} from file": lambda: from_file(analyze, 1),
            f"{EVERYTHING} in memory": lambda: analyze(audio, threads=1),
            "analyze, warm, in memory, 2 threads": lambda: analyze(audio, threads=2),
            "  of which the pass over the samples": lambda: read_everything(audio, threads=1),
            "  of which K-weighted energies": lambda: hop_energies(audio, threads=1),
            "  of which true peak at 64-fold": lambda: true_peak_dbtp(audio, threads=1),
            "  reading the samples once (numpy max)": lambda: np.max(samples),
        }
        best = timed(ways, repeat)
        for what, (wall_ms, cpu_ms) in best.items():
            yield Row(material, what, wall_ms, cpu_ms, best[FFMPEG][1] / cpu_ms)


def promises(rows_of_one: Sequence[Row]) -> Iterator[str]:
    """The lines that the project is held to."""
    cpu_ms = {row.what: row.cpu_ms for row in rows_of_one}
    yield f"whole process: {cpu_ms[COMMAND] / 1e3:.2f} CPU s, {cpu_ms[COMMAND] / cpu_ms[FFMPEG]:.2f} of ffmpeg's"
    for where in ("from file", "in memory"):
        ratio = cpu_ms[f"{EVERYTHING} {where}"] / cpu_ms[f"{LOUDNESS} {where}"]
        yield f"everything against loudness, range and true peak, {where}: {ratio:.2f} (at most 3)"


def main() -> None:
    """Measures and prints."""
    given = options(__doc__, repeat=5, seconds=240.0).parse_args()
    warm_up()
    compileall.compile_dir(Path(bridge.__file__).parent, quiet=1)
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
        found = list(rows(material, np.ascontiguousarray(samples, np.float32), rate_hz, given.repeat))
        for row in found:
            print(f"{row.what:40} {row.wall_ms:8.0f} {row.cpu_ms:8.0f} {row.ratio:12.1f}")
        print(*promises(found), sep="\n")
        table += found
    if given.json:
        data = {"machine": where, "rows": [asdict(row) for row in table]}
        given.json.write_text(json.dumps(data, indent=2) + "\n")


if __name__ == "__main__":
    main()
