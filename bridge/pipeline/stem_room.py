"""Finished stems on their way into files: while the first ones are written, the last frames are still being made."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.audio.metadata import Metadata
from bridge.audio.render import file_digest
from bridge.audio.signal import Allocate, Samples
from bridge.audio.write import OutputSpec, write_audio
from bridge.dsp.separation.assembly import GRID
from bridge.errors import EngineError

SAMPLE_BYTES = 4
TOGETHER_BYTES = 600_000_000
"""Seven parts of four minutes at 44.1 kHz. Such a mix itself is small, so that both stay far below a gigabyte."""


@dataclass(frozen=True)
class Shape:
    """Of every stem."""

    sample_rate_hz: int
    channels: int
    frames: int


class StemRoom:
    """Room for all parts of a mix, filled from the start to the end by one thread and read by others."""

    def __init__(self, names: Sequence[str], shape: Shape, allocate: Allocate) -> None:
        self.names = tuple(names)
        self.shape = shape
        self._parts = dict(zip(names, _rooms(len(names), shape, allocate), strict=True))
        self._changed = threading.Condition()
        self._ready = 0
        self._is_broken = False
        self.peaks = dict.fromkeys(names, 0.0)

    def put(self, start: int, parts: Mapping[str, Samples]) -> None:
        """Takes the next frames of every part."""
        count = next(iter(parts.values())).shape[1]
        for name in self.names:
            self._parts[name][:, start : start + count] = parts[name]
            self.peaks[name] = max(self.peaks[name], float(np.abs(parts[name]).max(initial=0.0)))
        with self._changed:
            self._ready = start + count
            self._changed.notify_all()

    def give_up(self) -> None:
        """No more will come: whoever waits is told."""
        with self._changed:
            self._is_broken = self._ready < self.shape.frames
            self._changed.notify_all()

    def part(self, name: str, scale: float = 1.0) -> "Part":
        """One part as a signal; reading waits until the frames are there."""
        return Part(self, name, scale)

    def read(self, name: str, start: int, frames: int) -> Samples:
        """A view of at most `frames` frames of a part; waits until they are there."""
        end = min(start + frames, self.shape.frames)
        with self._changed:
            self._changed.wait_for(lambda: self._is_broken or self._ready >= end)
            if self._ready < end:
                raise EngineError("The separation ended before its stems were whole: retry.")
        return self._parts[name][:, start:end]


def _rooms(count: int, shape: Shape, allocate: Allocate) -> list[Samples]:
    """Room for each part. Those of a song are small enough each, and also together; those of an hour are one signal."""
    if count * shape.channels * shape.frames * SAMPLE_BYTES <= TOGETHER_BYTES:
        return [allocate(shape.channels, shape.frames) for _ in range(count)]
    whole = allocate(count * shape.channels, shape.frames)
    return [whole[first : first + shape.channels] for first in range(0, whole.shape[0], shape.channels)]


@dataclass(frozen=True)
class Part:
    """One part of the room as a signal, times a factor."""

    room: StemRoom
    name: str
    scale: float

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.room.shape.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.room.shape.channels

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.room.shape.frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples (channels, n) from frame `start`, on the grid of 24 bits also when scaled."""
        samples = self.room.read(self.name, start, frames)
        if self.scale == 1.0:
            return samples
        scaled: Samples = (np.rint(samples * np.float32(self.scale) * GRID) / GRID).astype(np.float32)
        return scaled


def write_part(path: Path, part: Part, spec: OutputSpec, metadata: Metadata) -> str:
    """Writes a part and returns the file's digest."""
    write_audio(path, part, spec, metadata)
    return file_digest(path)
