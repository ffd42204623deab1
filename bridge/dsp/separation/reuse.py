"""What of an earlier separation still holds after a bounce changed in part: which segments run again, what is kept.

A segment's result depends on the frames that it sees and on nothing else (the scale is fixed for a song), so where
every segment that covers a frame saw the same as before, the frame is the same: this is exact, not an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.dsp.separation.overlap_add import Segment, reads_of, segments_of
from bridge.dsp.separation.separator import SegmentGrid


@dataclass(frozen=True)
class Stretch:
    """Frames that are made together."""

    start: int
    end: int
    segments: tuple[int, int] | None
    """Index of the first segment that runs for them, and behind the last; None: taken from the earlier separation."""


def everything(grid: SegmentGrid, frames: int) -> tuple[Stretch, ...]:
    """Nothing is known from before."""
    return (Stretch(0, frames, (0, len(segments_of(grid, frames)))),)


def stretches(
    grid: SegmentGrid, frames: int, earlier_frames: int, changed: Sequence[tuple[int, int]]
) -> tuple[Stretch, ...]:
    """The whole song as stretches in order, kept ones and new ones.

    Args:
        grid: of the separator.
        frames: of the new version.
        earlier_frames: of the earlier one.
        changed: spans of the new version that differ.
    """
    segments = segments_of(grid, frames)
    before = frozenset(segments_of(grid, earlier_frames))
    reached = [
        (max(0, segment.offset), segment.end)
        for segment in segments
        if segment not in before
        or reads_of(segment, grid, frames) != reads_of(segment, grid, earlier_frames)
        or _sees(reads_of(segment, grid, frames), changed)
    ]
    result: list[Stretch] = []
    done = 0
    for start, end in _merged(reached):
        if start > done:
            result.append(Stretch(done, start, None))
        result.append(Stretch(start, end, _covering(segments, start, end)))
        done = end
    if done < frames:
        result.append(Stretch(done, frames, None))
    return tuple(result)


def kept_share(parts: Sequence[Stretch]) -> float:
    """How much of the song is taken from before, 0..1."""
    whole = sum(part.end - part.start for part in parts)
    return sum(part.end - part.start for part in parts if part.segments is None) / whole if whole else 0.0


def segments_to_run(parts: Sequence[Stretch]) -> int:
    """How many forwards are needed."""
    return sum(part.segments[1] - part.segments[0] for part in parts if part.segments is not None)


# --- Inside -----------------------------------------------------------------------------------------------------------


def _sees(read: tuple[int, int], changed: Sequence[tuple[int, int]]) -> bool:
    return any(start < read[1] and end > read[0] for start, end in changed)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _covering(segments: Sequence[Segment], start: int, end: int) -> tuple[int, int]:
    """Index of the first segment that covers any of the frames, and behind the last."""
    inside = [i for i, s in enumerate(segments) if s.offset < end and s.end > start]
    return inside[0], inside[-1] + 1
