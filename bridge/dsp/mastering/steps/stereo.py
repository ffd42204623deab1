"""Width: a gain of the side signal, held back where it would let left and right work against each other."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Signal
from bridge.chains import Stereo
from bridge.dsp.mastering.dynamics.crossover import low_pass_magnitude
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.fir import BAND_SPAN_S, FirProcessor, linear_phase_taps
from bridge.dsp.mastering.filters.prototype import Curve, Prototype, butterworth
from bridge.dsp.mastering.filters.sections import sections_of
from bridge.dsp.mastering.placement import WEIGHTS, Delay, PartSignal, PlacedProcessor, needs_two_channels
from bridge.dsp.mastering.processor import GRAIN_FRAMES, UNCHANGED, Fitted, Processor, applied_step
from bridge.dsp.mastering.steps.gain import GainProcessor
from bridge.messages import message
from bridge.model import Message
from bridge.units import clock

WINDOW_S = 0.4
"""Correlation is watched in windows of about this length."""
QUIET = 1e-4
"""Windows softer than this share (-40 dB) of the loudest one's energy do not count."""
HALVINGS = 40


@dataclass(frozen=True)
class Widths:
    """What the side signal gets: a gain in each band, and nothing below a frequency."""

    gains: tuple[float, ...]
    crossovers_hz: tuple[float, ...]
    mono_below: Prototype | None

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return self.mono_below is None and all(gain == 1.0 for gain in self.gains)

    def wider(self, share: float) -> "Widths":
        """Only this share of all widening; narrowing as it is."""
        gains = tuple(gain if gain <= 1.0 else _floored(1.0 + share * (gain - 1.0)) for gain in self.gains)
        return Widths(gains, self.crossovers_hz, self.mono_below)

    def processor(self, signal: Signal) -> Processor:
        """The filter of the side signal; of linear phase where bands meet, so that mid and side stay in time."""
        rate_hz = signal.sample_rate_hz
        if self.crossovers_hz:
            return FirProcessor(linear_phase_taps(self.magnitude, rate_hz, BAND_SPAN_S), 1)
        gain = self.gains[0]
        if self.mono_below is None:
            return GainProcessor(gain)
        sections = sections_of(self.mono_below, rate_hz)
        sections[0, :3] *= gain
        return CascadeProcessor(sections, 1)

    def magnitude(self, at_hz: Curve) -> Curve:
        """Gain at these frequencies, with the crossovers' slopes between bands."""
        below = [low_pass_magnitude(crossover_hz, at_hz) for crossover_hz in self.crossovers_hz]
        edges = [np.zeros(at_hz.shape), *below, np.ones(at_hz.shape)]
        total = np.zeros(at_hz.shape)
        for gain, low, high in zip(self.gains, edges[:-1], edges[1:], strict=True):
            total += gain * (high - low)
        return total if self.mono_below is None else total * self.mono_below.magnitude(at_hz)


@dataclass(frozen=True)
class Windows:
    """Energies in each window that counts: mid, side without widening, what widening adds to it, and products."""

    starts_s: NDArray[np.float64]
    sums: NDArray[np.float64]
    """(6, windows): mid mid, side side, added added, mid side, mid added, side added."""

    def correlation(self, share: float) -> NDArray[np.float64]:
        """Of left and right in each window, with this share of the widening."""
        mid, plain, added, mid_plain, mid_added, both = self.sums
        side = plain + 2.0 * share * both + share * share * added
        product = mid_plain + share * mid_added
        power = np.sqrt(np.maximum((mid + side) ** 2 - (2.0 * product) ** 2, 0.0))
        return np.asarray((mid - side) / np.maximum(power, 1e-300), np.float64)


