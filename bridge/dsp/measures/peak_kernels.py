"""Kernels that look between the samples. They call each other, so they live together (a cache knows one file only).

All take a row of samples and offsets; frames outside of [low, high) count as silence.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.copying import copy_into

BLOCK = 64
"""Frames that are looked at, or put aside, together; a power of two."""
CELL = 8
"""Frames for which an envelope holds one value; a power of two."""
AT_ONCE = 32
"""Blocks whose bounds are taken together: their values stay in the nearest cache."""
REACH = 256
"""Frames to either side on which a value of the reference depends."""
REFERENCE_PHASES = 64
NEIGHBOURS = REACH // BLOCK + 1
"""Blocks to either side that share samples with a block's surroundings."""
GRID_SHARE = 0.92
"""cos(pi / 8), and a little less because no finite filter stops exactly at half the sample rate."""
HALF_SHARE = 0.978
"""cos(pi / 16), and a little less: the same on a grid twice as fine."""

# What filters can read at most, by the sample peak, the largest second difference ("bend") and the peak of what lies
# near half the sample rate. Any filter r is q d + s for a difference d and any q, so |r x| <= |q|_1 max|d x| +
# |s|_1 max|x|. A test takes the numbers from the filters.
NEAR_BY_PEAK, NEAR_BY_BEND = np.float32(1.0014), np.float32(0.3194)
"""A reading of the coarse filter, at any of 64 phases: a straight line between samples, and how far it bends."""
GAP_BY_PEAK, GAP_BY_BEND = np.float32(0.0004), np.float32(0.0211)
"""How much higher than its neighbours on the 4-fold grid a coarse reading between them can be."""
UNSEEN_BY_HIGH, UNSEEN_BY_PEAK = np.float32(2.21), np.float32(0.003665)
"""How far the reference can be from the coarse filter at the same place."""

Filters: TypeAlias = tuple[Samples, Samples]
"""Phases 1 to 3 of a 4-fold interpolator (3, taps), and all phases of a finer one (phases, taps)."""
Bounds: TypeAlias = tuple[Samples, Samples, Samples, Samples]
"""Per block, going on NEIGHBOURS blocks to either side: the sample peak; the most that a coarse reading can be, at any
phase; how much less than that its 4-fold grid may read; and how far the reference may be from it, negative where there
is nothing at all."""


@compiled
def _fill(row: Samples, start: int, bounds: NDArray[np.int64], window: Samples) -> None:
    """Copies frames from `start` into the whole of `window`."""
    size = window.size
    low, high = bounds[0], bounds[1]
    if start >= low and start + size <= high:
        source = row[start : start + size]
        for i in range(size):
            window[i] = source[i]
        return
    for i in range(size):
        k = start + i
        window[i] = row[k] if low <= k < high else np.float32(0.0)


@compiled
def _highest(values: Samples, scratch: Samples, highest: Samples) -> None:
    """The largest absolute value of each of `highest.size` equal stretches, whose length is a power of two.

    Neighbours are compared in pairs, over all stretches at once: a maximum over each short run costs three times that.
    """
    size = values.size // 2
    made = scratch[0, :size]
    for i in range(size):
        made[i] = max(abs(values[2 * i]), abs(values[2 * i + 1]))
    turn = 0
    while size > highest.size:
        size //= 2
        pairs, made = scratch[turn], scratch[1 - turn, :size]
        for i in range(size):
            made[i] = max(pairs[2 * i], pairs[2 * i + 1])
        turn = 1 - turn
    copy_into(highest, scratch[turn])


