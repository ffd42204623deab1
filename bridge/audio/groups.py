"""Several files as one signal, read block by block: split channels joined, stems summed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridge.audio.read import AudioFile
from bridge.audio.signal import Samples, Signal
from bridge.errors import AudioError

PADDING_S_MAX = 0.1
"""How much shorter one split channel may be than the longest; more is no rounding but another song."""


@dataclass(frozen=True)
class JoinedChannels:
    """Mono signals side by side as the channels of one; the shorter ones end in silence."""

    parts: tuple[Signal, ...]

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate, the same for all."""
        return self.parts[0].sample_rate_hz

    @property
    def channels(self) -> int:
        """One of each part."""
        return len(self.parts)

    @property
    def frames(self) -> int:
        """Length of the longest part."""
        return max(part.frames for part in self.parts)

    def read(self, start: int, frames: int) -> Samples:
        """Samples float32 (channels, n) from frame `start`, n <= frames at the end; errors as the parts' own."""
        out = np.zeros((self.channels, max(0, min(frames, self.frames - start))), np.float32)
        for row, part in zip(out, self.parts, strict=True):
            block = part.read(start, out.shape[1])
            row[: block.shape[1]] = block[0]
        return out


@dataclass(frozen=True)
class Sum:
    """Signals added at unity gain, beyond full scale if need be.

    Mono ones go to every channel, short ones end in silence.
    """

    parts: tuple[Signal, ...]

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate, the same for all."""
        return self.parts[0].sample_rate_hz

    @property
    def channels(self) -> int:
        """As many as the widest part has."""
        return max(part.channels for part in self.parts)

    @property
    def frames(self) -> int:
        """Length of the longest part."""
        return max(part.frames for part in self.parts)

    def read(self, start: int, frames: int) -> Samples:
        """Samples float32 (channels, n) from frame `start`, n <= frames at the end; errors as the parts' own."""
        out = np.zeros((self.channels, max(0, min(frames, self.frames - start))), np.float32)
        for part in self.parts:
            block = part.read(start, out.shape[1])
            out[:, : block.shape[1]] += block
        return out


def join_channels(signals: Sequence[Signal]) -> JoinedChannels:
    """The mono signals of a split bounce as one signal, in the order given.

    Raises:
        AudioError: one is not mono, or rates or lengths differ (by more than 0.1 s, which is padded with silence).
    """
    _require_one_rate(signals)
    for index, signal in enumerate(signals):
        if signal.channels != 1:
            raise AudioError(
                f"{_name(signal, index)} has {signal.channels} channels, but one of a split bounce must be mono. "
                "Bounce it again as interleaved stereo, or set `group: off`."
            )
    longest = max(signal.frames for signal in signals)
    for index, signal in enumerate(signals):
        if longest - signal.frames > PADDING_S_MAX * signal.sample_rate_hz:
            seconds = (longest - signal.frames) / signal.sample_rate_hz
            raise AudioError(
                f"{_name(signal, index)} is {seconds:.1f} s shorter than the other channel: they are not one bounce. "
                "Bounce both again."
            )
    return JoinedChannels(tuple(signals))


def sum_of(signals: Sequence[Signal]) -> Sum:
    """The mix that a set of stems makes at unity gain.

    Raises:
        AudioError: rates differ, or channel counts in another way than mono beside the rest.
    """
    _require_one_rate(signals)
    widest = max(signal.channels for signal in signals)
    for index, signal in enumerate(signals):
        if signal.channels not in {1, widest}:
            raise AudioError(
                f"{_name(signal, index)} has {signal.channels} channels where another stem has {widest}: they cannot "
                "be summed. Bounce all stems with the same number of channels."
            )
    return Sum(tuple(signals))


def _require_one_rate(signals: Sequence[Signal]) -> None:
    if not signals:
        raise ValueError("a group has at least one signal")
    first = signals[0]
    for index, signal in enumerate(signals):
        if signal.sample_rate_hz != first.sample_rate_hz:
            raise AudioError(
                f"{_name(signal, index)} has {signal.sample_rate_hz} Hz and {_name(first, 0)} {first.sample_rate_hz} "
                "Hz: they are not one bounce. Bounce both at one sample rate."
            )


def _name(signal: Signal, index: int) -> str:
    """What sentences call it."""
    return signal.path.name if isinstance(signal, AudioFile) else f"Signal {index + 1}"
