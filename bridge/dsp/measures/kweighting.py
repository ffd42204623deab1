"""K-weighted energies at a hop of 10 ms: all that loudness is computed from (BS.1770-5, annex 1)."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Samples, Signal
from bridge.dsp.compiled import compiled
from bridge.dsp.measures.spans import Span, SpanPlan, each_span

Energies: TypeAlias = NDArray[np.float64]
"""Shape (channels, hops): mean square of the K-weighted signal in each hop, not weighted by channel."""

TABLE_RATE_HZ = 48000
HOP_S = 0.01
"""Momentary and short-term maxima read up to 0.5 LU low at the 100 ms hop that integrated loudness needs."""
LANES = 16
"""Filter lanes run side by side; two vector registers of float64 hide the latency of the recursion."""
SEGMENT_HOPS = 250
"""Hops of one lane in a full span."""
SETTLE_HOPS = 15
"""Each lane starts this much early: the slowest pole (38 Hz) has then decayed by 1e-14."""


def hop_frames(sample_rate_hz: int) -> int:
    """Frames in a hop: 10 ms to the nearest frame."""
    return max(1, round(sample_rate_hz * HOP_S))


def k_weighting(sample_rate_hz: int) -> NDArray[np.float64]:
    """The two biquads of BS.1770-5 (annex 1, figures 2 and 4) as rows b0 b1 b2 a1 a2, for any rate.

    The standard tabulates coefficients at 48 kHz only and asks for the same response elsewhere. These come from its
    analogue prototypes by the bilinear transform (parameters by Brecht De Man, "Evaluation of implementations of the
    EBU R128 loudness measurement", 2018). As published, the high-pass loses up to 0.04 dB over its whole band at higher
    rates, because the table's numerator 1, -2, 1 is not normalised; the gain it has at 48 kHz is kept here at any rate.
    Then the response is the table's within 0.008 dB from 32 to 384 kHz, and exactly at 48 kHz.
    """
    shelf, high_pass = _high_shelf(sample_rate_hz), _high_pass(sample_rate_hz)
    # A high-pass b = (1, -2, 1) has the gain 4 / (1 - a1 + a2) at half the sample rate, hence in its whole band.
    kept = _band_gain(_high_pass(TABLE_RATE_HZ)) / _band_gain(high_pass)
    shelf[:3] = [kept * b for b in shelf[:3]]
    return np.array([shelf, high_pass])


def k_response(frequencies_hz: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Power gain of the K-weighting at these frequencies."""
    z = np.exp(-2j * np.pi * frequencies_hz / sample_rate_hz)
    gain = np.ones(frequencies_hz.size)
    for b0, b1, b2, a1, a2 in k_weighting(sample_rate_hz):
        gain *= np.abs((b0 + b1 * z + b2 * z * z) / (1.0 + a1 * z + a2 * z * z)) ** 2
    return gain


def _band_gain(high_pass: list[float]) -> float:
    return 4.0 / (1.0 - high_pass[3] + high_pass[4])


def _high_shelf(sample_rate_hz: int) -> list[float]:
    cutoff_hz, gain_db, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * cutoff_hz / sample_rate_hz)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + k / q + k * k
    return [
        (high + band * k / q + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    ]


def _high_pass(sample_rate_hz: int) -> list[float]:
    cutoff_hz, q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * cutoff_hz / sample_rate_hz)
    a0 = 1.0 + k / q + k * k
    return [1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0]


def hop_energies(signal: Signal, threads: int = 2, on_progress: OnProgress | None = None) -> Energies:
    """Mean square of the K-weighted signal per channel and hop of 10 ms (BS.1770-5, annex 1, eq. 1).

    Args:
        signal: any rate from 8 kHz, any length, float32; read in spans, so that memory does not grow with length.
        threads: how many threads filter; the result does not depend on it.
        on_progress: told the fraction done.

    Returns:
        float64 (channels, hops). An unfinished hop at the end is left out (the standard leaves out the unfinished
        gating block); a signal shorter than one hop gives (channels, 0); silence gives zeros; NaN stays NaN.
    """
    plan = energy_plan(signal)
    coefficients = k_weighting(signal.sample_rate_hz)
    hop = hop_frames(signal.sample_rate_hz)

    def work(span: Span) -> Energies:
        return span_energies(span, coefficients, hop)

    return join_energies(each_span(signal, plan, work, threads, on_progress), signal.channels)


