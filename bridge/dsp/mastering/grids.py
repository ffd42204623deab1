"""What a curve changes of a signal, on grids of 2, 4 and 8 points a frame, brought back to the sample rate.

Every tile is bent on a grid of 2, or of as many points as the step asks for. Where the curve moves too fast for that, a
finer grid adds what it knows better: its new points minus what the points that were there already foretell of them,
through a half-band filter (a lifting step). A fine grid therefore adds nothing where the coarse one was enough, and
grids may change from tile to tile. On the finest one `corners` adds what no grid can hold.
"""

from typing import TypeAlias

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import copy_into
from bridge.dsp.mastering.bending import CLIP, TAPE, Settings, bend
from bridge.dsp.mastering.corners import SLOW_CORNER, add_corners

SPAN = 72
"""Frames that a point between two frames depends on."""
EDGE = 8
"""Frames beside a tile that finer grids need, and reach."""
LATENCY = SPAN + 2 * EDGE
TILE = 512
FIRST_8 = 24
"""Where a tile begins on the grid of 8."""
BETWEEN = 1.415
"""How far a signal may rise between the points of the grid of 2: 1 / cos(pi / 4), at half the sample rate."""
SLOW = 0.7
"""How far along the curve, in its own units, a step of the grid of 8 may go without corrections."""
SHARE_2, SHARE_4, SHARE_TAPE = 0.6, 0.8, 0.7
"""Shares of it on coarser grids, and of a curve that bends earlier."""
Filters: TypeAlias = tuple[Samples, Samples, Samples, Samples]
"""From frames to the points between them, and back; from a grid of 2 to the new points of 4, and from 4 to 8."""


@compiled
def shape_tiles(
    block: Samples, made: tuple[Samples, Samples], kept: tuple[Samples, Samples], filters: Filters, settings: Settings
) -> None:
    """Writes the block, late and with its gain, and what the curve changes of it.

    Args:
        block: (channels, a multiple of TILE).
        made: the late block, and the change; as long.
        kept: the last LATENCY frames before the block, and the change that still comes after it; written for the next.
        filters: of the grids.
        settings: of the curve.
    """
    gain = np.float32(settings[1])
    window = np.zeros(LATENCY + TILE, np.float32)
    change = np.zeros(LATENCY + TILE, np.float32)
    for channel in range(block.shape[0]):
        given, late, changed = block[channel], made[0][channel], made[1][channel]
        history, tail = kept[0][channel], kept[1][channel]
        copy_into(window[:LATENCY], history)
        copy_into(change[:LATENCY], tail)
        for start in range(0, given.size, TILE):
            tile = given[start : start + TILE]
            fresh = window[LATENCY:]
            for i in range(TILE):
                fresh[i] = tile[i] * gain
            change[LATENCY:] = np.float32(0.0)
            _add_change(window, change, filters, settings)
            copy_into(late[start : start + TILE], window)
            copy_into(changed[start : start + TILE], change)
            for i in range(LATENCY):
                window[i] = window[TILE + i]
                change[i] = change[TILE + i]
        copy_into(history, window)
        copy_into(tail, change)


