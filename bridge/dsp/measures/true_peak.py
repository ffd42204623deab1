"""True peak: the highest value between the samples (BS.1770-5, annex 2), verified against 64-fold oversampling.

The reference is a 64-fold Kaiser-windowed sinc over +-256 frames. Running it everywhere would cost seconds a minute; so
blocks of 64 frames are put aside as soon as they cannot hold the maximum, by bounds that hold for every signal:

1. Between two samples the coarse 4-fold filter (12 taps, as in a standard meter) leaves the straight line by at most a
   third of the largest second difference around. Most of music is smooth, so blocks whose samples stay below the
   maximum are hardly ever looked at.
2. The coarse filter differs from the reference only near half the sample rate: its error is at most 2.21 times the
   peak, within 320 frames, of the signal through a high-pass, plus 0.4 % of the peak of the signal itself.
3. A band-limited signal with maximum M is at least M cos(pi d) at a distance of d frames from the place of its maximum
   (d <= 1/2; Boas). So the reference's own 4-fold grid reads at least M cos(pi / 8) beside it; where the signal is
   smooth the second difference says more. Only the grid's points so high are read by the reference, and their
   neighbourhood at 64-fold.

The numbers stand in `peak_kernels`; a test derives them from the filters.
"""

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, OnProgress, Samples, Signal
from bridge.dsp.measures.kweighting import energy_plan
from bridge.dsp.measures.peak_kernels import (
    BLOCK,
    CELL,
    NEIGHBOURS,
    REACH,
    REFERENCE_PHASES,
    Filters,
    envelope_exact,
    envelope_quick,
    search,
)
from bridge.dsp.measures.spans import Span, SpanPlan, each_span
from bridge.units import Dbtp, gain_to_db

COARSE_TAPS = 12
OVERS_MAX = 4000
"""Most cells over full scale that are noted of each channel of a span (20 s): enough for any mix that is not noise."""
MARGIN = (NEIGHBOURS + 2) * BLOCK + REACH
"""Frames around a span that the kernels look at."""
ENVELOPE_PLAN = SpanPlan(BLOCK << 13, MARGIN, MARGIN)


