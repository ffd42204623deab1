"""The signal on its way through the chain: steps wait until somebody listens, then run together, block by block."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from bridge.audio.signal import Allocate, Audio, OnProgress, Samples, Signal
from bridge.dsp.mastering.filters.cascade import with_twins
from bridge.dsp.mastering.played import Played
from bridge.dsp.mastering.processor import GRAIN_FRAMES, Processor
from bridge.relay import relay

BLOCK_FRAMES = 64 * GRAIN_FRAMES
"""Long enough that calls cost nothing, short enough that a stereo block stays in the processor's cache."""


class WorkingSignal:
    """A signal as the chain has changed it so far; a `Signal` for whoever listens.

    Besides the source it holds one whole-file array, made when the first steps run and written in place from then on;
    where a step has made one already, that. Steps come as far as somebody reads and go on while he works on what he
    has read: so a fit that listens from start to end costs hardly more time than the steps before it.
    """

    def __init__(self, source: Audio, allocate: Allocate, on_progress: OnProgress) -> None:
        self._audio = source
        self._own: Samples | None = None
        self._waiting: list[Processor] = []
        self._running: Iterator[int] = iter(())
        self._done = source.frames
        """So many frames of `_audio` are what the steps have made; none of the waiting ones has touched any."""
        self._allocate = allocate
        self._on_progress = on_progress
        self.heard: dict[Hashable, Samples] = {}
        """What somebody has heard in the signal as it is and keeps for later; gone with the next step."""

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self._audio.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._audio.channels

    @property
    def frames(self) -> int:
        """Length; steps keep it."""
        return self._audio.frames

    def tell(self, on_progress: OnProgress) -> None:
        """Says who is told from now on how far steps have come."""
        self._on_progress = on_progress

    def then(self, processor: Processor | None) -> None:
        """Puts a processor behind those that are waiting."""
        if processor is not None:
            self._waiting.append(processor)
            self.heard.clear()

    def read(self, start: int, frames: int) -> Samples:
        """Samples after all steps so far; to be read by one thread at a time."""
        self._come_to(start + frames)
        return self._audio.read(start, frames)

    def audio(self) -> Audio:
        """The whole signal after all steps so far; the source itself while no step has changed it."""
        self._come_to(self.frames)
        return self._audio

    def _come_to(self, frame: int) -> None:
        """All steps so far have made what lies before this frame."""
        if self._waiting:
            self._go_on_to(self.frames)
            self._take_over()
        if self._waiting:
            self._begin()
        self._go_on_to(min(frame, self.frames))

    def _go_on_to(self, frame: int) -> None:
        while self._done < frame:
            self._done = next(self._running)
        if self._done == self.frames:
            run_out(self._running)

    def _begin(self) -> None:
        """Those that waited run from now on."""
        if self._own is None:
            self._own = self._allocate(self.channels, self.frames)
        self._running = running(self._waiting, self._audio, self._own, self._on_progress)
        self._audio, self._done = Audio(self._own, self.sample_rate_hz), 0
        self._waiting = []

    def _take_over(self) -> None:
        """What the first that waits has made already becomes the signal, without a copy."""
        first = self._waiting[0] if self._waiting else None
        samples = first.as_it_is() if isinstance(first, Played) else None
        if samples is not None and samples.shape == (self.channels, self.frames):
            self._own, self._audio = samples, Audio(samples, self.sample_rate_hz)
            del self._waiting[0]


def run(
    processors: Sequence[Processor],
    source: Signal,
    result: Samples,
    on_progress: OnProgress,
    block_frames: int | None = None,
) -> None:
    """As `running`, to the end."""
    run_out(running(processors, source, result, on_progress, block_frames))


def run_out(running: Iterator[int]) -> None:
    """Takes what is left."""
    for _ in running:
        pass


def running(
    processors: Sequence[Processor],
    source: Signal,
    result: Samples,
    on_progress: OnProgress,
    block_frames: int | None = None,
) -> Iterator[int]:
    """Sends a signal through processors into `result` (channels, frames), latency made up for.

    While a processor is at one block, an earlier one is at the next, and both go on while the caller works on what is
    there. `result` may be what `source` reads from: each block is read before anything as late is written.

    Yields:
        How many frames of the result are there.
    """
    latency = sum(processor.latency_frames for processor in processors)
    total = source.frames + latency
    longest = block_frames or BLOCK_FRAMES
    starts = range(0, total, longest)
    blocks = (_block(source, start, min(longest, total - start)) for start in starts)
    made = relay(blocks, [processor.process for processor in with_twins(processors)])
    for start, block in zip(starts, made, strict=True):
        early = max(0, latency - start)  # frames of this block that belong before the signal's beginning
        begin = start + early - latency
        kept = block[:, early:]
        result[:, begin : begin + kept.shape[1]] = kept
        on_progress(min(1.0, (start + longest) / total))
        yield begin + kept.shape[1]


def _block(source: Signal, start: int, frames: int) -> Samples:
    """Frames of the signal; silence after its end."""
    block = source.read(start, frames) if start < source.frames else np.zeros((source.channels, 0), np.float32)
    missing = frames - block.shape[1]
    return np.pad(block, ((0, 0), (0, missing))) if missing else block
