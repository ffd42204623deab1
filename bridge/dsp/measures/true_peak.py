"""True peak: the highest value between the samples (BS.1770-5, annex 2), verified against 64-fold oversampling.

The reference is a 64-fold Kaiser-windowed sinc over +-256 frames. Running it everywhere would cost seconds a minute;
so each block of 64 frames is looked at in three steps, and only what can still hold the maximum goes to the next:

1. its sample peak times the most that the coarse filter can add (its L1 norm) reaches the best so far;
2. its coarse peak (4-fold, 12 taps, the standard's own meter) comes near the best so far;
3. on the reference filter's own 4-fold grid, the neighbourhood of every point within cos(pi/8) of the best so far is
   filled in at 64-fold. A band-limited signal with maximum M is at least M cos(pi d) at a distance of d frames from the
   place of its maximum (d <= 1/2), so that no maximum is missed.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Samples, Signal
from bridge.dsp.compiled import compiled
from bridge.dsp.measures.kweighting import energy_plan
from bridge.dsp.measures.spans import Span, SpanPlan, each_span
from bridge.units import Dbtp, gain_to_db

BLOCK = 64
"""Frames that are accepted or put aside together."""
COARSE_TAPS = 12
REFERENCE_PHASES, REFERENCE_TAPS = 64, 512
REACH = REFERENCE_TAPS // 2
"""Frames to either side on which a value between the samples depends."""
NEAR_GAIN = 0.80
"""Coarse blocks below this share of the best so far are put aside."""


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
    return interpolator(REFERENCE_PHASES, REFERENCE_TAPS, 10.0)


@dataclass(frozen=True)
class Peaks:
    """Highest absolute values, linear."""

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
            reads up to 0.7 dB low.
        threads: how many threads look; the result does not depend on it.
    """
    if oversample not in {4, REFERENCE_PHASES}:
        raise ValueError(f"oversample must be 4 or {REFERENCE_PHASES}, not {oversample}")
    peaks = signal_peaks(signal, threads)
    return gain_to_db(peaks.standard if oversample == 4 else peaks.true)


def signal_peaks(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> Peaks:
    """Sample peak and true peaks over all channels; zeros for silence."""
    plan = energy_plan(signal)
    search = PeakSearch()
    reach = SpanPlan(plan.frames, max(plan.before, REACH + BLOCK), REACH + BLOCK)
    each_span(signal, reach, search.look, threads, on_progress)
    return search.peaks()


class PeakSearch:
    """Finds the highest peaks over spans that may come in any order and from several threads.

    The best so far is shared: a thread that reads it a moment too late looks at a block too many, nothing else.
    """

    def __init__(self) -> None:
        self._best = np.zeros(3, np.float32)  # sample, coarse, reference

    def look(self, span: Span) -> None:
        """Takes the peaks of a span (and of the `BLOCK` frames around it, where it is the first or the last)."""
        begin = span.first - (BLOCK if span.start == 0 else 0)
        end = span.first + span.frames
        end += BLOCK if end == span.high else 0
        places = np.array([begin, end, span.low, span.high], np.int64)
        _search(span.samples, places, coarse_filter(), reference_filter(), self._best)

    def peaks(self) -> Peaks:
        """What was found."""
        sample, coarse, reference = (float(value) for value in self._best)
        return Peaks(sample, max(sample, coarse), max(sample, reference))


@compiled
def _fill(row: Samples, start: int, low: int, high: int, window: Samples) -> None:
    """Copies frames from `start` into `window`; outside of [low, high) there is silence."""
    size = window.size
    if start >= low and start + size <= high:
        source = row[start : start + size]
        for i in range(size):
            window[i] = source[i]
        return
    for i in range(size):
        k = start + i
        window[i] = row[k] if low <= k < high else np.float32(0.0)


@compiled
def _absolute_peak(values: Samples) -> np.float32:
    """Largest absolute value."""
    best = np.float32(0.0)
    for i in range(values.size):
        best = max(best, abs(values[i]))
    return best


@compiled
def _convolve(window: Samples, taps: Samples, out: Samples) -> None:
    """out[i] = sum of taps[k] window[i + k]; four taps a pass, so that sums stay in registers longer."""
    size = out.size
    for i in range(size):
        out[i] = np.float32(0.0)
    for k in range(0, taps.size, 4):
        t0, t1, t2, t3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        w0, w1, w2, w3 = window[k:], window[k + 1 :], window[k + 2 :], window[k + 3 :]
        for i in range(size):
            out[i] += t0 * w0[i] + t1 * w1[i] + t2 * w2[i] + t3 * w3[i]


@compiled
def _dot(window: Samples, taps: Samples) -> np.float32:
    """The value between the samples by one phase of an interpolator."""
    total = np.float32(0.0)
    for k in range(taps.size):
        total += taps[k] * window[k]
    return total


@compiled
def _refine(window: Samples, reference: Samples, grid: Samples, best: np.float32) -> np.float32:
    """Highest value of the 64-fold interpolated block, or `best` if that is higher.

    `window` holds the block with its surroundings; `grid` (phases / 16, block) is scratch.
    """
    step = 16
    frames = grid.shape[1]
    taps = reference.shape[1]
    threshold = np.float32(math.cos(math.pi / 8.0) * 0.999)
    for p in range(4):
        _convolve(window, reference[p * step], grid[p])
        best = max(best, _absolute_peak(grid[p]))
    for i in range(frames):
        for p in range(4):
            if abs(grid[p, i]) < best * threshold:
                continue
            for q in range(p * step - step // 2, p * step + step // 2):
                # A negative phase lies before frame i: it is a late phase of frame i - 1.
                if q >= 0:
                    best = max(best, abs(_dot(window[i : i + taps], reference[q])))
                elif i > 0:
                    best = max(best, abs(_dot(window[i - 1 : i - 1 + taps], reference[q + 64])))
    return best


@compiled
def _search(
    samples: Samples, places: NDArray[np.int64], coarse: Samples, reference: Samples, best: NDArray[np.float32]
) -> None:
    """Raises `best` (sample, coarse, reference) by the blocks of [places[0], places[1])."""
    begin, end, low, high = places[0], places[1], places[2], places[3]
    reach = reference.shape[1] // 2
    window = np.empty(64 + reference.shape[1] + 4, np.float32)
    grid = np.empty((4, 64), np.float32)
    near = np.float32(0.80)
    l1 = np.float32(0.0)
    for p in range(coarse.shape[0]):
        l1 = max(l1, np.sum(np.abs(coarse[p])))
    for channel in range(samples.shape[0]):
        row = samples[channel]
        for start in range(begin, end, 64):
            lo, hi = max(low, start - 6), min(high, start + 64 + 6)
            if hi <= lo:
                continue
            peak = _absolute_peak(row[lo:hi])
            if peak * l1 <= best[1] * near:
                continue
            _fill(row, start - (reach - 1), low, high, window)
            best[0] = max(best[0], _absolute_peak(window[reach - 1 : reach + 63]))
            inner = window[reach - 6 :]
            top = _absolute_peak(window[reach - 1 : reach + 63])
            for p in range(1, 4):
                _convolve(inner, coarse[p], grid[p])
                top = max(top, _absolute_peak(grid[p]))
            best[1] = max(best[1], top)
            if top >= best[1] * near:
                best[2] = _refine(window, reference, grid, best[2])
