"""Dynamic equaliser: one band that is cut or raised only while it stands out; and the de-esser, which is one.

A bell h as deep as the band may change at most is mixed with what went in: y = x + m (h(x) - x), with a share m that
moves and a filter that does not. For a gain g that is x + (g - 1) b(x), b being what a band-pass hears: gain g at the
centre, and exactly x where g is 1. The filter is the equaliser's, which does not cramp: up to 20 kHz the bell is within
0.15 dB of the analogue one for changes up to 6 dB, 0.45 dB for 12 dB (a bilinear one of 6 dB at 9 kHz is 3.7 dB off).
"""

import math
from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples, Signal
from bridge.chains import Deess, DynamicEq
from bridge.dsp.mastering.band import is_frequency_beyond, left_out
from bridge.dsp.mastering.dynamics.cells import CELL, Cells, read_cells
from bridge.dsp.mastering.dynamics.curve import Curve
from bridge.dsp.mastering.dynamics.gain import reduction_of, reduction_to_gain, with_gain
from bridge.dsp.mastering.dynamics.times import Times, held, moved
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import Prototype, band_bell, band_pass
from bridge.dsp.mastering.filters.sections import sections_of
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.dsp.measures.loudness import RANGE_GATE_LU, gated_blocks
from bridge.units import Db, db_to_gain

KNEE_DB = 6.0
BLOCK_S = 0.1
"""Blocks whose median is the long-term loudness of a band: a mean would follow what stands out."""


class BandProcessor:
    """Adds to the signal a share of what a bell changes of it; the share moves along nodes."""

    latency_frames = 0

    def __init__(self, bell: CascadeProcessor, shares: Cells) -> None:
        self._bell = bell
        self._shares = shares
        self._position = 0

    def process(self, block: Samples) -> Samples:
        """The block with its band raised or lowered."""
        change = self._bell.process(block)
        change -= block
        result = with_gain(change, self._position, self._shares)
        result += block
        self._position += int(block.shape[1])
        return result


@dataclass(frozen=True)
class Found:
    """What was found for a band: how much it changes at each node (dB, >= 0), and from which power on."""

    changes: Cells
    threshold_db: Db


def fit_dynamic_eq(step: DynamicEq, signal: Signal) -> Fitted:
    """The band's gain for this signal; none where it never exceeds its threshold."""
    return _fit_band(step, step, signal)


def fit_deess(step: Deess, signal: Signal) -> Fitted:
    """A fast dynamic cut where sibilants are."""
    band = DynamicEq(
        frequency_hz=step.frequency_hz,
        q=step.q,
        gain_db_max=-step.reduction_db_max,
        threshold_db=step.threshold_db,
        ratio=4.0,
        attack_ms=step.attack_ms,
        release_ms=step.release_ms,
    )
    return _fit_band(step, band, signal)


def _fit_band(step: DynamicEq | Deess, band: DynamicEq, signal: Signal) -> Fitted:
    if is_frequency_beyond(band.frequency_hz, signal):
        return left_out(step, signal)
    if band.gain_db_max == 0.0 or band.ratio == 1.0:
        return UNCHANGED
    found = _found(band, signal)
    if found is None or not found.changes.any():
        return UNCHANGED
    side = 1 if band.gain_db_max < 0 else -1
    most = np.float32(db_to_gain(band.gain_db_max) - 1.0)
    shares = (reduction_to_gain(found.changes * np.float32(side)) - np.float32(1.0)) / most
    figures = reduction_of(found.changes)
    word = "cut" if side > 0 else "boost"
    applied = applied_step(
        step,
        f"at most {figures.most_db:.1f} dB, on average {figures.mean_db:.1f} dB of {word}; "
        f"threshold at {found.threshold_db:.1f} dB in the band",
        band_threshold_db=round(found.threshold_db, 4),
        change_max_db=round(-side * figures.most_db, 4),
        change_mean_db=round(-side * figures.mean_db, 4),
    )
    bell = band_bell(band.frequency_hz, band.gain_db_max, band.q)
    return Fitted(BandProcessor(_running(bell, signal), shares), applied)


def _found(band: DynamicEq, signal: Signal) -> Found | None:
    """None where the band has no loudness to be relative to."""
    heard = _running(band_pass(band.frequency_hz, band.q), signal)
    powers = read_cells(signal, "rms", [heard], is_linked=True)
    threshold_db = band.threshold_db
    if band.threshold_from == "own_loudness":
        loudness_db = long_term_db(powers, signal.sample_rate_hz)
        if loudness_db is None:
            return None
        threshold_db += loudness_db
    times = Times(band.attack_ms, band.release_ms)
    changes = held(powers, times, "rms", signal.sample_rate_hz)
    Curve(threshold_db, band.ratio, KNEE_DB, abs(band.gain_db_max)).bend(changes)
    return Found(moved(changes, times, "rms", signal.sample_rate_hz), threshold_db)


def long_term_db(powers: Cells, sample_rate_hz: int) -> Db | None:
    """Median power of a band in blocks of 100 ms, pauses left out (Tech 3342's gates); None for next to silence."""
    width = min(max(1, round(BLOCK_S * sample_rate_hz / CELL)), max(1, powers.shape[1]))
    whole = powers[0, : powers.shape[1] // width * width]
    blocks = whole.reshape(-1, width).mean(axis=1, dtype=np.float64)
    kept = gated_blocks(blocks, RANGE_GATE_LU)
    return 10.0 * math.log10(float(np.median(blocks[kept]))) if kept.any() else None


def _running(prototype: Prototype, signal: Signal) -> CascadeProcessor:
    return CascadeProcessor(sections_of(prototype, signal.sample_rate_hz), signal.channels)
