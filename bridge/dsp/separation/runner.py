"""Forwards that never fail for memory: a smaller batch first, then the CPU; each step is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from bridge.dsp.separation.devices import Placement, Precision, computing
from bridge.dsp.separation.separator import Separator
from bridge.errors import EngineCrashedError

CPU = torch.device("cpu")


@dataclass
class Runner:
    """A placed separator; `placement` changes when memory runs out."""

    separator: Separator
    placement: Placement
    free_memory: Callable[[], None] = field(default=lambda: _free_gpu_memory())  # noqa: PLW0108 - defined below
    retreats: list[str] = field(default_factory=list)
    """What was given up for lack of memory, in words."""

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Stems (batch, stems, 2, frames) of segments (batch, 2, frames), on the device that they were computed on."""
        while True:
            try:
                return self._forward_in_parts(mixes)
            except RuntimeError as reason:
                if _is_device_lost(reason):
                    raise EngineCrashedError(
                        f"The GPU ({self.placement.device}) stopped in the middle of the separation: the job is tried "
                        "again; if that goes on, set `gpu.device: cpu` and look at the GPU's driver.",
                        str(reason),
                    ) from reason
                if not _is_out_of_memory(reason):
                    raise
            self._retreat()

    def _forward_in_parts(self, mixes: torch.Tensor) -> torch.Tensor:
        placement = self.placement
        with torch.inference_mode(), computing(placement.device, placement.precision):
            parts = [
                self.separator.forward(mixes[start : start + placement.batch].to(placement.device, non_blocking=True))
                for start in range(0, mixes.shape[0], placement.batch)
            ]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _retreat(self) -> None:
        """Half the batch; from a batch of one to the CPU; from there there is no way back but more memory."""
        placement = self.placement
        self.free_memory()
        if placement.batch > 1:
            self.placement = replace(placement, batch=placement.batch // 2)
            self.retreats.append(f"{self.placement.batch} segments at a time instead of {placement.batch}")
        elif placement.device != CPU:
            self.separator.to(CPU)
            self.placement = Placement(CPU, Precision.FLOAT_32, 1)
            self.retreats.append(f"the CPU instead of {placement.device}")
        else:
            raise MemoryError("a single segment does not fit into memory")


def _is_out_of_memory(reason: RuntimeError) -> bool:
    """Whether a foreign error says so; PyTorch has a class of its own for CUDA only."""
    return isinstance(reason, torch.OutOfMemoryError) or "out of memory" in str(reason).lower()


def _is_device_lost(reason: RuntimeError) -> bool:
    """Whether the device gave up: nothing in this process can use it again."""
    text = str(reason)
    return "CUDA error" in text and "out of memory" not in text.lower()


def _free_gpu_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
