"""What is left of one signal when another, aligned to it, is taken away: gain, null depth, spectrum, where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Samples, Signal
from bridge.dsp.compiled import compiled
from bridge.dsp.measures.alignment import exactly
from bridge.dsp.measures.kweighting import hop_frames
from bridge.dsp.measures.spans import Span, SpanPlan, each_span
from bridge.dsp.measures.spectra import (
    THIRD_OCTAVES,
    Series,
    Spectra,
    join_spectra,
    span_spectra,
    third_octave_hz,
    window_size,
)

SPAN_HOPS = 1000
"""Ten seconds: a span of two stereo signals is a few megabytes."""
UNITY = 1e-6
"""A gain this near to 1 is 1: the rest is rounding."""

Hops = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Two aligned signals as one: the channels of A, then those of B, over the stretch that both have.

    A mono signal beside a wider one is repeated on every channel.
    """

    a: Signal
    b: Signal
    offset: int

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate, the same for both."""
        return self.a.sample_rate_hz

    @property
    def width(self) -> int:
        """Channels of each of the two."""
        return max(self.a.channels, self.b.channels)

    @property
    def channels(self) -> int:
        """Channels of both together."""
        return 2 * self.width

    @property
    def start(self) -> int:
        """First frame of A that B has too."""
        return max(0, -self.offset)

    @property
    def frames(self) -> int:
        """Length of the overlap."""
        return max(0, min(self.a.frames, self.b.frames - self.offset) - self.start)

    def read(self, start: int, frames: int) -> Samples:
        """Samples (channels, n) from frame `start` of the overlap."""
        count = max(0, min(frames, self.frames - start))
        both = np.empty((self.channels, count), np.float32)
        if count:
            first = self.start + start
            both[: self.width] = exactly(self.a, first, count)
            both[self.width :] = exactly(self.b, first + self.offset, count)
        return both


@dataclass(frozen=True)
class Products:
    """Sums of products per channel and hop of 10 ms, (channels, hops): all that a gain is computed from."""

    aa: Hops
    bb: Hops
    ab: Hops


@dataclass(frozen=True)
class Difference:
    """B minus gain times A over the overlap."""

    energy: Hops
    """Sum of squares per hop, of all channels; the last hop may be short."""
    programme: Hops
    """The same of B."""
    first: int | None
    last: int | None
    """First and last frame of the overlap where anything is left."""
    left: Series
    """Mean square of what is left in each third octave (those of `third_octave_hz`)."""
    before: Series
    """The same of gain times A."""
    after: Series
    """The same of B."""


def products(pair: Pair, threads: int = 2, on_progress: OnProgress | None = None) -> Products:
    """One pass over both signals."""
    hop = hop_frames(pair.sample_rate_hz)

    def work(span: Span) -> NDArray[np.float64]:
        sums = np.zeros((3, pair.width, -(-span.frames // hop)))
        places = np.array([span.first, span.frames, hop], np.int64)
        for channel in range(pair.width):
            _multiply(span.samples[channel], span.samples[pair.width + channel], places, sums[:, channel])
        return sums

    parts = each_span(pair, SpanPlan(SPAN_HOPS * hop, 0, 0), work, threads, on_progress)
    sums = np.concatenate(parts, axis=2) if parts else np.zeros((3, pair.width, 0))
    return Products(sums[0], sums[1], sums[2])


@compiled
def _multiply(a: Samples, b: Samples, places: NDArray[np.int64], sums: NDArray[np.float64]) -> None:
    """`sums` (3, hops): of a * a, b * b and a * b; `places` is first frame, frames, frames of a hop."""
    first, frames, hop = places[0], places[1], places[2]
    for h in range(sums.shape[1]):
        count = min(hop, frames - h * hop)
        ours = a[first + h * hop : first + h * hop + count]
        theirs = b[first + h * hop : first + h * hop + count]
        aa, bb, ab = 0.0, 0.0, 0.0
        for i in range(count):
            x, y = np.float64(ours[i]), np.float64(theirs[i])
            aa += x * x
            bb += y * y
            ab += x * y
        sums[0, h], sums[1, h], sums[2, h] = aa, bb, ab


def robust_gain(sums: Products, unchanged_db: float, share_min: float) -> float | None:
    """Gain of B over A (negative: inverted) by least squares over the hops that did not change; None for silence.

    The hops' own gains agree where nothing changed, however loud a changed stretch is: their weighted median finds them
    where most is unchanged, the densest cluster where little is (an intro, when only the vocals were turned up).

    Args:
        sums: of the aligned signals.
        unchanged_db: a hop whose residual at such a gain is below this, relative to B, did not change.
        share_min: where fewer hops than this share are such, all count.
    """
    aa, bb, ab = (part.sum(axis=0) for part in (sums.aa, sums.bb, sums.ab))
    if not aa.any() or not bb.any():
        return None
    heard = aa > 1e-6 * aa.mean()
    gains = ab[heard] / aa[heard]

    def calm(gain: float) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = heard & (
            bb - 2.0 * gain * ab + gain * gain * aa <= 10.0 ** (unchanged_db / 10.0) * bb
        )
        return kept

    kept = max((calm(gain) for gain in (_weighted_median(gains, aa[heard]), _densest(gains, share_min))), key=np.sum)
    if kept.sum() < share_min * heard.sum():
        kept = np.ones_like(heard)
    return _snapped(float(ab[kept].sum() / aa[kept].sum()))


def _densest(values: NDArray[np.float64], share: float) -> float:
    """Middle of the narrowest interval that holds this share of the values."""
    ordered = np.sort(values)
    inside = max(1, round(share * ordered.size))
    at = int((ordered[inside - 1 :] - ordered[: ordered.size - inside + 1]).argmin())
    return float(ordered[at + inside // 2])


def correlation(sums: Products) -> float:
    """Correlation of the two signals, -1 to 1; 0 for silence."""
    scale = float(np.sqrt(sums.aa.sum() * sums.bb.sum()))
    return float(sums.ab.sum()) / scale if scale > 0.0 else 0.0


def channel_gains(sums: Products) -> list[float | None]:
    """Gain of each channel by least squares over everything; None where one of the two is silent."""
    aa, bb, ab = (part.sum(axis=1) for part in (sums.aa, sums.bb, sums.ab))
    return [
        float(ab[channel] / aa[channel]) if aa[channel] > 0.0 and bb[channel] > 0.0 else None
        for channel in range(aa.size)
    ]


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = values.argsort()
    cumulative = weights[order].cumsum()
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2.0)])


def _snapped(gain: float) -> float:
    return float(np.sign(gain)) if abs(abs(gain) - 1.0) < UNITY else gain


def subtract(pair: Pair, gain: float, threads: int = 2, on_progress: OnProgress | None = None) -> Difference:
    """B minus gain times A, in one pass; in float32, as a fader would have done it, so that a plain gain nulls exactly.

    Args:
        pair: the aligned signals.
        gain: of B over A; 0 leaves B.
        threads: how many work; the result does not depend on it.
        on_progress: told the fraction done.
    """
    hop, rate_hz = hop_frames(pair.sample_rate_hz), pair.sample_rate_hz
    reach = window_size(rate_hz) // 2

    def work(span: Span) -> _Part:
        return _part(span, pair.width, np.float32(gain), (hop, rate_hz))

    parts = each_span(pair, SpanPlan(SPAN_HOPS * hop, reach, reach), work, threads, on_progress)
    differing = [frame for part in parts for frame in part.differing]
    windows = max(1, sum(part.windows for part in parts))
    bands = np.sum([part.bands for part in parts], axis=0) / windows if parts else np.zeros((3, THIRD_OCTAVES))
    return Difference(
        energy=np.concatenate([part.energies[1] for part in parts]) if parts else np.zeros(0),
        programme=np.concatenate([part.energies[0] for part in parts]) if parts else np.zeros(0),
        first=min(differing, default=None),
        last=max(differing, default=None),
        left=bands[0],
        before=bands[1],
        after=bands[2],
    )


@dataclass(frozen=True)
class _Part:
    """What one span adds."""

    energies: NDArray[np.float64]
    """(2, hops): of B and of the difference."""
    differing: Sequence[int]
    """First and last frame where anything is left; empty where nothing is."""
    bands: Series
    """(3, 31): third octaves of the difference, of gain times A, and of B, each times the number of windows."""
    windows: int


def _part(span: Span, width: int, gain: np.float32, clock: tuple[int, int]) -> _Part:
    hop, rate_hz = clock
    low, high = span.low, span.high
    after: Samples = span.samples[width:, low:high]
    before: Samples = np.multiply(span.samples[:width, low:high], gain, dtype=np.float32)
    left: Samples = np.subtract(after, before, dtype=np.float32)
    first = span.first - low
    energies = np.zeros((2, -(-span.frames // hop)))
    for ours, theirs in zip(after, left, strict=True):
        sums = np.zeros((3, energies.shape[1]))
        _multiply(ours, theirs, np.array([first, span.frames, hop], np.int64), sums)
        energies += sums[:2]
    inside = np.flatnonzero(left[:, first : first + span.frames].any(axis=0))
    differing = [span.start + int(inside[0]), span.start + int(inside[-1])] if inside.size else []
    spectra = [_spectra(samples, span, rate_hz) for samples in (left, before, after)]
    windows = int(spectra[0].windows.shape[0])
    # Only bands are kept: the spectra of all spans of a long file would fill the memory.
    bands = np.array([_third_octaves(part) for part in spectra]) * windows
    return _Part(energies, differing, bands, windows)


def _spectra(samples: Samples, span: Span, rate_hz: int) -> Spectra:
    """Of samples that begin where the signal's part of `span` does."""
    part = Span(samples, span.first - span.low, span.frames, 0, span.high - span.low, span.start)
    return join_spectra([span_spectra(part, rate_hz)], rate_hz)


def _third_octaves(spectra: Spectra) -> list[float]:
    edge = 10.0**0.05
    both = spectra.both
    return [spectra.band_power(both, middle / edge, middle * edge) for middle in third_octave_hz()]
