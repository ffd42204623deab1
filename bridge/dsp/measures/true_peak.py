"""True peak: the highest value between the samples (BS.1770-5, annex 2), verified against 64-fold oversampling.

The reference is a 64-fold Kaiser-windowed sinc over +-256 frames. Running it everywhere would cost seconds a minute; so
blocks of 64 frames are put aside as soon as they cannot hold the maximum, by bounds that hold for every signal:

1. A band-limited signal with maximum M is at least M cos(pi d) at a distance of d frames from the place of its maximum
   (d <= 1/2; Boas). So the reference's own 4-fold grid reads at least M cos(pi / 8) beside it, and only the
   neighbourhood of such grid points is filled in at 64-fold.
2. The coarse 4-fold filter (12 taps, as in a standard meter) differs from the reference's grid only near half the
   sample rate: its error is at most `by_high` times the peak, within 320 frames, of the signal through a high-pass,
   plus `by_any` times the peak of the signal itself (`coarse_error`). Music has little there, so little is looked at
   twice; white noise has, and costs more.
3. The coarse reading is at most the L1 norm of its filter times the sample peak.
"""

from functools import cache
from typing import NamedTuple

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
    QuickFilters,
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


class CoarseError(NamedTuple):
    """|reference - coarse| <= by_high * (peak of the high-passed signal) + by_any * (peak of the signal)."""

    by_high: float
    by_any: float


@cache
def coarse_error() -> CoarseError:
    """How far the coarse grid may be from the reference's.

    The error filter r is split into r = G q + s with the high-pass G = ((1 - z^-1) / 2)^8: then |r x| is at most
    |q|_1 max|G x| + |s|_1 max|x|. Any q is valid; this one is a regularised division of spectra.
    """
    size = 8192
    high_pass = np.sin(np.pi * np.arange(size) / size) ** 8  # zero-phase response of G
    by_high = by_any = 0.0
    for p in range(1, 4):
        error = reference_filter()[p * 16].astype(np.float64)
        error[REACH - COARSE_TAPS // 2 : REACH + COARSE_TAPS // 2] -= coarse_filter()[p]
        spectrum = np.fft.fft(error, size)
        quotient = spectrum * high_pass / (high_pass**2 + 1e-3)
        by_high = max(by_high, float(np.abs(np.fft.ifft(quotient)).sum()))
        by_any = max(by_any, float(np.abs(np.fft.ifft(spectrum - quotient * high_pass)).sum()))
    return CoarseError(by_high, by_any)


@cache
def _filters() -> Filters:
    """What the exact kernels need."""
    reference = reference_filter()
    quarters = np.ascontiguousarray(reference[16::16])
    return np.ascontiguousarray(coarse_filter()[1:]), (reference, quarters), _gains()


@cache
def _quick_filters() -> QuickFilters:
    """What the quick envelope needs: 10-fold, 32 taps."""
    short = np.ascontiguousarray(interpolator(10, 32, 7.0)[1:])
    return np.ascontiguousarray(coarse_filter()[1:]), short, _gains()


def _gains() -> Samples:
    l1 = float(np.abs(coarse_filter()).sum(axis=1).max())
    return np.array([l1, *coarse_error()], np.float32)


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


class Over(NamedTuple):
    """Eight frames of one channel whose true peak is over full scale."""

    frame: int
    peak: float


class PeakSearch:
    """Finds the highest peaks over spans that may come in any order and from several threads.

    The best so far is shared: a thread that reads it a moment too late looks at a block too many, nothing else.
    """

    def __init__(self, *, wants_overs: bool = False) -> None:
        self._best = np.zeros(3, np.float32)  # sample, coarse, reference
        self._overs_max = OVERS_MAX if wants_overs else 0

    def look(self, span: Span) -> list[Over]:
        """Takes the peaks of a span, and of the ringing around the signal; gives its overs, if they are wanted."""
        places = _places(span, BLOCK)
        overs: list[Over] = []
        for row in span.samples:
            found = np.empty((self._overs_max, 2))
            count = search(row, places, _filters(), self._best, found)
            offset = span.start - span.first
            overs += [Over(max(0, int(at) + offset), float(peak)) for at, peak in found[: min(count, self._overs_max)]]
        return overs

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
        threshold: linear; blocks of 64 frames that stay below 0.9 of it hold 0 and cost next to nothing.
        threads: how many threads work; the result does not depend on it.

    Returns:
        float32 (ceil(frames / 8),), by 10-fold interpolation with 32 taps: up to 0.1 dB below the reference on music,
        more where much lies near half the sample rate. `peak_overs` tells what a limiter left over.
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
