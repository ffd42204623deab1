"""The form of a song from levels and spectra: silence, sections, intro, the parts to listen to, the hook.

Tempo and key are left out: no light library gives them reliably.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from pydantic import Field

from bridge.analysis import Excerpt, HookTest, StructureAnalysis
from bridge.audio.signal import Signal
from bridge.documents import plain_data
from bridge.dsp.measures.loudness import to_lufs
from bridge.dsp.measures.readings import FullReadings
from bridge.dsp.measures.spectra import Series, third_octave_shares
from bridge.messages import message
from bridge.model import Message
from bridge.units import clock, db_to_gain
from bridge.value import Value

READ_FRAMES = 1 << 16
NOTHING = 1e-14
"""Mean square (-140 dBFS) that counts as nothing."""


class StructureLimits(Value):
    """`structure.yaml`, where each is explained."""

    silence_dbfs: float = Field(lt=0)
    head_silence_s_max: float = Field(gt=0)
    tail_silence_s_max: float = Field(gt=0)
    excerpt_s: float = Field(gt=0)
    skip_s: float = Field(gt=0)
    section_s: float = Field(gt=0)
    section_s_min: float = Field(gt=0)
    section_db: float = Field(gt=0)
    section_gap_s: float = Field(gt=0)
    band_floor_db: float = Field(lt=0)
    chorus_share: float = Field(gt=0, lt=1)
    smoothing_s: float = Field(gt=0)
    energy_lu: float = Field(gt=0)
    density_share: float = Field(gt=0, le=1)
    brightness_db: float = Field(gt=0)
    bright_hz: float = Field(gt=0)
    hook_to_section_s: float = Field(ge=0)
    hook_s_min: float = Field(gt=0)


@cache
def structure_limits() -> StructureLimits:
    """The limits that are shipped."""
    text = files("bridge.dsp.measures").joinpath("structure.yaml").read_text(encoding="utf-8")
    return StructureLimits.model_validate(plain_data(text))


@dataclass(frozen=True)
class SilentEdges:
    """Frames without sound at both ends; both are the whole length where there is none at all."""

    head: int
    tail: int


def silent_edges(signal: Signal) -> SilentEdges:
    """Frames before the first and after the last sample that is heard; reads no further than to it, from either end.

    NaN is no sound.
    """
    least = db_to_gain(structure_limits().silence_dbfs)
    head = signal.frames
    for start in range(0, signal.frames, READ_FRAMES):
        if (heard := _heard(signal, start, least)).size:
            head = start + int(heard[0])
            break
    else:
        return SilentEdges(head, head)
    for start in range((signal.frames - 1) // READ_FRAMES * READ_FRAMES, -1, -READ_FRAMES):
        if (heard := _heard(signal, start, least)).size:
            return SilentEdges(head, signal.frames - 1 - start - int(heard[-1]))
    raise AssertionError


def _heard(signal: Signal, start: int, least: float) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Frames of a block, counted from its start, that are heard in any channel."""
    end = min(start + READ_FRAMES, signal.frames)
    parts: list[np.ndarray[tuple[int], np.dtype[np.intp]]] = []
    at = start
    while at < end and (block := signal.read(at, end - at)).shape[1]:
        parts.append(np.flatnonzero((np.abs(block) >= least).any(axis=0)) + (at - start))
        at += block.shape[1]
    return np.concatenate(parts) if parts else np.zeros(0, np.intp)


def structure_of(readings: FullReadings, edges: SilentEdges) -> StructureAnalysis:
    """The form of a song, from the one pass over its samples and its silent edges.

    Args:
        readings: of the song; any length. Silence has no sections, excerpts and hook; a song shorter than an excerpt is
            its own excerpt; one shorter than `hook_s_min` has no hook test.
        edges: of the same signal.
    """
    rate_hz, limits = readings.sample_rate_hz, structure_limits()
    song = _Song(readings, edges)
    starts = song.section_starts_s() if song.is_heard else ()
    hook = song.hook(starts) if song.is_heard and song.length_s >= limits.hook_s_min else None
    found = StructureAnalysis(
        head_silence_frames=edges.head,
        tail_silence_frames=edges.tail,
        head_silence_s=edges.head / rate_hz,
        tail_silence_s=edges.tail / rate_hz,
        intro_s=starts[1] if len(starts) > 1 else None,
        section_starts_s=starts,
        loudest_30_s=song.loudest() if song.is_heard else None,
        representative_30_s=song.representative() if song.is_heard else None,
        hook=hook,
    )
    return found.model_copy(update={"messages": tuple(_messages(found))})


