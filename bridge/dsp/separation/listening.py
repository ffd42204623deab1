"""The mix as networks hear it: stereo at their sample rate, with what tells one version of it from the next."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Allocate, OnProgress, Samples, Signal
from bridge.dsp.resample import resample
from bridge.dsp.separation.separator import CHANNELS

BLOCK_FRAMES = 8192
"""What is told apart: of a changed bounce, whole blocks of this length count as changed."""
READ_FRAMES = BLOCK_FRAMES * 32
SHIFT_S_MAX = 0.5
"""Demucs' own."""


@dataclass(frozen=True)
class Doubled:
    """A mono signal on two channels."""

    mono: Signal
    channels: int = CHANNELS

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.mono.sample_rate_hz

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.mono.frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples (2, n) from frame `start`; errors as the mono signal's own."""
        return np.repeat(self.mono.read(start, frames), CHANNELS, axis=0)


@dataclass(frozen=True)
class Heard:
    """What one pass over a signal tells."""

    frames: int
    blocks: NDArray[np.uint64]
    """Digest of each block of 8192 frames; the last one may be shorter."""
    scale: float
    """Factor that brings the signal near the loudness on which networks were trained; a power of two, so that it
    rounds nothing and small changes of the mix leave it as it is."""

    @property
    def digest(self) -> str:
        """Of the whole signal."""
        return hashlib.blake2b(f"{self.frames} ".encode() + self.blocks.tobytes(), digest_size=16).hexdigest()

    def shifts(self, count: int, sample_rate_hz: int) -> tuple[int, ...]:
        """Silence before each of `count` passes, 0 to 0.5 s in frames, as the signal itself draws it; `(0,)` for none.

        It is drawn from the smallest digest of a block, not from that of the whole: a bounce of which a hundredth
        changed draws the same 98 times out of 100, and only then can the rest be taken from an earlier separation.
        """
        if count == 0:
            return (0,)
        seed = int(self.blocks.min()) if self.blocks.size else 0
        return tuple(_drawn(seed, number) % (int(SHIFT_S_MAX * sample_rate_hz) + 1) for number in range(count))


def for_networks(mix: Signal, sample_rate_hz: int, allocate: Allocate, on_progress: OnProgress) -> Signal:
    """The mix (mono or stereo) in stereo at the networks' sample rate; itself where it is so already."""
    if mix.sample_rate_hz != sample_rate_hz:
        mix = resample(mix, sample_rate_hz, allocate, on_progress)
    return mix if mix.channels == CHANNELS else Doubled(mix)


def listen(signal: Signal, on_progress: OnProgress) -> Heard:
    """Digests of all blocks, and the scale; silence has scale 1."""
    digests: list[bytes] = []
    total = squares = 0.0
    for start in range(0, signal.frames, READ_FRAMES):
        samples = signal.read(start, READ_FRAMES)
        mono = samples.mean(axis=0, dtype=np.float64)
        total += float(mono.sum())
        squares += float(mono @ mono)
        for first in range(0, samples.shape[1], BLOCK_FRAMES):
            block = np.ascontiguousarray(samples[:, first : first + BLOCK_FRAMES])
            digests.append(hashlib.blake2b(block.data, digest_size=8).digest())
        on_progress(min(1.0, (start + READ_FRAMES) / signal.frames))
    blocks = np.frombuffer(b"".join(digests), np.uint64)
    return Heard(signal.frames, blocks, _scale(total, squares, signal.frames))


def _drawn(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {number}".encode(), digest_size=8).digest(), "big")


def changed_span(earlier: Heard, later: Heard) -> list[tuple[int, int]]:
    """The frames of the later version that differ from the earlier one, as spans; everything beyond the shorter one.

    Only what stayed at its place counts as unchanged: after an insertion, all that follows differs.
    """
    both = min(earlier.blocks.shape[0], later.blocks.shape[0])
    differs = np.ones(later.blocks.shape[0], bool)
    differs[:both] = earlier.blocks[:both] != later.blocks[:both]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], differs.astype(np.int8), [0]])))
    spans = [(int(a) * BLOCK_FRAMES, min(int(b) * BLOCK_FRAMES, later.frames)) for a, b in edges.reshape(-1, 2)]
    if earlier.frames != later.frames:
        spans.append((min(earlier.frames, later.frames), later.frames))
    return spans


def _scale(total: float, squares: float, frames: int) -> float:
    """One over the standard deviation of the mono sum, to the nearest power of two."""
    variance = squares / frames - (total / frames) ** 2 if frames else 0.0
    return float(2.0 ** -round(np.log2(np.sqrt(variance)))) if variance > 1e-20 else 1.0
