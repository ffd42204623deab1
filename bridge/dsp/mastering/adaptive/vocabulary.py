"""Every reading that rules may ask for (`bridge.chains.readings`), read."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from bridge.analysis import BandDynamics, Resonance, StereoAnalysis
from bridge.chains.readings import READINGS
from bridge.dsp.mastering.adaptive.situation import Situation
from bridge.dsp.mastering.adaptive.tone import lowest_hz
from bridge.units import Db, db_to_gain

AUDIBLE_HZ = (20.0, 20000.0)
NO_SIDE_DB = -120.0
AS_GOOD_AS_MONO_DB = -40.0
HIGHS_HZ, LOWS_HZ = (2000.0, 12000.0), (60.0, 500.0)

Reader = Callable[[Situation], float | None]


def read(name: str, situation: Situation) -> float | None:
    """The reading of that name; None where the signal has none."""
    value = READERS[name](situation)
    return None if value is None or not math.isfinite(value) else float(value)


def _region(situation: Situation) -> tuple[float, float]:
    look = situation.look
    return (look.low_hz or AUDIBLE_HZ[0], look.high_hz or AUDIBLE_HZ[1])


def _difference(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _needed_db(situation: Situation) -> float | None:
    return _difference(situation.target.integrated_lufs, situation.here.loudness_lufs())


def _over_ceiling_db(situation: Situation) -> float | None:
    needed_db, peak_dbtp = _needed_db(situation), situation.here.peak_dbtp()
    if needed_db is None or peak_dbtp is None:
        return None
    return peak_dbtp + needed_db - situation.target.ceiling_dbtp


def _rms_dbfs(situation: Situation) -> Db | None:
    """RMS of the signal at hand: the mix's, moved by as much as its loudness was."""
    mix = situation.analysis.measurement
    moved = _difference(situation.here.loudness_lufs(), mix.integrated_lufs)
    rms = _difference(mix.sample_peak_dbfs, mix.crest_db)
    return None if moved is None or rms is None else rms + moved


def _band_db(situation: Situation) -> Db | None:
    """RMS of a band: the share that the mix has there of the signal at hand."""
    low_hz, high_hz = _region(situation)
    powers = [
        10.0 ** (point.level_db / 10.0)
        for point in situation.analysis.tone.third_octaves
        if low_hz <= point.frequency_hz <= high_hz
    ]
    rms = _rms_dbfs(situation)
    return None if rms is None or not powers else rms + 10.0 * math.log10(max(sum(powers), 1e-12))


def _excess_db(situation: Situation) -> Db | None:
    look = situation.look
    return None if look.frequency_hz is None else situation.balance.around_db(look.frequency_hz, look.q)


def _extreme(part: int, sign: int) -> Reader:
    """Frequency (part 0) or excess (part 1) of a region's highest or lowest place."""

    def reader(situation: Situation) -> float | None:
        found = situation.balance.extreme(*_region(situation), sign)
        return None if found is None else found[part]

    return reader


def _tilt_excess_db(situation: Situation) -> Db | None:
    return _difference(situation.balance.mean_db(*HIGHS_HZ), situation.balance.mean_db(*LOWS_HZ))


def _resonance(situation: Situation) -> Resonance | None:
    low_hz, high_hz = _region(situation)
    inside = [one for one in situation.analysis.tone.resonances if low_hz <= one.frequency_hz <= high_hz]
    return max(inside, key=lambda one: one.prominence_db, default=None)


def _of_resonance(field: Callable[[Resonance], float]) -> Reader:
    def reader(situation: Situation) -> float | None:
        found = _resonance(situation)
        return None if found is None else field(found)

    return reader


def _band(situation: Situation) -> BandDynamics:
    """The one of the six bands that the middle of the region lies in."""
    low_hz, high_hz = _region(situation)
    middle = math.sqrt(low_hz * high_hz)
    bands = situation.analysis.dynamics.bands
    return next((band for band in bands if band.low_hz <= middle < band.high_hz), bands[-1])


def _of_stereo(field: Callable[[StereoAnalysis], float | None]) -> Reader:
    """None for one channel."""

    def reader(situation: Situation) -> float | None:
        stereo = situation.analysis.stereo
        return None if stereo is None else field(stereo)

    return reader


