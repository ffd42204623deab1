"""What changed between two versions of a recording: aligned to the frame, gain and polarity taken out."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bridge.analysis import BandDifference, ChangedSpan, Comparison, NullCurve
from bridge.audio.signal import Allocate, OnProgress, Signal, in_memory
from bridge.documents import plain_data
from bridge.dsp.measures.alignment import Fraction, align, fraction
from bridge.dsp.measures.difference import Difference, Pair, channel_gains, correlation, products, robust_gain, subtract
from bridge.dsp.measures.kweighting import hop_frames
from bridge.dsp.measures.spectra import Series, third_octave_hz
from bridge.dsp.resample import resample
from bridge.errors import UnsupportedAudioError
from bridge.messages import message
from bridge.model import Message
from bridge.units import Db, gain_to_db
from bridge.value import Value

CURVE_POINTS_MAX = 1200
BAND_FLOOR = 1e-14
"""Mean square (-140 dBFS) that float32 spectra cannot tell from nothing."""


class CompareThresholds(Value):
    """`compare.yaml`, where each is explained."""

    confidence_min: float = Field(gt=0, lt=1)
    changed_db: float
    all_through_share: float = Field(gt=0, le=1)
    stands_out_db: float = Field(gt=0)
    gap_s: float = Field(ge=0)
    floor_db: float
    unchanged_db: float
    unchanged_share_min: float = Field(ge=0, le=1)
    fraction_gain_db: float = Field(gt=0)


@cache
def compare_thresholds() -> CompareThresholds:
    """The thresholds that are shipped."""
    text = files("bridge.dsp.measures").joinpath("compare.yaml").read_text(encoding="utf-8")
    return CompareThresholds.model_validate(plain_data(text))


@dataclass(frozen=True)
class _Found:
    """What the passes over the samples brought."""

    pair: Pair
    resampled: Literal["a", "b"] | None
    confidence: float
    shift: Fraction
    gain: float | None
    channel_gains: list[float | None]
    difference: Difference

    @property
    def is_aligned(self) -> bool:
        """Whether the offset is to be trusted."""
        return self.confidence >= compare_thresholds().confidence_min


def compare(
    a: Signal,
    b: Signal,
    allocate: Allocate = in_memory,
    on_progress: OnProgress | None = None,
    threads: int = 2,
) -> Comparison:
    """B laid over A: offset, gain and polarity found and taken out, and what is left of B.

    Both are read as streams, three times; memory does not grow with their length beyond a few bytes for each 10 ms.

    Args:
        a: the earlier version, float32, any rate from 8 kHz, any length. Values are not to be NaN.
        b: the later one. At another sample rate, the one with the higher rate is resampled to the lower (soxr VHQ). A
            mono signal is compared with each channel of a wider one.
        allocate: gives room for the resampled signal.
        on_progress: told the fraction done.
        threads: how many work; the result does not depend on it.

    Returns:
        Where the two are not versions of one recording, they are compared from their starts at unity gain, with a
        message. Where one is silent, there is no gain and no null depth.

    Raises:
        UnsupportedAudioError: both have several channels, but not as many.
    """
    _refuse_mismatch(a, b)
    found = _find(a, b, allocate, _Telling(on_progress, threads))
    return _comparison(found, a, b)


@dataclass(frozen=True)
class _Telling:
    """Progress in parts."""

    tell: OnProgress | None
    threads: int

    def part(self, begin: float, share: float) -> OnProgress:
        """Told 0 to 1 of a part."""

        def tell_part(done: float) -> None:
            if self.tell is not None:
                self.tell(begin + share * done)

        return tell_part


def _refuse_mismatch(a: Signal, b: Signal) -> None:
    if a.channels != b.channels and 1 not in {a.channels, b.channels}:
        raise UnsupportedAudioError(
            f"The first file has {a.channels} channels and the second {b.channels}: "
            "render both in the same layout, or one of them in mono."
        )


def _find(a: Signal, b: Signal, allocate: Allocate, telling: _Telling) -> _Found:
    limits = compare_thresholds()
    a, b, resampled = _at_one_rate(a, b, allocate, telling.part(0.0, 0.2))
    alignment = align(a, b)
    is_aligned = alignment.confidence >= limits.confidence_min
    pair = Pair(a, b, alignment.offset if is_aligned else 0)
    sums = products(pair, telling.threads, telling.part(0.4, 0.2))
    likeness = alignment.confidence if is_aligned else correlation(sums) ** 2
    gain = robust_gain(sums, limits.unchanged_db, limits.unchanged_share_min)
    applied = gain if gain is not None and likeness >= limits.confidence_min else 1.0
    return _Found(
        pair=pair,
        resampled=resampled,
        confidence=likeness,
        shift=fraction(a, b, pair.offset) if is_aligned else Fraction(0.0, 0.0),
        gain=None if gain is None else applied,
        channel_gains=channel_gains(sums),
        difference=subtract(pair, applied, telling.threads, telling.part(0.6, 0.4)),
    )


def _at_one_rate(
    a: Signal, b: Signal, allocate: Allocate, on_progress: OnProgress
) -> tuple[Signal, Signal, Literal["a", "b"] | None]:
    """The two at the lower of their rates, and which of them had to be resampled."""
    if a.sample_rate_hz > b.sample_rate_hz:
        return resample(a, b.sample_rate_hz, allocate, on_progress), b, "a"
    if b.sample_rate_hz > a.sample_rate_hz:
        return a, resample(b, a.sample_rate_hz, allocate, on_progress), "b"
    return a, b, None


# --- From sums to findings --------------------------------------------------------------------------------------------


def _comparison(found: _Found, a: Signal, b: Signal) -> Comparison:
    difference, pair, rate_hz = found.difference, found.pair, found.pair.sample_rate_hz
    is_exact = found.gain is not None and difference.first is None
    start_s = pair.start / rate_hz
    comparison = Comparison(
        sample_rate_hz=rate_hz,
        resampled=found.resampled,
        is_aligned=found.is_aligned,
        confidence=round(found.confidence, 3),
        offset_frames=pair.offset,
        offset_s=pair.offset / rate_hz,
        fraction_frames=found.shift.frames if _limits_null(found) else 0.0,
        is_inverted=found.gain is not None and found.gain < 0.0,
        gain_db=None if found.gain is None else gain_to_db(abs(found.gain)),
        channel_gains_db=tuple(None if gain is None else gain_to_db(abs(gain)) for gain in found.channel_gains),
        overlap_start_s=start_s,
        overlap_end_s=start_s + pair.frames / rate_hz,
        is_identical=_is_identical(found, a, b),
        is_exact_null=is_exact,
        null_db=None if found.gain is None else _ratio_db(difference.energy.sum(), difference.programme.sum()),
        first_difference_s=None if difference.first is None else start_s + difference.first / rate_hz,
        last_difference_s=None if difference.last is None else start_s + difference.last / rate_hz,
        changes=tuple(changed_spans(difference, pair)),
        null_curve=null_curve(difference, rate_hz),
        spectrum=tuple(_bands(difference, rate_hz)),
    )
    return comparison.model_copy(update={"messages": tuple(_messages(comparison, found, a, b))})


def _is_identical(found: _Found, a: Signal, b: Signal) -> bool:
    same_shape = (a.frames, a.channels, a.sample_rate_hz) == (b.frames, b.channels, b.sample_rate_hz)
    untouched = found.pair.offset == 0 and found.gain in {None, 1.0}
    return same_shape and untouched and found.difference.first is None


def _limits_null(found: _Found) -> bool:
    return found.shift.gain_db >= compare_thresholds().fraction_gain_db


def _ratio_db(part: float, whole: float) -> Db | None:
    """Ratio of two energies; None where one is nothing."""
    return 10.0 * float(np.log10(part / whole)) if part > 0.0 and whole > 0.0 else None


def relative(difference: Difference) -> Series:
    """Energy of the difference in each hop relative to the programme around it (not below its floor); 0 for nothing."""
    programme, energy = difference.programme, difference.energy
    if not energy.any():
        return np.zeros_like(energy)
    whole = programme.mean() or energy.mean()
    floor = whole * 10.0 ** (compare_thresholds().floor_db / 10.0)
    ratio: Series = energy / np.maximum(programme, floor)
    return ratio


def changed_spans(difference: Difference, pair: Pair) -> Iterator[ChangedSpan]:
    """Stretches whose difference is heard; where nearly all is, those that stand out of it."""
    limits = compare_thresholds()
    ratio = relative(difference)
    least = 10.0 ** (limits.changed_db / 10.0)
    changed = ratio >= least
    if changed.size and changed.mean() > limits.all_through_share:
        usual = float(np.median(ratio))
        standing = _smoothed(ratio, 100) >= usual * 10.0 ** (limits.stands_out_db / 10.0)
        changed = standing if standing.any() else changed
    hop_s = hop_frames(pair.sample_rate_hz) / pair.sample_rate_hz
    start_s, length_s = pair.start / pair.sample_rate_hz, pair.frames / pair.sample_rate_hz
    for first, last in _runs(changed, round(limits.gap_s / hop_s)):
        energy, programme = difference.energy[first:last].sum(), difference.programme[first:last].sum()
        floor = difference.programme.mean() * (last - first) * 10.0 ** (limits.floor_db / 10.0)
        null_db = _ratio_db(energy, max(programme, floor) or energy)
        assert null_db is not None
        yield ChangedSpan(
            start_s=start_s + first * hop_s, end_s=start_s + min(last * hop_s, length_s), null_db=round(null_db, 2)
        )


def _smoothed(values: Series, hops: int) -> Series:
    """Running means over `hops` values."""
    return np.convolve(values, np.full(hops, 1.0 / hops), mode="same") if values.size >= hops else values


def _runs(flags: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """First and end (exclusive) of runs of True; runs less than `gap` apart are one."""
    places = np.flatnonzero(flags)
    if not places.size:
        return []
    breaks = np.flatnonzero(np.diff(places) > gap)
    firsts = places[np.concatenate(([0], breaks + 1))]
    lasts = places[np.concatenate((breaks, [places.size - 1]))]
    return [(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)]


def null_curve(difference: Difference, sample_rate_hz: int) -> NullCurve:
    """The difference over time, thinned to what a plot can show."""
    ratio = relative(difference)
    step = max(10, -(-ratio.size // CURVE_POINTS_MAX))
    padded = np.concatenate([ratio, np.zeros(-ratio.size % step)])
    highest = padded.reshape(-1, step).max(axis=1)
    return NullCurve(
        hop_s=step * hop_frames(sample_rate_hz) / sample_rate_hz,
        null_db=tuple(round(10.0 * float(np.log10(value)), 1) if value > 0.0 else None for value in highest),
    )


def _bands(difference: Difference, sample_rate_hz: int) -> Iterator[BandDifference]:
    powers = zip(third_octave_hz(), difference.left, difference.before, difference.after, strict=True)
    for centre_hz, left, old, new in powers:
        if centre_hz * 10.0**-0.05 >= sample_rate_hz / 2:
            return
        heard = old > BAND_FLOOR and new > BAND_FLOOR
        yield BandDifference(
            centre_hz=round(float(centre_hz), 1),
            change_db=_ratio_db(new, old) if heard else None,
            null_db=_ratio_db(left, new) if new > BAND_FLOOR else None,
        )


# --- Messages ---------------------------------------------------------------------------------------------------------


def _messages(comparison: Comparison, found: _Found, a: Signal, b: Signal) -> Iterator[Message]:
    if comparison.is_identical:
        yield message("identical")
        return
    yield from _shape_messages(comparison, found, a, b)
    if found.gain is None:
        yield message("compared_silence")
        return
    if not found.is_aligned:
        yield message("not_alike", value=found.confidence, threshold=compare_thresholds().confidence_min)
        return
    yield from _place_messages(comparison, found)
    if comparison.is_exact_null:
        yield message("exact_null")
    if comparison.fraction_frames:
        yield message("fraction_limits_null", value=comparison.fraction_frames, gain_db=found.shift.gain_db)


def _shape_messages(comparison: Comparison, found: _Found, a: Signal, b: Signal) -> Iterator[Message]:
    if found.resampled is not None:
        from_hz = (a if found.resampled == "a" else b).sample_rate_hz
        yield message(
            "compared_resampled",
            which="first" if found.resampled == "a" else "second",
            from_hz=from_hz,
            to_hz=comparison.sample_rate_hz,
        )
    if a.channels != b.channels:
        which, other = ("first", "second") if a.channels == 1 else ("second", "first")
        yield message("compared_mono", which=which, other=other, channels=max(a.channels, b.channels))


def _place_messages(comparison: Comparison, found: _Found) -> Iterator[Message]:
    if comparison.is_inverted:
        yield message("polarity_inverted")
    if found.pair.offset:
        word = "later" if found.pair.offset > 0 else "earlier"
        frames = abs(found.pair.offset)
        yield message("compared_offset", value=frames, seconds=frames / comparison.sample_rate_hz, word=word)
    rate_hz = comparison.sample_rate_hz
    a_s, b_s = found.pair.a.frames / rate_hz, found.pair.b.frames / rate_hz - comparison.offset_s
    if abs(a_s - b_s) > 0.5 / rate_hz:
        which = "first" if a_s > b_s else "second"
        yield message("compared_length", which=which, value=abs(a_s - b_s), start_s=min(a_s, b_s), end_s=max(a_s, b_s))
