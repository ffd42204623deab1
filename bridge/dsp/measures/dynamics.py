"""How a signal moves: onsets, transients, bands over time, pumping, and how crushed it is."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bridge.analysis import BandDynamics, DynamicsAnalysis, PeakAnalysis
from bridge.dsp.measures.loudness import to_power
from bridge.dsp.measures.readings import FullReadings
from bridge.dsp.measures.spectra import Series, Spectra, third_octave_shares
from bridge.dsp.measures.thresholds import BandTarget, thresholds
from bridge.dsp.measures.tone import six_bands
from bridge.messages import message
from bridge.model import Measurement, Message

QUIET_POWER = 1e-12
"""Added to powers before logarithms: nothing is -120 dB."""
BEFORE_HOPS = 5
"""An onset rises against the mean of the 50 ms before."""
VOCAL_HZ = (500.0, 4000.0)
LOW_END_HZ = (40.0, 120.0)
HIT_HZ = (30.0, 120.0)
PUMPED_HZ = (1000.0, 8000.0)


class Onsets(NamedTuple):
    """Where sounds begin."""

    hops: np.ndarray
    """Hop of 10 ms at which each begins."""
    rises_db: Series
    """How much the energy of bright sound rises there within 20 ms."""


def dynamics_analysis(readings: FullReadings, measurement: Measurement, peaks: PeakAnalysis) -> DynamicsAnalysis:
    """Movement of a signal; None for what silence, or a signal of a few windows, does not have."""
    spectra = readings.spectra
    heard = heard_windows(readings, measurement)
    onsets = find_onsets(readings)
    is_long_enough = measurement.integrated_lufs is not None and int(heard.sum()) >= 10
    return DynamicsAnalysis(
        onsets_per_s=len(onsets.hops) / readings.duration_s if is_long_enough else None,
        transient_sharpness_db=float(np.median(onsets.rises_db)) if is_long_enough and onsets.hops.size else None,
        bands=tuple(_band(spectra, band, heard) for band in six_bands()),
        vocal_band_stability_db=_vocal_stability(spectra, heard) if is_long_enough else None,
        low_end_modulation_db=_low_end_modulation(spectra, heard) if is_long_enough else None,
        pumping_db=pumping_db(spectra, heard) if is_long_enough else None,
        loudness_war_index=loudness_war_index(measurement, peaks),
    )


def heard_windows(readings: FullReadings, measurement: Measurement) -> np.ndarray:
    """Which windows of the spectra are loud enough to count."""
    power = readings.spectra.windows[:, :, :2].sum(axis=(1, 2), dtype=np.float64)
    if measurement.integrated_lufs is None:
        return np.zeros(power.size, bool)
    gate: np.ndarray = power > to_power(measurement.integrated_lufs + thresholds().dynamics.gate_lu)
    return gate


def band_series(spectra: Spectra, low_hz: float, high_hz: float) -> Series:
    """Power of both sides between two frequencies over time, from third octaves."""
    both = spectra.windows[:, :, 0].astype(np.float64) + spectra.windows[:, :, 1]
    return both @ third_octave_shares(low_hz, high_hz)


def _level_db(power: Series) -> Series:
    level: Series = 10.0 * np.log10(power + QUIET_POWER)
    return level


def _band(spectra: Spectra, band: BandTarget, heard: np.ndarray) -> BandDynamics:
    levels = _level_db(band_series(spectra, band.low_hz, band.high_hz)[heard])
    spread = crest = None
    if levels.size >= 10:
        low, middle, high, top = np.percentile(levels, [10, 50, 95, 99])
        spread, crest = float(high - low), float(top - middle)
    return BandDynamics(
        name=band.name, low_hz=band.low_hz, high_hz=band.high_hz, spread_db=spread, attack_crest_db=crest
    )


def find_onsets(readings: FullReadings) -> Onsets:
    """Where the energy of bright sound jumps above the mean of the 50 ms before, and above a tenth of the usual."""
    tuning = thresholds().dynamics
    edges = readings.hops.edges.astype(np.float64)
    if edges.size <= BEFORE_HOPS + 2:
        return Onsets(np.zeros(0, int), np.zeros(0))
    sums = np.concatenate([[0.0], np.cumsum(edges)])
    before = (sums[BEFORE_HOPS:-2] - sums[: -BEFORE_HOPS - 2]) / BEFORE_HOPS
    now = np.maximum(edges[BEFORE_HOPS:-1], edges[BEFORE_HOPS + 1 :])  # within 20 ms
    rises = 10.0 * np.log10((now + QUIET_POWER) / (np.maximum(before, 0.0) + QUIET_POWER))
    is_audible = now > 0.1 * edges.mean()
    candidates = np.flatnonzero((rises >= tuning.onset_db) & is_audible)
    gap = max(1, round(tuning.onset_gap_s / readings.hop_s))
    hops: list[int] = []
    for candidate in candidates:
        if not hops or candidate - hops[-1] >= gap:
            hops.append(int(candidate))
        elif rises[candidate] > rises[hops[-1]]:
            hops[-1] = int(candidate)
    places = np.array(hops, int)
    return Onsets(places + BEFORE_HOPS, rises[places])


def _vocal_stability(spectra: Spectra, heard: np.ndarray) -> float:
    """Standard deviation of the vocal band against all the rest, in windows of about 0.4 s."""
    vocal = band_series(spectra, *VOCAL_HZ)
    rest = band_series(spectra, 20.0, 20000.0) - vocal
    step = max(1, round(0.4 / spectra.hop_s))
    count = heard.size // step * step
    share = [part[:count].reshape(-1, step).mean(axis=1) for part in (vocal, rest)]
    kept = heard[:count].reshape(-1, step).all(axis=1)
    if kept.sum() < 5:
        return 0.0
    return float(np.std(_level_db(share[0][kept]) - _level_db(share[1][kept])))


def _low_end_modulation(spectra: Spectra, heard: np.ndarray) -> float | None:
    """Median over 2 s stretches of the distance between the 10th and the 90th percentile of the low end's level."""
    levels = _level_db(band_series(spectra, *LOW_END_HZ))
    step = max(4, round(2.0 / spectra.hop_s))
    count = levels.size // step * step
    stretches = levels[:count].reshape(-1, step)
    kept = stretches[heard[:count].reshape(-1, step).mean(axis=1) > 0.5]
    if not kept.size:
        return None
    low, high = np.percentile(kept, [10, 90], axis=1)
    return float(np.median(high - low))


