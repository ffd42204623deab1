"""Shared memory between an engine and a plug-in host: one block in, one block out, and a mark of who is at work.

A file that both map, in memory where the system offers that. Its name goes as soon as both have it open (where files
may go while they are open), so nothing is left behind however the two end.
"""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples

BLOCK_FRAMES = 1 << 17
"""Longest block: each costs a millisecond of waking up, on both sides of the process boundary."""
CHANNELS_MAX = 64
MARKS = 16
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, of which we take a name that nobody else has
NOBODY = -1


class Exchange:
    """One mapped file: marks (int32), then two blocks of float32 (channels, frames)."""

    def __init__(self, path: Path, channels: int, *, is_new: bool) -> None:
        self.path = path
        self.channels = channels
        shape = (2, channels, BLOCK_FRAMES)
        size = MARKS * 4 + int(np.prod(shape)) * 4
        self._map = np.memmap(path, np.uint8, mode="w+" if is_new else "r+", shape=(size,))
        self._marks: NDArray[np.int32] = self._map[: MARKS * 4].view(np.int32)
        blocks = self._map[MARKS * 4 :].view(np.float32)
        self._cells = blocks
        if is_new:
            self.at_work = NOBODY

    @classmethod
    def new(cls, channels: int) -> Self:
        """One with a name that nobody else has.

        Raises:
            OSError: there is no room.
        """
        folder = IN_MEMORY if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        handle, name = tempfile.mkstemp(prefix="dawbridge-", suffix=".exchange", dir=folder)
        os.close(handle)
        return cls(Path(name), channels, is_new=True)

    def forget_name(self) -> None:
        """Takes the name away, as soon as the other side has it open too; Windows lets go of it at the end."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    @property
    def at_work(self) -> int:
        """Slot of the plug-in that is at work: who it was when the host is dead."""
        return int(self._marks[0])

    @at_work.setter
    def at_work(self, slot: int) -> None:
        self._marks[0] = slot

    def given(self, channels: int, frames: int) -> Samples:
        """Where the block lies that goes in, as long as it is: (channels, frames), C-contiguous."""
        return self._block(0, channels, frames)

    def made(self, channels: int, frames: int) -> Samples:
        """Where the block lies that has come out."""
        return self._block(1, channels, frames)

    def _block(self, which: int, channels: int, frames: int) -> Samples:
        begin = which * self.channels * BLOCK_FRAMES
        cells: Samples = self._cells[begin : begin + channels * frames]
        return cells.reshape(channels, frames)
