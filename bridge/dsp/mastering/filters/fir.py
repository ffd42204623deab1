"""Linear-phase filters: designed from a magnitude alone, run by FFT, late by half their length and one hop.

A magnitude is taken at many frequencies as it is, so there is no cramping to avoid; its impulse is cut to `SPAN_S` and
faded out at both ends, which blurs what is narrower than about 3 Hz. Sharp low-frequency filters ring before a sound as
well as after it: that is what linear phase means.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.mastering.filters.hops import Hops
from bridge.dsp.mastering.filters.prototype import Curve

SPAN_S = 0.74
"""Length of an impulse response, about: the power of two that is nearest."""
HOPS = 3
"""Frames that an FFT brings forward, in lengths of the impulse."""
INAUDIBLE = 1e-12
"""What rounding leaves of silence (-240 dBFS) is silence."""

Taps = NDArray[np.float64]
"""Of odd length."""


class FirProcessor:
    """A linear-phase filter on every channel (overlap-add, float64 inside); hops lie at fixed places of the signal."""

    def __init__(self, taps: Taps, channels: int, delay: int | None = None) -> None:
        """Without a delay of its own, a filter delays by half its length."""
        reach = taps.size + 1
        self._hop = HOPS * reach
        self._size = self._hop + reach
        self._response = np.fft.rfft(taps, self._size)
        self._tail = np.zeros((channels, reach))
        self._hops = Hops(self._hop, channels, self._filtered)
        self.latency_frames = self._hop + (taps.size // 2 if delay is None else delay)

    def process(self, block: Samples) -> Samples:
        """The filtered block, late."""
        return self._hops.process(block)

    def _filtered(self, hop: Samples) -> Samples:
        """The next hop of the result; what reaches beyond it is kept."""
        if not hop.any() and not self._tail.any():
            return np.zeros_like(hop)
        whole = np.fft.irfft(np.fft.rfft(hop.astype(np.float64), self._size) * self._response, self._size)
        whole[:, : self._tail.shape[1]] += self._tail
        self._tail = whole[:, self._hop :].copy()
        result: Samples = whole[:, : self._hop].astype(np.float32)
        result[np.abs(result) < INAUDIBLE] = 0.0
        return result


def linear_phase_taps(magnitude: Callable[[Curve], Curve], sample_rate_hz: int) -> Taps:
    """Taps of the filter with this magnitude and no delay but half its length.

    Args:
        magnitude: linear gain at frequencies in Hz from 0 to half the sample rate.
        sample_rate_hz: any.
    """
    length = span_frames(sample_rate_hz)
    size = 8 * length
    impulse: Taps = np.fft.irfft(magnitude(np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate_hz / size)), size)
    half = length // 2
    around: Taps = np.concatenate((impulse[-half + 1 :], impulse[:half]))
    fade = np.sin(np.linspace(0.0, np.pi / 2.0, half // 2, endpoint=False)) ** 2
    around[: fade.size] *= fade
    around[-fade.size :] *= fade[::-1]
    return around


def minimum_phase_taps(magnitude: Callable[[Curve], Curve], sample_rate_hz: int) -> Taps:
    """Taps of the filter with this magnitude and the least delay, by the folded cepstrum.

    A. V. Oppenheim, R. W. Schafer: "Discrete-Time Signal Processing", ch. 13. Arguments as in `linear_phase_taps`.
    """
    length = span_frames(sample_rate_hz)
    size = 8 * length
    gain = np.maximum(magnitude(np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate_hz / size)), 1e-6)
    cepstrum: Taps = np.fft.irfft(np.log(gain), size)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    impulse: Taps = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[: length - 1]
    fade = np.sin(np.linspace(0.0, np.pi / 2.0, length // 4, endpoint=False)) ** 2
    impulse[-fade.size :] *= fade[::-1]
    return impulse


def span_frames(sample_rate_hz: int) -> int:
    """Length of linear-phase filters at this rate, in frames, and one more than their taps."""
    return 1 << max(8, round(math.log2(SPAN_S * sample_rate_hz)))