@compiled
def _add_change(window: Samples, change: Samples, filters: Filters, settings: Settings) -> None:
    """Adds what the curve changes in the TILE frames in the middle of the window, brought down to the sample rate."""
    up, down, _, _ = filters
    if not _can_change(window, up, settings):
        return
    frames = window[SPAN // 2 : SPAN // 2 + TILE + 2 * EDGE]
    between = np.zeros(frames.size, np.float32)
    convolve(window[1:], up, between)
    if settings[0] == CLIP and max(_peak(frames), _peak(between)) * BETWEEN < settings[2] * settings[3]:
        return
    bent, bent_between = frames.copy(), between.copy()
    bend(bent, settings)
    bend(bent_between, settings)
    own = change[SPAN // 2 + EDGE : SPAN // 2 + EDGE + TILE]
    padded = np.zeros(TILE + 2 * SPAN + 2 * EDGE, np.float32)
    new = padded[SPAN + EDGE : SPAN + EDGE + TILE]
    for i in range(TILE):
        own[i] += np.float32(0.5) * bent[EDGE + i]
        new[i] = bent_between[EDGE + i]
    if settings[4] > 2.0 or _is_too_fast(frames, between, settings, SLOW * SHARE_2):
        coarse = _interleaved(frames, between), _interleaved(bent, bent_between)
        finer = _from_4(coarse, filters, settings)
        for i in range(frames.size):
            change[SPAN // 2 + i] += np.float32(0.5) * finer[2 * i]
            padded[SPAN + i] += finer[2 * i + 1]
    convolve(padded, down, change)


@compiled
def _from_4(coarse: tuple[Samples, Samples], filters: Filters, settings: Settings) -> Samples:
    """What finer grids add to that of 2.

    Args:
        coarse: points of the grid of 2, and what the curve adds to them.
        filters: of the grids.
        settings: of the curve.
    """
    _, _, half_4, half_8 = filters
    room = half_4.size // 2
    new, bent, details = _details(coarse, half_4, settings)
    if settings[4] > 4.0 or _is_too_fast(coarse[0][room:], new, settings, SLOW * SHARE_4):
        finest = _from_8((_interleaved(coarse[0][room:], new), _interleaved(coarse[1][room:], bent)), half_8, settings)
        return _brought_down(finest, details, half_4)
    return _brought_down(np.zeros(2 * new.size, np.float32), details, half_4)


@compiled
def _from_8(coarse: tuple[Samples, Samples], half: Samples, settings: Settings) -> Samples:
    """What the grid of 8, and the corners on it, add to that of 4."""
    new, _, details = _details(coarse, half, settings)
    corners = np.zeros(2 * new.size, np.float32)
    points = coarse[0][half.size // 2 :]
    if settings[0] == CLIP or _is_too_fast(points, new, settings, SLOW):
        add_corners(_interleaved(points, new), corners, settings, FIRST_8)
    return _brought_down(corners, details, half)


@compiled
def _can_change(window: Samples, up: Samples, settings: Settings) -> bool:
    """Whether any value, on the frames or between, can reach where the curve begins to bend."""
    norm = np.float32(0.0)
    for k in range(up.size):
        norm += abs(up[k])
    threshold = settings[2] * settings[3] if settings[0] == CLIP else 0.0
    return bool(_peak(window) * norm > threshold)


@compiled
def _peak(values: Samples) -> np.float32:
    peak = np.float32(0.0)
    for i in range(values.size):
        peak = max(peak, abs(values[i]))
    return peak


@compiled
def _is_too_fast(points: Samples, after: Samples, settings: Settings, slow: float) -> bool:
    """Whether the curve bends faster between points and those that come after them than a grid of them can follow."""
    step = np.float32(0.0)
    for i in range(after.size):
        step = max(step, abs(after[i] - points[i]))
    if settings[0] == CLIP:
        moved = step / settings[2]
        return bool(moved * moved > 2.0 * SLOW_CORNER * (1.0 - settings[3]))
    return bool(step * settings[2] > (SHARE_TAPE * slow if settings[0] == TAPE else slow))


@compiled
def _details(coarse: tuple[Samples, Samples], half: Samples, settings: Settings) -> tuple[Samples, Samples, Samples]:
    """The new points of a finer grid; what the curve adds to them; and that less what the points before foretell.

    Args:
        coarse: points of a grid, and what the curve adds to them.
        half: the filter to the finer grid.
        settings: of the curve.
    """
    points, bent = coarse
    size = points.size - half.size
    new, details = np.zeros(size, np.float32), np.zeros(size, np.float32)
    convolve(points[1:], half, new)
    known = new.copy()
    bend(known, settings)
    convolve(bent[1:], half, details)
    beside = (size % TILE) // 2
    for i in range(size):
        details[i] = known[i] - details[i]
    details[:beside] = np.float32(0.0)  # that is what other tiles add
    details[size - beside :] = np.float32(0.0)
    return new, known, details


@compiled
def _brought_down(fine: Samples, details: Samples, half: Samples) -> Samples:
    """What details, and corrections of the points of a fine grid, are on the next coarser one."""
    share = np.float32(0.5)
    coarse = np.zeros(details.size + half.size, np.float32)
    inner = coarse[half.size // 2 :]
    padded = np.zeros(details.size + 2 * half.size, np.float32)
    new = padded[half.size :]
    for i in range(details.size):
        inner[i] = share * fine[2 * i]
        new[i] = share * (details[i] + fine[2 * i + 1])
    convolve(padded, half, coarse)
    return coarse


@compiled
def _interleaved(even: Samples, odd: Samples) -> Samples:
    """Points of two arrays in turns, as many as there are of the second."""
    out = np.empty(2 * odd.size, np.float32)
    for i in range(odd.size):
        out[2 * i] = even[i]
        out[2 * i + 1] = odd[i]
    return out


@compiled
def convolve(window: Samples, taps: Samples, out: Samples) -> None:
    """out[i] += sum over k of taps[k] window[i + k], for a multiple of eight taps; sums of eight stay in registers."""
    size = out.size
    for k in range(0, taps.size, 8):
        a, b, c, d = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        e, f, g, h = taps[k + 4], taps[k + 5], taps[k + 6], taps[k + 7]
        w0, w1, w2, w3 = window[k:], window[k + 1 :], window[k + 2 :], window[k + 3 :]
        w4, w5, w6, w7 = window[k + 4 :], window[k + 5 :], window[k + 6 :], window[k + 7 :]
        for i in range(size):
            first = a * w0[i] + b * w1[i] + c * w2[i] + d * w3[i]
            out[i] += first + (e * w4[i] + f * w5[i] + g * w6[i] + h * w7[i])
