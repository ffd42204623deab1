"""Samples to a device and back: on CUDA through pinned buffers, two for each way, so that nothing waits for a copy."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.dsp.separation.separator import CHANNELS

_cuda: Any = torch.cuda
"""Its streams and events have no types."""


class Transfer:
    """The way between host and device of one stream."""

    def __init__(self, device: torch.device) -> None:
        self._is_cuda = device.type == "cuda"
        self._device = device
        self._inputs: list[torch.Tensor] = []
        self._used: list[Any] = [None, None]
        self._turn = 0
        self._outputs: list[torch.Tensor | None] = [None, None]
        self._out_turn = 0
        self._copies = _cuda.Stream(device) if self._is_cuda else None

    def input_room(self, segments: int, frames: int) -> NDArray[np.float32]:
        """Room (segments, 2, frames) on the host for the next input; its content is undefined."""
        self._turn = 1 - self._turn
        if not self._inputs or self._inputs[0].shape[0] < segments:
            self._inputs = [self._room(segments, CHANNELS, frames) for _ in range(2)]
            self._used = [None, None]
        used = self._used[self._turn]
        if used is not None:
            used.synchronize()
        room: NDArray[np.float32] = self._inputs[self._turn].numpy()
        return room

    def input_tensor(self, segments: int) -> torch.Tensor:
        """The first `segments` of the room, as a tensor on the host."""
        return self._inputs[self._turn][:segments]

    def input_used(self) -> None:
        """Marks the room as free once everything that was given to the device so far is done."""
        if self._is_cuda:
            event = _cuda.Event()
            event.record(torch.cuda.current_stream(self._device))
            self._used[self._turn] = event

    def to_host(self, block: torch.Tensor) -> Callable[[], NDArray[np.float32]]:
        """Begins a copy to the host; what is returned waits for it and gives the samples.

        They are valid until the next but one copy begins.
        """
        if block.device.type != "cuda" or self._copies is None:
            return lambda: np.asarray(block.cpu().numpy())
        room = self._output_room(block.shape)
        self._copies.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._copies):
            room.copy_(block, non_blocking=True)
            block.record_stream(self._copies)
            copied = _cuda.Event()
            copied.record(self._copies)

        def wait() -> NDArray[np.float32]:
            copied.synchronize()
            return np.asarray(room.numpy())

        return wait

    def _output_room(self, shape: torch.Size) -> torch.Tensor:
        self._out_turn = 1 - self._out_turn
        kept = self._outputs[self._out_turn]
        if kept is None or kept.numel() < shape.numel():
            kept = self._room(shape.numel())
            self._outputs[self._out_turn] = kept
        return kept[: shape.numel()].view(shape)

    def _room(self, *shape: int) -> torch.Tensor:
        """Memory of the host, pinned for CUDA; where the system gives none that is, copies take a detour."""
        with suppress(RuntimeError):
            return torch.empty(*shape, pin_memory=self._is_cuda)
        return torch.empty(*shape)
