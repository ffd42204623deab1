"""Clipping, inter-sample overs and the distance of peaks from loudness (PSR), with times."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bridge.analysis import PeakAnalysis, PeakEvent
from bridge.dsp.measures.loudness import BLOCK_STEP_HOPS, SHORT_TERM_HOPS, to_lufs, to_power, window_power
from bridge.dsp.measures.peak_kernels import CELL
from bridge.dsp.measures.readings import FullReadings
from bridge.dsp.measures.spectra import Series
from bridge.dsp.measures.thin import lowest_values
from bridge.dsp.measures.thresholds import thresholds
from bridge.messages import message
from bridge.model import Message
from bridge.units import clock, count_text, gain_to_db


class _Stretches(NamedTuple):
    """Frames [start, end) with their highest peak, linear: one value each."""

    start: Series
    end: Series
    peak: Series


def peak_analysis(readings: FullReadings) -> PeakAnalysis:
    """Clipped runs, overs, headroom, PSR and DC of a signal."""
    runs = np.array([(run.start, run.start + run.frames) for run in readings.levels.runs]).reshape(-1, 2)
    clipped = _joined(readings, _Stretches(runs[:, 0], runs[:, 1], np.ones(len(runs))))
    overs = _joined(readings, _Stretches(readings.overs[:, 0], readings.overs[:, 0] + CELL, readings.overs[:, 1]))
    psr = psr_lu(readings)
    shown = psr[~np.isnan(psr)]
    true_peak_dbtp = gain_to_db(readings.peaks.true)
    step, curve = lowest_values(psr, BLOCK_STEP_HOPS * readings.hop_s)
    return PeakAnalysis(
        headroom_db=None if true_peak_dbtp is None else -true_peak_dbtp,
        clipped_count=clipped.start.size,
        clipped_run_count=readings.levels.run_count,
        clipped=_most(readings, clipped, clipped.end - clipped.start),
        over_count=overs.start.size,
        overs=_most(readings, overs, overs.peak),
        psr_min_lu=float(shown.min()) if shown.size else None,
        psr_median_lu=float(np.median(shown)) if shown.size else None,
        psr_hop_s=step,
        psr_lu=curve,
        dc_offset=tuple(float(value) for value in readings.levels.dc),
    )


def psr_lu(readings: FullReadings) -> Series:
    """Sample peak minus short-term loudness of the 3 s that end at each 100 ms; NaN where it is too quiet to tell."""
    power = window_power(readings.power, SHORT_TERM_HOPS, BLOCK_STEP_HOPS)
    if not power.size:
        return np.zeros(0)
    steps = readings.hops.peaks.size // BLOCK_STEP_HOPS
    peaks = readings.hops.peaks[: steps * BLOCK_STEP_HOPS].reshape(steps, BLOCK_STEP_HOPS).max(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(peaks, SHORT_TERM_HOPS // BLOCK_STEP_HOPS).max(axis=1)
    count = min(windows.size, power.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        psr = 20.0 * np.log10(windows[:count].astype(np.float64)) - to_lufs(power[:count])
    psr[power[:count] < to_power(thresholds().peaks.psr_gate_lufs)] = np.nan
    # The first windows end at 3 s: before that, a meter shows nothing.
    return np.concatenate([np.full(SHORT_TERM_HOPS // BLOCK_STEP_HOPS - 1, np.nan), psr])


def _joined(readings: FullReadings, stretches: _Stretches) -> _Stretches:
    """Stretches of all channels joined where they are close, in order of time."""
    if not stretches.start.size:
        return stretches
    gap = round(thresholds().peaks.event_gap_s * readings.sample_rate_hz)
    order = np.argsort(stretches.start, kind="stable")
    start, end, peak = (values[order] for values in stretches)
    reached = np.maximum.accumulate(end)
    firsts = np.flatnonzero(np.concatenate(([True], start[1:] > reached[:-1] + gap)))
    return _Stretches(start[firsts], np.maximum.reduceat(end, firsts), np.maximum.reduceat(peak, firsts))


def _most(readings: FullReadings, stretches: _Stretches, measure: Series) -> tuple[PeakEvent, ...]:
    """Those with the highest measure, in order of time."""
    chosen = np.sort(np.argsort(-measure, kind="stable")[: thresholds().peaks.events_max])
    rate_hz = readings.sample_rate_hz
    return tuple(
        PeakEvent(start_s=start / rate_hz, end_s=end / rate_hz, peak_dbfs=20.0 * math.log10(peak))
        for start, end, peak in zip(*(values[chosen].tolist() for values in stretches), strict=True)
    )


def peak_messages(analysis: PeakAnalysis) -> Iterator[Message]:
    """Findings that the standard figures do not bring: places of overs, and crushed peaks."""
    if analysis.overs:
        highest = max(analysis.overs, key=lambda event: event.peak_dbfs)
        yield message(
            "overs",
            overs=count_text(analysis.over_count, "inter-sample over"),
            value=highest.peak_dbfs,
            threshold=0.0,
            at=clock(highest.start_s),
            start_s=highest.start_s,
            end_s=highest.end_s,
        )
    limit = thresholds().peaks.psr_min_lu
    if analysis.psr_median_lu is not None and analysis.psr_median_lu < limit:
        yield message("flat_peaks", value=analysis.psr_median_lu, threshold=limit)
