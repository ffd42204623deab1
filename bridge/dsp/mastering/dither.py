"""The last step: the samples brought onto the grid of a fixed-point bit depth, with dither.

TPDF dither of two steps' width makes the error of rounding independent of the signal in mean and variance (S. P.
Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and dither: a theoretical survey", JAES 40 (5), 1992). For
16 bits at 44.1 and 48 kHz the error is also shaped to where hearing is least sensitive, by the F-weighted filter with
nine taps of R. A. Wannamaker, "Psychoacoustically optimal noise shaping", JAES 40 (7/8), 1992.

Like the dithers of the field that blank themselves, it is mute where a channel is digital silence: 1024 zeros on end
stay zeros. Noise is a function of seed, channel and frame alone, so that any stretch can be made again.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.chains.form import DitherKind as WantedDither
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.dsp.mastering.working import BLOCK_FRAMES
from bridge.model import AppliedStep

DitherKind = Literal["tpdf", "noise_shaped"]

F_WEIGHTED = np.array([2.412, -3.370, 3.937, -4.174, 3.353, -2.205, 1.281, -0.569, 0.0847])
"""Made for 44.1 kHz; at 48 kHz its dips lie an eighth of an octave higher, which is still right."""
F_WEIGHTED_RATES_HZ = (44100, 48000)


@dataclass(frozen=True)
class Grid:
    """Where samples may lie, and the noise that brings them there."""

    bits: int
    kind: DitherKind
    seed: int

    @property
    def step(self) -> float:
        """Distance of neighbouring values, of full scale 1."""
        return 2.0 ** (1 - self.bits)

    def applied(self) -> AppliedStep:
        """The line of the report."""
        names = {"tpdf": "triangular noise (TPDF)", "noise_shaped": "noise shaped to where hearing is least sensitive"}
        return AppliedStep(
            use="dither",
            sentence=f"Dithered to {self.bits} bit with {names[self.kind]}",
            parameters={"bit_depth": str(self.bits), "kind": self.kind, "seed": self.seed},
        )


def grid_for(bits: int, sample_rate_hz: int, seed: int, wanted: WantedDither = "auto") -> Grid:
    """The grid of a bit depth, with the dither that suits it; shaped noise only where its filter is made for it."""
    is_shaped = wanted != "tpdf" and bits <= 16 and sample_rate_hz in F_WEIGHTED_RATES_HZ
    return Grid(bits, "noise_shaped" if is_shaped else "tpdf", seed)


def is_on_grid(signal: Signal, bits: int) -> bool:
    """Whether every sample is a value of that bit depth already, so that nothing need be rounded."""
    return all(
        _fits(np.ascontiguousarray(signal.read(start, BLOCK_FRAMES)), 2.0 ** (bits - 1))
        for start in range(0, signal.frames, BLOCK_FRAMES)
    )


def quantise(samples: Samples, start: int, frames: int, grid: Grid) -> None:
    """Puts frames [start, start + frames) of `samples` onto the grid, in place.

    Args:
        samples: float32 (channels, frames of the signal); values beyond full scale are held at its ends.
        start: a multiple of GRAIN_FRAMES. Error feedback begins anew here.
        frames: how many.
        grid: of 16 or 24 bits; its values are exact in float32.
    """
    kernel = _shape if grid.kind == "noise_shaped" else _round
    kernel(samples, np.array([start, frames]), 2.0 ** (grid.bits - 1), np.uint64(grid.seed))


@compiled
def _fits(block: Samples, scale: float) -> bool:
    for channel in range(block.shape[0]):
        row = block[channel]
        for i in range(row.size):
            value = np.float64(row[i]) * scale
            if value != np.floor(value) or value < -scale or value > scale - 1.0:
                return False
    return True


@compiled
def _noise(seed: np.uint64, channel: int, frame: int) -> float:
    """Triangular noise in (-1, 1): the difference of two uniform numbers, by the mixer of SplitMix64."""
    z = seed * np.uint64(0xD1342543DE82EF95) + np.uint64(channel) * np.uint64(0xA24BAED4963EE407)
    z += (np.uint64(frame) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    high, low = z >> np.uint64(32), z & np.uint64(0xFFFFFFFF)
    return (np.float64(high) - np.float64(low)) * 2.0**-32


@compiled
def _is_silent(row: Samples) -> bool:
    loudest = np.float32(0.0)
    for i in range(row.size):
        loudest = max(loudest, abs(row[i]))
    return bool(loudest == np.float32(0.0))


@compiled
def _round(samples: Samples, places: NDArray[np.int64], scale: float, seed: np.uint64) -> None:
    """Flat error: round(x + noise)."""
    start, end = places[0], places[0] + places[1]
    for channel in range(samples.shape[0]):
        for first in range(start, end, GRAIN_FRAMES):
            row = samples[channel, first : min(end, first + GRAIN_FRAMES)]
            if _is_silent(row):
                continue
            for i in range(row.size):
                value = np.floor(np.float64(row[i]) * scale + _noise(seed, channel, first + i) + 0.5)
                row[i] = np.float32(min(max(value, -scale), scale - 1.0) / scale)


@compiled
def _shape(samples: Samples, places: NDArray[np.int64], scale: float, seed: np.uint64) -> None:
    """Shaped error: what rounding got wrong is taken off the next nine samples (error feedback)."""
    start, end = places[0], places[0] + places[1]
    errors = np.zeros(2 * F_WEIGHTED.size)  # written twice, so that the last nine always lie side by side
    for channel in range(samples.shape[0]):
        errors[:] = 0.0
        newest = 0
        for first in range(start, end, GRAIN_FRAMES):
            row = samples[channel, first : min(end, first + GRAIN_FRAMES)]
            if _is_silent(row):
                errors[:] = 0.0
                continue
            for i in range(row.size):
                wanted = np.float64(row[i]) * scale
                for k in range(F_WEIGHTED.size):
                    wanted -= F_WEIGHTED[k] * errors[newest + k]
                value = np.floor(wanted + _noise(seed, channel, first + i) + 0.5)
                value = min(max(value, -scale), scale - 1.0)
                newest = newest - 1 if newest > 0 else F_WEIGHTED.size - 1
                errors[newest] = errors[newest + F_WEIGHTED.size] = value - wanted
                row[i] = np.float32(value / scale)
