"""The long-term spectrum: bands against a target, tilt, cliffs and resonances."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bridge.analysis import Band, Resonance, SpectrumPoint, ToneAnalysis
from bridge.dsp.measures.spectra import (
    FINE_PER_OCTAVE,
    Series,
    Spectra,
    octave_edges,
    octave_fractions,
    third_octave_hz,
)
from bridge.dsp.measures.thresholds import BandTarget, ToneThresholds, thresholds
from bridge.messages import message
from bridge.model import Message

PLOT_POINTS_PER_OCTAVE = 12
PROMINENCE_WINDOWS_MAX = 200
LASTING_SHARE = 0.2
HEARD = 1e-3
"""Share of the mean power below which a window does not tell what is always there."""
AUDIBLE_HZ = (20.0, 20000.0)


class LogSpectrum(NamedTuple):
    """Levels in dB at frequencies of equal ratio."""

    frequencies_hz: Series
    levels_db: Series


def tone_analysis(spectra: Spectra) -> ToneAnalysis:
    """Bands, third octaves, tilt, cut-off and resonances; nothing of it for silence."""
    total = spectra.band_power(spectra.both, *AUDIBLE_HZ)
    tuning = thresholds().tone
    return ToneAnalysis(
        bands=tuple(_band(spectra, band, total) for band in tuning.bands),
        third_octaves=_points(third_octaves(spectra, total)) if total > 0.0 else (),
        spectrum=_points(plot_spectrum(spectra, total)) if total > 0.0 else (),
        tilt_db_per_octave=_tilt(third_octaves(spectra, total), tuning) if total > 0.0 else None,
        cutoff_hz=cutoff_hz(spectra) if total > 0.0 else None,
        resonances=tuple(resonances(spectra)) if total > 0.0 else (),
        target=_points(target_spectrum()) if total > 0.0 else (),
    )


def six_bands() -> tuple[BandTarget, ...]:
    """sub, bass, low_mid, mid, presence, air."""
    return thresholds().tone.bands


def _band(spectra: Spectra, band: BandTarget, total: float) -> Band:
    power = spectra.band_power(spectra.both, band.low_hz, band.high_hz)
    return Band(
        name=band.name,
        low_hz=band.low_hz,
        high_hz=band.high_hz,
        level_db=_db(power / total) if total > 0.0 else None,
        target_db=band.target_db,
        tolerance_db=band.tolerance_db,
    )


def _db(ratio: float) -> float | None:
    """Decibels of a ratio of powers; None below -150 dB, where only rounding is."""
    return 10.0 * float(np.log10(ratio)) if ratio > 1e-15 else None


def third_octaves(spectra: Spectra, total: float) -> LogSpectrum:
    """Level of each third octave below half the sample rate, against `total`."""
    middles = third_octave_hz()
    middles = middles[middles * 10.0**0.05 <= spectra.sample_rate_hz / 2]
    powers = [spectra.band_power(spectra.both, middle / 10.0**0.05, middle * 10.0**0.05) for middle in middles]
    return LogSpectrum(middles, 10.0 * np.log10(np.maximum(np.array(powers) / total, 1e-15)))


def plot_spectrum(spectra: Spectra, total: float) -> LogSpectrum:
    """Power of each twelfth of an octave in dB against `total`."""
    edges = octave_edges(spectra.sample_rate_hz, PLOT_POINTS_PER_OCTAVE)
    powers = octave_fractions(spectra.both / total, spectra.bin_hz, edges)
    return LogSpectrum(np.sqrt(edges[:-1] * edges[1:]), 10.0 * np.log10(np.maximum(powers, 1e-15)))


def _points(spectrum: LogSpectrum) -> tuple[SpectrumPoint, ...]:
    return tuple(
        SpectrumPoint(frequency_hz=round(float(frequency), 1), level_db=round(float(level), 2))
        for frequency, level in zip(*spectrum, strict=True)
    )


def _tilt(spectrum: LogSpectrum, tuning: ToneThresholds) -> float | None:
    """Slope of a line through the third octaves, dB per octave; 0 for pink noise, +3 for white."""
    frequencies, levels = spectrum
    inside = (frequencies >= tuning.tilt_low_hz) & (frequencies <= tuning.tilt_high_hz) & (levels > -120.0)
    if inside.sum() < 6:
        return None
    return float(np.polyfit(np.log2(frequencies[inside]), levels[inside], 1)[0])


def cutoff_hz(spectra: Spectra) -> float | None:
    """Where the spectrum falls off a cliff and stays down; None where it ends by itself, or by an ordinary filter."""
    tuning = thresholds().tone
    bin_hz = spectra.bin_hz
    width = max(1, round(250.0 / bin_hz))  # smoothed over 250 Hz, so that no single bin makes a cliff
    smooth = np.convolve(spectra.spectrum[3], np.ones(width) / width, mode="same")
    levels = 10.0 * np.log10(smooth + smooth.max() * 1e-14)
    reach = round(tuning.cliff_hz / bin_hz)
    low = round(tuning.cliff_low_hz / bin_hz)
    high = min(levels.size - 1 - reach, round(0.97 * spectra.sample_rate_hz / 2 / bin_hz) - reach)
    if high <= low:
        return None
    falls = levels[low:high] - levels[low + reach : high + reach]
    at = low + int(falls.argmax())
    above = levels[at + reach : round(0.97 * spectra.sample_rate_hz / 2 / bin_hz)]
    if falls.max() < tuning.cliff_db or above.max() > levels[at] - tuning.cliff_db * 0.8:
        return None
    # The edge: where half of the fall is done.
    edge = at + int(np.argmax(levels[at : at + reach + 1] < levels[at] - falls.max() / 2.0))
    frequency = float(edge * bin_hz)
    is_ordinary = spectra.sample_rate_hz < 50000 and frequency > tuning.cliff_share_max * spectra.sample_rate_hz
    return None if is_ordinary else frequency


def resonances(spectra: Spectra) -> list[Resonance]:
    """Narrow peaks that are always there, the most prominent first.

    In four of five windows from the whole song they stand out at least as far as told. Notes come and go, however loud.
    """
    tuning = thresholds().tone
    prominence = _lasting_prominence(spectra)
    if not prominence.size:
        return []
    frequencies = spectra.fine_hz
    inside = (frequencies >= tuning.resonance_low_hz) & (frequencies <= tuning.resonance_high_hz)
    found: list[Resonance] = []
    for i in np.flatnonzero(inside & (prominence >= tuning.resonance_db)):
        is_inner = 0 < i < prominence.size - 1
        if is_inner and prominence[i] >= prominence[i - 1] and prominence[i] > prominence[i + 1]:
            q = _q(frequencies, prominence, int(i))
            if q >= tuning.resonance_q_min:
                frequency = round(float(frequencies[i]), 1)
                found.append(Resonance(frequency_hz=frequency, prominence_db=float(prominence[i]), q=q))
    return sorted(found, key=lambda peak: -peak.prominence_db)[: tuning.resonances_max]


def _lasting_prominence(spectra: Spectra) -> Series:
    """How far each fraction of an octave stands out of the octave around it, in all but a fifth of the windows."""
    powers = spectra.fine.sum(axis=1)
    heard = spectra.fine[powers > HEARD * powers.mean()] if powers.size else spectra.fine
    if not heard.shape[0]:
        return np.zeros(0)
    some = heard[:: -(-heard.shape[0] // PROMINENCE_WINDOWS_MAX)].astype(np.float64)
    levels = 10.0 * np.log10(some + 1e-15)
    reach = FINE_PER_OCTAVE // 2
    padded = np.pad(levels, ((0, 0), (reach, reach)), mode="edge")
    octaves = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)
    around = np.partition(octaves, reach, axis=2)[:, :, reach]  # the median; np.median takes eight times as long
    lasting: Series = np.percentile(levels - around, 100.0 * LASTING_SHARE, axis=0)
    return lasting


def _q(frequencies: Series, prominence: Series, peak: int) -> float:
    """Frequency by width at half the prominence in dB (a peaking filter's own definition), by lines between points."""
    half = prominence[peak] / 2.0
    edges: list[float] = []
    for step in (-1, 1):
        i = peak
        while 0 < i < prominence.size - 1 and prominence[i] > half:
            i += step
        inner = i - step
        share = (prominence[inner] - half) / max(prominence[inner] - prominence[i], 1e-9)
        edges.append(float(frequencies[inner] * (frequencies[i] / frequencies[inner]) ** min(share, 1.0)))
    return float(frequencies[peak] / max(edges[1] - edges[0], 1e-9))


def tone_messages(tone: ToneAnalysis, spectra: Spectra) -> Iterator[Message]:
    """Findings about the balance of the spectrum."""
    tuning = thresholds().tone
    yield from _band_messages(tone)
    if tone.third_octaves:
        yield from _bump_messages(tone, tuning)
    yield from _cliff_messages(tone, spectra, tuning)
    for peak in tone.resonances:
        yield message(
            "resonance",
            value=peak.prominence_db,
            threshold=tuning.resonance_db,
            frequency=f"{peak.frequency_hz:.0f}",
            q=f"{peak.q:.0f}",
        )


BAND_FINDINGS = (("sub", "sub_build_up", 1.0), ("mid", "hollow_mids", -1.0), ("air", "dull_top", -1.0))
"""Band, code, and whether too much or too little is meant."""


def _band_messages(tone: ToneAnalysis) -> Iterator[Message]:
    """Bands beyond their tolerance.

    The middle of all six distances from the target is taken off first: a single band that is far too strong makes all
    others weak against the whole, and none of them is to blame.
    """
    distances = {
        band.name: band.level_db - band.target_db
        for band in tone.bands
        if band.level_db is not None and band.target_db is not None
    }
    if not distances:
        return
    middle = float(np.median(list(distances.values())))
    tolerances = {band.name: band.tolerance_db for band in six_bands()}
    for name, code, sign in BAND_FINDINGS:
        distance = distances.get(name, -150.0) - middle
        if sign * distance > tolerances[name]:
            yield message(code, value=abs(distance), threshold=tolerances[name])


def _bump_messages(tone: ToneAnalysis, tuning: ToneThresholds) -> Iterator[Message]:
    """Bands against their neighbours, all against the target curve: what counts is the bump, not the tilt."""
    frequencies = np.array([point.frequency_hz for point in tone.third_octaves])
    levels = np.array([point.level_db for point in tone.third_octaves])
    distances = LogSpectrum(frequencies, levels - target_db(frequencies))
    for bump in tuning.bumps:
        own, below, above = (_mean_level(distances, *part) for part in (bump.band_hz, bump.below_hz, bump.above_hz))
        height = own - max(below, above)
        if height > bump.limit_db:
            yield message(bump.code, value=height, threshold=bump.limit_db)


def target_spectrum() -> LogSpectrum:
    """What well-made masters have in each third octave, against the whole as `third_octaves` is."""
    frequencies = third_octave_hz()
    levels = target_db(frequencies)
    return LogSpectrum(frequencies, levels - 10.0 * np.log10((10.0 ** (levels / 10.0)).sum()))


def target_db(frequencies_hz: Series) -> Series:
    """What well-made masters have in third octaves around these frequencies, against 100 Hz."""
    points = np.array(thresholds().tone.curve)
    curve: Series = np.interp(np.log(frequencies_hz), np.log(points[:, 0]), points[:, 1])
    return curve


def _mean_level(spectrum: LogSpectrum, low_hz: float, high_hz: float) -> float:
    frequencies, levels = spectrum
    inside = (frequencies >= low_hz * 0.99) & (frequencies <= high_hz * 1.01)
    return float(levels[inside].mean()) if inside.any() else -150.0


def _cliff_messages(tone: ToneAnalysis, spectra: Spectra, tuning: ToneThresholds) -> Iterator[Message]:
    if tone.cutoff_hz is None:
        return
    is_upsampled = (
        spectra.sample_rate_hz > 50000 and tuning.upsampled_low_hz <= tone.cutoff_hz <= tuning.upsampled_high_hz
    )
    yield message(
        "upsampled" if is_upsampled else "lossy_source",
        value=tone.cutoff_hz,
        khz=f"{tone.cutoff_hz / 1000:.1f}",
        rate=f"{spectra.sample_rate_hz / 1000:g}",
    )
