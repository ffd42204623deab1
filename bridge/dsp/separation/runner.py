"""Forwards that never fail for memory: a smaller batch first, then the CPU; each step is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch.nn import functional

from bridge.dsp.separation.devices import Placement, Precision, computing, place
from bridge.dsp.separation.separator import Separator
from bridge.errors import EngineCrashedError

CPU = torch.device("cpu")
NO_MEMORY = ("out of memory", "alloc_failed", "allocation_failed")
"""As drivers and their libraries say it."""
LOST = ("cuda error", "cuda driver error", "cudnn error", "hip error")


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
                if not is_out_of_memory(reason):
                    raise
            self._retreat()

    def _forward_in_parts(self, mixes: torch.Tensor) -> torch.Tensor:
        placement = self.placement
        with torch.inference_mode(), computing(placement.device, placement.precision):
            parts = [
                self._forward_of(mixes[start : start + placement.batch])
                for start in range(0, mixes.shape[0], placement.batch)
            ]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _forward_of(self, mixes: torch.Tensor) -> torch.Tensor:
        """On a GPU always as many segments as a batch holds, silent ones behind the last.

        Other shapes are computed by other kernels, and a segment that runs again alone must come out as before.
        """
        placement = self.placement
        count = mixes.shape[0]
        moved = mixes.to(placement.device, non_blocking=placement.device.type == "cuda")
        if placement.device.type != "cpu" and count < placement.batch:
            moved = functional.pad(moved, (0, 0, 0, 0, 0, placement.batch - count))
        return self.separator.forward(moved)[:count]

    def _retreat(self) -> None:
        """Half the batch; from a batch of one to the CPU; from there there is no way back but more memory."""
        placement = self.placement
        self.free_memory()
        if placement.batch > 1:
            self.placement = replace(placement, batch=placement.batch // 2)
            fewer = self.placement.batch
            plural = "" if fewer == 1 else "s"
            self.retreats.append(f"{fewer} segment{plural} at a time instead of {placement.batch}")
        elif placement.device != CPU:
            self.separator.to(CPU)
            self.placement = Placement(CPU, Precision.FLOAT_32, 1)
            self.retreats.append(_to_the_cpu(placement.device))
        else:
            raise MemoryError("a single segment does not fit into memory")


def runner_on(
    separator: Separator, device: torch.device, memory_max_gb: float | None = None, precision: str = "auto"
) -> Runner:
    """The separator on its device, or on the CPU where the device has no room even for its weights.

    Args:
        separator: any.
        device: as chosen.
        memory_max_gb: as for `place`.
        precision: as for `place`.

    Raises:
        EngineCrashedError: the device gave up.
    """
    try:
        return Runner(separator, place(separator, device, memory_max_gb, precision))
    except RuntimeError as reason:
        require_device(device, reason)
        if device == CPU or not is_out_of_memory(reason):
            raise
    separator.to(CPU)
    _free_gpu_memory()
    return Runner(separator, place(separator, CPU, None, precision), retreats=[_to_the_cpu(device)])


def is_out_of_memory(reason: RuntimeError) -> bool:
    """Whether a foreign error says so; PyTorch has a class of its own for CUDA only."""
    text = str(reason).lower()
    return isinstance(reason, torch.OutOfMemoryError) or any(words in text for words in NO_MEMORY)


def require_device(device: torch.device, reason: RuntimeError) -> None:
    """Does nothing where a foreign error speaks of something else than a device that gave up.

    Raises:
        EngineCrashedError: nothing in this process can use the device again.
    """
    text = str(reason).lower()
    is_lost = isinstance(reason, torch.AcceleratorError) or any(words in text for words in LOST)
    if is_lost and not is_out_of_memory(reason):
        raise EngineCrashedError(
            f"The GPU ({device}) stopped in the middle of the separation: the job is tried again; if that goes on, set "
            "`gpu.device: cpu` and look at the GPU's driver.",
            str(reason),
        ) from reason


def _to_the_cpu(device: torch.device) -> str:
    return f"the CPU instead of {device}"


def _free_gpu_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
