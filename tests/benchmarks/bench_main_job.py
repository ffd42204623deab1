"""From the drop of a bounce to its master in the return folder, and what a job costs as songs get longer.

`python -m tests.benchmarks.bench_main_job [--minutes 1 4 16 60] [--repeat 5] [--json FILE]`

The first table drops a four-minute 24-bit bounce into the watch folder of the real daemon, `--repeat` times, each time
with other samples so that no result is kept: from the last close of the file to the report in the return folder, with
and without the settle time of the settings. The second runs the `streaming` chain on longer and longer songs in a
process of its own: wall time, CPU time and the most memory that was not a mapped file. The peer, in the same run and on
the same file, is ffmpeg's two-pass `loudnorm` at the same target.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.dsp.song import make_song, mix_of
from bridge.model import Assignment, JobRequest, Origin
from bridge.recipes import MasterRecipe
from tests.benchmarks.options import options
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess

RATE_HZ = 44100
SETTLE_S = 0.15
JOB = """
import sys
from bridge.dsp.warm import warm_up
from bridge.model import Assignment
from bridge.pipeline import run_job
assignment = Assignment.model_validate_json(open(sys.argv[1]).read())
warm_up()
print("warm", flush=True)
sys.stdin.readline()
result = run_job(assignment, lambda progress: None)
print(result.runtime_s, result.after.integrated_lufs, result.after.true_peak_dbtp, flush=True)
sys.stdin.readline()
"""
LOUDNORM = "loudnorm=I=-14:TP=-1:LRA=20"


@dataclass(frozen=True)
class Length:
    """One line of the second table."""

    minutes: float
    wall_s: float
    cpu_s: float
    memory_mb: float
    """Most memory above the warm engine that no file stands behind."""
    mapped_mb: float
    """Most memory that scratch files stand behind; the system takes it back when it needs it."""
    peer_wall_s: float
    peer_cpu_s: float
    peer_memory_mb: float
    loudness_lufs: float
    true_peak_dbtp: float


def song(minutes: float, seed: int) -> Samples:
    """The project's song, repeated; never the same twice, so that nothing is kept."""
    mix = mix_of(make_song(seed=seed, duration_s=30.0, sample_rate_hz=RATE_HZ))
    return np.tile(mix, round(minutes * 2))


def drop_to_return(repeat: int) -> list[float]:
    """Seconds from the last close to the report, for each drop of a four-minute bounce."""
    found: list[float] = []
    with tempfile.TemporaryDirectory() as folder, BridgeProcess(Path(folder)) as bridge:
        mix = song(4, 1)
        for number in range(repeat + 1):
            samples = mix * np.float32(1 - number / 100)
            write_like_a_daw(bridge.renders / f"Song{number}.wav", samples, RATE_HZ, duration_s=0.5)
            closed_s = time.perf_counter()
            report = bridge.returns / f"Song{number}" / f"Song{number} [streaming].report.json"
            wait_until(report.exists, 120)
            found.append(time.perf_counter() - closed_s)
    return found[1:]


