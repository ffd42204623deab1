"""The stem quality card: what can be said about stems without knowing the true ones.

All of it is estimated from the stems, the residual and the mix, hop by hop (one second):

- energy share: of the energies of all stems;
- bleed: in each third of an octave, the part of a stem that is coherent with another one (what leaks is a copy, so it
  stands in a fixed phase to its source over a second), against the stem's own energy;
- watery highs: above 11 kHz, how much of the mix no stem holds, or how much faster a stem flutters than the mix;
- hollow drums: how much lower the crest of the drums stands than that of the mix where drums carry the mix;
- doubt: where what no stem holds comes within 10 dB of the mix.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Samples, Signal
from bridge.dsp.separation.assembly import RESIDUAL
from bridge.separation import SpanOfDoubt, StemCard
from bridge.units import gain_to_db

HOP_S = 1.0
CURVE_POINTS_MAX = 600
FFT_S = 2048 / 44_100
"""About; as many frames as are a power of two."""
BANDS_PER_OCTAVE = 3
BAND_LOW_HZ = 50.0
HIGH_HZ = 11_000.0
SILENCE = 1e-9
"""Energy a frame below which (-90 dBFS) a hop of a stem is silent and nothing is said of it."""
FRAMES_MIN = 8
"""Fewer analysis frames tell nothing about coherence."""
DOUBT_DB = -10.0
FLUTTER_DB = 6.0
"""So much more flutter than the mix's makes highs watery."""
HOLLOW_DB = 6.0
"""So much less crest than the mix's makes drums hollow."""
DRUMS = "drums"
DRUMS_SHARE_MIN = 0.2
INSTRUMENTAL = "instrumental"

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Described:
    """What is told about all stems."""

    stems: tuple[StemCard, ...]
    hop_s: float
    doubts: tuple[SpanOfDoubt, ...]


@dataclass(frozen=True)
class _Hop:
    """What one second tells; arrays have one entry a part, the mix last."""

    energy: Rows
    bleed: Rows
    """Shared energy over own energy; 0 where a part is silent, NaN where the hop is too short to tell."""
    high: Rows
    """Energy above 11 kHz."""
    flutter_db: Rows
    """Mean step of the energy above 11 kHz from one analysis frame to the next."""
    crest_db: Rows
    peak: Rows


def describe(mix: Signal, parts: Mapping[str, Signal], on_progress: OnProgress) -> Described:
    """The card of every stem, and the stretches of doubt.

    Args:
        mix: as long as the parts.
        parts: stems by name, with `residual` among them where something was left over.
        on_progress: told the fraction done.
    """
    names = tuple(parts)
    hops: list[_Hop] = []
    hop_frames = round(HOP_S * mix.sample_rate_hz)
    count = max(1, round(mix.frames / hop_frames))  # a short rest belongs to the last hop
    for index in range(count):
        start, frames = index * hop_frames, hop_frames if index < count - 1 else mix.frames
        blocks = [part.read(start, frames) for part in parts.values()]
        hops.append(_hop([*blocks, mix.read(start, frames)], names, mix.sample_rate_hz))
        on_progress((index + 1) / count)
    return Described(tuple(_cards(names, hops)), HOP_S * _thinning(len(hops)), tuple(_doubts(names, hops)))


# --- One hop ----------------------------------------------------------------------------------------------------------


def _hop(blocks: Sequence[Samples], names: Sequence[str], rate_hz: int) -> _Hop:
    energy = np.array([float(np.square(block, dtype=np.float64).mean()) for block in blocks])
    peak = np.array([float(np.abs(block).max()) for block in blocks])
    spectra = _spectra(np.stack([block.mean(axis=0) for block in blocks]), _fft_frames(rate_hz))
    power = np.square(np.abs(spectra))
    first_high = int(np.ceil(HIGH_HZ * _fft_frames(rate_hz) / rate_hz))
    high = power[:, first_high:].sum(axis=1)
    return _Hop(
        energy=energy,
        bleed=_bleed(spectra, power, names, rate_hz),
        high=high.sum(axis=1),
        flutter_db=_flutter_db(high),
        crest_db=20.0 * np.log10(np.maximum(peak, 1e-12) / np.sqrt(np.maximum(energy, 1e-24))),
        peak=peak,
    )


