"""The one pass over the samples: everything that figures, curves and findings are computed from."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.measures.hops import Hops, join_hops, span_hops
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
from bridge.dsp.measures.spectra import SpanSpectra, Spectra, join_spectra, span_spectra, window_size
from bridge.dsp.measures.true_peak import MARGIN, Overs, Peaks, PeakSearch


@dataclass(frozen=True)
class Readings:
    """What the pass over the samples brings; every figure is computed from it."""

    energies: Energies
    levels: Levels
    peaks: Peaks
    overs: Overs
    """Only gathered by `read_everything`."""
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


@dataclass(frozen=True)
class FullReadings(Readings):
    """With what tone, stereo, dynamics and structure are computed from."""

    hops: Hops
    spectra: Spectra

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.energies.shape[0])


class _Fields(TypedDict):
    """The fields of `Readings`."""

    energies: Energies
    levels: Levels
    peaks: Peaks
    overs: Overs
    hop_s: float
    frames: int
    sample_rate_hz: int
    is_finite: bool


@dataclass(frozen=True)
class _Part:
    """What one span brings."""

    energies: Energies
    levels: SpanLevels
    overs: Overs


def read_meters(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> Readings:
    """One pass of the kernels behind the standard figures."""
    meters = _Meters(signal)
    return Readings(**meters.gather(each_span(signal, meters.plan, meters.look, threads, on_progress)))


def read_everything(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> FullReadings:
    """One pass of all kernels."""
    meters = _Meters(signal, wants_overs=True)

    def look(span: Span) -> tuple[_Part, Hops, SpanSpectra]:
        return meters.look(span), span_hops(span, meters.hop), span_spectra(span, signal.sample_rate_hz)

    reach = window_size(signal.sample_rate_hz) // 2
    plan = SpanPlan(meters.plan.frames, max(meters.plan.before, reach), max(meters.plan.after, reach))
    parts = each_span(signal, plan, look, threads, on_progress)
    return FullReadings(
        **meters.gather([part[0] for part in parts]),
        hops=join_hops([part[1] for part in parts]),
        spectra=join_spectra([part[2] for part in parts], signal.sample_rate_hz),
    )


class _Meters:
    """The kernels behind the standard figures."""

    def __init__(self, signal: Signal, *, wants_overs: bool = False) -> None:
        self.signal = signal
        self.hop = hop_frames(signal.sample_rate_hz)
        self.plan = SpanPlan(energy_plan(signal).frames, max(SETTLE_HOPS * self.hop, MARGIN), MARGIN)
        self._coefficients = k_weighting(signal.sample_rate_hz)
        self._search = PeakSearch(wants_overs=wants_overs)

    def look(self, span: Span) -> _Part:
        """Reads one span."""
        overs = self._search.look(span)
        return _Part(span_energies(span, self._coefficients, self.hop), span_levels(span), overs)

    def gather(self, parts: list[_Part]) -> _Fields:
        """The fields of `Readings` from all spans."""
        energies = join_energies([part.energies for part in parts], self.signal.channels)
        levels = join_levels([part.levels for part in parts], self.signal.channels)
        return {
            "energies": energies,
            "levels": levels,
            "peaks": self._search.peaks(),
            "overs": np.concatenate([part.overs for part in parts]) if parts else np.zeros((0, 2)),
            "hop_s": self.hop / self.signal.sample_rate_hz,
            "frames": self.signal.frames,
            "sample_rate_hz": self.signal.sample_rate_hz,
            "is_finite": bool(np.isfinite(energies).all() and np.isfinite(levels.rms).all()),
        }
