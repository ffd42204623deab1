"""Signals in memory: float32 samples `(channels, frames)`, and the one seam through which rooms read samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
"""Shape (channels, frames), full scale is 1.0; values beyond it are allowed."""

Allocate: TypeAlias = Callable[[int, int], Samples]
"""Gives an uninitialised C-contiguous float32 array (channels, frames): in memory, or mapped onto a scratch file when
the signal is long. Whoever runs the job owns the scratch folder; `dsp` only asks for room."""

OnProgress: TypeAlias = Callable[[float], None]
"""Told the fraction 0..1 of the present stage."""


class Signal(Protocol):
    """Something with samples: an `Audio` in memory, or a file on disk that is read block by block."""

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    @property
    def frames(self) -> int:
        """Length, exactly."""
        ...

    def read(self, start: int, frames: int) -> Samples:
        """Samples (channels, n) from frame `start`, n <= frames at the end; not to be written to."""
        ...


@dataclass(frozen=True)
class Audio:
    """A signal in memory (or mapped onto a scratch file): samples float32 (channels, frames)."""

    samples: Samples
    sample_rate_hz: int

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.samples.shape[1])

    def read(self, start: int, frames: int) -> Samples:
        """A view of at most `frames` frames from `start`."""
        return self.samples[:, start : start + frames]


def in_memory(channels: int, frames: int) -> Samples:
    """Plain `Allocate`: an uninitialised array in memory."""
    return np.empty((channels, frames), np.float32)
