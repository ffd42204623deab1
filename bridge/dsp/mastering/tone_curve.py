"""The tone of a signal as a curve: third-octave levels over its whole length."""

import numpy as np

from bridge.audio.signal import Signal
from bridge.chains import CurvePoint
from bridge.dsp.measures.kweighting import energy_plan
from bridge.dsp.measures.spans import SpanPlan, each_span
from bridge.dsp.measures.spectra import Series, Spectra, join_spectra, span_spectra, window_size
from bridge.dsp.measures.tone import cutoff_hz

POINTS_PER_OCTAVE = 12
LOW_HZ, HIGH_HZ = 20.0, 20000.0
BELOW_CUTOFF = 0.92
"""An encoder's low-pass begins to fall before its edge."""
FLOOR_DB = -120.0


def spectra_of(signal: Signal) -> Spectra:
    """Long-term spectra of a whole signal, alone."""
    reach = window_size(signal.sample_rate_hz) // 2
    plan = SpanPlan(energy_plan(signal).frames, reach, reach)
    parts = each_span(signal, plan, lambda span: span_spectra(span, signal.sample_rate_hz))
    return join_spectra(parts, signal.sample_rate_hz)


def tone_curve(spectra: Spectra) -> tuple[CurvePoint, ...]:
    """Third-octave levels of a spectrum up to where its content ends; empty for silence."""
    if not spectra.both.any():
        return ()
    edge_hz = cutoff_hz(spectra) or spectra.sample_rate_hz / 2
    top_hz = min(HIGH_HZ, BELOW_CUTOFF * edge_hz)
    places = np.arange(int(np.log2(top_hz / LOW_HZ) * POINTS_PER_OCTAVE) + 1)
    at_hz: Series = LOW_HZ * 2.0 ** (places / POINTS_PER_OCTAVE)
    levels_db = third_octave_levels(spectra, at_hz)
    return tuple(
        CurvePoint(hz=round(float(hz), 2), db=round(float(db), 3))
        for hz, db in zip(at_hz, levels_db, strict=True)
        if db > FLOOR_DB
    )


def third_octave_levels(spectra: Spectra, at_hz: Series) -> Series:
    """Level in dB of the third octave around each frequency, both channels together; -200 where there is nothing."""
    half = 2.0 ** (1.0 / 6.0)
    powers = [spectra.band_power(spectra.both, float(hz) / half, float(hz) * half) for hz in at_hz]
    levels: Series = 10.0 * np.log10(np.maximum(np.array(powers), 1e-20))
    return levels
