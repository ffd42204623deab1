"""A whole master, against the peers: the same song, the same run, whole processes.

`python -m tests.benchmarks.bench_peers --peers ENV/bin/python [--minutes 4] [--repeat 3] [--only NAME ...]`

The peers live in an environment of their own, made once:

    python -m venv ENV
    ENV/bin/pip install matchering==2.0.6 pedalboard==0.9.26 libsonare==1.9.1 ffmpeg-normalize==1.43.0

Those that are not there are left out, and the table says so; ffmpeg must be on the path. Ours is the adaptive
`streaming` chain with everything that a user gets: analysis before and after, closed loop, verified ceiling, 24-bit
file, report. "cold" is the whole command, interpreter and engine started and stopped; "warm" a job in an engine that is
running, as in the daemon. CPU time and memory are the system's own account of a process and of all that it started;
memory is the sum of their peaks. "over" is the true peak above -1 dBTP, read at 64-fold oversampling on the file;
matchering has no such ceiling.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from bridge.audio.read import open_audio
from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.measures import measure
from bridge.jobs.direct import DirectEngine, direct_request
from bridge.recipes import MasterRecipe
from bridge.settings import CacheSettings, Settings
from tests.benchmarks.bench_main_job import LOUDNORM, RATE_HZ, loudnorm, song
from tests.benchmarks.machine import adopt_orphans, as_installed, ended
from tests.benchmarks.options import options
from tests.benchmarks.peer_programs import MATCHERING, PEDALBOARD, SONARE_EIGHT, SONARE_STREAMING

CEILING_DBTP = -1.0
OURS = "daw-bridge, cold"
WARM = "daw-bridge, warm"


@dataclass(frozen=True)
class Cost:
    """What one master took."""

    wall_s: float
    cpu_s: float
    memory_mb: float


@dataclass(frozen=True)
class Line:
    """One line of the table: medians over the repeats."""

    name: str
    wall_s: float
    cpu_s: float
    memory_mb: float
    loudness_lufs: float | None
    over_db: float | None


@dataclass(frozen=True)
class Bench:
    """The song, a reference, and where results go."""

    song: Path
    reference: Path
    folder: Path
    peers: Path | None


def accounted(command: Sequence[object], environment: Mapping[str, str] | None = None) -> Cost:
    """What a whole process took, those that it waited for included."""
    adopt_orphans()
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    status, cpu_s, memory_mb = ended(process.pid)
    wall_s = time.perf_counter() - begun_s
    if status != 0:
        raise RuntimeError(said[-1500:])
    return Cost(wall_s, cpu_s, memory_mb)


def cold(bench: Bench, made: Path) -> Cost:
    """Our command, whole; nothing kept, so that no repeat finds its result."""
    out = bench.folder / "cold"
    environment = {**as_installed(), "DAWBRIDGE_CACHE__SIZE_MAX_MB": "0"}
    command = [sys.executable, "-m", "bridge.cli.main", "master", bench.song, "--out", out, "--bit-depth", 24]
    cost = accounted([*command, "--replace"], environment)
    next(out.glob("*.wav")).replace(made)
    return cost


class Warm:
    """A running engine."""

    def __init__(self) -> None:
        self._settings = Settings(cache=CacheSettings(size_max_mb=0))

    def __call__(self, bench: Bench, made: Path) -> Cost:
        """A job after a first one, as in the daemon."""
        recipe = MasterRecipe(bit_depth="24", replace=True)
        request = direct_request(bench.song, recipe, bench.folder / "warm", self._settings)
        with DirectEngine(self._settings) as engine:
            engine.run(request, lambda _: None)
            engine_process = psutil.Process().children()[-1]
            family = [engine_process, *engine_process.children(recursive=True)]
            before_s = sum(map(_cpu_s, family))
            begun_s = time.perf_counter()
            result = engine.run(request, lambda _: None)
            wall_s = time.perf_counter() - begun_s
            cpu_s = sum(map(_cpu_s, family)) - before_s
            memory_mb = sum(process.memory_info().rss for process in family) / 1e6
        result.files[0].path.replace(made)
        return Cost(wall_s, cpu_s, memory_mb)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def of_peer(program: str) -> Callable[[Bench, Path], Cost]:
    """A peer's program in the environment of the peers."""

    def run(bench: Bench, made: Path) -> Cost:
        if bench.peers is None:
            raise FileNotFoundError("no --peers")
        return accounted([bench.peers, "-c", program, bench.song, bench.reference, made])

    return run


