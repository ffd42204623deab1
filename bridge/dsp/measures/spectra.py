"""Spectra of a whole signal, gathered span by span: the long-term spectrum, and third-octave bands over time."""

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.measures.fourier import FRAME_LANES, Bands, short_time_spectra, tables
from bridge.dsp.measures.spans import Span

WINDOW_S = 0.18
"""Long enough for bins of 6 Hz; windows overlap by half."""
THIRD_OCTAVES = 31
"""20 Hz to 20 kHz (IEC 61260-1, base 10)."""
LOWEST_INDEX = -17
FINE_PER_OCTAVE = 24

Series: TypeAlias = NDArray[np.float64]

_DOWNMIXES = {
    # Lo/Ro of BS.775: centre and surrounds at -3 dB, no LFE.
    5: ((1, 0, 0.7071, 0.7071, 0), (0, 1, 0.7071, 0, 0.7071)),
    6: ((1, 0, 0.7071, 0, 0.7071, 0), (0, 1, 0.7071, 0, 0, 0.7071)),
    8: ((1, 0, 0.7071, 0) + (0.7071, 0) * 2, (0, 1, 0.7071, 0) + (0, 0.7071) * 2),
    12: ((1, 0, 0.7071, 0) + (0.7071, 0) * 4, (0, 1, 0.7071, 0) + (0, 0.7071) * 4),
}


@dataclass(frozen=True)
class Spectra:
    """Mean squares; left and right of a stereo signal, or of the Lo/Ro downmix of more channels, or twice the only one.

    A sum over all bins, or all bands, is the mean square of the signal between 20 Hz and 20 kHz.
    """

    sample_rate_hz: int
    size: int
    spectrum: Series
    """(4, bins): left, right, and their product, averaged over all windows; and the typical power of both.

    Typical is the fourth power of the mean fourth root: what is there most of the time counts, not what is loud once.
    """
    windows: Samples
    """(windows, 31, 3): left, right and their product in third octaves; window i is centred at i * hop_s."""
    fine: Samples
    """(some windows, fractions): both together in twenty-fourths of an octave, from every sixteenth window.

    The frequencies are `fine_hz`. Tells what is always there from what is often there.
    """

    @property
    def hop_s(self) -> float:
        """Time between windows."""
        return self.size / 2 / self.sample_rate_hz

    @property
    def bin_hz(self) -> float:
        """Distance between bins."""
        return self.sample_rate_hz / self.size

    @property
    def frequencies_hz(self) -> Series:
        """Of the bins."""
        bins = np.arange(self.spectrum.shape[1], dtype=np.float64)
        return bins * self.bin_hz

    @property
    def fine_hz(self) -> Series:
        """Middles of the fractions of `fine`."""
        edges = octave_edges(self.sample_rate_hz, FINE_PER_OCTAVE)
        middles: Series = np.sqrt(edges[:-1] * edges[1:])
        return middles

    @property
    def both(self) -> Series:
        """Mean square of left and right together, per bin."""
        total: Series = self.spectrum[0] + self.spectrum[1]
        return total

    def band_power(self, part: Series, low_hz: float, high_hz: float) -> float:
        """The power between two frequencies of one row of `spectrum`; bins at the edges count in part."""
        first = max(0, math.floor(low_hz / self.bin_hz - 0.5))
        inside = part[first : math.ceil(high_hz / self.bin_hz + 0.5) + 1]
        frequencies = np.arange(first, first + inside.size) * self.bin_hz
        upper = np.minimum(frequencies + self.bin_hz / 2, high_hz)
        lower = np.maximum(frequencies - self.bin_hz / 2, low_hz)
        return float((inside * np.clip((upper - lower) / self.bin_hz, 0.0, 1.0)).sum())


def octave_edges(sample_rate_hz: int, per_octave: int) -> Series:
    """Edges of equal fractions of an octave from 20 Hz up to 20 kHz, or to half the sample rate."""
    high_hz = min(20000.0, sample_rate_hz / 2)
    edges: Series = 20.0 * 2.0 ** (np.arange(int(np.floor(np.log2(high_hz / 20.0) * per_octave)) + 1) / per_octave)
    return edges


def octave_fractions(powers: Series | Samples, bin_hz: float, edges_hz: Series) -> Series:
    """Power between each two edges (..., edges - 1) of spectra (..., bins); bins at an edge count in part."""
    sums = np.concatenate([np.zeros((*powers.shape[:-1], 1)), np.cumsum(powers, axis=-1, dtype=np.float64)], axis=-1)
    places = edges_hz / bin_hz + 0.5  # the sum up to bin k ends at k + 1/2
    whole = np.minimum(places.astype(np.int64), sums.shape[-1] - 2)
    between = places - whole
    fractions: Series = np.diff(sums[..., whole] * (1.0 - between) + sums[..., whole + 1] * between, axis=-1)
    return fractions


