"""The one pass over the samples: everything that figures, curves and findings are computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.measures.kweighting import (
    SETTLE_HOPS,
    Energies,
    energy_plan,
    hop_frames,
    join_energies,
    k_weighting,
    span_energies,
)
from bridge.dsp.measures.levels import Levels, SpanLevels, join_levels, span_levels
from bridge.dsp.measures.loudness import weighted_power
from bridge.dsp.measures.spans import Span, SpanPlan, each_span
from bridge.dsp.measures.true_peak import MARGIN, Peaks, PeakSearch


@dataclass(frozen=True)
class Readings:
    """What the pass over the samples brings; every figure is computed from it."""

    energies: Energies
    levels: Levels
    peaks: Peaks
    hop_s: float
    frames: int
    sample_rate_hz: int
    is_finite: bool

    @property
    def power(self) -> NDArray[np.float64]:
        """Weighted power per hop; loudness is its logarithm."""
        return weighted_power(self.energies)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz


def read_meters(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> Readings:
    """One pass of all kernels over a signal."""
    hop = hop_frames(signal.sample_rate_hz)
    coefficients = k_weighting(signal.sample_rate_hz)
    search = PeakSearch()

    def work(span: Span) -> tuple[Energies, SpanLevels]:
        search.look(span)
        return span_energies(span, coefficients, hop), span_levels(span)

    plan = SpanPlan(energy_plan(signal).frames, max(SETTLE_HOPS * hop, MARGIN), MARGIN)
    parts = each_span(signal, plan, work, threads, on_progress)
    energies = join_energies([part[0] for part in parts], signal.channels)
    levels = join_levels([part[1] for part in parts], signal.channels)
    return Readings(
        energies=energies,
        levels=levels,
        peaks=search.peaks(),
        hop_s=hop / signal.sample_rate_hz,
        frames=signal.frames,
        sample_rate_hz=signal.sample_rate_hz,
        is_finite=bool(np.isfinite(energies).all() and np.isfinite(levels.rms).all()),
    )
