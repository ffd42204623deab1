"""Curves on an oversampled signal, by difference: y = x + down(f(up(x)) - up(x)).

Only what a curve changes goes through the filters: what it leaves alone stays as it is, bit by bit, the passband has
no ripple, and stretches below a clipper's knee cost nothing. The interpolator is a Kaiser-windowed sinc, 64 frames
long, -100 dB from 0.55 of the sample rate on; the decimator is the same filter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import copy_into
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import bilinear_sections
from bridge.dsp.mastering.processor import GRAIN_FRAMES

SPAN = 64
"""Frames that a value between frames depends on, and the latency of up and down together."""
KAISER_BETA = 10.5
TILE = GRAIN_FRAMES
HARDEST_KNEE = 0.9999
BIAS = 0.35
"""Of the tube curve: how far off its middle the signal lies."""
DC_HZ = 5.0

CLIP, TANH, TAPE, TUBE = 0.0, 1.0, 2.0, 3.0
Settings = NDArray[np.float64]
"""Kind of the curve, gain before it, and two numbers of its own: ceiling and knee (of the ceiling), or drive and 0."""
Filters = tuple[Samples, Samples]
"""Phases 1 to P - 1 of interpolator and decimator: (P - 1, SPAN) each."""


@dataclass(frozen=True)
class Curve:
    """A memoryless curve of slope 1 at zero."""

    settings: Settings
    gain_after: float = 1.0

    @property
    def threshold(self) -> float:
        """Below it nothing is changed."""
        return float(self.settings[2] * self.settings[3]) if self.settings[0] == CLIP else 0.0

    def shaped(self, block: Samples) -> Samples:
        """The curve on samples as they are, not oversampled: to foresee loudness."""
        values: Samples = (block * np.float32(self.settings[1])).astype(np.float32, order="C")
        change = values.copy()
        bend(change.reshape(-1), self.settings)
        values += change
        return values


def clip_curve(ceiling: float, knee: float, drive: float) -> Curve:
    """Straight up to `knee` (share of the ceiling), then a parabola that reaches the ceiling; all linear."""
    return Curve(np.array([CLIP, drive, ceiling, min(knee, HARDEST_KNEE)]))


def saturation_curve(kind: str, drive: float, gain_after: float = 1.0) -> Curve:
    """tanh(d x) / d, its algebraic and softer relative, or tanh off its middle."""
    return Curve(np.array([{"tanh": TANH, "tape": TAPE, "tube": TUBE}[kind], 1.0, drive, 0.0]), gain_after)


class ShapedProcessor:
    """A curve on every channel, oversampled."""

    latency_frames = SPAN

    def __init__(self, curve: Curve, oversample: int, channels: int, sample_rate_hz: int) -> None:
        self._curve = curve
        self._filters = filters_for(oversample)
        self._history = np.zeros((channels, SPAN), np.float32)
        self._tails = np.zeros((channels, SPAN), np.float32)
        no_dc = bilinear_sections(butterworth(DC_HZ, 1, "highpass"), sample_rate_hz)
        self._no_dc = CascadeProcessor(no_dc, channels) if curve.settings[0] == TUBE else None

    def process(self, block: Samples) -> Samples:
        """The block, bent, SPAN frames late."""
        frames = block.shape[1]
        given = np.zeros((block.shape[0], -(-frames // TILE) * TILE), np.float32)
        given[:, :frames] = block
        dry, change = np.empty_like(given), np.empty_like(given)
        shape_tiles(given, (dry, change), (self._history, self._tails), self._filters, self._curve.settings)
        if self._no_dc is not None:
            change = self._no_dc.process(change)
        dry += change
        if self._curve.gain_after != 1.0:
            dry *= np.float32(self._curve.gain_after)
        return dry[:, :frames]


def filters_for(oversample: int) -> Filters:
    """Interpolator and decimator of a factor; phase 0 is the frames themselves."""
    places = np.arange(oversample * SPAN + 1) - oversample * SPAN // 2
    taps = np.sinc(places / oversample) * np.kaiser(places.size, KAISER_BETA)
    phases = [taps[phase::oversample][:SPAN] for phase in range(1, oversample)]
    phases = [phase / phase.sum() for phase in phases]
    up = np.array([phase[::-1] for phase in phases], np.float32)
    down = np.array([phases[-1 - index][::-1] / oversample for index in range(len(phases))], np.float32)
    return np.ascontiguousarray(up), np.ascontiguousarray(down)


@compiled
def shape_tiles(
    block: Samples, made: tuple[Samples, Samples], kept: tuple[Samples, Samples], filters: Filters, settings: Settings
) -> None:
    """Writes the block, late and with its gain, and what the curve changes of it.

    Args:
        block: (channels, a multiple of TILE).
        made: the late block, and the change; as long.
        kept: the last SPAN frames before the block, and the change that still comes after it; written for the next.
        filters: of the oversampling.
        settings: of the curve.
    """
    gain = np.float32(settings[1])
    window = np.zeros(SPAN + TILE, np.float32)
    change = np.zeros(SPAN + TILE, np.float32)
    for channel in range(block.shape[0]):
        given, late, changed = block[channel], made[0][channel], made[1][channel]
        history, tail = kept[0][channel], kept[1][channel]
        copy_into(window[:SPAN], history)
        copy_into(change[:SPAN], tail)
        for start in range(0, given.size, TILE):
            tile = given[start : start + TILE]
            fresh = window[SPAN:]
            for i in range(TILE):
                fresh[i] = tile[i] * gain
            change[SPAN:] = np.float32(0.0)
            _add_change(window, change, filters, settings)
            copy_into(late[start : start + TILE], window)
            copy_into(changed[start : start + TILE], change)
            for i in range(SPAN):
                window[i] = window[TILE + i]
                change[i] = change[TILE + i]
        copy_into(history, window)
        copy_into(tail, change)


@compiled
def _add_change(window: Samples, change: Samples, filters: Filters, settings: Settings) -> None:
    """Adds what the curve changes in the TILE frames that the window gives, brought down to the sample rate."""
    up, down = filters
    if not _can_change(window, up, settings):
        return
    share = np.float32(1.0 / (up.shape[0] + 1))
    padded = np.zeros(TILE + 2 * SPAN, np.float32)
    bent = padded[SPAN : SPAN + TILE]
    copy_into(bent, window[SPAN // 2 :])
    bend(bent, settings)
    own = change[SPAN // 2 : SPAN // 2 + TILE]
    for i in range(TILE):
        own[i] += share * bent[i]
    for phase in range(up.shape[0]):
        bent[:] = np.float32(0.0)
        convolve(window[1:], up[phase], bent)
        bend(bent, settings)
        convolve(padded, down[phase], change)


@compiled
def _can_change(window: Samples, up: Samples, settings: Settings) -> bool:
    """Whether any value, on the grid or between, can reach where the curve begins to bend."""
    peak = np.float32(0.0)
    for i in range(window.size):
        peak = max(peak, abs(window[i]))
    norm = np.float32(1.0)
    for phase in range(up.shape[0]):
        total = np.float32(0.0)
        for k in range(up.shape[1]):
            total += abs(up[phase, k])
        norm = max(norm, total)
    threshold = settings[2] * settings[3] if settings[0] == CLIP else 0.0
    return bool(peak * norm > threshold)


@compiled
def convolve(window: Samples, taps: Samples, out: Samples) -> None:
    """out[i] += sum over k of taps[k] window[i + k], for a multiple of four taps; sums of four stay in registers."""
    size = out.size
    for k in range(0, taps.size, 4):
        a, b, c, d = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        w0, w1, w2, w3 = window[k:], window[k + 1 :], window[k + 2 :], window[k + 3 :]
        for i in range(size):
            out[i] += a * w0[i] + b * w1[i] + c * w2[i] + d * w3[i]


@compiled
def bend(values: Samples, settings: Settings) -> None:
    """Puts in place of each value what the curve adds to it."""
    if settings[0] == CLIP:
        _bend_clip(values, np.float32(settings[2]), np.float32(settings[3]))
    elif settings[0] == TAPE:
        drive = np.float32(settings[2])
        for i in range(values.size):
            x = values[i]
            values[i] = x / np.sqrt(np.float32(1.0) + drive * x * drive * x) - x
    else:
        _bend_tanh(values, settings[2], BIAS if settings[0] == TUBE else 0.0)


@compiled
def _bend_clip(values: Samples, ceiling: np.float32, knee: np.float32) -> None:
    """Bends by knee + (1 - knee) (2 t - t^2) of the ceiling, with t running from 0 at the knee to 1 at 2 - knee."""
    one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
    rest = one - knee
    for i in range(values.size):
        x = values[i]
        size = abs(x)
        q = min(size / ceiling, one + rest)
        t = max(zero, (q - knee) / (two * rest))
        down = (min(q, knee) + rest * (two * t - t * t)) * ceiling - size
        down = down if size > knee * ceiling else zero
        values[i] = down if x > zero else -down


@compiled
def _bend_tanh(values: Samples, drive: float, bias: float) -> None:
    """(tanh(d x + bias) - tanh(bias)) / slope at zero - x, by a continued fraction (error below 2e-6)."""
    middle = _tanh(np.float32(bias))
    scale = np.float32(1.0 / (drive * (1.0 - np.float64(middle) * np.float64(middle))))
    gain, off = np.float32(drive), np.float32(bias)
    for i in range(values.size):
        x = values[i]
        values[i] = scale * (_tanh(gain * x + off) - middle) - x


@compiled
def _tanh(x: np.float32) -> np.float32:
    v = min(np.float32(4.97), max(np.float32(-4.97), x))
    q = v * v
    above = np.float32(135135.0) + q * (np.float32(17325.0) + q * (np.float32(378.0) + q))
    below = np.float32(135135.0) + q * (np.float32(62370.0) + q * (np.float32(3150.0) + np.float32(28.0) * q))
    return v * above / below
