"""Streaming overlap-add: segments of the mix through a network, finished blocks of stems out, memory of one batch.

Segments, weights and the handling of short last segments are those of demucs' `apply_model(shifts=0)`, so results are
the same; but nothing is held for the whole song, neither here nor on the device.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.audio.signal import Signal
from bridge.dsp.separation.runner import Runner
from bridge.dsp.separation.separator import CHANNELS, SegmentGrid
from bridge.dsp.separation.transfer import Transfer


class Block(NamedTuple):
    """Finished frames of all stems; valid until the next block is asked for."""

    start: int
    samples: NDArray[np.float32]
    """Shape (stems, 2, frames)."""


@dataclass(frozen=True)
class Segment:
    """A place of the mix that goes through the network at once."""

    offset: int
    """First frame of the result that counts."""
    frames: int
    """How many of them."""
    skip: int
    """How many frames of context were put before them (short segments stand in the middle of what was before)."""


@dataclass(frozen=True)
class Streaming:
    """What is wanted of a stream."""

    first: int = 0
    """Index of the first segment."""
    last: int | None = None
    """Index behind the last segment; None: to the end."""
    scale: float = 1.0
    """Factor before the network, taken back after it; a power of two, so that it rounds nothing."""
    on_segments: Callable[[int], None] = lambda _: None
    """Told how many more segments are done."""


def segments_of(grid: SegmentGrid, frames: int) -> tuple[Segment, ...]:
    """All segments of a mix of so many frames."""
    return tuple(_segment(grid, offset, frames) for offset in grid.offsets(frames))


def reads_of(segment: Segment, grid: SegmentGrid, frames: int) -> tuple[int, int]:
    """The frames of the mix that a segment sees, first and behind the last."""
    start = segment.offset - segment.skip
    return max(0, start), min(frames, start + grid.segment_frames)


def stream(runner: Runner, mix: Signal, wanted: Streaming) -> Iterator[Block]:
    """Finished blocks of all stems, in order and without gaps, from the first frame of the first wanted segment.

    Where segments before the first one would overlap, the block holds only what the wanted ones give.

    Args:
        runner: a placed separator.
        mix: two channels at the separator's sample rate.
        wanted: which segments, how scaled, who is told.
    """
    segments = segments_of(runner.separator.grid, mix.frames)[wanted.first : wanted.last]
    transfer = Transfer(runner.placement.device)
    pending: tuple[int, Callable[[], NDArray[np.float32]]] | None = None
    for start, block, count in _on_device(runner, mix, segments, wanted.scale, transfer):
        arriving = transfer.to_host(block)
        if pending is not None:
            yield Block(pending[0], pending[1]())
        pending = start, arriving
        wanted.on_segments(count)
    if pending is not None:
        yield Block(pending[0], pending[1]())


# --- Inside -----------------------------------------------------------------------------------------------------------


def _segment(grid: SegmentGrid, offset: int, frames: int) -> Segment:
    count = min(grid.segment_frames, frames - offset)
    return Segment(offset, count, (grid.segment_frames - count) // 2)


def _on_device(
    runner: Runner, mix: Signal, segments: Sequence[Segment], scale: float, transfer: Transfer
) -> Iterator[tuple[int, torch.Tensor, int]]:
    """Finished blocks on the device: first frame, samples (stems, 2, frames), segments that went into it."""
    grid = runner.separator.grid
    sums = _Sums(grid, len(runner.separator.stems), segments[0].offset, segments[-1].offset + segments[-1].frames)
    position = 0
    while position < len(segments):
        batch = segments[position : position + runner.placement.batch]
        position += len(batch)
        results = _results(runner, mix, batch, scale, transfer)
        for segment, result in zip(batch, results, strict=True):
            sums.add(segment, result)
        end = segments[position].offset if position < len(segments) else sums.end
        yield sums.base, sums.take(end, 1.0 / scale), len(batch)


def _results(
    runner: Runner, mix: Signal, batch: Sequence[Segment], scale: float, transfer: Transfer
) -> list[torch.Tensor | None]:
    """What the network makes of each segment (stems, 2, segment_frames); None for digital silence, which stays so."""
    grid = runner.separator.grid
    room = transfer.input_room(len(batch), grid.segment_frames)
    sounding: list[int] = []
    for index, segment in enumerate(batch):
        _fill(room[len(sounding)], mix, segment, scale)
        if room[len(sounding)].any():
            sounding.append(index)
    results: list[torch.Tensor | None] = [None] * len(batch)
    if sounding:
        stems = runner.forward(transfer.input_tensor(len(sounding)))
        transfer.input_used()
        for row, index in enumerate(sounding):
            results[index] = stems[row]
    return results


def _fill(room: NDArray[np.float32], mix: Signal, segment: Segment, scale: float) -> None:
    """Puts what the segment sees into `room` (2, segment_frames); beyond both ends of the mix there is silence."""
    start = segment.offset - segment.skip
    first, last = max(0, start), min(mix.frames, start + room.shape[1])
    room[:, : first - start] = 0.0
    room[:, last - start :] = 0.0
    np.multiply(mix.read(first, last - first), np.float32(scale), out=room[:, first - start : last - start])


class _Sums:
    """Weighted sums of overlapping results, from the first frame that is not finished."""

    def __init__(self, grid: SegmentGrid, stems: int, base: int, end: int) -> None:
        self.base = base
        self.end = end
        self._weights = torch.from_numpy(grid.weights)
        self._stems = stems
        self._sums = torch.zeros(stems, CHANNELS, 0)
        self._totals = torch.zeros(0)

    def add(self, segment: Segment, result: torch.Tensor | None) -> None:
        """Takes in one result; None adds silence."""
        device = self._sums.device if result is None else result.device
        self._reach(segment.offset + segment.frames - self.base, device)
        place = slice(segment.offset - self.base, segment.offset - self.base + segment.frames)
        weights = self._weights[: segment.frames]
        self._totals[place] += weights
        if result is not None:
            self._sums[..., place] += weights * result[..., segment.skip : segment.skip + segment.frames]

    def take(self, end: int, gain: float) -> torch.Tensor:
        """The frames up to `end`, finished, times `gain`."""
        count = end - self.base
        done = self._sums[..., :count] / self._totals[:count]
        if gain != 1.0:
            done *= gain
        self._sums = self._sums[..., count:].contiguous()
        self._totals = self._totals[count:].contiguous()
        self.base = end
        return done

    def _reach(self, frames: int, device: torch.device) -> None:
        """Makes room up to so many frames, on the device that results now come from."""
        if self._sums.device != device:
            self._sums, self._totals = self._sums.to(device), self._totals.to(device)
            self._weights = self._weights.to(device)
        missing = frames - self._totals.shape[0]
        if missing > 0:
            more = torch.zeros(self._stems, CHANNELS, missing, device=device)
            self._sums = torch.cat([self._sums, more], dim=-1)
            self._totals = torch.cat([self._totals, torch.zeros(missing, device=device)])
