"""Loudness from hop energies: integrated, momentary, short-term, range (BS.1770-5 annex 1, Tech 3341, Tech 3342)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.dsp.measures.kweighting import Energies
from bridge.model import LoudnessCurve
from bridge.units import Lu, Lufs

OFFSET_LU = -0.691
"""BS.1770-5, eq. 2: makes 997 Hz at 0 dBFS in one channel read -3.01 LKFS."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
BLOCK_HOPS, BLOCK_STEP_HOPS = 40, 10
"""Gating blocks of 400 ms that overlap by 75 %."""
MOMENTARY_HOPS, SHORT_TERM_HOPS = 40, 300
NOTHING = 1e-12
"""Power (-120.7 LUFS) below which a window is silent: rounding, or the dither of 24 bit, is all that is there."""
CURVE_STEP_HOPS, CURVE_POINTS_MAX = 10, 2400
"""A plot gets ten values a second, fewer when the signal is longer than four minutes."""

_WEIGHTS = {
    # BS.1770-5, table 4: +1.5 dB (1.41) between 60 and 120 degrees of azimuth below 30 degrees of elevation; LFE is 0.
    5: (1, 1, 1, 1.41, 1.41),  # L R C Ls Rs
    6: (1, 1, 1, 0, 1.41, 1.41),  # L R C LFE Ls Rs
    8: (1, 1, 1, 0, 1, 1, 1.41, 1.41),  # 7.1 in the order of WAV: L R C LFE, back (135 degrees), side (90 degrees)
    12: (1, 1, 1, 0, 1, 1, 1.41, 1.41, 1, 1, 1, 1),  # 7.1.4: as 7.1, then four above
}


def channel_weights(channels: int) -> NDArray[np.float64]:
    """Weights of the channels by layout (5.0, 5.1, 7.1, 7.1.4 in the channel order of WAV); all 1 for other counts.

    One channel counts as one: a mono file reads 3.01 LU lower than the same signal on two channels ("dual mono").
    """
    return np.array(_WEIGHTS.get(channels, (1.0,) * channels), np.float64)


def weighted_power(energies: Energies, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Sum over the channels of weight times energy, per hop (BS.1770-5, the sum in eq. 2)."""
    return (channel_weights(energies.shape[0]) if weights is None else weights) @ energies


def to_lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness of each power; -inf for none."""
    with np.errstate(divide="ignore"):
        return OFFSET_LU + 10.0 * np.log10(power)


def to_power(loudness_lufs: float) -> float:
    """The power that has this loudness."""
    return float(10.0 ** ((loudness_lufs - OFFSET_LU) / 10.0))


def window_power(power: NDArray[np.float64], hops: int, step: int = 1) -> NDArray[np.float64]:
    """Mean power of every window of `hops` hops, each `step` later; empty where the signal is shorter."""
    if power.size < hops:
        return np.zeros(0)
    cumulative = np.concatenate(([0.0], np.cumsum(power)))
    means = (cumulative[hops:] - cumulative[:-hops])[::step] / hops
    return np.maximum(means, 0.0)  # differences of large sums may fall a rounding below zero


def integrated_lufs(energies: Energies, weights: NDArray[np.float64] | None = None) -> Lufs | None:
    """Gated loudness of the whole (BS.1770-5, annex 1, eq. 5 to 7); None for silence or less than 400 ms.

    Args:
        energies: (channels, hops) as of `hop_energies`.
        weights: of the channels; by default those of the layout with as many channels.
    """
    blocks = window_power(weighted_power(energies, weights), BLOCK_HOPS, BLOCK_STEP_HOPS)
    kept = gated_blocks(blocks, RELATIVE_GATE_LU)
    return float(to_lufs(blocks[kept].mean())) if kept.any() else None


def gated_blocks(blocks: NDArray[np.float64], relative_gate_lu: Lu) -> NDArray[np.bool_]:
    """Which blocks lie above the absolute gate and above the relative gate, counted from those."""
    kept: NDArray[np.bool_] = blocks > to_power(ABSOLUTE_GATE_LUFS)
    if not kept.any():
        return kept
    gate = blocks[kept].mean() * 10.0 ** (relative_gate_lu / 10.0)
    kept &= blocks > gate
    return kept


def loudness_range_lu(power: NDArray[np.float64]) -> Lu | None:
    """Difference of the 95th and the 10th percentile of gated short-term loudness (Tech 3342); None below 3 s.

    Args:
        power: weighted power per hop; short-term windows start each 100 ms.
    """
    blocks = window_power(power, SHORT_TERM_HOPS, BLOCK_STEP_HOPS)
    kept = np.sort(blocks[gated_blocks(blocks, RANGE_GATE_LU)])
    if not kept.size:
        return None
    low, high = (kept[round((kept.size - 1) * share)] for share in (0.10, 0.95))
    return float(10.0 * np.log10(high / low))


@dataclass(frozen=True)
class Loudest:
    """The loudest window of one length; None where the signal is shorter, or silent."""

    loudness_lufs: Lufs | None
    middle_s: float | None


def loudest(power: NDArray[np.float64], hops: int, hop_s: float) -> Loudest:
    """The loudest window of `hops` hops, at any hop."""
    windows = window_power(power, hops)
    if not windows.size or windows.max() <= NOTHING:
        return Loudest(None, None)
    at = int(windows.argmax())
    return Loudest(float(to_lufs(windows[at : at + 1])[0]), (at + hops / 2) * hop_s)


def loudness_curve(power: NDArray[np.float64], hop_s: float) -> LoudnessCurve:
    """Momentary and short-term loudness over time: value i is the highest that a meter shows in the i-th step.

    A meter shows the window that ends now: nothing (None) until its first window is full, or in silence.
    """
    step = CURVE_STEP_HOPS * max(1, -(-power.size // (CURVE_STEP_HOPS * CURVE_POINTS_MAX)))
    return LoudnessCurve(
        hop_s=step * hop_s,
        short_term_lufs=_thinned(power, SHORT_TERM_HOPS, step),
        momentary_lufs=_thinned(power, MOMENTARY_HOPS, step),
    )


def _thinned(power: NDArray[np.float64], hops: int, step: int) -> tuple[float | None, ...]:
    shown = np.zeros(-(-power.size // step) * step)
    windows = window_power(power, hops)
    shown[hops - 1 : hops - 1 + windows.size] = windows
    highest = shown.reshape(-1, step).max(axis=1)
    return tuple(
        round(value, 2) if power > NOTHING else None
        for power, value in zip(highest.tolist(), to_lufs(highest).tolist(), strict=True)
    )