def _fft_frames(rate_hz: int) -> int:
    """Of one analysis frame: as long, and as fine in Hz, at every rate."""
    return 1 << round(math.log2(FFT_S * rate_hz))


def _spectra(mono: NDArray[np.float32], fft_frames: int) -> NDArray[np.complex64]:
    """Shape (parts, bins, frames); a short end is filled with silence."""
    missing = max(0, fft_frames - mono.shape[1])
    padded = np.pad(mono, ((0, 0), (0, missing))) if missing else mono
    spectra = torch.stft(
        torch.from_numpy(np.ascontiguousarray(padded)),
        fft_frames,
        fft_frames // 2,
        window=torch.hann_window(fft_frames),
        center=False,
        return_complex=True,
    )
    result: NDArray[np.complex64] = spectra.numpy()
    return result


def _bleed(spectra: NDArray[np.complex64], power: NDArray[np.float32], names: Sequence[str], rate_hz: int) -> Rows:
    """For each part, what it shares with the one that it shares most with, over what it has.

    Chance makes independent signals coherent by one over the number of independent frames: that is taken off. The
    instrumental is the mix without the vocals, so it is compared with these only.
    """
    if spectra.shape[2] < FRAMES_MIN:
        return np.full(len(names) + 1, np.nan)
    edges = _band_edges(rate_hz)
    own = np.add.reduceat(power.sum(axis=2), edges, axis=1)[:, :-1].astype(np.float64)
    chance = 1.0 / max(1.0, spectra.shape[2] * 0.6)  # overlapping Hann windows: 0.6 independent frames each
    count = len(names)
    shared = np.zeros((count + 1, own.shape[1]))
    for i in range(count):
        for j in range(i + 1, count):
            if not _are_compared(names[i], names[j]):
                continue
            cross = (spectra[i] * spectra[j].conj()).sum(axis=1)
            energy = np.add.reduceat(np.square(np.abs(cross)), edges)[:-1]
            norm = np.add.reduceat(power[i].sum(axis=1) * power[j].sum(axis=1), edges)[:-1]
            coherence = np.clip((energy / np.maximum(norm, 1e-30) - chance) / (1.0 - chance), 0.0, 1.0)
            shared[i] = np.maximum(shared[i], own[i] * coherence * (own[j] >= own[i]))
            shared[j] = np.maximum(shared[j], own[j] * coherence * (own[i] > own[j]))
    bleed: Rows = shared.sum(axis=1) / np.maximum(own.sum(axis=1), 1e-30)
    return bleed


def _are_compared(a: str, b: str) -> bool:
    others = {a, b} - {INSTRUMENTAL}
    return RESIDUAL not in (a, b) and (len(others) == 2 or others == {"vocals"})


