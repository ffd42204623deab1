"""Speed and memory of separation, against demucs' own `apply_model` in the same run.

Against its `Separator`, from file to stems, and judged by what is promised: `bench_separation_goals`.

`python -m tests.benchmarks.bench_separation [--seconds 24] [--repeat 2] [--device auto] [--json FILE]`

Speed does not depend on weights, so the network has the published configuration and random weights. On a CPU everything
runs on one thread and CPU seconds are compared (wall time says nothing on a shared machine); on a GPU wall time counts,
from decoded samples to stems in host memory, warm. `--memory-minutes` reads how much a long file adds to the process'
own memory (anonymous pages) above the loaded model, with a network that costs nothing.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import psutil
import torch
from demucs.apply import apply_model
from demucs.htdemucs import HTDemucs

from bridge.audio.signal import Audio, Samples
from bridge.dsp.separation.demucs import DemucsSeparator
from bridge.dsp.separation.devices import place
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.runner import Runner
from bridge.dsp.separation.separator import Separator
from bridge.dsp.separation.spleeter import SpleeterNetwork, SpleeterSeparator
from tests.benchmarks.machine import machine
from tests.benchmarks.options import separation_options
from tests.separation.networks import Crooked

RATE_HZ = 44_100
STEMS = ["drums", "bass", "other", "vocals"]
PUBLISHED: dict[str, Any] = {
    "channels": 48, "growth": 2, "nfft": 4096, "depth": 4, "dconv_mode": 3, "dconv_comp": 8, "dconv_depth": 2,
    "t_layers": 5, "t_heads": 8, "t_hidden_scale": 4.0, "t_dropout": 0.02, "bottom_channels": 512,
    "segment": Fraction(39, 5), "samplerate": RATE_HZ, "audio_channels": 2,
}  # fmt: skip
"""How htdemucs was built."""
FLOPS_PER_SEGMENT = 334.9e9
"""Of htdemucs, attention included (measured with FlopCounterMode, plus attention by its formula)."""
H100_BFLOAT16 = 989e12


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    device: str
    precision: str
    seconds: float
    """CPU seconds on a CPU, wall seconds on a GPU."""
    times_real_time: float
    peer_ratio: float | None
    """Time of the peer over this one's; None for the peer and where there is none."""
    note: str = ""


def published_network(seed: int = 0) -> HTDemucs:
    """htdemucs as it was published, with random weights."""
    torch.manual_seed(seed)
    network: HTDemucs = HTDemucs(STEMS, **PUBLISHED).eval()
    return network


def song(seconds: float) -> Audio:
    """Stereo noise: networks take as long for it as for music."""
    samples = np.random.default_rng(1).standard_normal((2, int(seconds * RATE_HZ))) * 0.1
    return Audio(samples.astype(np.float32), RATE_HZ)


def best(work: Callable[[], None], repeat: int, device: torch.device) -> float:
    """Least time of several runs after one that warms."""
    if device.type == "cuda":
        work()
    times: list[float] = []
    for _ in range(repeat):
        clock = time.perf_counter if device.type == "cuda" else time.process_time
        begun = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(clock() - begun)
    return min(times)


def ours(separator: Separator, mix: Audio, device: torch.device, precision: str) -> tuple[Callable[[], None], Runner]:
    """A run of our engine into host memory."""
    runner = Runner(separator, place(separator, device, None, precision))
    out = np.empty((len(separator.stems), 2, mix.frames), np.float32)

    def work() -> None:
        for block in stream(runner, mix, Streaming()):
            out[..., block.start : block.start + block.samples.shape[-1]] = block.samples

    return work, runner


def rows(seconds: float, repeat: int, device: torch.device) -> Iterator[Row]:
    """Demucs' own way, ours exactly, ours as it runs, and Spleeter."""
    mix = song(seconds)
    peer = published_network()
    tensor = torch.from_numpy(mix.samples)[None]

    def demucs_way() -> None:
        with torch.no_grad():
            apply_model(peer, tensor, shifts=0, device=device)

    peer_s = best(demucs_way, repeat, device)
    yield Row("htdemucs, demucs apply_model", str(device), "float32", peer_s, seconds / peer_s, None)
    for precision in ("float32", "auto"):
        work, runner = ours(DemucsSeparator(published_network()), mix, device, precision)
        ours_s = best(work, repeat, device)
        note = _floor_note(seconds, ours_s) if device.type == "cuda" else ""
        name = runner.placement.precision.value
        yield Row("htdemucs, ours", str(device), name, ours_s, seconds / ours_s, peer_s / ours_s, note)
    work, runner = ours(SpleeterSeparator(SpleeterNetwork(), SpleeterNetwork()), mix, device, "auto")
    spleeter_s = best(work, repeat, device)
    name = runner.placement.precision.value
    yield Row("Spleeter, ours", str(device), name, spleeter_s, seconds / spleeter_s, None)


def _floor_note(seconds: float, took_s: float) -> str:
    """The least that the arithmetic alone would take on an H100, and what is left."""
    segments = int(np.ceil(seconds / 5.85))
    floor_s = segments * FLOPS_PER_SEGMENT / H100_BFLOAT16
    return f"floor of the arithmetic {1e3 * floor_s:.0f} ms, {took_s / floor_s:.0f} times that"


@dataclass(frozen=True)
class Endless:
    """A long signal of one short one, again and again: a file on disk, as far as memory goes."""

    part: Audio
    frames: int
    channels: int = 2
    sample_rate_hz: int = RATE_HZ

    def read(self, start: int, frames: int) -> Samples:
        """Samples from frame `start`."""
        count = max(0, min(frames, self.frames - start))
        return self.part.samples[:, (start + np.arange(count)) % self.part.frames]


def memory_of_a_long_file(minutes: float) -> dict[str, float]:
    """MB of anonymous memory that a long file adds, at its highest."""
    frames = int(minutes * 60 * RATE_HZ)
    network = Crooked(343_980, 257_985)
    runner = Runner(network, place(network, torch.device("cpu"), None, "float32"))
    process = psutil.Process()
    mix = Endless(song(30.0), frames)
    before_mb = _anonymous_mb(process)
    highest_mb = before_mb
    for _ in stream(runner, mix, Streaming()):
        highest_mb = max(highest_mb, _anonymous_mb(process))
    return {"minutes": minutes, "added_mb": round(highest_mb - before_mb, 1)}


def _anonymous_mb(process: psutil.Process) -> float:
    info = process.memory_info()
    return (info.rss - getattr(info, "shared", 0)) / 1e6


def main() -> None:
    """Prints the table, and writes it as JSON if asked."""
    given, device = separation_options(__doc__, repeat=2, seconds=24.0)
    table = []
    for row in rows(given.seconds, given.repeat, device):
        table.append(row)
        ratio = "" if row.peer_ratio is None else f"{row.peer_ratio:6.2f} x peer"
        speed = f"{row.seconds:8.2f} s {row.times_real_time:8.1f} x real time"
        print(f"{row.what:32} {row.precision:9} {speed} {ratio} {row.note}")
    memory = memory_of_a_long_file(given.memory_minutes)
    print(f"a file of {memory['minutes']:g} minutes adds {memory['added_mb']:g} MB")
    if given.json:
        about = {**machine("torch", "demucs", "numpy"), "device": str(device)}
        found = {**about, "rows": [asdict(row) for row in table], "memory": memory}
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
