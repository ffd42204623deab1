"""Memory that a whole separation of a long file takes on the host: decode, networks, stems, files, report.

The network is the small one's place taken by one that costs nothing, with segments as long as those of the published
ones: what is measured is what the job adds to a model. Run: `python -m tests.benchmarks.bench_split_job --minutes 60`.
"""

import argparse
import json
import platform
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import psutil
import torch

from bridge.audio.metadata import read_metadata
from bridge.audio.render import read_render
from bridge.audio.signal import Audio
from bridge.audio.write import OutputSpec, write_audio
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare
from bridge.dsp.separation import warm_models
from bridge.model import Assignment, JobRequest, Origin
from bridge.pipeline import run_job
from bridge.recipes import OutputFormat, SplitRecipe
from bridge.separation_settings import GpuSettings, ModelSettings, SeparationSettings
from tests.separation.networks import MODELS, RATE_HZ, Crooked

SEGMENT_FRAMES, STRIDE_FRAMES = 343_980, 257_985
LOOK_S = 0.05
LOADER = "load_demucs"


class Free(Crooked):
    """Four stems that are shares of the mix."""

    stems: tuple[str, ...] = ("drums", "bass", "other", "vocals")

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """A share for each stem."""
        return torch.stack([share * mixes for share in (0.4, 0.3, 0.2, 0.1)], dim=1)


def free_network(_: Path) -> Free:
    """In place of what the file holds."""
    return Free(SEGMENT_FRAMES, STRIDE_FRAMES)


class Watch:
    """Looks at this process's own memory until it is told to stop; file pages that can be dropped do not count."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._is_over = threading.Event()
        self.before_mb = self.highest_mb = self.now_mb()
        self._thread = threading.Thread(target=self._look)

    def now_mb(self) -> float:
        """Resident memory that is not backed by files."""
        info = self._process.memory_info()
        return (info.rss - getattr(info, "shared", 0)) / 1e6

    def __enter__(self) -> Self:
        """Begins."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_S):
            self.highest_mb = max(self.highest_mb, self.now_mb())


def a_long_file(folder: Path, minutes: float) -> Path:
    """Noise, as a 24-bit file that is longer than any that lies in memory."""
    noise = np.random.default_rng(0).standard_normal((2, RATE_HZ * 30)).astype(np.float32) * np.float32(0.1)
    noise = (np.round(noise * 2**15) / 2**15).astype(np.float32)
    short, path = folder / "Short.wav", folder / "Long.wav"
    write_like_a_daw(short, noise, RATE_HZ, duration_s=0.0)
    scratch = np.memmap(folder / "long.f32", np.float32, mode="w+", shape=(2, int(minutes * 60 * RATE_HZ)))
    for start in range(0, scratch.shape[1], noise.shape[1]):
        scratch[:, start : start + noise.shape[1]] = noise[:, : scratch.shape[1] - start]
    write_audio(path, Audio(scratch, RATE_HZ), OutputSpec(OutputFormat.WAV, "24"), read_metadata(short))
    (folder / "long.f32").unlink()
    return path


def assignment_for(path: Path) -> Assignment:
    """A separation of the file into its own folder, by the network that costs nothing."""
    request = JobRequest(
        renders=(read_render(path),),
        recipe=SplitRecipe(model="tinydemucs"),
        name=path.stem,
        return_folder=path.parent / "Returns",
        origin=Origin(listener="cli"),
    )
    settings = SeparationSettings(
        models=ModelSettings(repositories=(MODELS,)),
        gpu=GpuSettings(device="cpu", precision="float32"),
        models_folder=path.parent / "models",
        stems_folder=None,
    )
    return Assignment(job_id="job", request=request, work_folder=prepare(request, "job"), separation=settings)


def main() -> None:
    """Prints what a long file adds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, help="where about 20 GB for an hour are free")
    given = parser.parse_args()
    torch.set_num_threads(1)
    setattr(warm_models, LOADER, free_network)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        run_job(assignment_for(a_long_file(Path(folder), 0.5)), lambda _: None)  # everything is loaded and compiled
        assignment = assignment_for(a_long_file(Path(folder), given.minutes))
        started_s, cpu_s = time.perf_counter(), time.process_time()
        with Watch() as watch:
            run_job(assignment, lambda _: None)
        found = {
            "minutes": given.minutes,
            "added_mb": round(watch.highest_mb - watch.before_mb),
            "before_mb": round(watch.before_mb),
            "seconds": round(time.perf_counter() - started_s, 1),
            "cpu_seconds": round(time.process_time() - cpu_s, 1),
            "machine": platform.platform(),
            "torch": torch.__version__,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