def _band_edges(rate_hz: int) -> NDArray[np.int64]:
    """First bins of thirds of octaves, strictly rising; the last one ends them."""
    fft_frames = _fft_frames(rate_hz)
    octaves = np.log2(rate_hz / 2 / BAND_LOW_HZ)
    centres = BAND_LOW_HZ * 2 ** (np.arange(int(octaves * BANDS_PER_OCTAVE) + 1) / BANDS_PER_OCTAVE)
    return np.unique(np.minimum(np.round(centres * fft_frames / rate_hz), fft_frames // 2)).astype(np.int64)


def _flutter_db(high: NDArray[np.float32]) -> Rows:
    """Mean absolute step in dB, of each part (parts, frames)."""
    if high.shape[1] < 2:
        return np.zeros(high.shape[0])
    floor = high.max(axis=1, keepdims=True) * 1e-4 + 1e-20
    steps: Rows = np.abs(np.diff(10.0 * np.log10(high + floor), axis=1)).mean(axis=1).astype(np.float64)
    return steps


# --- All hops ---------------------------------------------------------------------------------------------------------


def _cards(names: Sequence[str], hops: Sequence[_Hop]) -> Iterator[StemCard]:
    energies = np.stack([hop.energy for hop in hops])
    stems = [index for index, name in enumerate(names) if name not in {RESIDUAL, INSTRUMENTAL}]
    whole = float(energies[:, stems].sum()) if len(stems) > 1 else float(energies[:, :-1].sum())
    for index, name in enumerate(names):
        own = float(energies[:, index].sum())
        curve = [_bleed_db(hop, index) for hop in hops]
        known = [value for value in curve if value is not None]
        yield StemCard(
            name=name,
            energy_share=round(own / whole, 4) if whole > 0 and name != RESIDUAL else None,
            peak_dbfs=_rounded(gain_to_db(max(float(hop.peak[index]) for hop in hops))),
            bleed_db=_rounded(float(np.median(known))) if known and name != RESIDUAL else None,
            bleed_curve_db=() if name == RESIDUAL else _thinned(curve),
            watery_index=None if name == RESIDUAL else _watery(names, hops, index),
            hollow_index=_hollow(hops, index) if name == DRUMS else None,
        )


def _bleed_db(hop: _Hop, index: int) -> float | None:
    if hop.energy[index] < SILENCE or np.isnan(hop.bleed[index]):
        return None
    return 10.0 * float(np.log10(max(hop.bleed[index], 1e-5)))


def _watery(names: Sequence[str], hops: Sequence[_Hop], index: int) -> float | None:
    """0..1; None where the mix or the stem has nothing up there."""
    sounding = [hop for hop in hops if hop.energy[index] >= SILENCE and hop.high[-1] > 0]
    own, mix = (float(sum(hop.high[at] for hop in sounding)) for at in (index, -1))
    if not sounding or own <= 1e-4 * mix:
        return None
    flutter = float(np.median([hop.flutter_db[index] - hop.flutter_db[-1] for hop in sounding])) / FLUTTER_DB
    missing = 0.0
    if RESIDUAL in names:
        missing = float(sum(hop.high[names.index(RESIDUAL)] for hop in sounding)) / mix
    return round(float(min(max(flutter, missing, 0.0), 1.0)), 2)


def _hollow(hops: Sequence[_Hop], index: int) -> float | None:
    carried = [hop for hop in hops if hop.energy[index] > max(SILENCE, DRUMS_SHARE_MIN * hop.energy[-1])]
    if not carried:
        return None
    lost_db = float(np.median([hop.crest_db[-1] - hop.crest_db[index] for hop in carried]))
    return round(min(max(lost_db / HOLLOW_DB, 0.0), 1.0), 2)


def _doubts(names: Sequence[str], hops: Sequence[_Hop]) -> Iterator[SpanOfDoubt]:
    """Stretches where the residual comes near the mix, neighbours joined, the worst value told."""
    if RESIDUAL not in names:
        return
    index = names.index(RESIDUAL)
    begun: int | None = None
    worst = -np.inf
    for number, hop in enumerate([*hops, None]):
        left_db = -np.inf if hop is None or hop.energy[-1] < SILENCE else _ratio_db(hop.energy[index], hop.energy[-1])
        if left_db > DOUBT_DB:
            begun, worst = (number if begun is None else begun), max(worst, left_db)
        elif begun is not None:
            yield SpanOfDoubt(start_s=begun * HOP_S, end_s=number * HOP_S, residual_db=round(worst, 1))
            begun, worst = None, -np.inf


def _ratio_db(part: float, whole: float) -> float:
    return float(10.0 * np.log10(max(part, 1e-30) / whole))


def _thinning(count: int) -> int:
    return max(1, -(-count // CURVE_POINTS_MAX))


def _thinned(curve: Sequence[float | None]) -> tuple[float | None, ...]:
    """At most 600 points: the worst of each group."""
    step = _thinning(len(curve))
    groups = (curve[first : first + step] for first in range(0, len(curve), step))
    worst = (max((value for value in group if value is not None), default=None) for group in groups)
    return tuple(None if value is None else round(value, 1) for value in worst)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
