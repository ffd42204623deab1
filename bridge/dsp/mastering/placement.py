"""Where a step works and how much of it is heard: mid, side, left or right, and wet against dry, for every step alike.

A placed step gets its part as a signal of one channel, and never knows of the rest. What it changed is added to the
channels: left + d and right + d for mid (left + right) / 2, left + d and right - d for side (left - right) / 2. Where
it changes nothing, d is zero and every sample stays what it was, bit by bit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.chains import StepBase, StepChannels
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.processor import UNCHANGED, Fit, Fitted, Processor
from bridge.messages import message

Weights = NDArray[np.float64]
"""Of left and right in a part, and of the part's change in left and right: (2, 2)."""

WEIGHTS: dict[StepChannels, Weights] = {
    "mid": np.array([[0.5, 0.5], [1.0, 1.0]]),
    "side": np.array([[0.5, -0.5], [1.0, -1.0]]),
    "left": np.array([[1.0, 0.0], [1.0, 0.0]]),
    "right": np.array([[0.0, 1.0], [0.0, 1.0]]),
}


@dataclass(frozen=True)
class PartSignal:
    """A part of a signal with two channels, as a signal of one."""

    signal: Signal
    weights: Weights

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.signal.sample_rate_hz

    @property
    def channels(self) -> int:
        """One."""
        return 1

    @property
    def frames(self) -> int:
        """Length of the whole."""
        return self.signal.frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples (1, n) of the part."""
        return _part_of(self.signal.read(start, frames), self.weights)


class Delay:
    """Gives each frame back `frames` later."""

    def __init__(self, frames: int, channels: int) -> None:
        self._held = np.zeros((channels, frames), np.float32)

    def process(self, block: Samples) -> Samples:
        """The block, late; silence at the beginning."""
        if not self._held.shape[1]:
            return block
        joined = np.concatenate((self._held, block), axis=1)
        self._held = joined[:, block.shape[1] :].copy()
        return joined[:, : block.shape[1]]


class PlacedProcessor:
    """A processor on a part of the signal, or mixed with what went in; as late as the processor itself."""

    def __init__(self, inner: Processor, weights: Weights | None, wet: float, channels: int) -> None:
        self._inner = inner
        self._weights = weights
        self._wet = wet
        self._delay = Delay(inner.latency_frames, channels)

    @property
    def latency_frames(self) -> int:
        """The inner processor's; dry and wet meet in time."""
        return self._inner.latency_frames

    def process(self, block: Samples) -> Samples:
        """The block with the inner processor's work in its place."""
        given = block if self._weights is None else _part_of(block, self._weights)
        changed = np.ascontiguousarray(self._inner.process(given))
        result = np.array(self._delay.process(block), np.float32, order="C")
        if self._weights is None:
            mix_in(result, changed, self._wet)
        else:
            put_back(result, (_part_of(result, self._weights), changed), self._weights[1], self._wet)
        return result


def fit_placed(step: StepBase, signal: Signal, fit: Fit) -> Fitted:
    """The step fitted to its place in this signal; 0 % leaves the signal alone."""
    if not step.is_placed:
        return fit(step, signal)
    if step.mix_percent == 0:
        return UNCHANGED
    weights = WEIGHTS.get(step.channels)
    if weights is not None and signal.channels != 2:
        return needs_two_channels(step, signal)
    fitted = fit(step, signal if weights is None else PartSignal(signal, weights))
    if fitted.processor is None:
        return fitted
    placed = PlacedProcessor(fitted.processor, weights, step.mix_percent / 100, signal.channels)
    return Fitted(placed, fitted.applied, fitted.messages)


def needs_two_channels(step: StepBase, signal: Signal) -> Fitted:
    """The step does nothing to a signal that has no left and right, and says so."""
    sentence = step.placed_sentence()
    return Fitted(None, None, (message("step_needs_two_channels", step=sentence, channels=signal.channels),))


def _part_of(block: Samples, weights: Weights) -> Samples:
    """The part (1, n) of a block (2, n), rounded once."""
    part = np.empty((1, block.shape[1]), np.float32)
    take_part((np.ascontiguousarray(block[0]), np.ascontiguousarray(block[1])), weights[0], part[0])
    return part


@compiled
def take_part(channels: tuple[Samples, Samples], weights: NDArray[np.float64], part: Samples) -> None:
    """Writes left and right, each times its weight, into `part`; float64 inside."""
    left, right = channels[0], channels[1]
    of_left, of_right = weights[0], weights[1]
    for i in range(part.size):
        part[i] = np.float32(of_left * np.float64(left[i]) + of_right * np.float64(right[i]))


@compiled
def mix_in(result: Samples, changed: Samples, wet: float) -> None:
    """Moves `result` (dry at first) towards `changed` by the share `wet`; float64 inside."""
    for channel in range(result.shape[0]):
        made, other = result[channel], changed[channel]
        for i in range(made.size):
            dry = np.float64(made[i])
            made[i] = np.float32(dry + wet * (np.float64(other[i]) - dry))


@compiled
def put_back(result: Samples, parts: tuple[Samples, Samples], to_channels: Weights, wet: float) -> None:
    """Adds to both channels of `result` (dry at first) the share `wet` of the change of a part (before, after)."""
    left, right, before, after = result[0], result[1], parts[0][0], parts[1][0]
    to_left, to_right = to_channels[0], to_channels[1]
    for i in range(before.size):
        change = wet * (np.float64(after[i]) - np.float64(before[i]))
        left[i] = np.float32(np.float64(left[i]) + to_left * change)
        right[i] = np.float32(np.float64(right[i]) + to_right * change)
