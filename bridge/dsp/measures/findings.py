"""Findings about levels, as coded messages."""

from collections.abc import Iterator

from bridge.dsp.measures.readings import Readings
from bridge.dsp.measures.thresholds import thresholds
from bridge.messages import message
from bridge.model import Measurement, Message
from bridge.units import clock, count_text

SHORTEST_S = 0.4
"""One gating block."""
CHANNEL_NAMES = {1: ("only",), 2: ("left", "right")}


def channel_name(channel: int, channels: int) -> str:
    """The channel as a musician calls it."""
    names = CHANNEL_NAMES.get(channels)
    return names[channel] if names else f"{channel + 1}."


def level_messages(readings: Readings, measurement: Measurement) -> Iterator[Message]:
    """What a musician should know about silence, clipping, overs, DC and dead channels."""
    if not readings.is_finite:
        yield message("not_a_number")
        return
    if measurement.sample_peak_dbfs is None:
        yield message("silent")
        return
    if readings.duration_s < SHORTEST_S:
        yield message("too_short", value=readings.duration_s, threshold=SHORTEST_S)
    yield from _peak_messages(readings, measurement)
    yield from _channel_messages(readings)


def _peak_messages(readings: Readings, measurement: Measurement) -> Iterator[Message]:
    sample, true = measurement.sample_peak_dbfs, measurement.true_peak_dbtp
    assert sample is not None
    assert true is not None
    runs = readings.levels.runs
    if runs:
        longest = max(runs, key=lambda run: run.frames)
        start_s = longest.start / readings.sample_rate_hz
        yield message(
            "clipped",
            runs=count_text(readings.levels.run_count, "clipped run"),
            value=longest.frames,
            threshold=thresholds().levels.clipped_run_frames_min,
            at=clock(start_s),
            start_s=start_s,
            end_s=start_s + longest.frames / readings.sample_rate_hz,
        )
    if sample > 0.0:
        yield message("over_full_scale", value=sample, threshold=0.0)
    elif true > 0.0:
        yield message("inter_sample_over", value=true, threshold=0.0)


def _channel_messages(readings: Readings) -> Iterator[Message]:
    levels = readings.levels
    channels = int(levels.peaks.size)
    for channel in range(channels):
        name = channel_name(channel, channels)
        if levels.peaks[channel] == 0.0:
            yield message("silent_channel", channel=name)
        elif abs(levels.dc[channel]) > thresholds().levels.dc_offset_max:
            limit = thresholds().levels.dc_offset_max
            yield message("dc_offset", channel=name, value=float(levels.dc[channel]), threshold=limit)
