"""Sample peak, RMS, DC and clipped runs of each channel, gathered span by span."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import largest
from bridge.dsp.measures.spans import Span
from bridge.dsp.measures.thresholds import thresholds
from bridge.units import Db, gain_to_db

FULL_SCALE = 0.9999
"""The highest value of 16 bit is 0.99997; dither and a last gain stage may take a little off."""
RUNS_MAX = 1000
"""Most clipped runs that a span keeps with their places; more are counted."""


@dataclass(frozen=True)
class ClippedRun:
    """Frames in a row at full scale, in one channel."""

    start: int
    frames: int
    channel: int


@dataclass(frozen=True)
class SpanLevels:
    """What one span adds."""

    frames: int
    totals: NDArray[np.float64]
    """(channels, 3): sum of samples, sum of squares, highest absolute value."""
    runs: list[ClippedRun]
    run_count: int


@dataclass(frozen=True)
class Levels:
    """Of the whole signal, linear; arrays have one value a channel."""

    peaks: NDArray[np.float64]
    rms: NDArray[np.float64]
    dc: NDArray[np.float64]
    """Mean of the samples: an offset from zero."""
    runs: tuple[ClippedRun, ...]
    run_count: int

    @property
    def crest_db(self) -> Db | None:
        """Sample peak minus RMS of the channel with the higher RMS; None for silence."""
        if not self.rms.size or not self.rms.max() > 0.0:
            return None
        channel = int(self.rms.argmax())
        return gain_to_db(float(self.peaks[channel] / self.rms[channel]))


def span_levels(span: Span) -> SpanLevels:
    """Levels of one span; a clipped run counts where it begins."""
    channels = int(span.samples.shape[0])
    totals = np.zeros((channels, 3))
    runs: list[ClippedRun] = []
    run_count = 0
    places = np.array([span.first, span.first + span.frames, span.low, span.high], np.int64)
    for channel, row in enumerate(span.samples):
        _add_up(row, places, totals[channel])
        if totals[channel, 2] >= FULL_SCALE:
            found = np.zeros((RUNS_MAX, 2), np.int64)
            count = _clipped_runs(row, places, thresholds().levels.clipped_run_frames_min, found)
            run_count += count
            offset = span.start - span.first
            runs += [ClippedRun(int(at) + offset, int(n), channel) for at, n in found[: min(count, RUNS_MAX)]]
    return SpanLevels(span.frames, totals, runs, run_count)


def join_levels(parts: list[SpanLevels], channels: int) -> Levels:
    """Levels of the whole signal from those of its spans, in order."""
    frames = max(1, sum(part.frames for part in parts))
    totals = np.array([part.totals for part in parts]).reshape(-1, channels, 3)
    sums = totals.sum(axis=0)
    runs = sorted((run for part in parts for run in part.runs), key=lambda run: (run.start, run.channel))
    return Levels(
        peaks=totals[:, :, 2].max(axis=0, initial=0.0),
        rms=np.sqrt(sums[:, 1] / frames),
        dc=sums[:, 0] / frames,
        runs=tuple(runs[:RUNS_MAX]),
        run_count=sum(part.run_count for part in parts),
    )


@compiled
def _add_up(row: Samples, places: NDArray[np.int64], totals: NDArray[np.float64]) -> None:
    """Sum, sum of squares, highest absolute value; in stretches, so that float32 sums stay exact to 1e-6.

    Maxima are kept in 64 places at once: a maximum in a single place does not vectorise.
    """
    highest = np.zeros(64, np.float32)
    for start in range(places[0], places[1], 4096):
        values = row[start : min(start + 4096, places[1])]
        total, square = np.float32(0.0), np.float32(0.0)
        for i in range(values.size):
            total += values[i]
            square += values[i] * values[i]
        totals[0] += total
        totals[1] += square
        for k in range(0, values.size - 63, 64):
            part = values[k : k + 64]
            for i in range(64):
                highest[i] = max(highest[i], abs(part[i]))
        for i in range(values.size - values.size % 64, values.size):
            highest[0] = max(highest[0], abs(values[i]))
    totals[2] = max(totals[2], largest(highest))


@compiled
def _clipped_runs(row: Samples, places: NDArray[np.int64], shortest: int, runs: NDArray[np.int64]) -> int:
    """How many runs begin in the span; the first ones go into `runs` as (index of the first frame, frames)."""
    count = 0
    i = places[0]
    while i < places[1]:
        # Whole stretches below full scale are skipped by a comparison that vectorises.
        stretch = row[i : min(i + 64, places[1])]
        peak = np.float32(0.0)
        for k in range(stretch.size):
            peak = max(peak, abs(stretch[k]))
        if peak < FULL_SCALE:
            i += 64
            continue
        end = min(i + 64, places[1])
        while i < end:
            if abs(row[i]) < FULL_SCALE or (i > places[2] and _goes_on(row, i)):
                i += 1
                continue
            frames = 1
            while i + frames < places[3] and _goes_on(row, i + frames):
                frames += 1
            if frames >= shortest:
                if count < runs.shape[0]:
                    runs[count, 0], runs[count, 1] = i, frames
                count += 1
            i += frames
    return count


@compiled
def _goes_on(row: Samples, i: int) -> bool:
    """Whether frame i lies on the same flat top as the one before.

    Beyond full scale floating point moves on from frame to frame, a clipped signal does not.
    """
    before, value = row[i - 1], row[i]
    return bool(abs(before) >= FULL_SCALE and abs(value) >= FULL_SCALE and abs(value - before) <= 1e-4)
