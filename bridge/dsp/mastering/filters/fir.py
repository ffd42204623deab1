"""Linear-phase filters: designed from a magnitude alone, run by FFT, late by half their length and one hop.

A magnitude is taken at many frequencies as it is, so there is no cramping to avoid; its impulse is cut to a span and
faded out at both ends, which blurs what is narrower than about 2 / span. Sharp low-frequency filters ring before a
sound as well as after it: that is what linear phase means.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.mastering.filters.hops import Hops
from bridge.dsp.mastering.filters.prototype import Curve

SPAN_S = 0.74
"""Length of an impulse response, about: the power of two that is nearest."""
BAND_SPAN_S = 0.37
"""The same of crossovers, whose slopes are gentle."""
HOPS = 3
"""Frames that an FFT brings forward, in lengths of the impulse."""
INAUDIBLE = 1e-12
"""What rounding leaves of silence (-240 dBFS) is silence."""

Taps = NDArray[np.float64]
"""Of odd length."""
Magnitude: TypeAlias = Callable[[Curve], Curve]
"""Linear gain at frequencies in Hz from 0 to half the sample rate."""


class FirBank:
    """Several filters of one length on the same signal (overlap-add); hops lie at fixed places of the signal."""

    def __init__(self, filters: Sequence[Taps], channels: int, delay: int | None = None) -> None:
        """Without a delay of its own, a filter delays by half its length."""
        reach = filters[0].size + 1
        self._hop = HOPS * reach
        self._size = self._hop + reach
        # One filter runs in float64. Several would cost too much, and what they split is put together again.
        exact = np.complex128 if len(filters) == 1 else np.complex64
        self._responses = np.array([np.fft.rfft(taps, self._size) for taps in filters]).astype(exact)
        self._tails = np.zeros((len(filters), channels, reach), np.float64 if len(filters) == 1 else np.float32)
        self._hops = Hops(self._hop, (channels, len(filters) * channels), self._filtered)
        self.latency_frames = self._hop + (filters[0].size // 2 if delay is None else delay)

    def process(self, block: Samples) -> Samples:
        """What each filter makes of the block, late: (filters, channels, n)."""
        return self._hops.process(block).reshape(len(self._responses), block.shape[0], -1)

    def _filtered(self, hop: Samples) -> Samples:
        """The next hop of all results; what reaches beyond it is kept."""
        made: Samples = np.zeros((self._tails.shape[0], *hop.shape), np.float32)
        if hop.any() or self._tails.any():
            spectrum = np.fft.rfft(hop.astype(np.float64), self._size).astype(self._responses.dtype)
            for index, response in enumerate(self._responses):
                whole = np.fft.irfft(spectrum * response, self._size)
                whole[:, : self._tails.shape[2]] += self._tails[index]
                self._tails[index] = whole[:, self._hop :]
                made[index] = whole[:, : self._hop]
            made[np.abs(made) < INAUDIBLE] = 0.0
        return made.reshape(-1, hop.shape[1])


class FirProcessor:
    """One filter on every channel, float64 inside."""

    def __init__(self, taps: Taps, channels: int, delay: int | None = None) -> None:
        self._bank = FirBank([taps], channels, delay)
        self.latency_frames = self._bank.latency_frames

    def process(self, block: Samples) -> Samples:
        """The filtered block, late."""
        result: Samples = self._bank.process(block)[0]
        return result


def linear_phase_taps(magnitude: Magnitude, sample_rate_hz: int, span_s: float = SPAN_S) -> Taps:
    """Taps of the filter with this magnitude and no delay but half its length."""
    length = span_frames(sample_rate_hz, span_s)
    impulse = np.fft.irfft(_sampled(magnitude, sample_rate_hz, 8 * length))
    half = length // 2
    around: Taps = np.concatenate((impulse[-half + 1 :], impulse[:half]))
    fade = _fade(half // 2)
    around[: fade.size] *= fade
    around[-fade.size :] *= fade[::-1]
    return around


def minimum_phase_taps(magnitude: Magnitude, sample_rate_hz: int) -> Taps:
    """Taps of the filter with this magnitude and the least delay, by the folded cepstrum.

    A. V. Oppenheim, R. W. Schafer: "Discrete-Time Signal Processing", chapter 13.
    """
    length = span_frames(sample_rate_hz, SPAN_S)
    size = 8 * length
    cepstrum: Taps = np.fft.irfft(np.log(np.maximum(_sampled(magnitude, sample_rate_hz, size), 1e-6)))
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    impulse: Taps = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[: length - 1]
    fade = _fade(length // 4)
    impulse[-fade.size :] *= fade[::-1]
    return impulse


def span_frames(sample_rate_hz: int, span_s: float) -> int:
    """Length of filters at this rate, in frames, and one more than their taps."""
    return 1 << max(8, round(math.log2(span_s * sample_rate_hz)))


def _sampled(magnitude: Magnitude, sample_rate_hz: int, size: int) -> Curve:
    return magnitude(np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate_hz / size))


def _fade(frames: int) -> Taps:
    return np.asarray(np.sin(np.linspace(0.0, np.pi / 2.0, frames, endpoint=False)) ** 2, np.float64)
