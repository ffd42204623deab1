"""Left against right: correlation, width, what mono loses, wrong polarity."""

from collections.abc import Iterator

import numpy as np

from bridge.analysis import StereoAnalysis, StereoBand, TimeRange
from bridge.dsp.measures.kweighting import k_response
from bridge.dsp.measures.loudness import to_power
from bridge.dsp.measures.readings import FullReadings
from bridge.dsp.measures.spectra import Series, Spectra
from bridge.dsp.measures.thin import lowest_values
from bridge.dsp.measures.thresholds import BandTarget, thresholds
from bridge.dsp.measures.tone import six_bands
from bridge.messages import message
from bridge.model import Message
from bridge.units import clock

LOWEST_DB = -120.0
"""Where nothing is left, levels end here (no infinities)."""


def stereo_analysis(readings: FullReadings) -> StereoAnalysis | None:
    """Left against right of a stereo signal, or of the Lo/Ro downmix of more channels; None for one channel."""
    if readings.channels < 2:
        return None
    spectra = readings.spectra
    tuning = thresholds().stereo
    parts = spectra.spectrum[:3]
    sums = parts.sum(axis=1)
    weighted = (parts * k_response(spectra.frequencies_hz, readings.sample_rate_hz)).sum(axis=1)
    curve = correlation_over_time(spectra)
    hop_s, thinned = lowest_values(curve, spectra.hop_s)
    low = _parts(spectra, 20.0, tuning.low_end_hz)
    return StereoAnalysis(
        correlation=correlation(sums),
        correlation_hop_s=hop_s,
        correlation_curve=thinned,
        side_to_mid_db=side_to_mid_db(sums),
        mono_loss_db=mono_loss_db(weighted),
        balance_db=_ratio_db(weighted[0], weighted[1]) if weighted[0] + weighted[1] > 0.0 else None,
        bands=tuple(_band(spectra, band) for band in six_bands()),
        low_end_correlation=correlation(low),
        inverted=tuple(_inverted(curve, spectra.hop_s)),
        is_dual_mono=sums[0] + sums[1] > 0.0 and side_to_mid_db(sums) < tuning.dual_mono_db,
    )


def correlation(parts: Series) -> float | None:
    """-1 to 1, from the powers of left and right and their product; None where a side is silent."""
    both = float(parts[0]) * float(parts[1])
    return float(np.clip(parts[2] / np.sqrt(both), -1.0, 1.0)) if both > 0.0 else None


def side_to_mid_db(parts: Series) -> float:
    """Power of (L - R) against (L + R); between -120 and 120."""
    total = float(parts[0] + parts[1])
    return _ratio_db(total - 2.0 * float(parts[2]), total + 2.0 * float(parts[2]))


def mono_loss_db(parts: Series) -> float | None:
    """Power of both speakers playing (L + R) / 2 against left and right; None for silence."""
    total = float(parts[0] + parts[1])
    return _ratio_db(total / 2.0 + float(parts[2]), total) if total > 0.0 else None


def _ratio_db(power: float, reference: float) -> float:
    """Decibels, kept between -120 and 120; 0 for nothing against nothing."""
    least = 10.0 ** (LOWEST_DB / 10.0) * max(power, reference)
    if least <= 0.0:
        return 0.0
    return float(10.0 * np.log10(max(power, least) / max(reference, least)))


def _parts(spectra: Spectra, low_hz: float, high_hz: float) -> Series:
    return np.array([spectra.band_power(part, low_hz, high_hz) for part in spectra.spectrum[:3]])


def _band(spectra: Spectra, band: BandTarget) -> StereoBand:
    parts = _parts(spectra, band.low_hz, band.high_hz)
    is_there = parts[0] + parts[1] > 0.0
    return StereoBand(
        name=band.name,
        low_hz=band.low_hz,
        high_hz=band.high_hz,
        correlation=correlation(parts),
        side_to_mid_db=side_to_mid_db(parts) if is_there else None,
        mono_loss_db=mono_loss_db(parts),
    )


def correlation_over_time(spectra: Spectra) -> Series:
    """Of each window; NaN where it is too soft to tell, or a side is silent."""
    parts = spectra.windows.sum(axis=1, dtype=np.float64)
    both = parts[:, 0] * parts[:, 1]
    is_heard = (parts[:, 0] + parts[:, 1] > to_power(thresholds().stereo.gate_lufs)) & (both > 0.0)
    return np.where(is_heard, np.clip(parts[:, 2] / np.sqrt(np.where(both > 0.0, both, 1.0)), -1.0, 1.0), np.nan)


def _inverted(curve: Series, hop_s: float) -> Iterator[TimeRange]:
    """Stretches where the sides work against each other; soft windows neither begin nor end one."""
    tuning = thresholds().stereo
    start: int | None = None
    last = 0
    for i, value in enumerate(np.append(curve, 1.0)):
        if value < tuning.inverted_correlation:
            start, last = (i if start is None else start), i
        elif start is not None and not np.isnan(value):
            if (last - start + 1) * hop_s >= tuning.inverted_s:
                yield TimeRange(start_s=start * hop_s, end_s=(last + 1) * hop_s)
            start = None


def stereo_messages(stereo: StereoAnalysis) -> Iterator[Message]:
    """Findings about polarity, mono and balance."""
    tuning = thresholds().stereo
    if stereo.is_dual_mono:
        yield message("dual_mono")
        return
    for stretch in stereo.inverted:
        at = f"from {clock(stretch.start_s)} to {clock(stretch.end_s)}"
        yield message("inverted_side", at=at, start_s=stretch.start_s, end_s=stretch.end_s)
    low = stereo.low_end_correlation
    if low is not None and low < tuning.low_end_correlation_min:
        yield message("wide_low_end", value=low, threshold=tuning.low_end_correlation_min, hertz=tuning.low_end_hz)
    if stereo.mono_loss_db is not None and stereo.mono_loss_db < tuning.mono_loss_max_db:
        yield message("mono_loss", value=stereo.mono_loss_db, threshold=tuning.mono_loss_max_db)
    if stereo.balance_db is not None and abs(stereo.balance_db) > tuning.balance_max_db:
        side = "left" if stereo.balance_db > 0.0 else "right"
        amount = abs(stereo.balance_db)
        yield message("off_balance", value=amount, threshold=tuning.balance_max_db, side=side)
