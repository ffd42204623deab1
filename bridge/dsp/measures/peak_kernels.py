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

Filters: TypeAlias = tuple[Samples, Samples, Samples]
"""Coarse interpolator, fine interpolator, and three gains: L1 norm of the coarse one, and the two of its error."""


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
def _convolve(window: Samples, taps: Samples, out: Samples) -> None:
    """out[i] = sum over k of taps[k] window[i + k], for a multiple of four taps.

    Four taps a pass: sums stay in registers longer than with one.
    """
    size = out.size
    for i in range(size):
        out[i] = np.float32(0.0)
    for k in range(0, taps.size, 4):
        t0, t1, t2, t3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        w0, w1, w2, w3 = window[k:], window[k + 1 :], window[k + 2 :], window[k + 3 :]
        for i in range(size):
            out[i] += t0 * w0[i] + t1 * w1[i] + t2 * w2[i] + t3 * w3[i]


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
def _refine(window: Samples, reference: Samples, grid: Samples, floor: np.float32, cells: Samples) -> None:
    """Raises `cells` to the reference's true peak, exactly wherever that is above `floor`.

    Args:
        window: REACH frames before the block, the block, REACH frames after it.
        reference: the 64-fold interpolator.
        grid: scratch (4, BLOCK).
        floor: what is of interest.
        cells: one value for each CELL frames of the block.
    """
    whole = window[1:]
    for p in range(4):
        _convolve(whole, reference[p * 16], grid[p])
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
    window = np.empty(BLOCK + 8, np.float32)
    for b in range(peaks.size):
        _fill(row, first + b * BLOCK - 4, bounds, window)
        w0, w1, w2, w3, w4 = window[0:], window[1:], window[2:], window[3:], window[4:]
        w5, w6, w7, w8 = window[5:], window[6:], window[7:], window[8:]
        peak, high = np.float32(0.0), np.float32(0.0)
        for i in range(BLOCK):
            value = (
                np.float32(70.0 / 256.0) * w4[i]
                - np.float32(56.0 / 256.0) * (w3[i] + w5[i])
                + np.float32(28.0 / 256.0) * (w2[i] + w6[i])
                - np.float32(8.0 / 256.0) * (w1[i] + w7[i])
                + np.float32(1.0 / 256.0) * (w0[i] + w8[i])
            )
            high = max(high, abs(value))
            peak = max(peak, abs(w4[i]))
        peaks[b], high_peaks[b] = peak, high


@compiled
def _around(values: Samples, b: int, blocks: int) -> np.float32:
    """Largest value among blocks b - blocks .. b + blocks."""
    return _peak(values[max(0, b - blocks) : b + blocks + 1])


@compiled
def _coarse_peak(window: Samples, coarse: Samples, scratch: Samples) -> np.float32:
    """Highest value of the block on the coarse grid; `window` as for `_refine`."""
    inner = window[REACH - coarse.shape[1] // 2 + 1 :]
    best = _peak(window[REACH : REACH + BLOCK])
    for p in range(1, coarse.shape[0]):
        _convolve(inner, coarse[p], scratch)
        best = max(best, _peak(scratch))
    return best


@compiled
def search(row: Samples, places: NDArray[np.int64], filters: Filters, best: NDArray[np.float32]) -> None:
    """Raises `best` (sample, coarse, reference) by the blocks from frame places[0] to places[1].

    `places` goes on with low and high. A block is put aside only where none of the three can rise by it.
    """
    coarse, reference, gains = filters
    bounds = places[2:4]
    extra = NEIGHBOURS
    blocks = -(-(places[1] - places[0]) // BLOCK)
    peaks, high_peaks = np.empty(blocks + 2 * extra, np.float32), np.empty(blocks + 2 * extra, np.float32)
    block_maxima(row, places[0] - extra * BLOCK, bounds, peaks, high_peaks)
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((4, BLOCK), np.float32)
    cells = np.empty(BLOCK // CELL, np.float32)
    loudest = extra + int(np.argmax(peaks[extra : extra + blocks]))
    for turn in range(blocks + 1):
        # The loudest block first, so that the bounds bite at once.
        b = loudest if turn == 0 else extra + turn - 1
        best[0] = max(best[0], peaks[b])
        most = _around(peaks, b, 1) * gains[0]
        unseen = _around(high_peaks, b, extra) * gains[1] + _around(peaks, b, extra) * gains[2]
        need = best[2] * np.float32(GRID_SHARE) - unseen
        if most <= best[1] and most < need:
            continue
        _fill(row, places[0] + (b - extra) * BLOCK - REACH, bounds, window)
        top = _coarse_peak(window, coarse, grid[0])
        best[1] = max(best[1], top)
        if top >= need:
            cells[:] = np.float32(0.0)
            _refine(window, reference, grid, best[2], cells)
            best[2] = max(best[2], _peak(cells))


@compiled
def envelope_exact(
    samples: Samples, places: NDArray[np.int64], filters: Filters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` (one for CELL frames from places[0]) to the reference's true peak wherever above `threshold`."""
    coarse, reference, gains = filters
    bounds = places[2:4]
    extra = NEIGHBOURS
    blocks = -(-(places[1] - places[0]) // BLOCK)
    peaks, high_peaks = np.empty(blocks + 2 * extra, np.float32), np.empty(blocks + 2 * extra, np.float32)
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((4, BLOCK), np.float32)
    own = np.empty(BLOCK // CELL, np.float32)
    floor = np.float32(threshold)
    for channel in range(samples.shape[0]):
        row = samples[channel]
        block_maxima(row, places[0] - extra * BLOCK, bounds, peaks, high_peaks)
        for b in range(extra, extra + blocks):
            unseen = _around(high_peaks, b, extra) * gains[1] + _around(peaks, b, extra) * gains[2]
            need = floor * np.float32(GRID_SHARE) - unseen
            if _around(peaks, b, 1) * gains[0] < need:
                continue
            _fill(row, places[0] + (b - extra) * BLOCK - REACH, bounds, window)
            if _coarse_peak(window, coarse, grid[0]) < need:
                continue
            own[:] = np.float32(0.0)
            _refine(window, reference, grid, floor, own)
            _raise_cells(cells, (b - extra) * (BLOCK // CELL), own)


@compiled
def _raise_cells(cells: Samples, at: int, own: Samples) -> None:
    """Takes the higher of what other channels gave and this one; cells beyond the end do not exist."""
    for i in range(min(own.size, cells.size - at)):
        cells[at + i] = max(cells[at + i], own[i])


@compiled
def envelope_quick(
    samples: Samples, places: NDArray[np.int64], filters: Filters, threshold: float, cells: Samples
) -> None:
    """Raises `cells` to the peak by a short interpolator, in blocks whose coarse peak reaches 0.9 of `threshold`."""
    coarse, fine, gains = filters
    bounds = places[2:4]
    blocks = -(-(places[1] - places[0]) // BLOCK)
    margin = BLOCK // 2
    window = np.empty(BLOCK + 2 * REACH, np.float32)
    grid = np.empty((fine.shape[0], BLOCK), np.float32)
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
            if _coarse_peak(window, coarse, grid[0]) <= floor:
                continue
            inner = window[REACH - fine.shape[1] // 2 + 1 :]
            own[:] = np.float32(0.0)
            for p in range(fine.shape[0]):
                _convolve(inner, fine[p], grid[p])
                for i in range(BLOCK):
                    own[i // CELL] = max(own[i // CELL], abs(grid[p, i]))
            _raise_cells(cells, b * (BLOCK // CELL), own)