class _Song:
    """Features over time: one value for each window of the spectra."""

    def __init__(self, readings: FullReadings, edges: SilentEdges) -> None:
        self._limits = structure_limits()
        self._power, self._power_hop_s = readings.power, readings.hop_s
        self._hop_s = readings.spectra.hop_s
        self._first_s = edges.head / readings.sample_rate_hz
        self._end_s = (readings.frames - edges.tail) / readings.sample_rate_hz
        self.is_heard = bool(readings.is_finite and edges.head < readings.frames)
        self._spectra = readings.spectra
        windows = readings.spectra.windows
        self._bands = (windows[:, :, 0] + windows[:, :, 1]).astype(np.float64)
        floor = db_to_gain(2.0 * self._limits.band_floor_db) * self._bands.mean(axis=0) if windows.size else 0.0
        self._features = 10.0 * np.log10(np.maximum(self._bands, floor + NOTHING))

    @property
    def length_s(self) -> float:
        """From the first sound to the last."""
        return self._end_s - self._first_s

    # --- Sections ---------------------------------------------------------------------------------------------------

    def section_starts_s(self) -> tuple[float, ...]:
        """Where the sound changes: local maxima of the difference between before and after."""
        novelty = self._novelty()
        reach = max(1, round(self._limits.section_gap_s / self._hop_s))
        starts = [self._first_s]
        is_top = np.diff(novelty, prepend=-np.inf) >= 0.0
        is_top &= np.diff(novelty, append=-np.inf) <= 0.0
        for at in np.flatnonzero(is_top & (novelty > self._limits.section_db)):
            around = novelty[max(0, at - reach) : at + reach + 1]
            if novelty[at] == around.max() and at * self._hop_s > starts[-1] + self._limits.section_s_min:
                starts.append(float(at * self._hop_s))
        return tuple(round(start, 2) for start in starts)

    def _novelty(self) -> Series:
        """Distance of the mean features before and after each window; less where one side is short.

        A simple form of Foote's novelty ("Automatic audio segmentation using a measure of audio novelty", 2000).
        """
        count = self._features.shape[0]
        reach = max(1, round(self._limits.section_s / self._hop_s))
        first, end = round(self._first_s / self._hop_s), min(count, round(self._end_s / self._hop_s))
        at = np.arange(count)
        low, high = np.maximum(first, at - reach), np.minimum(end, at + reach)
        before, after = np.maximum(at - low, 0), np.maximum(high - at, 0)
        sums = np.concatenate([np.zeros((1, self._features.shape[1])), np.cumsum(self._features, axis=0)])
        earlier = (sums[at] - sums[np.minimum(low, at)]) / np.maximum(before, 1)[:, None]
        later = (sums[np.maximum(high, at)] - sums[at]) / np.maximum(after, 1)[:, None]
        shorter = np.minimum(before, after)
        novelty: Series = np.sqrt(((later - earlier) ** 2).mean(axis=1) * np.minimum(shorter / reach, 1.0))
        novelty[shorter * self._hop_s < self._limits.section_s_min] = 0.0
        return novelty

    # --- Excerpts ---------------------------------------------------------------------------------------------------

    def loudest(self) -> Excerpt:
        """The stretch with the most energy."""
        hops = round(self._limits.excerpt_s / self._power_hop_s)
        if self._power.size <= hops or self.length_s <= self._limits.excerpt_s:
            return self._excerpt(self._first_s)
        sums = np.concatenate(([0.0], np.cumsum(self._power)))
        return self._excerpt(int((sums[hops:] - sums[:-hops]).argmax()) * self._power_hop_s)

    def representative(self) -> Excerpt:
        """The stretch whose mean features are nearest to those of the whole song."""
        count = round(self._limits.excerpt_s / self._hop_s)
        if self.length_s <= self._limits.excerpt_s or self._features.shape[0] <= count:
            return self._excerpt(self._first_s)
        first, end = round(self._first_s / self._hop_s), round(self._end_s / self._hop_s)
        sums = np.concatenate([np.zeros((1, self._features.shape[1])), np.cumsum(self._features, axis=0)])
        means = (sums[count:] - sums[:-count])[first : max(first + 1, end - count)] / count
        whole = self._features[first:end].mean(axis=0)
        return self._excerpt((first + int(((means - whole) ** 2).mean(axis=1).argmin())) * self._hop_s)

    def _excerpt(self, start_s: float) -> Excerpt:
        end_s = min(start_s + self._limits.excerpt_s, self._end_s)
        power = self._power[int(start_s / self._power_hop_s) : max(1, int(end_s / self._power_hop_s))]
        loudness = float(to_lufs(power.mean(keepdims=True))[0]) if power.size and power.mean() > NOTHING else None
        return Excerpt(start_s=round(start_s, 2), end_s=round(end_s, 2), loudness_lufs=loudness)

    # --- Hook -------------------------------------------------------------------------------------------------------

    def hook(self, starts: tuple[float, ...]) -> HookTest:
        """When energy, density and brightness arrive at the level of the loudest part, each alone and all at once."""
        limits = self._limits
        energy, density, brightness = self._energy(), self._density(), self._brightness()
        chorus = energy >= np.quantile(energy, 1.0 - limits.chorus_share)
        here = (
            energy >= np.median(energy[chorus]) - limits.energy_lu,
            density >= np.median(density[chorus]) * limits.density_share,
            brightness >= np.median(brightness[chorus]) - limits.brightness_db,
        )
        together = self._first(np.logical_and.reduce(here))
        hook_s = None if together is None else min(
            (start for start in starts if abs(start - together) <= limits.hook_to_section_s),
            key=lambda start: abs(start - together),
            default=together,
        )  # fmt: skip
        return HookTest(
            energy_s=self._first(here[0]),
            density_s=self._first(here[1]),
            brightness_s=self._first(here[2]),
            hook_s=hook_s,
            is_within_30_s=None if hook_s is None else hook_s <= limits.skip_s,
        )

    def _first(self, flags: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float | None:
        places = np.flatnonzero(flags)
        return round(max(float(places[0] * self._hop_s), self._first_s), 2) if places.size else None

    def _energy(self) -> Series:
        """Loudness around each window, in LUFS."""
        at = np.minimum(np.arange(self._bands.shape[0]) * self._hop_s / self._power_hop_s, self._power.size).astype(int)
        half = round(self._limits.smoothing_s / 2 / self._power_hop_s)
        sums = np.concatenate(([0.0], np.cumsum(self._power)))
        low, high = np.maximum(at - half, 0), np.minimum(at + half, self._power.size)
        means = (sums[high] - sums[low]) / np.maximum(high - low, 1)
        loudness: Series = to_lufs(np.maximum(means, NOTHING))
        return loudness

    def _density(self) -> Series:
        """How much begins around each window: rises of third octaves, in dB a second."""
        rises = np.maximum(np.diff(self._features, axis=0, prepend=self._features[:1]), 0.0)
        return self._smoothed(rises.mean(axis=1) / self._hop_s)

    def _brightness(self) -> Series:
        """Balance of highs to lows around each window, in dB."""
        share = third_octave_shares(self._limits.bright_hz, 1e6)
        highs, lows = self._smoothed(self._bands @ share), self._smoothed(self._bands @ (1.0 - share))
        balance: Series = 10.0 * np.log10((highs + NOTHING) / (lows + NOTHING))
        return balance

    def _smoothed(self, values: Series) -> Series:
        half = max(1, round(self._limits.smoothing_s / 2 / self._hop_s))
        at = np.arange(values.size)
        low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, values.size)
        sums = np.concatenate(([0.0], np.cumsum(values)))
        means: Series = np.maximum((sums[high] - sums[low]) / (high - low), 0.0)
        return means


def _messages(found: StructureAnalysis) -> Iterator[Message]:
    limits = structure_limits()
    if found.loudest_30_s is None:
        return
    if found.head_silence_s > limits.head_silence_s_max:
        yield message(
            "head_silence",
            value=found.head_silence_s,
            threshold=limits.head_silence_s_max,
            start_s=0.0,
            end_s=found.head_silence_s,
        )
    if found.tail_silence_s > limits.tail_silence_s_max:
        yield message("tail_silence", value=found.tail_silence_s, threshold=limits.tail_silence_s_max)
    hook = found.hook
    if hook is not None and hook.hook_s is not None and not hook.is_within_30_s:
        yield message("late_hook", value=hook.hook_s, threshold=limits.skip_s, at=clock(hook.hook_s))
