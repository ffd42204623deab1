"""One run of one job: where it may write, how far it has come, how long each stage took."""

import itertools
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bridge import __version__
from bridge.audio.signal import Allocate, OnProgress, Samples, Signal, in_memory
from bridge.cache import ResultCache
from bridge.model import Assignment, EngineInfo, JobRequest, Progress, StageTiming

TELL_EVERY_S = 0.05
SAMPLE_BYTES = 4


class Run:
    """An assignment being carried out."""

    def __init__(self, assignment: Assignment, on_progress: Callable[[Progress], None]) -> None:
        self.assignment = assignment
        self.timings: list[StageTiming] = []
        self._on_progress = on_progress
        self._started_s = time.perf_counter()
        self._told_s = 0.0
        self._done = 0.0
        self._scratch_numbers = itertools.count(1)

    @property
    def request(self) -> JobRequest:
        """What is asked for."""
        return self.assignment.request

    @property
    def work(self) -> Path:
        """The one folder that may be written before delivery."""
        return self.assignment.work_folder

    @property
    def cache(self) -> ResultCache:
        """Results of earlier runs."""
        return ResultCache(self.assignment.cache_folder, self.assignment.cache_size_max_mb * 1_000_000)

    @property
    def runtime_s(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._started_s

    def engine_info(self) -> EngineInfo:
        """What does the work."""
        return EngineInfo(version=__version__, runtime_s=round(self.runtime_s, 3), libraries=dict(_library_versions()))

    @contextmanager
    def stage(self, name: str, share: float) -> Generator[OnProgress]:
        """A stage that is `share` (0..1) of the whole job; yields what is told the fraction of the stage."""
        started_s = time.perf_counter()
        begun = self._done
        self._tell(name, begun, is_urgent=True)
        yield lambda fraction: self._tell(name, begun + share * min(max(fraction, 0.0), 1.0))
        self._done = min(1.0, begun + share)
        self.timings.append(StageTiming(stage=name, seconds=round(time.perf_counter() - started_s, 4)))

    def tell(self, stage: str) -> None:
        """Says what is being done where it is no stage of its own: fetching a model."""
        self._tell(stage, self._done, is_urgent=True)

    def _tell(self, stage: str, fraction: float, *, is_urgent: bool = False) -> None:
        now_s = time.perf_counter()
        if is_urgent or now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            self._on_progress(Progress(stage=stage, fraction=min(1.0, fraction)))

    @property
    def _memory_bytes(self) -> int:
        """Longest signal that lies in memory."""
        return self.assignment.limits.memory_audio_mb * 1_000_000

    def is_on_disk(self, signal: Signal) -> bool:
        """Whether such a signal lies on a scratch file, where room for copies is room on the disk."""
        return signal.channels * signal.frames * SAMPLE_BYTES > self._memory_bytes

    @property
    def allocate(self) -> Allocate:
        """Room for samples: in memory, or on a scratch file in the work folder when the signal is long."""

        def room(channels: int, frames: int) -> Samples:
            if channels * frames * SAMPLE_BYTES <= self._memory_bytes:
                return in_memory(channels, frames)
            path = self.work / f"scratch-{next(self._scratch_numbers)}.f32"
            made = np.memmap(path, np.float32, mode="w+", shape=(channels, frames))
            with suppress(OSError):  # where open files may lose their name, the room is given back with the array
                path.unlink()
            return made

        return room


@cache
def _library_versions() -> Mapping[str, str]:
    """Of what touches samples; they are looked up in files."""
    return {name: version(name) for name in ("numba", "numpy", "pedalboard", "soundfile", "soxr")}
