"""Resonances: peaks of the spectrum turned down while they stand out of their surroundings.

Windows of about 45 ms, three quarters overlapped. Each band (24 an octave, or single bins where those are wider) keeps
the power of its highest bin, which rises with the attack and falls with the release. Its surroundings are the rows of
local maxima to both sides, so that the partials of a chord are compared with the other partials and not with the gaps
between them. What stands out by more than the selectivity is cut by the depth. All channels share their cuts; only what
is cut goes through the FFT, so that a signal without resonances comes out as it went in, bit by bit.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.chains import Resonance
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.band import is_frequency_beyond, left_out
from bridge.dsp.mastering.filters.hops import Hops
from bridge.dsp.mastering.placement import Delay
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step

WINDOW_S = 0.045
OVERLAP = 4
CHUNK = 16
"""Windows that are looked at together; a chunk begins at a fixed place of the signal."""
BANDS_PER_OCTAVE = 24
RING_OCTAVES = 1.0 / 6.0
"""To each side of a peak: what belongs to it; and how far local maxima reach."""
STEPS_PER_DB = 10.0
"""Cuts are kept in tenths of a decibel."""
FLOOR_DB = -55.0
"""Bands this far below the whole window are not heard."""

Cuts = NDArray[np.uint8]
"""(windows, bands): tenths of a decibel."""


@dataclass(frozen=True)
class Grid:
    """Windows and bands at a sample rate."""

    size: int
    firsts: NDArray[np.int64]
    """First bin of each band, and the bin after the last."""

    @property
    def hop(self) -> int:
        """Frames from window to window."""
        return self.size // OVERLAP

    @property
    def bands(self) -> int:
        """How many."""
        return self.firsts.size - 1

    def centres(self) -> NDArray[np.float64]:
        """Middle bin of each band."""
        return np.asarray((self.firsts[:-1] + self.firsts[1:] - 1) / 2.0, np.float64)


def grid_at(sample_rate_hz: int) -> Grid:
    """Bands from 40 Hz to the top."""
    size = 1 << max(6, round(math.log2(WINDOW_S * sample_rate_hz)))
    top = size // 2
    low = max(1, round(40.0 * size / sample_rate_hz))
    count = int(math.log2(top / low) * BANDS_PER_OCTAVE) + 1
    firsts = np.round(low * 2.0 ** (np.arange(count) / BANDS_PER_OCTAVE)).astype(np.int64)
    return Grid(size, np.unique(np.append(firsts[firsts < top], top)))


def fit_resonance(step: Resonance, signal: Signal) -> Fitted:
    """The cuts for this signal; none where nothing stands out."""
    if is_frequency_beyond(step.low_hz, signal):
        return left_out(step, signal)
    if step.depth_percent == 0 or step.cut_db_max == 0:
        return UNCHANGED
    grid = grid_at(signal.sample_rate_hz)
    cuts = find_cuts(step, signal, grid)
    if not cuts.any():
        return UNCHANGED
    detail, parameters = _told(cuts, grid, signal.sample_rate_hz)
    return Fitted(ResonanceProcessor(cuts, grid, signal.channels), applied_step(step, detail, **parameters))


def find_cuts(step: Resonance, signal: Signal, grid: Grid) -> Cuts:
    """The cut of each band in each window, all channels together."""
    hop_ms = 1000.0 * grid.hop / signal.sample_rate_hz
    settings = np.array(
        [
            -math.expm1(-hop_ms / step.attack_ms),
            -math.expm1(-hop_ms / step.release_ms),
            step.depth_percent / 100.0,
            step.selectivity_db,
            step.cut_db_max,
            (1.0 - step.sharpness_percent / 100.0) / 3.0,
        ]
    )
    around = _surroundings(step, grid, signal.sample_rate_hz)
    state = np.zeros(grid.bands)
    parts: list[Cuts] = []
    for powers in _window_powers(signal, grid):
        cuts = np.zeros((powers.shape[0], grid.bands), np.uint8)
        cut_bands(powers, grid.firsts, around, settings, (state, cuts))
        parts.append(cuts)
    return np.concatenate(parts)


def _surroundings(step: Resonance, grid: Grid, sample_rate_hz: int) -> NDArray[np.int64]:
    """For each band: whether it is in range; reach of its own peak, of its surroundings and of a wide cut, in bands."""
    octaves = np.log2(np.maximum(grid.centres(), 0.5))
    at_hz = grid.centres() * sample_rate_hz / grid.size
    inside = (at_hz >= step.low_hz) & (at_hz <= min(step.high_hz, 0.45 * sample_rate_hz))
    own = RING_OCTAVES + 2.0 / np.maximum(grid.centres(), 2.0)  # a Hann window's peak is four bins wide
    wide = own + step.surroundings_octaves / 2.0
    bounds = [octaves - own, octaves + own, octaves - wide, octaves + wide]
    places = [np.searchsorted(octaves, bound, side="left") for bound in bounds]
    near = [np.searchsorted(octaves, octaves + side * RING_OCTAVES, side="left") for side in (-1.0, 1.0)]
    return np.ascontiguousarray(np.array([inside, *places, *near], np.int64).T)


def _window_powers(signal: Signal, grid: Grid) -> Iterator[NDArray[np.float32]]:
    """Power spectra of all windows of which any frame is in the signal, both channels summed, chunk by chunk."""
    frames = CHUNK * grid.hop
    history = np.zeros((signal.channels, grid.size - grid.hop), np.float32)
    for start in range(0, signal.frames + grid.size, frames):
        chunk = np.zeros((signal.channels, frames), np.float32)
        given = signal.read(start, frames) if start < signal.frames else chunk[:, :0]
        chunk[:, : given.shape[1]] = given
        spectra, history = _spectra(history, chunk, grid)
        yield (np.square(spectra.real) + np.square(spectra.imag)).sum(axis=0).astype(np.float32)


def _spectra(history: Samples, chunk: Samples, grid: Grid) -> tuple[NDArray[np.complex128], Samples]:
    """Spectra (channels, CHUNK, bins) of the windows that end in a chunk, and the history of the next one."""
    joined = np.concatenate((history, chunk), axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(joined, grid.size, axis=1)[:, :: grid.hop]
    return np.fft.rfft(windows * _window(grid.size)), joined[:, chunk.shape[1] :].copy()


def _window(size: int) -> NDArray[np.float64]:
    """Root of a Hann window: before and after the FFT."""
    return np.sin(np.pi * (np.arange(size, dtype=np.float64) + 0.5) / size)


class ResonanceProcessor:
    """Takes away from the signal what its cuts take away."""

    def __init__(self, cuts: Cuts, grid: Grid, channels: int) -> None:
        self._cuts = cuts
        self._grid = grid
        frames = CHUNK * grid.hop
        self._hops = Hops(frames, (channels, channels), self._taken)
        self._history = np.zeros((channels, grid.size - grid.hop), np.float32)
        self._tail = np.zeros((channels, grid.size - grid.hop))
        self._chunk = 0
        self.latency_frames = frames + grid.size - grid.hop
        self._delay = Delay(self.latency_frames, channels)
        self._weights = _bin_weights(grid)

    def process(self, block: Samples) -> Samples:
        """The block, late, less what is cut."""
        taken = self._hops.process(block)
        return self._delay.process(block) - taken

    def _taken(self, chunk: Samples) -> Samples:
        """What is cut out of the frames that this chunk finishes."""
        cuts = self._cuts[self._chunk * CHUNK : (self._chunk + 1) * CHUNK]
        self._chunk += 1
        if not cuts.any() and not self._tail.any():
            self._history = np.concatenate((self._history, chunk), axis=1)[:, chunk.shape[1] :].copy()
            return np.zeros_like(chunk)
        spectra, self._history = _spectra(self._history, chunk, self._grid)
        sums = np.zeros((chunk.shape[0], chunk.shape[1] + self._tail.shape[1]))
        sums[:, : self._tail.shape[1]] += self._tail
        for index in np.flatnonzero(cuts.any(axis=1)).tolist():
            begin = index * self._grid.hop
            sums[:, begin : begin + self._grid.size] += self._difference(spectra[:, index], cuts[index])
        self._tail = sums[:, chunk.shape[1] :].copy()
        return sums[:, : chunk.shape[1]].astype(np.float32)

    def _difference(self, spectrum: NDArray[np.complex128], cuts: NDArray[np.uint8]) -> NDArray[np.float64]:
        """What the cuts of one window take away of it, windowed."""
        lower, share = self._weights
        in_db = np.append(cuts, cuts[-1]) / STEPS_PER_DB
        shares = 1.0 - 10.0 ** (-((1.0 - share) * in_db[lower] + share * in_db[lower + 1]) / 20.0)
        taken: NDArray[np.float64] = np.fft.irfft(spectrum * shares, self._grid.size)
        return taken * (_window(self._grid.size) * (2.0 / OVERLAP))


def _bin_weights(grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each bin the band below and the share of the band above: cuts run in straight lines from band to band."""
    bins, centres = np.arange(grid.size // 2 + 1, dtype=np.float64), grid.centres()
    lower = np.clip(np.searchsorted(centres, bins, side="right") - 1, 0, grid.bands - 1)
    upper = np.minimum(lower + 1, grid.bands - 1)
    width = np.maximum(centres[upper] - centres[lower], 1e-9)
    return lower, np.clip((bins - centres[lower]) / width, 0.0, 1.0)


def _told(cuts: Cuts, grid: Grid, sample_rate_hz: int) -> tuple[str, dict[str, float]]:
    """What the report says: deepest and mean cut, and where most was cut."""
    totals = cuts.sum(axis=0, dtype=np.float64)
    most = int(totals.argmax())
    at_hz = float(f"{grid.centres()[most] * sample_rate_hz / grid.size:.2g}")
    deepest = float(cuts.max()) / STEPS_PER_DB
    busy = 100.0 * float(np.count_nonzero(cuts.any(axis=1))) / cuts.shape[0]
    text = f"at most {deepest:.1f} dB, most of all around {at_hz:.0f} Hz; at work for {busy:.0f} % of the time"
    return text, {"deepest_cut_db": deepest, "most_cut_hz": at_hz, "at_work_percent": round(busy, 1)}


@compiled
def cut_bands(
    powers: NDArray[np.float32],
    firsts: NDArray[np.int64],
    around: NDArray[np.int64],
    settings: NDArray[np.float64],
    kept: tuple[NDArray[np.float64], Cuts],
) -> None:
    """Writes the cuts of some windows.

    Args:
        powers: (windows, bins).
        firsts: bins of the bands.
        around: of `_surroundings`.
        settings: shares for attack and release; depth, selectivity in dB, deepest cut in dB, width of cuts in octaves.
        kept: power of each band, carried on; and the cuts (windows, bands) to be written.
    """
    means, cuts = kept
    bands = means.size
    levels, crests, sums, wanted = np.zeros(bands), np.zeros(bands), np.zeros(bands + 1), np.zeros(bands)
    for window in range(powers.shape[0]):
        total = _follow(powers[window], firsts, settings, means)
        if total <= 1e-20:
            continue
        for band in range(bands):
            levels[band] = 10.0 * np.log10(means[band] + 1e-30)
        floor = 10.0 * np.log10(total) + FLOOR_DB
        for band in range(bands):
            crest = levels[band]
            for other in range(around[band, 5], around[band, 6]):
                crest = max(crest, levels[other])
            crests[band] = max(crest, floor - 20.0)
            sums[band + 1] = sums[band] + crests[band]
        _want(levels, sums, around, settings, wanted)
        reach = settings[5] * BANDS_PER_OCTAVE
        for band in range(bands):
            cut = wanted[band]
            for other in range(max(0, band - int(reach)), min(bands, band + int(reach) + 1)):
                cut = max(cut, wanted[other] * (1.0 - abs(band - other) / (reach + 1.0)))
            if around[band, 0] and levels[band] > floor:
                cuts[window, band] = np.uint8(cut * STEPS_PER_DB + 0.5)


@compiled
def _follow(
    powers: NDArray[np.float32], firsts: NDArray[np.int64], settings: NDArray[np.float64], means: NDArray[np.float64]
) -> float:
    """Moves the power of each band towards this window's; the sum of all."""
    total = 0.0
    for band in range(means.size):
        now = 0.0
        for k in range(firsts[band], firsts[band + 1]):
            now = max(now, np.float64(powers[k]))
        means[band] += (settings[0] if now > means[band] else settings[1]) * (now - means[band])
        total += means[band]
    return total


@compiled
def _want(
    levels: NDArray[np.float64],
    sums: NDArray[np.float64],
    around: NDArray[np.int64],
    settings: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> None:
    """What each band should be cut by, from how far it stands above the mean crest to both sides."""
    for band in range(levels.size):
        low, high, wide_low, wide_high = around[band, 1], around[band, 2], around[band, 3], around[band, 4]
        count = (low - wide_low) + (wide_high - high)
        wanted[band] = 0.0
        if count > 0:
            beside = (sums[low] - sums[wide_low] + sums[wide_high] - sums[high]) / count
            over = levels[band] - beside - settings[3]
            wanted[band] = min(max(0.0, settings[2] * over), settings[4])