def third_octave_hz() -> Series:
    """Middles of the third-octave bands."""
    return 1000.0 * 10.0 ** (np.arange(LOWEST_INDEX, LOWEST_INDEX + THIRD_OCTAVES) / 10.0)


def third_octave_shares(low_hz: float, high_hz: float) -> Series:
    """Which share of each third octave lies between two frequencies, by octaves."""
    middles = np.log10(third_octave_hz())
    upper = np.minimum(middles + 0.05, math.log10(high_hz))
    lower = np.maximum(middles - 0.05, math.log10(low_hz))
    return np.clip((upper - lower) / 0.1, 0.0, 1.0)


def window_size(sample_rate_hz: int) -> int:
    """Frames in a window: the power of two nearest to `WINDOW_S`."""
    return 1 << max(8, round(math.log2(sample_rate_hz * WINDOW_S)))


@cache
def _bands(sample_rate_hz: int) -> Bands:
    """Slot of each bin: 0 below 20 Hz's band, 1 to 31 the bands, 32 above; the share there, the rest is in the next.

    A bin is as wide as the distance between bins, so that the narrow bands at the bottom get what is theirs.
    """
    size = window_size(sample_rate_hz)
    bin_hz = sample_rate_hz / size
    lower = (np.arange(size // 2 + 1) - 0.5) * bin_hz
    edges = 1000.0 * 10.0 ** ((np.arange(LOWEST_INDEX, LOWEST_INDEX + THIRD_OCTAVES + 1) - 0.5) / 10.0)
    first = np.searchsorted(edges, np.maximum(lower, 0.0), side="right")
    next_edge = np.append(edges, np.inf)[first]
    share = np.clip((next_edge - lower) / bin_hz, 0.0, 1.0)
    return first.astype(np.int64), share.astype(np.float32)


@dataclass(frozen=True)
class SpanSpectra:
    """What one span adds: raw sums."""

    spectrum: Series
    windows: Samples
    fine: Samples


def span_spectra(span: Span, sample_rate_hz: int) -> SpanSpectra:
    """Of the windows whose centres lie in a span; it must come with half a window of surroundings."""
    size = window_size(sample_rate_hz)
    hop = size // 2
    first = -(-span.start // hop)
    count = -(-(span.start + span.frames) // hop) - first
    windows = np.empty((count, THIRD_OCTAVES + 3, 3), np.float32)
    spectrum = np.zeros((4, size // 2 + 1))
    singles = np.zeros((-(-count // FRAME_LANES), size // 2 + 1), np.float32)
    left, right, origin = _pair(span, hop)
    places = np.array([first * hop - span.start + origin, 0, left.size], np.int64)
    if origin == span.first:
        places[1:] = span.low, span.high
    short_time_spectra((left, right), places, tables(size), _bands(sample_rate_hz), (windows, spectrum, singles))
    edges = octave_edges(sample_rate_hz, FINE_PER_OCTAVE)
    fine = octave_fractions(singles, sample_rate_hz / size, edges).astype(np.float32)
    return SpanSpectra(spectrum, windows[:, 1 : 1 + THIRD_OCTAVES], fine)


def _pair(span: Span, reach: int) -> tuple[Samples, Samples, int]:
    """Left and right, and where in them the span begins; more than two channels are mixed down to Lo/Ro."""
    samples = span.samples
    channels = int(samples.shape[0])
    if channels <= 2:
        return samples[0], samples[-1], span.first
    low, high = max(span.low, span.first - reach), min(span.high, span.first + span.frames + reach)
    odd = np.arange(channels) % 2
    matrix = np.array(_DOWNMIXES.get(channels, (1 - odd, odd)), np.float32)
    mixed = matrix @ samples[:, low:high]
    return mixed[0], mixed[1], span.first - low


def join_spectra(parts: list[SpanSpectra], sample_rate_hz: int) -> Spectra:
    """Spectra of the whole signal, scaled to mean squares."""
    size = window_size(sample_rate_hz)
    window = tables(size)[0].astype(np.float64)
    # Parseval: sum |X|^2 = size * sum (w x)^2; negative frequencies are folded in by the factor of two.
    scale = 2.0 / (size * float((window**2).sum()))
    windows = np.concatenate([part.windows for part in parts]) if parts else np.zeros((0, THIRD_OCTAVES, 3), np.float32)
    edges = octave_edges(sample_rate_hz, FINE_PER_OCTAVE)
    fine = np.concatenate([part.fine for part in parts]) if parts else np.zeros((0, edges.size - 1), np.float32)
    spectrum = np.array(sum((part.spectrum for part in parts), np.zeros((4, size // 2 + 1))))
    spectrum /= max(1, windows.shape[0])
    spectrum[3] **= 4
    factor = np.float32(scale)
    return Spectra(sample_rate_hz, size, spectrum * scale, windows * factor, fine * factor)