def fit_stereo(step: Stereo, signal: Signal) -> Fitted:
    """The side signal through its filter and gains; the widest that keeps the correlation, 100 % leaves it alone."""
    if signal.channels != 2:
        return needs_two_channels(step, signal)
    wanted = _wanted(step)
    share, found = _safe_share(step, wanted, signal)
    widths = wanted.wider(share)
    if widths.is_neutral:
        return Fitted(None, None, found) if found else UNCHANGED
    placed = PlacedProcessor(widths.processor(signal), WEIGHTS["side"], 1.0, 2)
    applied = step.model_copy(update=_applied_widths(step, widths))
    detail = f"held back from {_percents(wanted.gains)} %" if found else None
    return Fitted(placed, applied_step(applied, detail), found)


def _wanted(step: Stereo) -> Widths:
    overall = step.width_percent / 100.0
    gains = tuple(overall * width / 100.0 for width in step.widths_percent) or (overall,)
    below = step.mono_below_hz
    return Widths(gains, step.crossovers_hz, None if below is None else butterworth(below, 2, "highpass"))


def _applied_widths(step: Stereo, widths: Widths) -> dict[str, object]:
    """What was really done, in the step's own parameters."""
    if not step.widths_percent:
        return {"width_percent": round(100.0 * widths.gains[0], 1)}
    return {"width_percent": 100.0, "widths_percent": tuple(round(100.0 * gain, 1) for gain in widths.gains)}


def _percents(gains: tuple[float, ...]) -> str:
    return " / ".join(f"{100.0 * gain:g}" for gain in gains)


def _safe_share(step: Stereo, wanted: Widths, signal: Signal) -> tuple[float, tuple[Message, ...]]:
    """How much of the widening the correlation allows in every window; and the message, where that is not all."""
    widest = max(wanted.gains)
    if widest <= 1.0:
        return 1.0, ()
    windows = _windows(wanted, signal)
    if not windows.starts_s.size or windows.correlation(1.0).min() >= step.correlation_min:
        return 1.0, ()
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_kept = windows.correlation(middle).min() >= step.correlation_min
        low, high = (middle, high) if is_kept else (low, middle)
    at = clock(float(windows.starts_s[int(windows.correlation(1.0).argmin())]))
    found = message(
        "width_guarded",
        value=100 * max(wanted.wider(low).gains),
        threshold=100 * widest,
        bound=f"{step.correlation_min:g}",
        at=at,
    )
    return low, (found,)


def _floored(gain: float) -> float:
    """A tenth of a percent, never wider than allowed."""
    return max(1.0, math.floor(1000 * gain) / 1000)


def _windows(wanted: Widths, signal: Signal) -> Windows:
    """The windows that count, with the side signal without any widening and what the widening adds."""
    frames = GRAIN_FRAMES * max(1, round(WINDOW_S * signal.sample_rate_hz / GRAIN_FRAMES))
    mid, side = PartSignal(signal, WEIGHTS["mid"]), PartSignal(signal, WEIGHTS["side"])
    plain, full = wanted.wider(0.0).processor(signal), wanted.processor(signal)
    late = plain.latency_frames
    in_time = Delay(late, 1)
    starts = np.arange(0, signal.frames + late, frames)
    sums = np.zeros((6, starts.size))
    for index, start in enumerate(starts.tolist()):
        read = partial(_padded, start=start, frames=frames)
        m = in_time.process(read(mid))[0].astype(np.float64)
        s = plain.process(read(side))[0].astype(np.float64)
        a = full.process(read(side))[0] - s
        pairs = ((m, m), (s, s), (a, a), (m, s), (m, a), (s, a))
        sums[:, index] = [(one * other).sum() for one, other in pairs]  # BLAS would split sums over its threads
    energies = sums[:3].sum(axis=0)
    counts = energies > QUIET * energies.max(initial=0.0)
    return Windows(np.maximum(starts[counts] - late, 0) / signal.sample_rate_hz, sums[:, counts])


def _padded(part: PartSignal, start: int, frames: int) -> NDArray[np.float32]:
    """Frames of a part, silence after its end."""
    given = part.read(start, frames) if start < part.frames else np.zeros((1, 0), np.float32)
    return np.pad(given, ((0, 0), (0, frames - given.shape[1])))
