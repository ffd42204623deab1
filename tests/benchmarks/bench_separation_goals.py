"""Everything that separation promises about speed and memory in one table: asked, measured, met or not.

`python -m tests.benchmarks.bench_separation_goals [--device auto] [--seconds 240] [--repeat 3] [--json FILE]`

The peer is demucs' own `Separator`, in the same run, from the same file, with the same network: htdemucs as published,
with random weights (speed does not depend on them). On a GPU wall time counts, warm, and the checks marked `gpu` run
too. On a CPU one thread's CPU seconds are compared, and what is promised of GPUs is measured and left unjudged: take
`--seconds 12` there.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.api import Separator as Peer
from demucs.htdemucs import HTDemucs

from bridge.audio.read import read_audio
from bridge.audio.render import read_render
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare
from bridge.dsp.separation.devices import Precision
from bridge.dsp.separation.listening import listen
from bridge.dsp.separation.loading import load_demucs
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.runner import Runner, runner_on
from bridge.dsp.separation.spleeter import SpleeterNetwork, SpleeterSeparator
from bridge.model import Assignment, JobRequest, JobResult, Origin
from bridge.pipeline import run_job
from bridge.recipes import ResidualPolicy, SplitRecipe
from bridge.reports import read_report
from bridge.separation_settings import GpuSettings, ModelSettings, SeparationSettings
from tests.benchmarks.bench_separation import PUBLISHED, RATE_HZ, STEMS, memory_of_a_long_file, published_network, song
from tests.benchmarks.machine import machine
from tests.benchmarks.options import separation_options

NAME, SIGNATURE = "published", "0a1b2c3d"
UNTIL_WRITTEN = ("looking for the model", "reading", "loading the model", "separating")
"""Stages of a job before its files are all written; what follows is the report."""
GPU_TESTS = "tests/separation/test_gpu.py"


@dataclass(frozen=True)
class Goal:
    """One line of the table."""

    what: str
    asked: str
    measured: str
    is_met: bool | None
    """None: it is not promised of this machine."""


@dataclass(frozen=True)
class Bench:
    """Where everything lies, and how it is timed."""

    folder: Path
    device: torch.device
    seconds: float
    repeat: int

    @property
    def is_gpu(self) -> bool:
        """Whether goals in seconds are to be judged."""
        return self.device.type == "cuda"

    @property
    def mix(self) -> Path:
        """The file that is separated."""
        return self.folder / "Song.wav"

    def least_s(self, work: Callable[[], object]) -> float:
        """Least time of several runs after one that warms: wall on a GPU, CPU elsewhere."""
        clock = time.perf_counter if self.is_gpu else time.process_time
        times: list[float] = []
        for _ in range(self.repeat + self.is_gpu):
            begun_s = clock()
            work()
            if self.is_gpu:
                torch.cuda.synchronize()
            times.append(clock() - begun_s)
        return min(times[self.is_gpu :])


def goals(bench: Bench, memory_minutes: float) -> Iterator[Goal]:
    """All of them, the quick ones first."""
    yield from _speed(bench)
    yield from _written(bench)
    yield _spleeter(bench)
    added_mb = memory_of_a_long_file(memory_minutes)["added_mb"]
    name = f"Host memory that a file of {memory_minutes:g} minutes adds to the model"
    yield Goal(name, "under 1000 MB", f"{added_mb:.0f} MB", added_mb < 1000.0)
    if bench.is_gpu:
        yield _gpu_tests()


# --- One by one -------------------------------------------------------------------------------------------------------


def _speed(bench: Bench) -> Iterator[Goal]:
    peer = Peer(model=NAME, repo=bench.folder, device=str(bench.device), shifts=0)
    peer_s = bench.least_s(partial(peer.separate_audio_file, bench.mix))
    runner = runner_on(load_demucs(bench.folder / f"{SIGNATURE}.th"), bench.device)
    if bench.is_gpu:
        torch.cuda.reset_peak_memory_stats()
    ours_s = bench.least_s(lambda: stems_of(bench.mix, runner))
    times, precision = peer_s / ours_s, runner.placement.precision
    of_a_song = f"{bench.seconds:g} s of audio, decoded to 4 stems in host memory"
    yield Goal(
        of_a_song, "under 0.5 s on an H100", f"{ours_s:.3f} s in {precision}", ours_s < 0.5 if bench.is_gpu else None
    )
    asked = 5.0 if bench.is_gpu else 1.5 if precision is Precision.BFLOAT_16 else 1.0
    yield Goal("against demucs' Separator", f"{asked:g} times", f"{times:.2f} times ({peer_s:.3f} s)", times >= asked)
    first, second = (stems_of(bench.mix, runner) for _ in range(2))
    same = bool(np.array_equal(first, second))
    yield Goal("two runs", "the same bits", "the same" if same else "others", same)
    if bench.is_gpu:
        used_gb = torch.cuda.max_memory_allocated() / 1e9
        text = f"{used_gb:.1f} GB with {runner.placement.batch} segments at a time; {len(runner.retreats)} retreats"
        yield Goal("GPU memory", "no retreat", text, not runner.retreats)


def stems_of(path: Path, runner: Runner) -> np.ndarray[Any, np.dtype[np.float32]]:
    """From a file to all stems in host memory (stems, 2, frames)."""
    mix = read_audio(path)
    heard = listen(mix, lambda _: None)
    out = np.empty((len(runner.separator.stems), 2, mix.frames), np.float32)
    for block in stream(runner, mix, Streaming(scale=heard.scale)):
        out[..., block.start : block.start + block.samples.shape[-1]] = block.samples
    return out


def _written(bench: Bench) -> Iterator[Goal]:
    """The whole job, as an engine does it, warm: four float WAVs, then report and page."""
    _job(bench, "job0")
    result = _job(bench, "job1")
    report = read_report(next(f.path for f in result.files if f.role == "report").read_text(encoding="utf-8"))
    written_s = sum(timing.seconds for timing in report.timings if timing.stage in UNTIL_WRITTEN)
    count = sum(file.role == "stem" for file in result.files)
    files = f"{count} float WAVs written while stems are made"
    yield Goal(files, "under 1 s on an H100", f"{written_s:.2f} s", written_s < 1.0 if bench.is_gpu else None)
    yield Goal("the same with quality card, report and page", "-", f"{result.runtime_s:.2f} s", None)


def _job(bench: Bench, job_id: str) -> JobResult:
    request = JobRequest(
        renders=(read_render(bench.mix),),
        recipe=SplitRecipe(model=NAME, residual=ResidualPolicy.SPREAD, replace=True),
        name="Song",
        return_folder=bench.folder / "Returns",
        origin=Origin(listener="cli"),
    )
    separation = SeparationSettings(
        models=ModelSettings(repositories=(bench.folder,)),
        gpu=GpuSettings(device=str(bench.device)),
        models_folder=bench.folder / "models",
    )
    work = prepare(request, job_id)
    return run_job(Assignment(job_id=job_id, request=request, work_folder=work, separation=separation), lambda _: None)


def _spleeter(bench: Bench) -> Goal:
    cpu = torch.device("cpu")
    torch.set_num_threads(1)
    runner = runner_on(SpleeterSeparator(SpleeterNetwork(), SpleeterNetwork()), cpu)
    mix = song(60.0)
    on_cpu = Bench(bench.folder, cpu, bench.seconds, bench.repeat)
    took_s = on_cpu.least_s(lambda: [None for _ in stream(runner, mix, Streaming())])
    times = mix.frames / RATE_HZ / took_s
    return Goal("Spleeter on one core of the CPU", "30 times real time", f"{times:.0f} times", times >= 30.0)


def _gpu_tests() -> Goal:
    command = (sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "gpu", GPU_TESTS)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = (done.stdout.strip().splitlines() or ["said nothing"])[-1]
    return Goal("checks that only a GPU can show", "all pass", last.strip("= "), done.returncode == 0)


# --- What is separated, and by what -----------------------------------------------------------------------------------


def fill(folder: Path, seconds: float) -> None:
    """A bounce, and a local repository with the published network, from which both sides load it."""
    write_like_a_daw(folder / "Song.wav", song(seconds).samples, RATE_HZ, duration_s=0.0)
    network = published_network()
    package = {"klass": HTDemucs, "args": (STEMS,), "kwargs": PUBLISHED, "state": network.state_dict()}
    assert isinstance(PUBLISHED["segment"], Fraction)
    torch.save(package, folder / f"{SIGNATURE}.th")
    (folder / f"{NAME}.yaml").write_text(f"models: ['{SIGNATURE}']\n", encoding="utf-8")


def main() -> int:
    """Prints the table; 1 where a goal is not met."""
    given, device = separation_options(__doc__, repeat=3, seconds=240.0)
    say = partial(print, flush=True)
    about = machine("torch", "demucs", "numpy")
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU, one thread, CPU seconds"
    say(f"{card}; {about['machine']}; torch {about['torch']}, demucs {about['demucs']}")
    found: list[Goal] = []
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), given.seconds)
        for goal in goals(Bench(Path(folder), device, given.seconds, given.repeat), given.memory_minutes):
            found.append(goal)
            verdict = {True: "met", False: "NOT MET", None: ""}[goal.is_met]
            say(f"{goal.what:62} {goal.asked:24} {goal.measured:34} {verdict}")
    if given.json:
        text = json.dumps({**about, "device": card, "goals": [asdict(goal) for goal in found]}, indent=2)
        given.json.write_text(text, encoding="utf-8")
    return any(goal.is_met is False for goal in found)


if __name__ == "__main__":
    sys.exit(main())