def one_length(minutes: float, folder: Path) -> Length:
    """What one song of that length costs, and what it costs the peer."""
    path = folder / "Renders" / f"Song {minutes:g}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_like_a_daw(path, song(minutes, 2), RATE_HZ, duration_s=0.0)
    request = JobRequest(
        renders=(read_render(path),),
        recipe=MasterRecipe(),
        name=path.stem,
        return_folder=folder / "Returns",
        origin=Origin(listener="cli"),
    )
    work = prepare(request, "bench")
    told = folder / "assignment.json"
    told.write_text(Assignment(job_id="bench", request=request, work_folder=work).model_dump_json())
    child = subprocess.Popen(
        [sys.executable, "-c", JOB, told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()
    watch = Memory(child.pid)
    child.stdin.write("\n")
    wall_s, loudness_lufs, peak_dbtp = map(float, child.stdout.readline().split())
    cpu_s = watch.end()
    child.communicate("\n")
    sweep(work)
    peer_wall_s, peer_cpu_s, peer_memory_mb = loudnorm(path, folder / "peer.wav")
    path.unlink()
    return Length(
        minutes, wall_s, cpu_s, watch.own_mb, watch.mapped_mb, peer_wall_s, peer_cpu_s, peer_memory_mb,
        loudness_lufs, peak_dbtp,
    )  # fmt: skip


class Memory:
    """Follows a process from its own thread: CPU time, memory of its own, memory behind which a file stands."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._begun_s = self._cpu_s()
        self._before_mb = self._look()[0]
        self.own_mb = self.mapped_mb = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """CPU seconds since the beginning."""
        self._is_over.set()
        self._thread.join()
        return self._cpu_s() - self._begun_s

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _look(self) -> tuple[float, float]:
        info = self._process.memory_info()
        return (info.rss - info.shared) / 1e6, info.shared / 1e6

    def _follow(self) -> None:
        while not self._is_over.wait(0.02):
            own_mb, mapped_mb = self._look()
            self.own_mb = max(self.own_mb, own_mb - self._before_mb)
            self.mapped_mb = max(self.mapped_mb, mapped_mb)


def loudnorm(path: Path, made: Path) -> tuple[float, float, float]:
    """Wall and CPU seconds of both passes, and the larger memory in MB."""
    begun_s = time.perf_counter()
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-y", "-i", str(path), "-af"]
    said, first = _accounted([*command, f"{LOUDNORM}:print_format=json", "-f", "null", "-"])
    seen = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
    keys = {"measured_I": "input_i", "measured_TP": "input_tp", "measured_LRA": "input_lra",
            "measured_thresh": "input_thresh", "offset": "target_offset"}  # fmt: skip
    second_pass = ":".join(f"{key}={seen[name]}" for key, name in keys.items())
    _, second = _accounted(
        [*command, f"{LOUDNORM}:{second_pass}:linear=true", "-ar", str(RATE_HZ), "-c:a", "pcm_s24le", str(made)]
    )
    return time.perf_counter() - begun_s, first[0] + second[0], max(first[1], second[1])


def _accounted(command: list[str]) -> tuple[str, tuple[float, float]]:
    """What a command said, and its CPU seconds and peak memory in MB by the system's own account."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, said[-2000:]
    return said, (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def main() -> None:
    """Prints both tables."""
    parser = options(__doc__, repeat=5)
    parser.add_argument("--minutes", type=float, nargs="*", default=[1, 4, 16, 60])
    chosen = parser.parse_args()

    returns_s = drop_to_return(chosen.repeat) if chosen.repeat else []
    if returns_s:
        median_s = statistics.median(returns_s)
        print(f"Drop to return, four minutes of 44.1 kHz 24-bit stereo, warm engine, {len(returns_s)} drops")
        print(f"  settle included  {median_s:.2f} s ({min(returns_s):.2f} to {max(returns_s):.2f})")
        print(f"  settle excluded  {median_s - SETTLE_S:.2f} s\n")
    print("minutes   wall s   CPU s   own MB   mapped MB   peer wall s   peer CPU s   peer MB   peer/ours   LUFS  dBTP")
    rows: list[Length] = []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in chosen.minutes:
            r = one_length(minutes, Path(folder))
            rows.append(r)
            print(
                f"{r.minutes:7g} {r.wall_s:8.2f} {r.cpu_s:7.2f} {r.memory_mb:8.0f} {r.mapped_mb:11.0f} "
                f"{r.peer_wall_s:13.2f} {r.peer_cpu_s:12.2f} {r.peer_memory_mb:9.0f} "
                f"{r.peer_wall_s / r.wall_s:11.1f} {r.loudness_lufs:6.2f} {r.true_peak_dbtp:6.2f}",
                flush=True,
            )
    if chosen.json:
        machine = {"platform": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}
        figures = {"machine": machine, "drop_to_return_s": returns_s, "lengths": [asdict(row) for row in rows]}
        chosen.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