def by_ffmpeg_normalize(bench: Bench, made: Path) -> Cost:
    """ffmpeg-normalize at the same target."""
    if bench.peers is None:
        raise FileNotFoundError("no --peers")
    command = [bench.peers.parent / "ffmpeg-normalize", bench.song, "-o", made, "-f", "-t", -14, "-tp", -1]
    return accounted([*command, "-ar", RATE_HZ, "-c:a", "pcm_s24le"])


def by_loudnorm(bench: Bench, made: Path) -> Cost:
    """ffmpeg's loudnorm, both passes."""
    wall_s, cpu_s, memory_mb = loudnorm(bench.song, made)
    return Cost(wall_s, cpu_s, memory_mb)


RUNNERS: Mapping[str, Callable[[Bench, Path], Cost]] = {
    OURS: cold,
    WARM: Warm(),
    "pedalboard, EQ + compressor + brickwall": of_peer(PEDALBOARD),
    "matchering": of_peer(MATCHERING),
    "ffmpeg loudnorm, two passes": by_loudnorm,
    "ffmpeg-normalize": by_ffmpeg_normalize,
    "libsonare, streaming preset": of_peer(SONARE_STREAMING),
    "libsonare, eight stages": of_peer(SONARE_EIGHT),
}


def costs_in_turns(bench: Bench, names: Sequence[str], repeat: int) -> dict[str, list[Cost]]:
    """What each program took, round after round: machines have slow and fast minutes, which then meet all alike.

    The first run of ours does not count, for kernels may be compiled in it; programs that are not there are left out.
    """
    cold(bench, made_by(OURS, bench))
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for number in range(repeat):
        for name in list(costs):
            try:
                costs[name].append(RUNNERS[name](bench, made_by(name, bench)))
            except (FileNotFoundError, RuntimeError) as reason:
                del costs[name]
                print(f"{name}: left out ({str(reason).strip().splitlines()[-1] if str(reason) else 'not there'})")
        told = ", ".join(f"{name} {cost[-1].wall_s:.2f} s" for name, cost in costs.items())
        print(f"round {number + 1}: {told}", file=sys.stderr, flush=True)
    return costs


def made_by(name: str, bench: Bench) -> Path:
    """Where a program writes."""
    return bench.folder / f"{name.replace(',', '').replace(' ', '-')}.wav"


def line_of(name: str, made: Path, costs: Sequence[Cost]) -> Line:
    """The medians of one program, and what its file reads."""
    with open_audio(made) as file:
        read = measure(file).measurement
    return Line(
        name,
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        max(cost.memory_mb for cost in costs),
        read.integrated_lufs,
        None if read.true_peak_dbtp is None else read.true_peak_dbtp - CEILING_DBTP,
    )


def print_table(lines: Sequence[Line]) -> None:
    """Each program, and how many times our cold wall time it takes."""
    ours = next(line.wall_s for line in lines if line.name == OURS)
    print(f"{'':42} wall s   CPU s  memory MB    LUFS   over dB  / ours cold")
    for line in lines:
        print(
            f"{line.name:42} {line.wall_s:6.2f} {line.cpu_s:7.2f} {line.memory_mb:10.0f} {line.loudness_lufs:7.2f} "
            f"{line.over_db:+9.2f} {line.wall_s / ours:9.1f}"
        )


def main() -> None:
    """Prints the table."""
    parser = options(__doc__, repeat=3)
    parser.add_argument("--peers", type=Path, help="Python of the environment of the peers")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--only", nargs="*", help="parts of the names of the programs that are compared")
    chosen = parser.parse_args()
    peers = chosen.peers.absolute() if chosen.peers else None
    names = [name for name in RUNNERS if name == OURS or not chosen.only or any(part in name for part in chosen.only)]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "Song.wav", Path(folder) / "Reference.wav", Path(folder), peers)
        write_like_a_daw(bench.song, song(chosen.minutes, 1), RATE_HZ, duration_s=0.0)
        write_like_a_daw(bench.reference, song(1, 2) * 0.9, RATE_HZ, duration_s=0.0)
        costs = costs_in_turns(bench, names, chosen.repeat)
        lines = [line_of(name, made_by(name, bench), taken) for name, taken in costs.items()]
    print_table(lines)
    if chosen.json:
        machine = {"platform": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}
        libraries = {name: version(name) for name in ("numba", "numpy", "pedalboard", "soxr")}
        figures = {
            "machine": machine,
            "libraries": libraries,
            "loudnorm": LOUDNORM,
            "lines": [asdict(x) for x in lines],
        }
        chosen.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