def _side_to_mid_db(situation: Situation) -> Db | None:
    """One channel has no side at all."""
    stereo = situation.analysis.stereo
    return NO_SIDE_DB if stereo is None else stereo.side_to_mid_db


def _side_excess_db(situation: Situation) -> Db | None:
    """None where there are no sides to speak of: a gain cannot make any."""
    stereo = situation.analysis.stereo
    if stereo is None or stereo.side_to_mid_db is None or stereo.side_to_mid_db < AS_GOOD_AS_MONO_DB:
        return None
    return _difference(stereo.side_to_mid_db, situation.genre.side_to_mid_db)


def _wanted_width_percent(situation: Situation) -> float | None:
    """The gain of the side signal that brings it, as far as is asked, to what genre or references have."""
    excess_db = _side_excess_db(situation)
    if excess_db is None:
        return None
    return 100.0 * db_to_gain(-excess_db * situation.shares.width_percent / 100.0)


def _range_ratio(situation: Situation) -> float | None:
    """How many times as wide as genre's or references' the loudness range is, as far as that is to be evened out."""
    own, wanted = situation.analysis.measurement.loudness_range_lu, situation.genre.loudness_range_lu
    if own is None or own < 0.5:
        return None
    return math.exp(math.log(own / max(wanted, 0.5)) * situation.shares.dynamics_percent / 100.0)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "loudness.integrated_lufs": lambda now: now.analysis.measurement.integrated_lufs,
        "loudness.range_lu": lambda now: now.analysis.measurement.loudness_range_lu,
        "loudness.range_excess_lu": lambda now: _difference(
            now.analysis.measurement.loudness_range_lu, now.genre.loudness_range_lu
        ),
        "peaks.plr_lu": lambda now: now.analysis.measurement.plr_lu,
        "peaks.plr_excess_lu": lambda now: _difference(now.analysis.measurement.plr_lu, now.genre.plr_lu),
        "peaks.psr_median_lu": lambda now: now.analysis.peaks.psr_median_lu,
        "peaks.true_peak_dbtp": lambda now: now.analysis.measurement.true_peak_dbtp,
        "here.loudness_lufs": lambda now: now.here.loudness_lufs(),
        "here.needed_db": _needed_db,
        "here.peak_dbtp": lambda now: now.here.peak_dbtp(),
        "here.over_ceiling_db": _over_ceiling_db,
        "here.band_db": _band_db,
        "order.target_lufs": lambda now: now.target.integrated_lufs,
        "tone.lowest_hz": lambda now: lowest_hz(now.analysis.tone),
        "tone.excess_db": _excess_db,
        "tone.region_db": lambda now: now.balance.mean_db(*_region(now)),
        "tone.peak_hz": _extreme(0, 1),
        "tone.peak_db": _extreme(1, 1),
        "tone.dip_hz": _extreme(0, -1),
        "tone.dip_db": _extreme(1, -1),
        "tone.tilt_excess_db": _tilt_excess_db,
        "tone.resonance_hz": _of_resonance(lambda one: one.frequency_hz),
        "tone.resonance_db": _of_resonance(lambda one: one.prominence_db),
        "tone.resonance_q": _of_resonance(lambda one: one.q),
        "stereo.low_correlation": _of_stereo(lambda stereo: stereo.low_end_correlation),
        "stereo.correlation": _of_stereo(lambda stereo: stereo.correlation),
        "stereo.side_to_mid_db": _side_to_mid_db,
        "stereo.side_excess_db": _side_excess_db,
        "stereo.wanted_width_percent": _wanted_width_percent,
        "order.tone_percent": lambda now: now.shares.tone_percent,
        "dynamics.range_ratio": _range_ratio,
        "dynamics.spread_db": lambda now: _band(now).spread_db,
        "dynamics.attack_crest_db": lambda now: _band(now).attack_crest_db,
        "dynamics.sharpness_db": lambda now: now.analysis.dynamics.transient_sharpness_db,
        "dynamics.onsets_per_s": lambda now: now.analysis.dynamics.onsets_per_s,
        "dynamics.vocal_stability_db": lambda now: now.analysis.dynamics.vocal_band_stability_db,
        "dynamics.bass_modulation_db": lambda now: now.analysis.dynamics.low_end_modulation_db,
        "dynamics.war_index": lambda now: now.analysis.dynamics.loudness_war_index,
    }
)
assert READERS.keys() == READINGS.keys()
