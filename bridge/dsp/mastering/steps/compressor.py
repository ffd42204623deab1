"""Compressor: linked channels, peak or RMS, with a gain planned ahead."""

import numpy as np

from bridge.audio.signal import Signal
from bridge.chains import Compressor
from bridge.dsp.mastering.dynamics.cells import Cells, read_cells
from bridge.dsp.mastering.dynamics.curve import Curve
from bridge.dsp.mastering.dynamics.gain import Gained, GainProcessor, reduction_of, reduction_to_gain
from bridge.dsp.mastering.dynamics.times import Times, held, moved
from bridge.dsp.mastering.equal_loudness import lost_db
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import bilinear_sections
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.dsp.mastering.working import WorkingSignal
from bridge.units import db_to_gain

DETECTION = frozenset({"detector", "sidechain_highpass_hz", "link_percent"})
"""Parameters that decide what is heard."""


def fit_compressor(step: Compressor, signal: Signal) -> Fitted:
    """The gain for this signal; none where nothing exceeds the threshold."""
    reductions = _reductions(step, signal)
    if not reductions.any():
        return UNCHANGED
    figures = reduction_of(reductions)
    nodes = reduction_to_gain(reductions)
    makeup_db = lost_db(signal, Gained(signal, nodes)) or 0.0 if step.makeup == "auto" else 0.0
    nodes *= np.float32(db_to_gain(makeup_db))
    detail = figures.text + (f", make-up {makeup_db:+.2f} dB" if step.makeup == "auto" else "")
    applied = applied_step(
        step,
        detail,
        gain_reduction_max_db=round(figures.most_db, 4),
        gain_reduction_mean_db=round(figures.mean_db, 4),
        makeup_db=round(makeup_db, 4),
    )
    return Fitted(GainProcessor(nodes), applied)


def _reductions(step: Compressor, signal: Signal) -> Cells:
    """Gain reduction in dB at each node: one row where channels are linked, otherwise one a channel."""
    rate_hz, link = signal.sample_rate_hz, step.link_percent / 100.0
    times = Times(step.attack_ms, step.release_ms, step.lookahead_ms)
    powers = _heard(step, signal)
    reductions = held(powers, times, step.detector, rate_hz)
    Curve(step.threshold_db, step.ratio, step.knee_db).bend(reductions)
    if link not in {0.0, 1.0}:
        reductions += np.float32(link) * (reductions.max(axis=0) - reductions)
    return moved(reductions, times, step.detector, rate_hz)


def listen_ahead(step: Compressor, signal: WorkingSignal) -> None:
    """Hears what the fit will want to hear, while the steps before are still running; not where that is undecided."""
    if not step.is_placed and DETECTION.isdisjoint(step.auto):
        signal.heard[_detection(step)] = _heard(step, signal)


def _heard(step: Compressor, signal: Signal) -> Cells:
    """Powers of the cells, one row where channels are linked; what was heard ahead is taken as it is."""
    if isinstance(signal, WorkingSignal) and (kept := signal.heard.pop(_detection(step), None)) is not None:
        return kept
    return read_cells(signal, step.detector, _sidechain(step, signal), is_linked=step.link_percent == 100.0)


def _detection(step: Compressor) -> tuple[object, ...]:
    """All that decides what is heard."""
    return tuple(getattr(step, name) for name in sorted(DETECTION))


def _sidechain(step: Compressor, signal: Signal) -> list[CascadeProcessor]:
    if step.sidechain_highpass_hz is None:
        return []
    sections = bilinear_sections(butterworth(step.sidechain_highpass_hz, 2, "highpass"), signal.sample_rate_hz)
    return [CascadeProcessor(sections, signal.channels)]
