"""Copies of audio files with a BWF time reference, so that any DAW can put them where they belong."""

import os
import shutil
import struct
from pathlib import Path
from typing import BinaryIO

from bridge.audio.containers.header import Header
from bridge.audio.embedded.bext import Bext, build_bext, parse_bext
from bridge.audio.headers import read_header
from bridge.model import FileFormat

RIFF_START = 12
"""Bytes of `RIFF`, its size and `WAVE`."""
BLOCK_BYTES = 1 << 20


def copy_with_time_reference(source: Path, target: Path, frames: int) -> bool:
    """Copies a file; whether the copy says where it begins (only WAV and RF64 can).

    The audio and everything else in the file stay as they are, byte for byte.

    Args:
        source: any audio file.
        target: is replaced.
        frames: since midnight, at the file's rate.

    Raises:
        AudioError: the source is missing or no audio.
        OSError: the target cannot be written.
    """
    header = read_header(source)
    if header.format not in {FileFormat.WAV, FileFormat.RF64}:
        shutil.copyfile(source, target)
        return False
    old = header.chunk("bext")
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(old.offset if old else 0)
        known = parse_bext(reading.read(old.size)) if old else None
        body = build_bext((known or Bext(originator="daw-bridge")).model_copy(update={"time_reference_frames": frames}))
        chunk = struct.pack("<4sI", b"bext", len(body)) + body + b"\0" * (len(body) % 2)
        begin = _copy_start(reading, writing, header, chunk)
        if old is None:
            _copy(reading, writing, begin, header.file_bytes)
        else:
            _copy(reading, writing, begin, old.offset - 8)
            _copy(reading, writing, old.end + old.size % 2, header.file_bytes)
        _set_size(writing, writing.tell(), is_long=header.format is FileFormat.RF64)
        writing.flush()
        os.fsync(writing.fileno())
    return True


def _copy_start(reading: BinaryIO, writing: BinaryIO, header: Header, chunk: bytes) -> int:
    """Copies what must stand first, then the chunk; where the rest begins."""
    reading.seek(0)
    writing.write(reading.read(RIFF_START))
    begin = RIFF_START
    if header.format is FileFormat.RF64:
        name, size = struct.unpack("<4sI", reading.read(8))
        assert name == b"ds64"
        begin += 8 + size
        reading.seek(RIFF_START)
        writing.write(reading.read(8 + size))
    writing.write(chunk)
    return begin


def _copy(reading: BinaryIO, writing: BinaryIO, start: int, end: int) -> None:
    reading.seek(start)
    left = end - start
    while left > 0 and (block := reading.read(min(BLOCK_BYTES, left))):
        writing.write(block)
        left -= len(block)


def _set_size(writing: BinaryIO, length: int, *, is_long: bool) -> None:
    """Puts the new length into the header: in `ds64` for files that may be longer than 4 GB."""
    end = writing.tell()
    if is_long:
        writing.seek(RIFF_START + 8)
        writing.write(struct.pack("<Q", length - 8))
    else:
        writing.seek(4)
        writing.write(struct.pack("<I", length - 8))
    writing.seek(end)