def join_energies(parts: list[Energies], channels: int) -> Energies:
    """The energies of consecutive spans as one array."""
    return np.concatenate(parts, axis=1) if parts else np.zeros((channels, 0))


def energy_plan(signal: Signal) -> SpanPlan:
    """Spans of whole hops, as long as all lanes of a full kernel call."""
    hop = hop_frames(signal.sample_rate_hz)
    return SpanPlan(_lanes(signal.channels) * SEGMENT_HOPS * hop, SETTLE_HOPS * hop, 0)


def _lanes(channels: int) -> int:
    """Segments of a span that are filtered side by side."""
    return max(1, LANES // channels)


def span_energies(span: Span, coefficients: NDArray[np.float64], hop: int) -> Energies:
    """Energies (channels, whole hops) of one span; the last span's unfinished hop is left out."""
    channels = int(span.samples.shape[0])
    hops = span.frames // hop
    energies = np.zeros((channels, hops))
    if hops:
        lead = min(SETTLE_HOPS, (span.first - span.low) // hop)
        places = np.array([span.first, hops, hop, lead, _lanes(channels)], np.int64)
        _weigh(span.samples, places, coefficients, energies)
    return energies


@compiled
def _gather(samples: Samples, starts: NDArray[np.int64], frames: int, tile: Samples) -> None:
    """Rows of `tile` (frames, lanes): one frame of every lane; a lane that starts below 0 has not begun yet."""
    channels = samples.shape[0]
    for lane in range(starts.size):
        start = starts[lane]
        for channel in range(channels):
            column = lane * channels + channel
            if start < 0:
                for t in range(frames):
                    tile[t, column] = np.float32(0.0)
            else:
                row = samples[channel, start : start + frames]
                for t in range(frames):
                    tile[t, column] = row[t]


@compiled
def _filter_tile(tile: Samples, frames: int, c: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    """Both biquads (transposed direct form II) over a tile, adding squares to the last row of `state` (5, lanes)."""
    s1, s2, s3, s4, energy = state[0], state[1], state[2], state[3], state[4]
    b0, b1, b2, a1, a2 = c[0, 0], c[0, 1], c[0, 2], c[0, 3], c[0, 4]
    d1, d2 = c[1, 3], c[1, 4]
    for t in range(frames):
        row = tile[t]
        for lane in range(s1.size):
            x = row[lane]
            y = b0 * x + s1[lane]
            s1[lane] = b1 * x - a1 * y + s2[lane]
            s2[lane] = b2 * x - a2 * y
            z = y + s3[lane]
            s3[lane] = -2.0 * y - d1 * z + s4[lane]
            s4[lane] = y - d2 * z
            energy[lane] += z * z


@compiled
def _weigh(
    samples: Samples, places: NDArray[np.int64], coefficients: NDArray[np.float64], energies: NDArray[np.float64]
) -> None:
    """Fills `energies` (channels, hops) of a span cut into segments, one a lane, each begun `lead` hops early."""
    first, hops, hop, lead, segments = places[0], places[1], places[2], places[3], places[4]
    channels = samples.shape[0]
    each = -(-hops // segments)
    state = np.zeros((5, segments * channels))
    tile = np.empty((256, segments * channels), np.float32)
    starts = np.empty(segments, np.int64)
    for h in range(-SETTLE_HOPS, each):
        state[4, :] = 0.0
        for t0 in range(0, hop, 256):
            for lane in range(segments):
                k = lane * each + h
                starts[lane] = first + k * hop + t0 if -lead <= k < hops else -1
            frames = min(256, hop - t0)
            _gather(samples, starts, frames, tile)
            _filter_tile(tile, frames, coefficients, state)
        for s in range(4):
            for column in range(state.shape[1]):
                if abs(state[s, column]) < 1e-30:  # numbers that decay for ever become subnormal, which is slow
                    state[s, column] = 0.0
        if h >= 0:
            for lane in range(segments):
                if lane * each + h < hops:
                    for channel in range(channels):
                        energies[channel, lane * each + h] = state[4, lane * channels + channel] / hop
