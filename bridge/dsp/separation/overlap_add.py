"""Streaming overlap-add: segments of the mix through a network, finished blocks of stems out, memory of one batch.

Segments, weights and the handling of short last segments are those of demucs' `apply_model`, so results are the same;
but nothing is held for the whole song, neither here nor on the device. Where the mix is passed through more than once,
each time behind another length of silence, all passes move through the song side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.audio.signal import Signal
from bridge.dsp.separation.runner import CPU, Runner, require_device
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
    """First frame of the result that counts; below 0 in the silence before a shifted mix."""
    frames: int
    """How many of them."""
    skip: int
    """How many frames of context were put before them (short segments stand in the middle of what was before)."""
    turn: int = 0
    """Which of the passes through the mix it belongs to."""

    @property
    def end(self) -> int:
        """The frame behind its last."""
        return self.offset + self.frames


@dataclass(frozen=True)
class Streaming:
    """What is wanted of a stream."""

    first: int = 0
    """Index of the first segment."""
    last: int | None = None
    """Index behind the last segment; None: to the end."""
    scale: float = 1.0
    """Factor before the network, taken back after it; a power of two, so that it rounds nothing."""
    shifts: tuple[int, ...] = (0,)
    """Frames of silence before the mix, one for each pass; see `SegmentGrid.shifts`."""
    on_segments: Callable[[int], None] = lambda _: None
    """Told how many more segments are done."""


def segments_of(grid: SegmentGrid, frames: int) -> tuple[Segment, ...]:
    """All segments of a mix of so many frames, those of all passes by the place where they begin."""
    found = (
        _segment(grid, offset - shift, frames, turn)
        for turn, shift in enumerate(grid.shifts)
        for offset in grid.offsets(frames + shift)
    )
    return tuple(sorted((segment for segment in found if segment.end > 0), key=lambda segment: segment.offset))


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

    Raises:
        EngineCrashedError: the device gave up; what was begun before may say so only here.
    """
    try:
        yield from _blocks(runner, mix, wanted)
    except RuntimeError as reason:
        require_device(runner.placement.device, reason)
        raise


# --- Inside -----------------------------------------------------------------------------------------------------------


def _blocks(runner: Runner, mix: Signal, wanted: Streaming) -> Iterator[Block]:
    """While a block is on its way to the host, the one before is given."""
    transfer = Transfer(runner.placement.device)
    pending: tuple[int, Callable[[], NDArray[np.float32]]] | None = None
    for start, block, count in _on_device(runner, mix, wanted, transfer):
        arriving = transfer.to_host(block)
        if pending is not None:
            yield Block(pending[0], pending[1]())
        pending = start, arriving
        wanted.on_segments(count)
    if pending is not None:
        yield Block(pending[0], pending[1]())


def _segment(grid: SegmentGrid, offset: int, frames: int, turn: int) -> Segment:
    count = min(grid.segment_frames, frames - offset)
    return Segment(offset, count, (grid.segment_frames - count) // 2, turn)


def _on_device(
    runner: Runner, mix: Signal, wanted: Streaming, transfer: Transfer
) -> Iterator[tuple[int, torch.Tensor, int]]:
    """Finished blocks on the device: first frame, samples (stems, 2, frames), segments that went into it."""
    grid = replace(runner.separator.grid, shifts=wanted.shifts)
    segments = segments_of(grid, mix.frames)[wanted.first : wanted.last]
    sums = _Sums(grid, len(runner.separator.stems), max(0, segments[0].offset))
    position = done = 0
    while position < len(segments):
        batch = segments[position : position + runner.placement.batch]
        position += len(batch)
        results = _results(runner, mix, batch, wanted.scale, transfer)
        for segment, result in zip(batch, results, strict=True):
            sums.add(segment, result)
        end = segments[position].offset if position < len(segments) else segments[-1].end
        if end > sums.base:  # otherwise other passes begin at the same frame
            yield sums.base, sums.take(end, 1.0 / wanted.scale), position - done
            done = position


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
    """Weighted sums of overlapping results, from the first frame that is not finished; those of each pass apart."""

    def __init__(self, grid: SegmentGrid, stems: int, base: int) -> None:
        self.base = base
        self._weights = torch.from_numpy(grid.weights)
        self._sums = torch.zeros(len(grid.shifts), stems, CHANNELS, 0)
        self._totals = torch.zeros(len(grid.shifts), 1, 1, 0)
        self._is_on_the_cpu = False
        """For good, because the device has no room for them."""

    def add(self, segment: Segment, result: torch.Tensor | None) -> None:
        """Takes in one result; None adds silence."""
        try:
            self._add(segment, result)
        except torch.OutOfMemoryError:
            self._stay_on_the_cpu()
            self._add(segment, result)

    def take(self, end: int, gain: float) -> torch.Tensor:
        """The frames up to `end`, finished, times `gain`: the mean of all passes.

        Frames that no segment of a pass covers (such stand before those that were wanted) are no numbers.
        """
        try:
            return self._take(end, gain)
        except torch.OutOfMemoryError:
            self._stay_on_the_cpu()
            return self._take(end, gain)

    def _add(self, segment: Segment, result: torch.Tensor | None) -> None:
        """All room is taken before anything is added, so that it can be tried again."""
        if result is not None and self._is_on_the_cpu:
            result = result.cpu()
        self._reach(segment.end - self.base, self._sums.device if result is None else result.device)
        cut = max(0, self.base - segment.offset)  # of a shifted mix, what lies before it
        place = slice(segment.offset + cut - self.base, segment.end - self.base)
        weights = self._weights[cut : segment.frames]
        if result is not None:
            counted = weights * result[..., segment.skip + cut : segment.skip + segment.frames]
            self._sums[segment.turn, ..., place] += counted
        self._totals[segment.turn, ..., place] += weights

    def _take(self, end: int, gain: float) -> torch.Tensor:
        count = end - self.base
        done = (self._sums[..., :count] / self._totals[..., :count]).mean(dim=0)
        if gain != 1.0:
            done *= gain
        left = self._sums[..., count:].contiguous(), self._totals[..., count:].contiguous()
        self._sums, self._totals = left
        self.base = end
        return done

    def _stay_on_the_cpu(self) -> None:
        self._is_on_the_cpu = True
        self._sums, self._totals, self._weights = (kept.to(CPU) for kept in (self._sums, self._totals, self._weights))

    def _reach(self, frames: int, device: torch.device) -> None:
        """Makes room up to so many frames, on the device that results now come from."""
        if self._sums.device != device:
            self._sums, self._totals = self._sums.to(device), self._totals.to(device)
            self._weights = self._weights.to(device)
        missing = frames - self._totals.shape[-1]
        if missing > 0:
            more = (torch.zeros(*kept.shape[:-1], missing, device=device) for kept in (self._sums, self._totals))
            self._sums, self._totals = (
                torch.cat(pair, dim=-1) for pair in zip((self._sums, self._totals), more, strict=True)
            )