@cache
def interpolator(phases: int, taps: int, beta: float) -> Samples:
    """Windowed-sinc interpolation filters (phases, taps): row p gives the value p/phases after the centre frame.

    The centre is at index taps // 2 - 1; the window is Kaiser's over +-taps/2 frames, float64 rounded to float32.
    """
    frames = np.arange(taps) - (taps // 2 - 1)
    away = frames[None, :] - np.arange(phases)[:, None] / phases
    inside = np.maximum(0.0, 1.0 - (away / (taps / 2)) ** 2)
    window = np.i0(beta * np.sqrt(inside)) / np.i0(beta)
    return np.ascontiguousarray(np.sinc(away) * window, np.float32)


def coarse_filter() -> Samples:
    """The 4-fold, 48-tap interpolator of a standard meter."""
    return interpolator(4, COARSE_TAPS, 5.0)


def reference_filter() -> Samples:
    """The 64-fold interpolator that verified readings are defined by."""
    return interpolator(REFERENCE_PHASES, 2 * REACH, 10.0)


@cache
def _filters() -> Filters:
    """What the exact kernels need."""
    return np.ascontiguousarray(coarse_filter()[1:]), reference_filter()


@cache
def _quick_filters() -> Filters:
    """What the quick envelope needs: 8-fold, 32 taps."""
    eighths = interpolator(8, 32, 7.0)
    return np.ascontiguousarray(eighths[2::2]), eighths


class Peaks(NamedTuple):
    """Highest absolute values over all channels, linear."""

    sample: float
    standard: float
    """By 4-fold oversampling, as a meter of the standard reads."""
    true: float
    """Verified by 64-fold oversampling."""


def true_peak_dbtp(signal: Signal, oversample: int = 64, threads: int = 2) -> Dbtp | None:
    """Highest true peak of any channel (BS.1770-5, annex 2); None for digital silence.

    Args:
        signal: any rate, float32; values beyond full scale are allowed. What an abrupt start or end makes ring outside
            the file counts too.
        oversample: 64 for the verified reading (within 0.01 dB of the reference), 4 for the standard's meter, which
            reads up to 0.7 dB low on music and more near half the sample rate.
        threads: how many threads look; the result does not depend on it.
    """
    if oversample not in {4, REFERENCE_PHASES}:
        raise ValueError(f"oversample must be 4 or {REFERENCE_PHASES}, not {oversample}")
    peaks = signal_peaks(signal, threads)
    return gain_to_db(peaks.standard if oversample == 4 else peaks.true)


def signal_peaks(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> Peaks:
    """Sample peak and true peaks over all channels; zeros for silence."""
    search = PeakSearch()
    each_span(signal, SpanPlan(energy_plan(signal).frames, MARGIN, MARGIN), search.look, threads, on_progress)
    return search.peaks()


Overs: TypeAlias = NDArray[np.float64]
"""Shape (n, 2): the first of eight frames of one channel, and their true peak, which is over full scale."""


class PeakSearch:
    """Finds the highest peaks over spans that may come in any order and from several threads.

    The best so far is shared: a thread that reads it a moment too late looks at a block too many, nothing else.
    """

    def __init__(self, *, wants_overs: bool = False) -> None:
        self._best = np.zeros(3, np.float32)  # sample, coarse, reference
        self._overs_max = OVERS_MAX if wants_overs else 0

    def look(self, span: Span) -> Overs:
        """Takes the peaks of a span, and of the ringing around the signal; gives its overs, if they are wanted."""
        places = _places(span, BLOCK)
        overs: list[Overs] = []
        for row in span.samples:
            found = np.empty((self._overs_max, 2))
            count = search(row, places, _filters(), self._best, found)
            overs.append(found[: min(count, self._overs_max)])
        together = np.concatenate(overs)
        together[:, 0] = np.maximum(together[:, 0] + (span.start - span.first), 0.0)
        return together

    def peaks(self) -> Peaks:
        """What was found."""
        sample, coarse, reference = (float(value) for value in self._best)
        return Peaks(sample, max(sample, coarse), max(sample, reference))


def _places(span: Span, ringing: int) -> NDArray[np.int64]:
    """First and last frame that a kernel looks at, and the bounds of what is there."""
    end = span.first + span.frames
    first = span.first - (ringing if span.start == 0 else 0)
    return np.array([first, end + (ringing if end == span.high else 0), span.low, span.high], np.int64)


def peak_envelope(audio: Audio, threshold: float, threads: int = 2) -> Samples:
    """Highest value between the samples for each 8 frames, over all channels: what a limiter has to bring down.

    Args:
        audio: float32 (channels, frames).
        threshold: linear; what stays below 0.92 of it holds 0 and costs next to nothing.
        threads: how many threads work; the result does not depend on it.

    Returns:
        float32 (ceil(frames / 8),), by 32 taps, 8-fold at what is highest, and a parabola through its top: up to 0.1 dB
        below the reference on music, more where much lies near half the sample rate. A peak in the gap between two
        cells may count for either. `peak_overs` tells what a limiter left over.
    """
    cells = np.zeros(-(-audio.frames // CELL), np.float32)

    def work(span: Span) -> None:
        envelope_quick(span.samples, _places(span, 0), _quick_filters(), threshold, _own_cells(cells, span))

    each_span(audio, ENVELOPE_PLAN, work, threads)
    return cells


def peak_overs(audio: Audio, ceiling: float, threads: int = 2) -> Samples:
    """The verified true peak for each 8 frames wherever it may exceed `ceiling` (linear); 0 elsewhere.

    Exact (64-fold) for every value above the ceiling, or the standard meter's 4-fold reading where that is higher (its
    short filter may read up to 0.1 dB too much); values below the ceiling are those of the 4-fold grids. The highest is
    the higher of the two that `true_peak_dbtp` reads, ringing outside of the file apart.
    """
    cells = np.zeros(-(-audio.frames // CELL), np.float32)

    def work(span: Span) -> None:
        envelope_exact(span.samples, _places(span, 0), _filters(), ceiling, _own_cells(cells, span))

    each_span(audio, ENVELOPE_PLAN, work, threads)
    return cells


def _own_cells(cells: Samples, span: Span) -> Samples:
    return cells[span.start // CELL : -(-(span.start + span.frames) // CELL)]
