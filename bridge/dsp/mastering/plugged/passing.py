"""One pass of a signal through plug-ins: into a new array, so that a plug-in that fails has spoilt nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bridge.audio.signal import Allocate, OnProgress, Samples, Signal
from bridge.dsp.mastering.working import run
from bridge.dsp.plugins.exchange import BLOCK_FRAMES
from bridge.dsp.plugins.host import HostError
from bridge.dsp.plugins.rack import Runner
from bridge.dsp.plugins.wire import Failure, Prepared, PrepareOrder, Ran, Slot
from bridge.units import clock

Clock = Callable[[], float]


@dataclass(frozen=True)
class Passed:
    """A signal after plug-ins."""

    samples: Samples
    prepared: Prepared
    seconds: tuple[float, ...]
    """Spent in each plug-in."""
    has_moved: bool
    """Whether a plug-in changed its latency on the way: then the end of the song is not in time with its start."""


def pass_through(runner: Runner, slots: Sequence[Slot], signal: Signal, allocate: Allocate, watch: "Watch") -> Passed:
    """The signal after the plug-ins, latency made up for, as long as before.

    Args:
        runner: where they run.
        slots: the plug-ins, in order.
        signal: float32 (channels, frames); silence may stay silent.
        allocate: gives room for the result.
        watch: sets a limit to the time of the whole pass, and is told after each block how far it has come.

    Raises:
        HostError: a plug-in crashed, hung, raised an error, gave nonsense, or silence where there was sound.
    """
    order = PrepareOrder(slots=tuple(slots), sample_rate_hz=signal.sample_rate_hz, channels=signal.channels)
    prepared = runner.prepare(order)
    result = allocate(signal.channels, signal.frames)
    latencies = tuple(slot.latency_frames for slot in prepared.slots)
    processor = _Passing(runner, latencies, watch, signal.sample_rate_hz)
    run([processor], signal, result, watch.on_progress, BLOCK_FRAMES)
    processor.refuse_silence()
    return Passed(result, prepared, tuple(processor.seconds), processor.has_moved)


@dataclass(frozen=True)
class Watch:
    """The longest time for one pass, and who is told how far it has come."""

    seconds: float
    monotonic_s: Clock
    started_s: float
    on_progress: OnProgress


@dataclass
class _Passing:
    """Plug-ins as a processor."""

    runner: Runner
    latencies: tuple[int, ...]
    watch: Watch
    rate_hz: int
    seconds: list[float] = field(default_factory=list[float])
    has_moved: bool = False
    position: int = 0

    def __post_init__(self) -> None:
        self.seconds = [0.0] * len(self.latencies)
        self._was_heard = [False] * len(self.latencies)
        self._was_sounding = [False] * len(self.latencies)

    @property
    def latency_frames(self) -> int:
        """Of all together."""
        return sum(self.latencies)

    def process(self, block: Samples) -> Samples:
        """The block after the plug-ins, in an array of its own: the runner's is overwritten by its next block."""
        exchanged, ran = self.runner.run(np.ascontiguousarray(block))
        made = exchanged.copy()
        self._note(ran)
        self.position += block.shape[1]
        if self.watch.monotonic_s() - self.watch.started_s > self.watch.seconds:
            slot = int(np.argmax(self.seconds))
            sentence = f"had only come to {clock(self.position / self.rate_hz)} after {self.watch.seconds:g} s"
            raise HostError(Failure(slot=slot, sentence=sentence))
        return made

    def _note(self, ran: Ran) -> None:
        self.has_moved = self.has_moved or ran.latencies != self.latencies
        for slot, seconds in enumerate(ran.seconds):
            self.seconds[slot] += seconds
            self._was_heard[slot] = self._was_heard[slot] or ran.was_heard[slot]
            self._was_sounding[slot] = self._was_sounding[slot] or ran.was_sounding[slot]

    def refuse_silence(self) -> None:
        """Does nothing where sound gave sound."""
        for slot, was_heard in enumerate(self._was_heard):
            if was_heard and not self._was_sounding[slot]:
                raise HostError(
                    Failure(slot=slot, sentence="gave silence where there was sound: it may want a licence")
                )
