"""Match EQ: one smooth curve that brings the long-term spectrum near to another.

Both spectra are third-octave levels over the whole signal. Their difference is smoothed over octaves, its median over
the range is taken off (how loud either is must not count), scaled by the amount, held to the limits and faded out at
both ends of the range. What is left is moved up or down until the K-weighted power is what it was: a match of tone does
not make louder.
"""

from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Signal
from bridge.chains import MatchEq
from bridge.dsp.mastering.filters.fir import FirProcessor, linear_phase_taps, minimum_phase_taps
from bridge.dsp.mastering.filters.prototype import Curve
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.dsp.mastering.steps.eq import extremes_text
from bridge.dsp.mastering.tone_curve import spectra_of, third_octave_levels
from bridge.dsp.measures.kweighting import k_response
from bridge.dsp.measures.spectra import Series, Spectra
from bridge.dsp.measures.tone import cutoff_hz, target_db
from bridge.messages import message
from bridge.units import Db, Hz

POINTS_PER_OCTAVE = 12
LOW_HZ = 20.0
FADE_OCTAVES = 0.5
IDLE_DB = 0.1
"""A correction that stays below this is none."""
FLOOR_DB = -80.0
"""Third octaves this far below the strongest hold noise: they are left where they are."""
TOLD_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)


@dataclass(frozen=True)
class Correction:
    """Gain at frequencies of equal ratio."""

    at_hz: Series
    gains_db: Series

    def gain_db(self, at_hz: Curve) -> Curve:
        """Between the points by straight lines over octaves; beyond the ends it goes on as it ended."""
        gains: Curve = np.interp(np.log(np.maximum(at_hz, 1e-3)), np.log(self.at_hz), self.gains_db)
        return gains

    def magnitude(self, at_hz: Curve) -> Curve:
        """The same, linear."""
        gain: Curve = 10.0 ** (self.gain_db(at_hz) / 20.0)
        return gain


def fit_match_eq(step: MatchEq, signal: Signal) -> Fitted:
    """The correction for this signal; none for silence, where there is nothing to match, or nothing to do."""
    if step.towards == "reference" and not step.curve:
        return Fitted(None, None, (message("reference_missing", step=step.placed_sentence()),))
    spectra = spectra_of(signal)
    if step.amount_percent == 0 or not spectra.both.any():
        return UNCHANGED
    correction = correction_for(step, spectra)
    if correction is None or np.abs(correction.gains_db).max() < IDLE_DB:
        return Fitted(None, None, (message("tone_matches", step=step.placed_sentence()),))
    processor = _filter(step, correction, signal)
    told = ", ".join(f"{hz:g} Hz {correction.gain_db(np.array([hz]))[0]:+.1f}" for hz in TOLD_HZ)
    bare = step.model_copy(update={"curve": ()})  # hundreds of points say nothing in a report
    detail = extremes_text(correction.at_hz, correction.gains_db)
    return Fitted(processor, applied_step(bare, detail, correction_db=told))


def _filter(step: MatchEq, correction: Correction, signal: Signal) -> FirProcessor:
    if step.phase == "linear":
        return FirProcessor(linear_phase_taps(correction.magnitude, signal.sample_rate_hz), signal.channels)
    return FirProcessor(minimum_phase_taps(correction.magnitude, signal.sample_rate_hz), signal.channels, delay=0)


def correction_for(step: MatchEq, spectra: Spectra) -> Correction | None:
    """The curve by which this spectrum comes near to the target; None where their ranges do not meet."""
    at_hz = _places(step, spectra)
    if at_hz.size < POINTS_PER_OCTAVE:
        return None
    own = third_octave_levels(spectra, at_hz)
    heard = own > own.max() + FLOOR_DB
    away = np.where(heard, _wanted_db(step, at_hz) - own, np.nan)
    away -= np.nanmedian(away)
    away = _smooth(np.nan_to_num(away), step.smoothing_octaves)
    away = np.clip(away * step.amount_percent / 100.0, -step.cut_db_max, step.boost_db_max)
    away *= _faded(at_hz)
    correction = Correction(at_hz, away)
    return Correction(at_hz, away - _louder_db(correction, spectra))


def _places(step: MatchEq, spectra: Spectra) -> Series:
    """Frequencies where both spectra have something to say."""
    tops: list[Hz] = [step.high_hz, 0.92 * (cutoff_hz(spectra) or spectra.sample_rate_hz / 2), 20000.0]
    lows: list[Hz] = [step.low_hz, LOW_HZ]
    if step.curve:
        tops.append(step.curve[-1].hz)
        lows.append(step.curve[0].hz)
    low, high = max(lows), min(tops)
    if high <= low:
        return np.zeros(0)
    places: Series = low * 2.0 ** (np.arange(int(np.log2(high / low) * POINTS_PER_OCTAVE) + 1) / POINTS_PER_OCTAVE)
    return places


def _wanted_db(step: MatchEq, at_hz: Series) -> Series:
    """Levels of the target; only their differences count."""
    if not step.curve:
        return target_db(at_hz)
    wanted: Series = np.interp(
        np.log(at_hz), np.log([point.hz for point in step.curve]), [point.db for point in step.curve]
    )
    return wanted


def _smooth(values: Series, octaves: float) -> Series:
    """Weighted mean over about that width, by a bell of which 68 % lie within."""
    reach = int(np.ceil(1.5 * octaves * POINTS_PER_OCTAVE))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (0.5 * octaves * POINTS_PER_OCTAVE)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, weights / weights.sum(), mode="valid"), np.float64)


def _faded(at_hz: Series) -> Series:
    """1 inside the range, falling to 0 at both ends."""
    from_ends = np.minimum(np.log2(at_hz / at_hz[0]), np.log2(at_hz[-1] / at_hz))
    return np.asarray(np.clip(from_ends / FADE_OCTAVES, 0.0, 1.0), np.float64)


def _louder_db(correction: Correction, spectra: Spectra) -> Db:
    """By how much the correction would make the signal louder, K-weighted."""
    inside = spectra.frequencies_hz > 0.0
    at_hz = spectra.frequencies_hz[inside]
    power = spectra.both[inside] * k_response(at_hz, spectra.sample_rate_hz)
    return 10.0 * float(np.log10((power * correction.magnitude(at_hz) ** 2).sum() / power.sum()))