def pumping_db(spectra: Spectra, heard: np.ndarray) -> float | None:
    """Median dip of 1 to 8 kHz in the two windows after a low-end hit against the two before; 0 where it rises.

    A compressor that answers to the kick turns everything down with it. None with too few hits to tell.
    """
    tuning = thresholds().dynamics
    low = _level_db(band_series(spectra, *HIT_HZ))
    high = _level_db(band_series(spectra, *PUMPED_HZ))
    if low.size < 6:
        return None
    # Window i, and its neighbours that do not overlap it: i - 2 lies before the hit, i + 1 and i + 2 after it.
    rise = low[3:-2] - np.minimum(low[1:-4], low[2:-3])
    is_peak = (low[3:-2] >= low[2:-3]) & (low[3:-2] > low[4:-1])
    hits = np.flatnonzero(is_peak & (rise > tuning.hit_db) & heard[3:-2]) + 3
    if hits.size < tuning.pumping_hits_min:
        return None
    before = np.maximum(high[hits - 2], high[hits - 3])
    after = np.minimum(high[hits], high[hits + 1])
    return max(0.0, float(np.median(before - after)))


def loudness_war_index(measurement: Measurement, peaks: PeakAnalysis) -> float | None:
    """0 (open) to 10 (crushed): the mean of how far PLR, median PSR and clipping have gone."""
    tuning = thresholds().dynamics
    if measurement.plr_lu is None or peaks.psr_median_lu is None:
        return None
    shares = (
        (tuning.plr_open_lu - measurement.plr_lu) / (tuning.plr_open_lu - tuning.plr_crushed_lu),
        (tuning.psr_open_lu - peaks.psr_median_lu) / (tuning.psr_open_lu - tuning.psr_crushed_lu),
        peaks.clipped_count * 60.0 / measurement.duration_s / tuning.clipped_per_minute_crushed,
    )
    plr, psr, clipped = (min(1.0, max(0.0, share)) for share in shares)
    # Clipping is one of several ways to be crushed: it can only add to what the other two say.
    return 10.0 * max((plr + psr) / 2.0, (plr + psr + clipped) / 3.0)


def dynamics_messages(dynamics: DynamicsAnalysis) -> Iterator[Message]:
    """Findings about movement."""
    tuning = thresholds().dynamics
    if dynamics.pumping_db is not None and dynamics.pumping_db > tuning.pumping_db:
        yield message("pumping", value=dynamics.pumping_db, threshold=tuning.pumping_db)
    index = dynamics.loudness_war_index
    if index is not None and index > tuning.war_index_max:
        yield message("loudness_war", value=index, threshold=tuning.war_index_max)
