"""From what networks made to stems that null: back at the mix's rate and length, on its grid, the rest accounted for.

Samples are rounded to multiples of 2^-23. Such numbers below 2 are added exactly in float32, in any order; so with a
mix of 24 bits or less, stems plus residual equal the mix sample for sample, in this program and in every DAW.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr
from numpy.typing import NDArray

from bridge.audio.signal import Samples, Signal
from bridge.recipes import ResidualPolicy, StemName

GRID = np.float32(1 << 23)
QUALITY = "VHQ"
RESIDUAL = "residual"


@dataclass(frozen=True)
class AssemblyOrder:
    """What is to come out."""

    made: tuple[StemName, ...]
    """What networks made, in their order."""
    outputs: tuple[StemName, ...]
    residual: ResidualPolicy

    @property
    def summed(self) -> tuple[StemName, ...]:
        """The outputs that, with the residual, sum to the mix: the instrumental counts beside vocals only."""
        if set(self.outputs) <= {StemName.VOCALS, StemName.INSTRUMENTAL}:
            return self.outputs
        return tuple(name for name in self.outputs if name is not StemName.INSTRUMENTAL)

    @property
    def has_residual(self) -> bool:
        """Whether something may be left over."""
        return set(self.summed) != {StemName.VOCALS, StemName.INSTRUMENTAL}


@dataclass
class NullTest:
    """How well all parts sum to the mix."""

    error: float = 0.0
    """Sum of squares of the difference."""
    residual: float = 0.0
    mix: float = 0.0

    @property
    def null_db(self) -> float | None:
        """Depth of the null; None when it is exact."""
        return _ratio_db(self.error, self.mix)

    @property
    def residual_db(self) -> float | None:
        """What no stem held, against the mix; None when nothing is left."""
        return _ratio_db(self.residual, self.mix)


@dataclass
class Assembler:
    """Takes what networks made block by block and gives the finished stems, as long as the mix."""

    order: AssemblyOrder
    mix: Signal
    """At the rate that is delivered, mono or stereo."""
    made_rate_hz: int
    null: NullTest = field(default_factory=NullTest)

    def __post_init__(self) -> None:
        self._done = 0
        rows = len(self.order.made) * self.mix.channels
        self._resampling = (
            None
            if self.mix.sample_rate_hz == self.made_rate_hz
            else soxr.ResampleStream(self.made_rate_hz, self.mix.sample_rate_hz, rows, dtype="float32", quality=QUALITY)
        )

    def take(self, samples: NDArray[np.float32], *, is_last: bool) -> Iterator[tuple[int, dict[str, Samples]]]:
        """Finished frames: the first one, and the samples (channels, n) of each output and of the residual.

        Args:
            samples: (made, 2, n), the next frames at the networks' rate.
            is_last: whether no more will come: what the mix has beyond them is silence in all that was made.
        """
        made = self._at_rate(self._folded(samples), is_last=is_last)
        left = self.mix.frames - self._done
        made = made[..., :left]
        if is_last and made.shape[-1] < left:
            made = np.pad(made, ((0, 0), (0, 0), (0, left - made.shape[-1])))
        if made.shape[-1]:
            start = self._done
            self._done += int(made.shape[-1])
            yield start, self._finished(made, self.mix.read(start, made.shape[-1]))

    def _folded(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """As many channels as the mix has: of a mono mix, the mean of both."""
        return samples.mean(axis=1, keepdims=True) if self.mix.channels == 1 else samples

    def _at_rate(self, samples: NDArray[np.float32], *, is_last: bool) -> NDArray[np.float32]:
        if self._resampling is None:
            return samples
        stems, channels, frames = samples.shape
        rows = np.ascontiguousarray(samples.reshape(stems * channels, frames).T)
        made: NDArray[np.float32] = self._resampling.resample_chunk(rows, last=is_last).T
        return made.reshape(stems, channels, made.shape[1])

    def _finished(self, made: NDArray[np.float32], mix: Samples) -> dict[str, Samples]:
        on_grid = np.rint(made * GRID) / GRID
        parts: dict[str, Samples] = {str(name): on_grid[i] for i, name in enumerate(self.order.made)}
        summed = [str(name) for name in self.order.summed]
        if str(StemName.INSTRUMENTAL) in summed:
            parts[StemName.INSTRUMENTAL] = _difference(mix, [parts[StemName.VOCALS]])
        rest = _rest(mix, [parts[name] for name in summed])
        parts[RESIDUAL] = rest.astype(np.float32)
        self.null.residual += _energy(parts[RESIDUAL])
        placed = self._placed(parts, rest, summed)
        self._test(placed, summed, mix)
        if StemName.INSTRUMENTAL in self.order.outputs:
            placed[StemName.INSTRUMENTAL] = _difference(mix, [placed[StemName.VOCALS]])
        return placed

    def _placed(
        self, parts: dict[str, Samples], rest: NDArray[np.float64], summed: Sequence[str]
    ) -> dict[str, Samples]:
        """The parts with the residual where it was ordered; it stays among them, for the quality card."""
        if not self.order.has_residual:
            return parts
        match self.order.residual:
            case ResidualPolicy.KEEP:
                return parts
            case ResidualPolicy.OTHER:
                return parts | {StemName.OTHER: (parts[StemName.OTHER] + rest).astype(np.float32)}
            case ResidualPolicy.SPREAD:
                share = np.rint(rest / len(summed) * GRID) / GRID
                spread = {name: (parts[name] + share).astype(np.float32) for name in summed}
                left = rest - share * len(summed)  # a few units of the last place: the last stem takes them
                spread[summed[-1]] = (spread[summed[-1]] + left).astype(np.float32)
                return parts | spread

    def _test(self, parts: Mapping[str, Samples], summed: Sequence[str], mix: Samples) -> None:
        is_kept = self.order.has_residual and self.order.residual is ResidualPolicy.KEEP
        names = [*summed, RESIDUAL] if is_kept else summed
        total = np.sum([parts[name] for name in names], axis=0, dtype=np.float64).astype(np.float32)
        self.null.error += _energy(total - mix)
        self.null.mix += _energy(mix)


def _rest(mix: Samples, parts: Sequence[Samples]) -> NDArray[np.float64]:
    rest = mix.astype(np.float64)
    for part in parts:
        rest -= part
    return rest


def _difference(mix: Samples, parts: Sequence[Samples]) -> Samples:
    return _rest(mix, parts).astype(np.float32)


def _energy(samples: Samples) -> float:
    flat = samples.ravel()
    return float(np.dot(flat, flat)) if flat.size < 1 << 16 else float(np.square(flat, dtype=np.float64).sum())


def _ratio_db(part: float, whole: float) -> float | None:
    return None if part <= 0.0 or whole <= 0.0 else 10.0 * float(np.log10(part / whole))
