"""Width: a gain of the side signal, held back where it would let left and right work against each other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Signal
from bridge.chains import Stereo
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import Sections, sections_of
from bridge.dsp.mastering.placement import WEIGHTS, PartSignal, PlacedProcessor, needs_two_channels
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
class Windows:
    """Energies of mid and side, and their product, in each window that counts."""

    starts_s: NDArray[np.float64]
    mid: NDArray[np.float64]
    side: NDArray[np.float64]
    both: NDArray[np.float64]

    def correlation(self, width: float) -> NDArray[np.float64]:
        """Of left and right in each window, with the side signal at this gain; it only falls with the gain."""
        side = width * width * self.side
        product = np.sqrt(np.maximum((self.mid + side) ** 2 - (2 * width * self.both) ** 2, 0.0))
        return (self.mid - side) / np.maximum(product, 1e-300)


def fit_stereo(step: Stereo, signal: Signal) -> Fitted:
    """The side signal through its high-pass and gain; the widest that keeps the correlation, 100 % leaves it alone."""
    if step.width_percent == 100 and step.mono_below_hz is None:
        return UNCHANGED
    if signal.channels != 2:
        return needs_two_channels(step, signal)
    below = step.mono_below_hz
    sections = None if below is None else sections_of(butterworth(below, 2, "highpass"), signal.sample_rate_hz)
    width, found = _safe_width(step, signal, sections)
    if width == 1.0 and sections is None:
        return Fitted(None, None, found) if found else UNCHANGED
    placed = PlacedProcessor(_on_side(width, sections), WEIGHTS["side"], 1.0, 2)
    applied = step.model_copy(update={"width_percent": round(100 * width, 1)})
    detail = f"held back from {step.width_percent:g} %" if found else None
    return Fitted(placed, applied_step(applied, detail), found)


def _on_side(width: float, sections: Sections | None) -> Processor:
    if sections is None:
        return GainProcessor(width)
    return CascadeProcessor(sections * np.array([width, width, width, 1.0, 1.0]), 1)


def _safe_width(step: Stereo, signal: Signal, sections: Sections | None) -> tuple[float, tuple[Message, ...]]:
    """The width asked for, or less where it widens and the correlation would fall below its bound; and the message."""
    wanted = step.width_percent / 100
    if wanted <= 1.0:
        return wanted, ()
    windows = _windows(signal, sections)
    if not windows.mid.size or windows.correlation(wanted).min() >= step.correlation_min:
        return wanted, ()
    low, high = 1.0, wanted
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_kept = windows.correlation(middle).min() >= step.correlation_min
        low, high = (middle, high) if is_kept else (low, middle)
    width = math.floor(1000 * low) / 1000
    at = clock(float(windows.starts_s[int(windows.correlation(wanted).argmin())]))
    found = message(
        "width_guarded", value=100 * width, threshold=step.width_percent, bound=f"{step.correlation_min:g}", at=at
    )
    return width, (found,)


def _windows(signal: Signal, sections: Sections | None) -> Windows:
    """The windows that count, with the side signal as the high-pass leaves it."""
    frames = GRAIN_FRAMES * max(1, round(WINDOW_S * signal.sample_rate_hz / GRAIN_FRAMES))
    mid, side = PartSignal(signal, WEIGHTS["mid"]), PartSignal(signal, WEIGHTS["side"])
    on_side = _on_side(1.0, sections)
    starts = np.arange(0, signal.frames, frames)
    sums = np.zeros((3, starts.size))
    for index, start in enumerate(starts.tolist()):
        m = mid.read(start, frames)[0].astype(np.float64)
        s = on_side.process(side.read(start, frames))[0].astype(np.float64)
        sums[:, index] = m @ m, s @ s, m @ s
    energies = sums[0] + sums[1]
    counts = energies > QUIET * energies.max(initial=0.0)
    return Windows(starts[counts] / signal.sample_rate_hz, *sums[:, counts])
