"""What every separator offers: a network that turns one segment of the mix into the same segment of each stem."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

CHANNELS = 2
"""All published separators take stereo; mono goes in twice."""


@dataclass(frozen=True)
class SegmentGrid:
    """How a separator wants the mix cut: overlapping segments whose results are averaged by weights."""

    sample_rate_hz: int
    segment_frames: int
    stride_frames: int
    weights: NDArray[np.float32]
    """Shape (segment_frames,), positive: how much a frame of a segment counts where segments overlap."""
    repeats_end: bool = True
    """Whether segments that only cover again what the one before reached are run too, as demucs' `apply_model` does:
    without them the end would come out differently."""
    shifts: tuple[int, ...] = (0,)
    """The mix is separated once behind each of these lengths of silence (frames), and the results are averaged: what
    hangs on where segments begin is averaged out (demucs' "shift trick")."""

    def offsets(self, frames: int) -> range:
        """First frame of each segment of a signal; the last ones may be cut short. The shifts count as part of it."""
        if self.repeats_end:
            return range(0, frames, self.stride_frames)
        needed = max(1, -(-(frames - self.segment_frames) // self.stride_frames) + 1)
        return range(0, needed * self.stride_frames, self.stride_frames)


class Separator(Protocol):
    """One network, or several that work on the same segments."""

    @property
    def stems(self) -> tuple[str, ...]:
        """Names of the stems, in the order of its output."""
        ...

    @property
    def grid(self) -> SegmentGrid:
        """How it wants the mix cut."""
        ...

    @property
    def wants_scale(self) -> bool:
        """Whether it was made for signals of one loudness, so that the mix is scaled before it and back after it."""
        ...

    @property
    def takes_bfloat16(self) -> bool:
        """Whether computing in bfloat16 is worth a try where the processor has it."""
        ...

    @property
    def size_bytes(self) -> int:
        """Memory of the weights."""
        ...

    def to(self, device: torch.device) -> None:
        """Moves the weights."""
        ...

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Float32 stems (batch, stems, 2, segment_frames) of float32 segments (batch, 2, segment_frames)."""
        ...


def where_complex_works(tensor: torch.Tensor) -> torch.Tensor:
    """On Apple's and Intel's GPUs complex numbers and Fourier transforms do not work: the CPU does them there."""
    return tensor.cpu() if tensor.device.type in {"mps", "xpu"} else tensor


def weights_bytes(network: torch.nn.Module) -> int:
    """Memory of a network's weights."""
    return sum(weight.numel() * weight.element_size() for weight in network.parameters())


def triangle(segment_frames: int) -> NDArray[np.float32]:
    """Demucs' weights: 1, 2, ... up to the middle and down again, over the highest."""
    half = segment_frames // 2
    rising = np.arange(1, half + 1, dtype=np.float32)
    falling = np.arange(segment_frames - half, 0, -1, dtype=np.float32)
    weights: NDArray[np.float32] = np.concatenate([rising, falling])
    weights /= weights.max()
    return weights


def trapezoid(segment_frames: int, overlap_frames: int) -> NDArray[np.float32]:
    """1 in the middle, with straight fades of `overlap_frames` at both ends that never reach zero."""
    weights = np.ones(segment_frames, np.float32)
    fade = np.arange(1, overlap_frames + 1, dtype=np.float32) / np.float32(overlap_frames + 1)
    weights[:overlap_frames] = fade
    weights[segment_frames - overlap_frames :] = fade[::-1]
    return weights
