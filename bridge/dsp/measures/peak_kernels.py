"""Kernels that look between the samples. They call each other, so they live together (a cache knows one file only).

All take a row of samples and offsets; frames outside of [low, high) count as silence.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled

BLOCK = 64
"""Frames that are looked at, or put aside, together."""
CELL = 8
"""Frames for which an envelope holds one value."""
REACH = 256
"""Frames to either side on which a value of the reference depends."""
REFERENCE_PHASES = 64
NEIGHBOURS = REACH // BLOCK + 1
"""Blocks to either side that share samples with a block's surroundings."""
GRID_SHARE = 0.92
"""cos(pi / 8), and a little less because no finite filter stops exactly at half the sample rate."""
HALF_SHARE = 0.978
"""cos(pi / 16), and a little less: the same on a grid twice as fine."""

FineFilters: TypeAlias = tuple[Samples, Samples]
"""The 64-fold reference (64, 512), and its phases 16, 32 and 48 (3, 512): its 4-fold grid."""
Filters: TypeAlias = tuple[Samples, FineFilters, Samples]
"""Coarse interpolator (phases 1 to 3 of 4, taps), fine filters, gains: L1 norm of the coarse one, its two errors."""

QuickFilters: TypeAlias = tuple[Samples, Samples, Samples]
"""Coarse interpolator, a short one (phases 1 to n - 1 of n, taps) with a multiple of three phases, gains."""


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
def _peak(values: Samples) -> np.float32:
    """Largest absolute value."""
    best = np.float32(0.0)
    for i in range(values.size):
        best = max(best, abs(values[i]))
    return best


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
def _between(window: Samples, reference: Samples, place: int) -> np.float32:
    """Absolute value at `place` sixty-fourths of a frame after the first frame that `window` can give."""
    frame, phase = place // REFERENCE_PHASES, place % REFERENCE_PHASES
    taps = reference[phase]
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
def _refine(window: Samples, fine: FineFilters, grid: Samples, floor: np.float32, cells: Samples) -> None:
    """Raises `cells` to the reference's true peak, exactly wherever that is above `floor`.

    Args:
        window: REACH frames before the block, the block, REACH frames after it.
        fine: the 64-fold interpolator, and its phases 16, 32 and 48.
        grid: scratch (4, BLOCK).
        floor: what is of interest.
        cells: one value for each CELL frames of the block.
    """
    reference, quarters = fine
    _convolve_three(window[1:], quarters, grid[1:])
    grid[0, :] = window[REACH : REACH + BLOCK]
    for i in range(BLOCK):
        for p in range(4):
            value = abs(grid[p, i])
            cells[i // CELL] = max(cells[i // CELL], value)
            if value < floor * np.float32(GRID_SHARE):
                continue
            before = abs(grid[p - 1, i]) if p > 0 else (abs(grid[3, i - 1]) if i > 0 else np.float32(0.0))
            after = abs(grid[p + 1, i]) if p < 3 else (abs(grid[0, i + 1]) if i < BLOCK - 1 else np.float32(0.0))
            if value >= before and value >= after:
                top = _climb(window, reference, (i + 1) * REFERENCE_PHASES + p * 16, max(floor, cells[i // CELL]))
                cells[i // CELL] = max(cells[i // CELL], top)


@compiled
def block_maxima(row: Samples, first: int, bounds: NDArray[np.int64], peaks: Samples, high_peaks: Samples) -> None:
    """Per block from frame `first`: the sample peak, and the peak of what lies near half the sample rate.

    The latter is the signal through the binomial high-pass ((1 - z^-1) / 2)^8.
    """
    at_once = 32  # blocks whose values stay in the nearest cache
    window = np.empty(at_once * BLOCK + 8, np.float32)
    high = np.empty(at_once * BLOCK, np.float32)
    w0, w1, w2, w3, w4 = window[0:], window[1:], window[2:], window[3:], window[4:]
    w5, w6, w7, w8 = window[5:], window[6:], window[7:], window[8:]
    for b in range(0, peaks.size, at_once):
        _fill(row, first + b * BLOCK - 4, bounds, window)
        for i in range(high.size):
            high[i] = (
                np.float32(70.0 / 256.0) * w4[i]
                - np.float32(56.0 / 256.0) * (w3[i] + w5[i])
                + np.float32(28.0 / 256.0) * (w2[i] + w6[i])
                - np.float32(8.0 / 256.0) * (w1[i] + w7[i])
                + np.float32(1.0 / 256.0) * (w0[i] + w8[i])
            )
        for k in range(min(at_once, peaks.size - b)):
            # Folded by four, and in place: a call, or a maximum over one long run, costs twice as much.
            p0, p1, p2, p3 = w4[k * BLOCK :], w4[k * BLOCK + 16 :], w4[k * BLOCK + 32 :], w4[k * BLOCK + 48 :]
            h0, h1, h2, h3 = high[k * BLOCK :], high[k * BLOCK + 16 :], high[k * BLOCK + 32 :], high[k * BLOCK + 48 :]
            peak, high_peak = np.float32(0.0), np.float32(0.0)
            for i in range(BLOCK // 4):
                peak = max(peak, abs(p0[i]), abs(p1[i]), abs(p2[i]), abs(p3[i]))
            for i in range(BLOCK // 4):
                high_peak = max(high_peak, abs(h0[i]), abs(h1[i]), abs(h2[i]), abs(h3[i]))
            peaks[b + k], high_peaks[b + k] = peak, high_peak


@compiled
def _widen(values: Samples, blocks: int, wide: Samples) -> None:
    """wide[b] = largest of values[b - blocks .. b + blocks]."""
    wide[:] = values
    for shift in range(1, blocks + 1):
        later, wide_earlier = values[shift:], wide[: values.size - shift]
        for b in range(later.size):
            wide_earlier[b] = max(wide_earlier[b], later[b])
        wide_later = wide[shift:]
        for b in range(later.size):
            wide_later[b] = max(wide_later[b], values[b])


@compiled
def _bounds_of_blocks(row: Samples, places: NDArray[np.int64], gains: Samples) -> tuple[Samples, Samples, Samples]:
    """Per block: the sample peak, the most that the coarse reading can be, and the most that it can be wrong by.

    The latter is negative where there is nothing at all. Arrays go on NEIGHBOURS blocks to either side.
    """
    blocks = -(-(places[1] - places[0]) // BLOCK) + 2 * NEIGHBOURS
    peaks, high_peaks = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    block_maxima(row, places[0] - NEIGHBOURS * BLOCK, places[2:4], peaks, high_peaks)
    most, unseen, wide = np.empty(blocks, np.float32), np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    _widen(peaks, 1, most)
    _widen(peaks, NEIGHBOURS, wide)
    _widen(high_peaks, NEIGHBOURS, unseen)
    for b in range(blocks):
        most[b] *= gains[0]
        unseen[b] = unseen[b] * gains[1] + wide[b] * gains[2] if wide[b] > 0.0 else np.float32(-1.0)
    return peaks, most, unseen


@compiled
def _coarse_peak(window: Samples, coarse: Samples, scratch: Samples) -> np.float32:
    """Highest value of the block on the coarse grid; `window` as for `_refine`."""
    inner = window[REACH - coarse.shape[1] // 2 + 1 :]
    best = _peak(window[REACH : REACH + BLOCK])
    _convolve_three(inner, coarse, scratch)
    for p in range(3):
        best = max(best, _peak(scratch[p]))
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
    coarse, fine, gains = filters
    peaks, most, unseen = _bounds_of_blocks(row, places, gains)
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((4, BLOCK), np.float32)
    cells = np.empty(BLOCK // CELL, np.float32)
    count = 0
    last = peaks.size - NEIGHBOURS
    loudest = NEIGHBOURS + int(np.argmax(peaks[NEIGHBOURS:last]))
    for turn in range(NEIGHBOURS - 1, last):
        # The loudest block first, so that the bounds bite at once.
        b = turn if turn >= NEIGHBOURS else loudest
        best[0] = max(best[0], peaks[b])
        floor = min(best[2], np.float32(1.0)) if overs.size else best[2]
        need = floor * np.float32(GRID_SHARE) - unseen[b]
        if unseen[b] < 0.0 or (most[b] <= best[1] and most[b] < need):
            continue
        start = places[0] + (b - NEIGHBOURS) * BLOCK
        _fill(row, start - REACH, places[2:4], window)
        top = _coarse_peak(window, coarse, grid)
        best[1] = max(best[1], top)
        if top >= need:
            cells[:] = np.float32(0.0)
            _refine(window, fine, grid, floor, cells)
            best[2] = max(best[2], _peak(cells))
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
def envelope_exact(
    samples: Samples, places: NDArray[np.int64], filters: Filters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` (one for CELL frames from places[0]) to the true peak wherever above `threshold`.

    The reference's, or the coarse grid's where that reads more: what leaves must hold on a standard meter too.
    """
    coarse, fine, gains = filters
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((4, BLOCK), np.float32)
    own = np.empty(BLOCK // CELL, np.float32)
    floor = np.float32(threshold)
    for channel in range(samples.shape[0]):
        row = samples[channel]
        _, most, unseen = _bounds_of_blocks(row, places, gains)
        for b in range(NEIGHBOURS, most.size - NEIGHBOURS):
            need = floor * np.float32(GRID_SHARE) - unseen[b]
            if unseen[b] < 0.0 or most[b] < need:
                continue
            _fill(row, places[0] + (b - NEIGHBOURS) * BLOCK - REACH, places[2:4], window)
            if _coarse_peak(window, coarse, grid) < need:
                continue
            cell = (b - NEIGHBOURS) * (BLOCK // CELL)
            for p in range(3):
                _cell_peaks(grid[p], own)
                _raise_cells(cells, cell, own)
            own[:] = np.float32(0.0)
            _refine(window, fine, grid, floor, own)
            _raise_cells(cells, cell, own)


@compiled
def _raise_cells(cells: Samples, at: int, own: Samples) -> None:
    """Takes the higher of what other channels gave and this one; cells beyond the end do not exist."""
    for i in range(min(own.size, cells.size - at)):
        cells[at + i] = max(cells[at + i], own[i])


@compiled
def envelope_quick(
    samples: Samples, places: NDArray[np.int64], filters: QuickFilters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` to the peak by a short interpolator, in blocks whose coarse peak reaches 0.9 of `threshold`."""
    coarse, short, gains = filters
    bounds = places[2:4]
    blocks = -(-(places[1] - places[0]) // BLOCK)
    margin = BLOCK // 2
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((3, BLOCK), np.float32)
    own = np.empty(BLOCK // CELL, np.float32)
    floor = np.float32(threshold * 0.9)
    for channel in range(samples.shape[0]):
        row = samples[channel]
        for b in range(blocks):
            start = places[0] + b * BLOCK
            low, high = max(bounds[0], start - margin), min(bounds[1], start + BLOCK + margin)
            if high <= low or _peak(row[low:high]) * gains[0] <= floor:
                continue
            _fill(row, start - REACH, bounds, window)
            if _coarse_peak(window, coarse, grid) <= floor:
                continue
            inner = window[REACH - short.shape[1] // 2 + 1 :]
            _cell_peaks(window[REACH:], own)
            _raise_cells(cells, b * (BLOCK // CELL), own)
            for p in range(0, short.shape[0], 3):
                _convolve_three(inner, short[p : p + 3], grid)
                for q in range(3):
                    _cell_peaks(grid[q], own)
                    _raise_cells(cells, b * (BLOCK // CELL), own)


@compiled
def _cell_peaks(values: Samples, own: Samples) -> None:
    """The highest absolute value in each cell of a block."""
    for cell in range(own.size):
        own[cell] = _peak(values[cell * CELL : (cell + 1) * CELL])
