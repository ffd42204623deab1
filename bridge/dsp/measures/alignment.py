"""The offset between two versions of a recording, to the frame: found coarsely on decimated signals, then at full rate.

Both steps correlate by FFT with the phase transform (Knapp and Carter, "The generalized correlation method for
estimation of time delay", 1976): every frequency counts the same, so that the peak is sharp although music is mostly
bass, and it does not matter that one of the two was equalised, turned up or inverted.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal

COARSE_FRAMES = 1 << 18
"""Longest decimated signal, as long as it keeps `COARSE_RATE_HZ_MIN`."""
COARSE_RATE_HZ_MIN = 250
READ_FRAMES = 1 << 17
CANDIDATES = 6
WINDOWS = 8
WINDOW_FRAMES = 1 << 15
BETTER = 1.1
"""A candidate must beat those that overlap more by this much: of equal bars, the pair that overlaps most is meant."""
NEXT_FRAMES = 16
"""Around the best offset, other offsets are no rivals but its skirt."""
OVERLAP_SHARE_MIN = 0.1
"""Of the shorter signal: less in common proves nothing."""
STANDING = 0.5
"""How far the best offset must stand out above the next for full confidence."""
QUIET = 1e-3
"""Bins far below the usual magnitude are rounding: they do not count."""
CHANNEL_WEIGHT = 0.6
"""Of each channel relative to the one before, so that neither equal nor opposite channels cancel."""

Wave: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Alignment:
    """Frame n of the first signal is frame n + offset of the second."""

    offset: int
    confidence: float
    """0 to 1: how much of the signal agrees on this offset, and how far it stands out; 0 for silence."""


@dataclass(frozen=True)
class _Fine:
    offset: int
    peak: float
    confidence: float


def align(a: Signal, b: Signal) -> Alignment:
    """The offset of `b` against `a`, two signals of the same rate, of any lengths, gains and polarities.

    Offsets of any size are found as long as there is an overlap to hear. Confidence is about 1 for copies and versions
    (equalised, limited, MP3), less where stretches were exchanged, about 0 for unrelated music, silence, and periodic
    signals, which have many equal offsets.
    """
    factor = coarse_factor(max(a.frames, b.frames), a.sample_rate_hz)
    best = _Fine(0, 0.0, 0.0)
    for use_envelope in (False, True):
        # Where nearly all sound lies above the decimated band (a stem of cymbals), its envelope still tells.
        prepare = partial(decimated, factor=factor, use_envelope=use_envelope)
        with ThreadPoolExecutor(2) as pool:
            coarse_a, coarse_b = pool.map(prepare, (a, b))
        best = _best(a, b, _candidates(coarse_a, coarse_b), factor)
        if best.confidence >= 0.5:
            break
    return Alignment(best.offset, best.confidence)


def coarse_factor(frames: int, sample_rate_hz: int) -> int:
    """By how much signals of that length are decimated for the first step."""
    return max(1, min(frames // COARSE_FRAMES, sample_rate_hz // COARSE_RATE_HZ_MIN))


def decimated(signal: Signal, factor: int, *, use_envelope: bool = False) -> Wave:
    """Means of `factor` frames of the weighted sum of all channels, or of its magnitude without its own mean."""
    parts: list[Wave] = []
    step = max(1, READ_FRAMES // factor) * factor
    for start in range(0, signal.frames - factor + 1, step):
        wave = mono(signal, start, min(step, signal.frames - start))
        wave = np.abs(wave) if use_envelope else wave
        whole = wave[: wave.size // factor * factor].reshape(-1, factor)
        parts.append(whole @ np.full(factor, 1.0 / factor, np.float32) if factor > 1 else whole[:, 0])
    joined = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return joined - joined.mean() if use_envelope and joined.size else joined


def mono(signal: Signal, start: int, frames: int) -> Wave:
    """The weighted sum of all channels (frames,); silence outside of the signal."""
    low, high = max(start, 0), min(start + frames, signal.frames)
    wave = np.zeros(frames, np.float32)
    if high > low:
        wave[low - start : high - start] = _weights(signal.channels) @ exactly(signal, low, high - low)
    return wave


def exactly(signal: Signal, start: int, frames: int) -> Samples:
    """Exactly these frames, of a signal that may give fewer at a time."""
    block = signal.read(start, frames)
    if block.shape[1] == frames or block.shape[1] == 0:
        return block if block.shape[1] else np.zeros((signal.channels, frames), np.float32)
    rest = exactly(signal, start + block.shape[1], frames - block.shape[1])
    return np.concatenate([block, rest], axis=1)


def _weights(channels: int) -> Wave:
    """They sum to 1, so that a mono file and the same sound on two channels agree."""
    weights = CHANNEL_WEIGHT ** np.arange(channels)
    normed: Wave = (weights / weights.sum()).astype(np.float32)
    return normed


def _candidates(a: Wave, b: Wave) -> list[int]:
    """Offsets of decimated signals, the most promising first; 0 always among them."""
    if not a.any() or not b.any():
        return [0]
    size = fast_length(a.size + b.size)
    correlation = np.abs(_correlate(np.fft.rfft(a, size), np.fft.rfft(b, size), size))
    found: list[int] = []
    for _ in range(CANDIDATES):
        at = int(correlation.argmax())
        found.append(at if at < b.size else at - size)
        around = np.arange(at - 2, at + 3) % size
        correlation[around] = 0.0
    return [*found, *([] if 0 in found else [0])]


def _correlate(a: NDArray[np.complexfloating], b: NDArray[np.complexfloating], size: int) -> NDArray[np.floating]:
    """Phase-transformed correlation: index k is the lag of `b` behind `a`, negative lags wrap around."""
    return np.fft.irfft(_phases(np.conj(a) * b), size)


def _phases(cross: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    magnitude = np.abs(cross)
    usual = float(magnitude.mean())
    phases: NDArray[np.complexfloating] = cross / (magnitude + max(QUIET * usual, np.finfo(np.float32).tiny))
    return phases


def _best(a: Signal, b: Signal, candidates: list[int], factor: int) -> _Fine:
    fines = [fine for candidate in candidates if (fine := _refined(a, b, candidate * factor, factor)) is not None]
    best = _Fine(0, 0.0, 0.0)
    for fine in fines:
        if fine.peak > best.peak * BETTER:
            best = fine
    return best


def _refined(a: Signal, b: Signal, offset: int, factor: int) -> _Fine | None:
    """The best offset within two decimated frames of `offset`; None where the two do not overlap or are silent."""
    reach = 2 * factor + 2 * NEXT_FRAMES
    windows = window_starts(a, b, offset)
    if not windows:
        return None
    frames = windows[0][1]
    size = fast_length(frames + 2 * reach)
    lags: list[NDArray[np.floating]] = []
    for start, _ in windows:
        ours = np.fft.rfft(mono(a, start, frames), size)
        theirs = np.fft.rfft(mono(b, start + offset - reach, frames + 2 * reach), size)
        if ours.any() and theirs.any():
            lags.append(_correlate(ours, theirs, size)[: 2 * reach + 1])
    return _judged(np.array(lags), offset - reach) if lags else None


def _judged(lags: NDArray[np.floating], first: int) -> _Fine:
    """The best lag of all windows together; `lags` is (windows, lags), the first of them at offset `first`."""
    correlation = np.abs(lags.mean(axis=0))
    at = _first_highest(correlation, correlation.size // 2)
    peak = float(correlation[at])
    rivals = correlation.copy()
    rivals[max(0, at - NEXT_FRAMES) : at + NEXT_FRAMES + 1] = 0.0
    standing = 1.0 - float(rivals.max()) / peak if peak > 0.0 else 0.0
    # By chance one window may outweigh all others, and then agrees with itself.
    agreeing = int((np.abs(np.abs(lags).argmax(axis=1) - at) <= 1).sum())
    agreement = max(0, agreeing - 1) / max(1, len(lags) - 1)
    return _Fine(first + at, peak, agreement * min(1.0, standing / STANDING))


def _first_highest(correlation: NDArray[np.floating], middle: int) -> int:
    """Where the maximum is; of equal ones, the nearest to the middle."""
    highest = np.flatnonzero(correlation >= correlation.max() * (1.0 - 1e-9))
    return int(highest[np.abs(highest - middle).argmin()])


def window_starts(a: Signal, b: Signal, offset: int) -> list[tuple[int, int]]:
    """Windows spread over what both have: first frame in `a`, and frames (the same for all)."""
    low, high = max(0, -offset), min(a.frames, b.frames - offset)
    if high - low < max(2 * NEXT_FRAMES, OVERLAP_SHARE_MIN * min(a.frames, b.frames)):
        return []
    frames = min(WINDOW_FRAMES, max(2 * NEXT_FRAMES, (high - low) // WINDOWS))
    count = min(WINDOWS, (high - low) // frames)
    # Away from both ends, where songs are silent or fade.
    places = low + (np.arange(count) + 0.5) / count * (high - low) - frames / 2
    return [(int(np.clip(place, low, high - frames)), frames) for place in places]


def fast_length(least: int) -> int:
    """The smallest even length of at least `least` that has no prime factor above 5: such FFTs are fast."""
    best = 1 << max(1, (least - 1).bit_length())
    five = 1
    while five < best:
        three = five
        while three < best:
            length = three * (1 << max(1, (-(-least // three) - 1).bit_length()))
            best = min(best, length) if length >= least else best
            three *= 3
        five *= 5
    return best


# --- Below one frame --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fraction:
    """A shift below one frame, and what taking it out would bring."""

    frames: float
    gain_db: float
    """By how much the null would deepen."""


def fraction(a: Signal, b: Signal, offset: int) -> Fraction:
    """What is left of the offset below one frame, from the slope of the cross-spectrum's phase; 0 for a deep null."""
    windows = window_starts(a, b, offset)
    if not windows:
        return Fraction(0.0, 0.0)
    frames = windows[0][1]
    shape = np.hanning(frames)
    cross = np.zeros(frames // 2 + 1, np.complex128)
    own = other = 0.0
    for start, _ in windows:
        ours = np.fft.rfft(mono(a, start, frames) * shape)
        theirs = np.fft.rfft(mono(b, start + offset, frames) * shape)
        cross += np.conj(ours) * theirs
        own += float((np.abs(ours) ** 2).sum())
        other += float((np.abs(theirs) ** 2).sum())
    return _slope(cross, own, other, frames)


def _slope(cross: NDArray[np.complex128], own: float, other: float, frames: int) -> Fraction:
    k = np.arange(cross.size) * (2.0 * np.pi / frames)
    weights = np.abs(cross)
    square = float((weights * k * k).sum())
    if square == 0.0 or own == 0.0 or other == 0.0:
        return Fraction(0.0, 0.0)
    upright = cross if cross.real.sum() >= 0.0 else -cross
    # B = A e^(-i w s): least squares of -phase over w, each bin weighted by its magnitude.
    shift = float(np.clip(-(weights * k * np.angle(upright)).sum() / square, -0.5, 0.5))

    def left(delay: float) -> float:
        """Energy of the best null after that shift, relative to B; no deeper than float32 can tell."""
        agreement = float((upright * np.exp(1j * k * delay)).real.sum())
        return max(1.0 - agreement**2 / (own * other), 1e-12)

    gain_db = 10.0 * float(np.log10(left(0.0) / left(shift)))
    return Fraction(shift, gain_db)
