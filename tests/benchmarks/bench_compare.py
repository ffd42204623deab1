"""Time of comparing two versions of a mix, against a plain FFT cross-correlation of the whole files in NumPy.

`python -m tests.benchmarks.bench_compare [--seconds 240] [--repeat 5] [--two-hours] [--json FILE]`

The peer finds the offset of the mono sums and nothing else: float32 FFTs of both files, zero-padded, and back. Ours
finds offset, gain and polarity, and reads null depth, changed spans and spectra. With `--two-hours` a process of its
own compares two hours of noise at 96 kHz, for its memory (minutes; on Linux).
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.alignment import align, fast_length
from bridge.dsp.measures.compare import compare
from tests import signals
from tests.benchmarks.machine import machine
from tests.benchmarks.options import options

RATE_HZ = 44100
OFFSET = 5000

TWO_HOURS = """
import re
from pathlib import Path
import numpy as np
from bridge.dsp.measures.compare import compare

class Noise:
    sample_rate_hz, channels, frames = 96000, 2, 2 * 3600 * 96000

    def __init__(self, offset):
        self.offset = offset

    def read(self, start, frames):
        frames = max(0, min(frames, self.frames - start))
        blocks = range((start - self.offset) // 65536, (start - self.offset + frames) // 65536 + 1)
        made = np.concatenate([np.random.default_rng(k + 99).random((2, 65536), np.float32) - 0.5 for k in blocks], 1)
        first = (start - self.offset) % 65536
        return made[:, first : first + frames]

def peak_mib():  # of this process alone: what getrusage tells is inherited from its parent
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

before = peak_mib()
comparison = compare(Noise(0), Noise(12345))
assert comparison.offset_frames == 12345
print(peak_mib() - before)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    wall_ms: float
    cpu_ms: float
    ratio: float
    """Wall time of the peer divided by this one's."""


def timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Best wall and best CPU time in ms, after one run that warms."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(repeat + 1):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (time.process_time() - cpu))
    return min(walls[1:]), min(cpus[1:])


def plain_offset(a: Samples, b: Samples) -> int:
    """The peer."""
    size = fast_length(a.shape[1] + b.shape[1])
    spectrum = np.conj(np.fft.rfft(a.sum(axis=0), size)) * np.fft.rfft(b.sum(axis=0), size)
    at = int(np.abs(np.fft.irfft(spectrum, size)).argmax())
    return at if at < b.shape[1] else at - size


def main() -> None:
    """Prints the table, and writes JSON where asked."""
    parser = options(__doc__, repeat=5, seconds=240.0)
    parser.add_argument("--two-hours", action="store_true")
    given = parser.parse_args()
    mix = signals.music(given.seconds, RATE_HZ)
    later = np.concatenate([np.zeros((2, OFFSET), np.float32), mix * np.float32(-0.5)], axis=1)
    changed = later.copy()
    changed[:, RATE_HZ * 20 : RATE_HZ * 25] *= np.float32(0.9)
    a, b = Audio(mix, RATE_HZ), Audio(changed, RATE_HZ)
    assert plain_offset(mix, changed) == align(a, b).offset == compare(a, b).offset_frames == OFFSET
    peer = timed(lambda: plain_offset(mix, changed), given.repeat)
    rows = [Row("NumPy: offset by one FFT of the whole files", *peer, 1.0)]
    works: dict[str, Callable[[], object]] = {
        "align: the offset": lambda: align(a, b),
        "compare: everything": lambda: compare(a, b),
        "compare: everything, one thread": lambda: compare(a, b, threads=1),
    }
    for what, work in works.items():
        wall, cpu = timed(work, given.repeat)
        rows.append(Row(what, wall, cpu, peer[0] / wall))
    for row in rows:
        print(f"{row.what:<46} {row.wall_ms:8.0f} ms wall {row.cpu_ms:8.0f} ms CPU   x {row.ratio:.2f}")
    about: dict[str, object] = {**machine("numpy")}
    if given.two_hours:
        out = subprocess.run([sys.executable, "-c", TWO_HOURS], capture_output=True, text=True, check=True)
        print(f"two hours at 96 kHz: {float(out.stdout):.0f} MiB over the interpreter with its libraries")
        about["two_hours_mib"] = float(out.stdout)
    if given.json:
        given.json.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1))


if __name__ == "__main__":
    main()
