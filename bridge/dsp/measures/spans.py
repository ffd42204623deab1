"""Streaming: a signal in spans of bounded length, each with its surroundings, over several threads.

Spans lie at fixed places, whatever the number of threads and however the file is read, so that results are the same
bit by bit. A signal in memory is never copied; a file is read once, in order, into a few buffers used in turn.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bridge.audio.signal import Audio, OnProgress, Samples, Signal

T = TypeVar("T")

READ_FRAMES = 1 << 16
"""Most frames asked of a signal at once: small enough that what a decoder makes stays in the processor's cache."""


@dataclass(frozen=True)
class Span:
    """A stretch of a signal inside a larger array.

    Kernels take the array and offsets, because a slice of its columns would not be contiguous.
    """

    samples: Samples
    """C-contiguous (channels, any)."""
    first: int
    """Index in `samples` of the span's first frame."""
    frames: int
    low: int
    """Frames [low, high) of `samples` are of the signal; beyond lies nothing (or what an earlier span left)."""
    high: int
    start: int
    """Where in the signal the span begins, in frames."""


@dataclass(frozen=True)
class SpanPlan:
    """How a signal is cut: length of a span, and how many frames before and after it a kernel looks at."""

    frames: int
    before: int
    after: int


def each_span(
    signal: Signal,
    plan: SpanPlan,
    work: Callable[[Span], T],
    threads: int = 2,
    on_progress: OnProgress | None = None,
) -> list[T]:
    """What `work` gives for each span, in order; `work` runs in `threads` threads while the next span is read.

    With one thread and a signal in memory, where nothing has to be read, `work` runs in the caller's: starting a thread
    costs more than a short stretch.
    """
    if threads == 1 and isinstance(signal, Audio):
        return _each_in_turn(signal, plan, work, on_progress)
    results: list[T] = []
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for span in _spans(signal, plan, buffers=threads + 1):
            # The buffer that the next span is read into must be free again: at most `threads` are at work.
            waiting.append(pool.submit(work, span))
            if len(waiting) >= threads:
                results.append(waiting.popleft().result())
                if on_progress is not None:
                    on_progress(min(1.0, len(results) * plan.frames / max(signal.frames, 1)))
        results += [future.result() for future in waiting]
    if on_progress is not None:
        on_progress(1.0)
    return results


def _each_in_turn(audio: Audio, plan: SpanPlan, work: Callable[[Span], T], on_progress: OnProgress | None) -> list[T]:
    results: list[T] = []
    for span in _spans(audio, plan, buffers=2):
        results.append(work(span))
        if on_progress is not None:
            on_progress((span.start + span.frames) / audio.frames)
    if on_progress is not None:
        on_progress(1.0)
    return results


def _spans(signal: Signal, plan: SpanPlan, buffers: int) -> Iterator[Span]:
    if isinstance(signal, Audio) and _is_direct(signal.samples):
        return _views(signal.samples, plan)
    return _copies(signal, plan, buffers)


def _is_direct(samples: Samples) -> bool:
    """Whether kernels can run on the array itself (they are compiled for one layout only)."""
    return bool(samples.flags.c_contiguous and samples.flags.writeable and samples.dtype == np.float32)


def _views(samples: Samples, plan: SpanPlan) -> Iterator[Span]:
    total = int(samples.shape[1])
    for start in range(0, total, plan.frames):
        frames = min(plan.frames, total - start)
        yield Span(samples, start, frames, 0, total, start)


def _copies(signal: Signal, plan: SpanPlan, buffers: int) -> Iterator[Span]:
    """Each frame is read once: what a span shares with the one before is copied from that one's buffer."""
    total = signal.frames
    width = plan.before + min(plan.frames, total) + plan.after
    ring = [np.zeros((signal.channels, width), np.float32) for _ in range(buffers)]
    have = 0  # frames of the signal read so far
    for index, start in enumerate(range(0, total, plan.frames)):
        buffer, previous = ring[index % buffers], ring[(index - 1) % buffers]
        frames = min(plan.frames, total - start)
        origin = start - plan.before  # frame of the signal at index 0 of the buffer
        if index:
            kept = have - max(origin, 0)
            source = max(origin, 0) - (origin - plan.frames)
            target = max(-origin, 0)
            buffer[:, target : target + kept] = previous[:, source : source + kept]
        end = min(total, start + frames + plan.after)
        _read_into(signal, buffer[:, have - origin : end - origin], have)
        have = end
        yield Span(buffer, plan.before, frames, max(-origin, 0), end - origin, start)


def _read_into(signal: Signal, target: Samples, start: int) -> None:
    wanted = int(target.shape[1])
    done = 0
    while done < wanted:
        block = signal.read(start + done, min(READ_FRAMES, wanted - done))
        got = int(block.shape[1])
        if got == 0:
            # The file became shorter while it was read; the audio room says so, the rest counts as silence.
            target[:, done:] = 0.0
            return
        target[:, done : done + got] = block
        done += got
