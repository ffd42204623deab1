"""Sections one after another, with float64 from the first one's input to the last one's output.

Pedalboard's filters are not used: in float32 a second-order filter at a low frequency adds noise far above what 24 bits
hold (low shelf at 90 Hz: -89 dB below the signal, bell at 60 Hz with Q 4: -76 dB; this one: below -140 dB).
"""

from collections.abc import Sequence
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.filters.sections import Sections
from bridge.dsp.mastering.processor import GRAIN_FRAMES, Processor

State = NDArray[np.float64]
"""(channels, sections, 2): transposed direct form II."""
NOTHING = np.array([[1.0, 0.0, 0.0, 0.0, 0.0]])


class CascadeProcessor:
    """Sections one after another on every channel."""

    latency_frames = 0

    def __init__(self, sections: Sections, channels: int, *, is_twin: bool = False) -> None:
        """`is_twin` for two filters of one section each: what the first makes is rounded before the second hears it."""
        self.sections = sections
        self.channels = channels
        self._is_twin = is_twin
        self._pairs = in_pairs(sections)
        self._state = fresh_state(self._pairs, channels)

    def process(self, block: Samples) -> Samples:
        """The filtered block, rounded once."""
        result = np.array(block, np.float32, order="C")
        filter_sections(result, self._pairs, self._state, int(self._is_twin))
        return result


def with_twins(processors: Sequence[Processor]) -> list[Processor]:
    """The same processors, none of which has heard anything yet; filters of one section run two at a time."""
    joined: list[Processor] = []
    for processor in processors:
        last = joined[-1] if joined else None
        if _is_single(last) and _is_single(processor):
            sections = np.concatenate((last.sections, processor.sections))
            joined[-1] = CascadeProcessor(sections, last.channels, is_twin=True)
        else:
            joined.append(processor)
    return joined


def _is_single(processor: Processor | None) -> TypeGuard[CascadeProcessor]:
    """Whether a second section runs in no more time."""
    return isinstance(processor, CascadeProcessor) and len(processor.sections) == 1


def in_pairs(sections: Sections) -> Sections:
    """An even number of sections, as `filter_sections` takes them."""
    return np.ascontiguousarray(np.concatenate((sections, NOTHING)) if len(sections) % 2 else sections)


def fresh_state(sections: Sections, channels: int) -> State:
    """State of sections that have heard nothing, with room for the second lane of an odd channel."""
    return np.zeros((channels + channels % 2, len(sections), 2))


@compiled
def filter_sections(block: Samples, sections: Sections, state: State, is_twin: int) -> None:
    """Filters all channels in place, two channels and two sections at a time: four recursions take as long as one.

    Args:
        block: (channels, frames), from a multiple of GRAIN_FRAMES on; altered.
        sections: an even number.
        state: of `fresh_state`, carried from block to block; what has faded becomes zero at the end of a grain.
        is_twin: 1 for pairs whose second section hears what the first has rounded to float32.
    """
    lanes = np.zeros((2, GRAIN_FRAMES))
    channels = block.shape[0]
    for channel in range(0, channels, 2):
        other = min(channel + 1, channels - 1)
        one, two = block[channel], block[other]
        for start in range(0, one.size, GRAIN_FRAMES):
            grain, beside = one[start : start + GRAIN_FRAMES], two[start : start + GRAIN_FRAMES]
            for i in range(grain.size):
                lanes[0, i], lanes[1, i] = np.float64(grain[i]), np.float64(beside[i])
            values = lanes[:, : grain.size]
            for section in range(0, sections.shape[0], 2):
                pair, its_state = sections[section : section + 2], state[channel : channel + 2, section : section + 2]
                filter_pair(values, pair, its_state, is_twin)
            for i in range(grain.size):
                grain[i], beside[i] = np.float32(lanes[0, i]), np.float32(lanes[1, i])


@compiled
def filter_pair(values: NDArray[np.float64], c: Sections, state: State, is_twin: int) -> None:
    """Two sections on two lanes, in place."""
    a0, a1, a2, a3, a4 = c[0, 0], c[0, 1], c[0, 2], c[0, 3], c[0, 4]
    b0, b1, b2, b3, b4 = c[1, 0], c[1, 1], c[1, 2], c[1, 3], c[1, 4]
    left, right = values[0], values[1]
    p, q, r, s = state[0, 0, 0], state[0, 0, 1], state[0, 1, 0], state[0, 1, 1]
    t, u, v, w = state[1, 0, 0], state[1, 0, 1], state[1, 1, 0], state[1, 1, 1]
    for i in range(left.size):
        x, y = left[i], right[i]
        xm, ym = a0 * x + p, a0 * y + t
        p, t = a1 * x - a3 * xm + q, a1 * y - a3 * ym + u
        q, u = a2 * x - a4 * xm, a2 * y - a4 * ym
        if is_twin == 1:
            xm, ym = np.float64(np.float32(xm)), np.float64(np.float32(ym))
        xn, yn = b0 * xm + r, b0 * ym + v
        r, v = b1 * xm - b3 * xn + s, b1 * ym - b3 * yn + w
        s, w = b2 * xm - b4 * xn, b2 * ym - b4 * yn
        left[i], right[i] = xn, yn
    state[0, 0, 0], state[0, 0, 1], state[0, 1, 0], state[0, 1, 1] = p, q, r, s
    state[1, 0, 0], state[1, 0, 1], state[1, 1, 0], state[1, 1, 1] = t, u, v, w
    for lane in range(2):
        for section in range(2):
            for k in range(2):
                if abs(state[lane, section, k]) < 1e-30:  # what decays for ever becomes subnormal, which is slow
                    state[lane, section, k] = 0.0
