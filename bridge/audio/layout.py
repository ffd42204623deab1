"""How samples are laid out in the files that we write ourselves, and the one way in which these are written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

from bridge.audio.embedded.stamp import NO_MARK, mark_of
from bridge.recipes import OutputBitDepth
from bridge.relay import run_through

SAMPLE_BYTES: dict[OutputBitDepth, int] = {"16": 2, "24": 3, "32f": 4}

Blocks: TypeAlias = Iterable[bytes | memoryview]
"""Stored samples in their order."""
Around: TypeAlias = Callable[[str], tuple[bytes, bytes]]
"""What stands before and behind the audio, given the mark of the audio; as long for one mark as for another."""


@dataclass(frozen=True)
class Layout:
    """Shape of the audio in a file."""

    sample_rate_hz: int
    channels: int
    frames: int
    bit_depth: OutputBitDepth

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return SAMPLE_BYTES[self.bit_depth] * self.channels

    @property
    def data_bytes(self) -> int:
        """Bytes of all audio."""
        return self.frames * self.frame_bytes


def write_marked(path: Path, around: Around, blocks: Blocks) -> None:
    """Writes head, audio and tail; then the head again, now that the mark of the audio is known.

    While a block is written, the next one is made.
    """
    crc = length = 0

    def write(block: bytes | memoryview) -> None:
        nonlocal crc, length
        crc = crc32(block, crc)
        length += len(block)
        stream.write(block)

    with path.open("wb") as stream:
        stream.write(around(NO_MARK)[0])
        run_through(blocks, [write])
        head, tail = around(mark_of(crc, length))
        stream.write(tail)
        stream.seek(0)
        stream.write(head)