@compiled
def block_maxima(row: Samples, first: int, bounds: NDArray[np.int64], maxima: tuple[Samples, Samples, Samples]) -> None:
    """Per block from frame `first`: peak, largest second difference, and peak of what lies near half the sample rate.

    The last is the signal through the binomial high-pass ((1 - z^-1) / 2)^8; where it has no room it is not looked for.
    """
    peaks, bends, high_peaks = maxima
    window = np.empty(AT_ONCE * BLOCK + 8, np.float32)
    values = np.empty(AT_ONCE * BLOCK, np.float32)
    scratch = np.empty((2, AT_ONCE * BLOCK // 2), np.float32)
    found = np.empty(AT_ONCE, np.float32)
    w0, w1, w2, w3, w4 = window[0:], window[1:], window[2:], window[3:], window[4:]
    w5, w6, w7, w8 = window[5:], window[6:], window[7:], window[8:]
    for b in range(0, peaks.size, AT_ONCE):
        count = min(AT_ONCE, peaks.size - b)
        _fill(row, first + b * BLOCK - 4, bounds, window)
        _highest(w4[: values.size], scratch, found)
        copy_into(peaks[b : b + count], found)
        for i in range(values.size):
            values[i] = w3[i] - np.float32(2.0) * w4[i] + w5[i]
        _highest(values, scratch, found)
        copy_into(bends[b : b + count], found)
        if high_peaks.size == 0:
            continue
        for i in range(values.size):
            values[i] = (
                np.float32(70.0 / 256.0) * w4[i]
                - np.float32(56.0 / 256.0) * (w3[i] + w5[i])
                + np.float32(28.0 / 256.0) * (w2[i] + w6[i])
                - np.float32(8.0 / 256.0) * (w1[i] + w7[i])
                + np.float32(1.0 / 256.0) * (w0[i] + w8[i])
            )
        _highest(values, scratch, found)
        copy_into(high_peaks[b : b + count], found)


@compiled
def _convolve_three(window: Samples, taps: Samples, out: Samples) -> None:
    """out[p, i] = sum over k of taps[p, k] window[i + k] for three phases p and a multiple of four taps.

    Three phases share each sample that is loaded, and sums stay in registers for four taps: twice as fast.
    """
    out0, out1, out2 = out[0], out[1], out[2]
    taps0, taps1, taps2 = taps[0], taps[1], taps[2]
    size = out0.size
    out[:3] = np.float32(0.0)
    for k in range(0, taps.shape[1], 4):
        a0, a1, a2, a3 = taps0[k], taps0[k + 1], taps0[k + 2], taps0[k + 3]
        b0, b1, b2, b3 = taps1[k], taps1[k + 1], taps1[k + 2], taps1[k + 3]
        c0, c1, c2, c3 = taps2[k], taps2[k + 1], taps2[k + 2], taps2[k + 3]
        w0, w1, w2, w3 = window[k:], window[k + 1 :], window[k + 2 :], window[k + 3 :]
        for i in range(size):
            x0, x1, x2, x3 = w0[i], w1[i], w2[i], w3[i]
            out0[i] += a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
            out1[i] += b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3
            out2[i] += c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3


@compiled
def _between(window: Samples, phases: Samples, place: int) -> np.float32:
    """Absolute value at so many phases of an interpolator after the first frame that `window` can give."""
    frame, phase = place // phases.shape[0], place % phases.shape[0]
    taps = phases[phase]
    source = window[frame : frame + taps.size]
    total = np.float32(0.0)
    for k in range(taps.size):
        total += taps[k] * source[k]
    return abs(total)


@compiled
def _climb(window: Samples, reference: Samples, place: int, floor: np.float32) -> np.float32:
    """Highest value near a local maximum of the 4-fold grid; given up early where it must stay below `floor`."""
    top = _between(window, reference, place)
    at = place
    step = 8
    while step >= 1:
        centre = at
        for place_beside in (centre - step, centre + step):
            value = _between(window, reference, place_beside)
            if value > top:
                top, at = value, place_beside
        if step == 8 and top < floor * np.float32(HALF_SHARE):
            break
        step //= 2
    return top


@compiled
def _is_top(grid: Samples, i: int, p: int) -> bool:
    """Whether a value of a 4-fold grid (4, BLOCK) is no smaller than those beside it."""
    before = abs(grid[p - 1, i]) if p > 0 else (abs(grid[3, i - 1]) if i > 0 else np.float32(0.0))
    after = abs(grid[p + 1, i]) if p < 3 else (abs(grid[0, i + 1]) if i < BLOCK - 1 else np.float32(0.0))
    return bool(abs(grid[p, i]) >= max(before, after))


@compiled
def _refine(
    window: Samples, reference: Samples, grid: Samples, limits: tuple[np.float32, np.float32], cells: Samples
) -> None:
    """Raises `cells` to the reference's true peak, exactly wherever that is above the floor.

    Args:
        window: REACH frames before the block, the block, REACH frames after it.
        reference: the 64-fold interpolator.
        grid: coarse readings (4, BLOCK); altered.
        limits: the floor, that is what is of interest; and what the coarse reading beside it is at least.
        cells: one value for each CELL frames of the block.
    """
    floor, need = limits
    for i in range(BLOCK):
        for p in range(4):
            if abs(grid[p, i]) < need:
                grid[p, i] = 0.0
            else:
                grid[p, i] = _between(window, reference, (i + 1) * REFERENCE_PHASES + p * 16)
                cells[i // CELL] = max(cells[i // CELL], grid[p, i])
    least = max(floor * np.float32(GRID_SHARE), np.float32(1e-30))
    for i in range(BLOCK):
        for p in range(4):
            if grid[p, i] >= least and _is_top(grid, i, p):
                top = _climb(window, reference, (i + 1) * REFERENCE_PHASES + p * 16, max(floor, cells[i // CELL]))
                cells[i // CELL] = max(cells[i // CELL], top)


@compiled
def _widen(values: Samples, blocks: int, wide: Samples) -> None:
    """wide[b] = largest of values[b - blocks .. b + blocks]."""
    copy_into(wide, values)
    for shift in range(1, blocks + 1):
        later, wide_earlier = values[shift:], wide[: values.size - shift]
        for b in range(later.size):
            wide_earlier[b] = max(wide_earlier[b], later[b])
        wide_later = wide[shift:]
        for b in range(later.size):
            wide_later[b] = max(wide_later[b], values[b])


@compiled
def _bounds_of_blocks(row: Samples, places: NDArray[np.int64]) -> Bounds:
    """What can be said of each block without looking between its samples."""
    blocks = -(-(places[1] - places[0]) // BLOCK) + 2 * NEIGHBOURS
    peaks, bends, highs = np.empty(blocks, np.float32), np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    block_maxima(row, places[0] - NEIGHBOURS * BLOCK, places[2:4], (peaks, bends, highs))
    near, gaps = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    unseen, wide = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    _widen(peaks, 1, near)
    _widen(bends, 1, gaps)
    _widen(peaks, NEIGHBOURS, wide)
    _widen(highs, NEIGHBOURS, unseen)
    for b in range(blocks):
        peak, bend = near[b], gaps[b]
        near[b] = peak * NEAR_BY_PEAK + bend * NEAR_BY_BEND
        gaps[b] = peak * GAP_BY_PEAK + bend * GAP_BY_BEND
        unseen[b] = unseen[b] * UNSEEN_BY_HIGH + wide[b] * UNSEEN_BY_PEAK if wide[b] > 0.0 else np.float32(-1.0)
    return peaks, near, gaps, unseen


@compiled
def _least_reading(floor: np.float32, gap: np.float32, unseen: np.float32) -> np.float32:
    """What the coarse grid reads at least beside a place where the reference is above the floor."""
    return max(floor * np.float32(GRID_SHARE), floor - gap) - unseen


@compiled
def _read_coarse(row: Samples, start: int, bounds: NDArray[np.int64], coarse: Samples, grid: Samples) -> None:
    """The block from frame `start` on the 4-fold grid (4, BLOCK) of the coarse filter."""
    before = coarse.shape[1] // 2 - 1
    begin, size = start - before, BLOCK + coarse.shape[1] - 1
    grid[0] = np.float32(0.0)
    if begin >= bounds[0] and begin + size <= bounds[1]:
        _convolve_three(row[begin : begin + size], coarse, grid[1:])
        copy_into(grid[0], row[start:])
    else:
        window = np.empty(size, np.float32)
        _fill(row, begin, bounds, window)
        _convolve_three(window, coarse, grid[1:])
        copy_into(grid[0], window[before:])


@compiled
def _tops(grid: Samples, scratch: Samples, cells: Samples) -> np.float32:
    """Writes the highest absolute value of each cell of a block on a grid (phases, BLOCK); the highest of all."""
    tops = scratch[2]
    tops[:] = np.float32(0.0)
    for p in range(grid.shape[0]):
        values = grid[p]
        for i in range(BLOCK):
            tops[i] = max(tops[i], abs(values[i]))
    _highest(tops, scratch, cells)
    best = np.float32(0.0)
    for i in range(cells.size):
        best = max(best, cells[i])
    return best


@compiled
def search(
    row: Samples, places: NDArray[np.int64], filters: Filters, best: NDArray[np.float32], overs: NDArray[np.float64]
) -> int:
    """Raises `best` (sample, coarse, reference) by the blocks from frame places[0] to places[1]; counts cells over 1.0.

    `places` goes on with low and high. A block is put aside only where none of the three can rise by it, and where it
    cannot be over full scale. The first cells over full scale go into `overs` as (frame of the row, true peak); where
    that has no room at all, they are not looked for.
    """
    coarse, reference = filters
    peaks, near, gaps, unseen = _bounds_of_blocks(row, places)
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid, scratch = np.empty((4, BLOCK), np.float32), np.empty((3, BLOCK), np.float32)
    cells = np.empty(BLOCK // CELL, np.float32)
    count = 0
    last = peaks.size - NEIGHBOURS
    loudest = NEIGHBOURS + int(np.argmax(peaks[NEIGHBOURS:last]))
    for turn in range(NEIGHBOURS - 1, last):
        # The loudest block first, so that the bounds bite at once.
        b = turn if turn >= NEIGHBOURS else loudest
        best[0] = max(best[0], peaks[b])
        floor = min(best[2], np.float32(1.0)) if overs.size else best[2]
        if unseen[b] < 0.0 or (near[b] <= best[1] and near[b] + unseen[b] < floor):
            continue
        start = places[0] + (b - NEIGHBOURS) * BLOCK
        _read_coarse(row, start, places[2:4], coarse, grid)
        top = _tops(grid, scratch, cells)
        best[1] = max(best[1], top)
        need = _least_reading(floor, gaps[b], unseen[b])
        if top >= need:
            cells[:] = np.float32(0.0)
            _fill(row, start - REACH, places[2:4], window)
            _refine(window, reference, grid, (floor, need), cells)
            for i in range(cells.size):
                best[2] = max(best[2], cells[i])
            if turn >= NEIGHBOURS and overs.size:
                count = _note_overs(cells, start, count, overs)
    return count


@compiled
def _note_overs(cells: Samples, start: int, count: int, overs: NDArray[np.float64]) -> int:
    """How many cells were over full scale so far; those that find room are noted."""
    for i in range(cells.size):
        if cells[i] > 1.0:
            if count < overs.shape[0]:
                overs[count, 0], overs[count, 1] = start + i * CELL, cells[i]
            count += 1
    return count


@compiled
def _raise_cells(cells: Samples, at: int, own: Samples) -> None:
    """Takes the higher of what other channels gave and this one; cells beyond the end do not exist."""
    for i in range(min(own.size, cells.size - at)):
        cells[at + i] = max(cells[at + i], own[i])


@compiled
def envelope_exact(
    samples: Samples, places: NDArray[np.int64], filters: Filters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` (one for CELL frames from places[0]) to the true peak wherever above `threshold`.

    The reference's, or the coarse grid's where that reads more: what leaves must hold on a standard meter too.
    """
    coarse, reference = filters
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid, scratch = np.empty((4, BLOCK), np.float32), np.empty((3, BLOCK), np.float32)
    own = np.empty(BLOCK // CELL, np.float32)
    floor = np.float32(threshold)
    for channel in range(samples.shape[0]):
        row = samples[channel]
        peaks, near, gaps, unseen = _bounds_of_blocks(row, places)
        for b in range(NEIGHBOURS, peaks.size - NEIGHBOURS):
            if unseen[b] < 0.0 or near[b] + unseen[b] < floor:
                continue
            start = places[0] + (b - NEIGHBOURS) * BLOCK
            _read_coarse(row, start, places[2:4], coarse, grid)
            top = _tops(grid, scratch, own)
            need = _least_reading(floor, gaps[b], unseen[b])
            if top >= need:
                _fill(row, start - REACH, places[2:4], window)
                _refine(window, reference, grid, (floor, need), own)
                _raise_cells(cells, (b - NEIGHBOURS) * (BLOCK // CELL), own)


@compiled
def envelope_quick(
    samples: Samples, places: NDArray[np.int64], filters: Filters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` to the peak by a short interpolator, in blocks that may reach `threshold`."""
    quarters, eighths = filters
    blocks = -(-(places[1] - places[0]) // BLOCK) + 2
    peaks, bends = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    near, wide = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    before = eighths.shape[1] // 2
    window = np.empty(BLOCK + eighths.shape[1], np.float32)
    grid, scratch = np.empty((4, BLOCK), np.float32), np.empty((3, BLOCK), np.float32)
    own = np.empty(BLOCK // CELL, np.float32)
    for channel in range(samples.shape[0]):
        row = samples[channel]
        block_maxima(row, places[0] - BLOCK, places[2:4], (peaks, bends, peaks[:0]))
        _widen(peaks, 1, near)
        _widen(bends, 1, wide)
        for b in range(1, blocks - 1):
            if near[b] * NEAR_BY_PEAK + wide[b] * NEAR_BY_BEND <= threshold:
                continue
            _fill(row, places[0] + (b - 1) * BLOCK - before, places[2:4], window)
            _convolve_three(window[1:], quarters, grid[1:])
            copy_into(grid[0], window[before:])
            if _tops(grid, scratch, own) > np.float32(GRID_SHARE * threshold):
                _climb_tops(window, eighths, grid, np.float32(GRID_SHARE * threshold), own)
                _raise_cells(cells, (b - 1) * (BLOCK // CELL), own)


@compiled
def _climb_tops(window: Samples, eighths: Samples, grid: Samples, floor: np.float32, cells: Samples) -> None:
    """Raises cells to the tops beside values of the 4-fold grid that are above the floor.

    Args:
        window: half as many frames before the block as there are taps, the block, and as many after it.
        eighths: the 8-fold interpolator.
        grid: its phases 0, 2, 4 and 6 for the block.
        floor: what is of interest.
        cells: of the block, as `_tops` has left them.
    """
    for cell in range(cells.size):
        if cells[cell] <= floor:
            continue
        for i in range(cell * CELL, (cell + 1) * CELL):
            for p in range(4):
                value = abs(grid[p, i])
                if value > floor and _is_top(grid, i, p):
                    cells[cell] = max(cells[cell], _top_near(window, eighths, 8 * i + 2 * p, value))


@compiled
def _top_near(window: Samples, eighths: Samples, place: int, value: np.float32) -> np.float32:
    """The top of the parabola through a value, at a place in eighths of a frame, and those an eighth beside it."""
    x, y = _between(window, eighths, place + 7), _between(window, eighths, place + 9)
    bend = value - x + (value - y)
    if bend <= np.float32(0.0) or max(x, y) > value:
        return max(value, x, y)
    return value + (y - x) * (y - x) / (np.float32(8.0) * bend)
