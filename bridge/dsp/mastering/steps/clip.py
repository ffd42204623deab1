"""Clipper."""

from bridge.audio.signal import Signal
from bridge.chains import Clip
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.dsp.mastering.waveshape import ShapedProcessor, clip_curve
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.units import db_to_gain, gain_to_db


def fit_clip(step: Clip, signal: Signal) -> Fitted:
    """The clipper; a signal whose true peak stays below the knee is left alone."""
    ceiling = db_to_gain(step.ceiling_dbfs)
    peak = signal_peaks(signal).true * db_to_gain(step.drive_db)
    curve = clip_curve(ceiling, db_to_gain(-step.knee_db), db_to_gain(step.drive_db))
    if step.drive_db == 0 and peak <= curve.threshold:
        return UNCHANGED
    over_db = gain_to_db(peak / ceiling)
    detail = None if over_db is None else f"true peaks came to {over_db:+.1f} dB from the ceiling"
    processor = ShapedProcessor(curve, step.oversample, signal.channels, signal.sample_rate_hz)
    return Fitted(processor, applied_step(step, detail))
