"""All standard readings of a signal."""

from dataclasses import dataclass

from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.measures.findings import level_messages
from bridge.dsp.measures.loudness import (
    MOMENTARY_HOPS,
    SHORT_TERM_HOPS,
    integrated_lufs,
    loudest,
    loudness_curve,
    loudness_range_lu,
)
from bridge.dsp.measures.readings import Readings, read_meters
from bridge.model import LoudnessCurve, Measurement, Message
from bridge.units import gain_to_db

NO_CURVE = LoudnessCurve(hop_s=0.1, short_term_lufs=(), momentary_lufs=())


@dataclass(frozen=True)
class Measured:
    """What the meters read of one signal."""

    measurement: Measurement
    curve: LoudnessCurve
    messages: tuple[Message, ...]


def measure(signal: Signal, on_progress: OnProgress | None = None, threads: int = 2) -> Measured:
    """Loudness, peaks and levels of a signal in one pass (BS.1770-5, EBU Tech 3341 v4, Tech 3342).

    Args:
        signal: float32, any rate from 8 kHz, any number of channels (weights by layout: `channel_weights`). It is read
            in spans of about 20 s, so that memory does not grow with its length.
        on_progress: told the fraction done.
        threads: how many threads work; the result is the same bit by bit.

    Returns:
        None for what does not exist: every level of digital silence; integrated and momentary loudness below 400 ms and
        short-term loudness below 3 s; integrated loudness where nothing is above -70 LUFS. Samples that are not numbers
        make every level None, with a message.
    """
    readings = read_meters(signal, threads, on_progress)
    curve = loudness_curve(readings.power, readings.hop_s) if readings.is_finite else NO_CURVE
    measurement = measurement_of(readings)
    return Measured(measurement, curve, tuple(level_messages(readings, measurement)))


def measurement_of(readings: Readings) -> Measurement:
    """The figures."""
    shape = {
        "duration_s": readings.duration_s,
        "channels": int(readings.energies.shape[0]),
        "sample_rate_hz": readings.sample_rate_hz,
    }
    figures = _figures(readings) if readings.is_finite else dict.fromkeys(FIGURES)
    return Measurement.model_validate(shape | figures)


FIGURES = (
    "integrated_lufs",
    "momentary_max_lufs",
    "short_term_max_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "plr_lu",
    "crest_db",
)


def _figures(readings: Readings) -> dict[str, float | None]:
    power, peaks, levels = readings.power, readings.peaks, readings.levels
    integrated = integrated_lufs(readings.energies)
    momentary = loudest(power, MOMENTARY_HOPS, readings.hop_s)
    short_term = loudest(power, SHORT_TERM_HOPS, readings.hop_s)
    true_peak = gain_to_db(peaks.true)
    return {
        "integrated_lufs": integrated,
        "momentary_max_lufs": momentary.loudness_lufs,
        "momentary_max_at_s": momentary.middle_s,
        "short_term_max_lufs": short_term.loudness_lufs,
        "short_term_max_at_s": short_term.middle_s,
        "loudness_range_lu": loudness_range_lu(power),
        "true_peak_dbtp": true_peak,
        "standard_true_peak_dbtp": gain_to_db(peaks.standard),
        "sample_peak_dbfs": gain_to_db(peaks.sample),
        "plr_lu": None if true_peak is None or integrated is None else true_peak - integrated,
        "crest_db": levels.crest_db,
        "dc_offset": float(max(levels.dc, key=abs)),
    }
