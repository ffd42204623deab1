"""Networks for tests: the two small real ones, and working ones whose result is known."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.audio.read import read_audio
from bridge.audio.signal import Audio, Samples, Signal
from bridge.dsp.separation.devices import Placement, Precision
from bridge.dsp.separation.loading import load_demucs
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.runner import Runner
from bridge.dsp.separation.separator import SegmentGrid, Separator, triangle

MODELS = Path(__file__).parent.parent / "models"
SONGS = MODELS / "songs"
CPU = torch.device("cpu")
RATE_HZ = 44_100
PLAINLY = Streaming()
torch.set_num_threads(1)  # two that wait for each other in a loop are slower than one where others work too


@cache
def tiny(stems: int = 4) -> Separator:
    """The small real network with 4 or 6 stems."""
    return load_demucs(next(MODELS.glob("71a9*.th" if stems == 4 else "6ac0*.th")))


def runner(separator: Separator, batch: int = 1) -> Runner:
    """The separator on the CPU, computing exactly."""
    separator.to(CPU)
    return Runner(separator, Placement(CPU, Precision.FLOAT_32, batch))


def separated(separator: Separator, mix: Signal, batch: int = 1, wanted: Streaming = PLAINLY) -> NDArray[np.float32]:
    """Everything that the separator makes of a mix: (stems, 2, frames)."""
    blocks = [block.samples.copy() for block in stream(runner(separator, batch), mix, wanted)]
    return np.concatenate(blocks, axis=-1)


class Crooked:
    """A separator with two stems whose results depend on the whole segment, as those of networks do, but cheaply."""

    stems: tuple[str, ...] = ("low", "high")
    takes_bfloat16 = False
    wants_scale = True

    def __init__(self, segment_frames: int = 64, stride_frames: int = 48, room: int = 1000) -> None:
        self.grid = SegmentGrid(RATE_HZ, segment_frames, stride_frames, triangle(segment_frames))
        self.room = room
        """Segments at a time that fit into its simulated memory."""
        self.forwards: list[int] = []
        self.device = CPU

    size_bytes = 0

    def to(self, device: torch.device) -> None:
        """Takes note of the device."""
        self.device = device

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """One stem is the segment less its mean, over its peak; the other what is left."""
        self.forwards.append(mixes.shape[0])
        if mixes.shape[0] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate more than there is.")
        peak = mixes.abs().amax(dim=(1, 2), keepdim=True) + 1e-3
        first = (mixes - mixes.mean(dim=-1, keepdim=True)) / peak
        return torch.stack([first, mixes - first], dim=1)


def noise(frames: int, seed: int = 0, rate_hz: int = RATE_HZ) -> Audio:
    """Stereo noise."""
    samples = np.random.default_rng(seed).standard_normal((2, frames)) * 0.2
    return Audio(samples.astype(np.float32), rate_hz)


def song(name: str) -> dict[str, Samples]:
    """The true stems of a song that the networks never heard."""
    return {path.stem.split("-")[2]: read_audio(path).samples for path in sorted(SONGS.glob(f"{name}-*.ogg"))}


def mix_of(stems: dict[str, Samples]) -> Audio:
    """Their sum."""
    total: Samples = np.stack(list(stems.values())).sum(axis=0, dtype=np.float32)
    return Audio(total, RATE_HZ)


def sdr_db(truth: Samples, estimate: Samples) -> float:
    """Energy of the truth over that of the error."""
    error = np.square(truth.astype(np.float64) - estimate).sum()
    return float(10 * np.log10(np.square(truth, dtype=np.float64).sum() / max(float(error), 1e-20)))
