"""Plain samples -> float32 (channels, frames), straight from the file's bytes and in blocks that stay in the cache."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bridge.audio.containers.header import Header
from bridge.audio.signal import Samples
from bridge.errors import UnfinishedAudioError
from bridge.units import clock

BLOCK_BYTES = 1 << 19


class PcmReader:
    """Random access to the samples of a WAV, RF64, W64, AIFF or CAF file.

    Integers of n bits become value / 2^(n-1), so 16 and 24 bits are exact and 32 bits are rounded to 24; 64-bit floats
    are rounded to the nearest float32, or become infinite beyond its range. 8-bit WAV is unsigned.
    """

    def __init__(self, stream: BinaryIO, header: Header, name: str) -> None:
        assert header.sample_type is not None
        assert header.frames is not None
        self._stream = stream
        self._header = header
        self._name = name
        self._dtype = np.dtype(header.sample_type if header.sample_type[-1] != "3" else "u1")
        self.frames = header.frames

    def fill(self, start: int, out: Samples) -> None:
        """Puts the frames from `start` into `out` (channels, n), all of which must exist.

        Raises:
            UnfinishedAudioError: the file has become shorter.
        """
        step = max(1, BLOCK_BYTES // self._header.frame_bytes)
        for offset in range(0, out.shape[1], step):
            block = out[:, offset : offset + step]
            self._fill_block(start + offset, block)

    def _fill_block(self, start: int, out: Samples) -> None:
        header = self._header
        size = out.shape[1] * header.frame_bytes
        # one byte more on each side: 24-bit samples are read as 32-bit ones that reach into their neighbour
        raw = np.zeros(size + 2, np.uint8)
        self._stream.seek(header.data_offset + start * header.frame_bytes)
        count = self._stream.readinto(raw.data[1 : size + 1])  # type: ignore[attr-defined]
        if count != size:
            raise UnfinishedAudioError(
                f"{self._name} became shorter while it was read (at {clock(start / header.sample_rate_hz)}): "
                "it is being written again. It is taken when the bounce has ended."
            )
        kind = str(header.sample_type)
        if kind[-1] == "3":
            _convert_24_bit(raw, out, is_little=kind[0] == "<")
        else:
            _convert(raw[1 : size + 1].view(self._dtype).reshape(-1, header.channels), out)


def _convert(stored: NDArray[np.generic], out: Samples) -> None:
    """Samples (frames, channels) of a type that numpy has, into `out` (channels, frames)."""
    with np.errstate(over="ignore"):  # a 64-bit float beyond 32 bits becomes infinite, which the reader refuses
        for channel, row in enumerate(out):
            np.copyto(row, stored[:, channel], casting="unsafe")
    if stored.dtype == np.uint8:
        out -= np.float32(128)
    if stored.dtype.kind != "f":
        out *= np.float32(2.0 ** (1 - 8 * stored.dtype.itemsize))


def _convert_24_bit(raw: NDArray[np.uint8], out: Samples, *, is_little: bool) -> None:
    """Packed 24-bit samples from byte 1 of `raw`: as the upper bytes of 32-bit numbers, the neighbour's masked away."""
    channels, frames = out.shape
    strides = (3, 3 * channels)
    stored = np.ndarray((channels, frames), "<i4" if is_little else ">i4", raw, 0 if is_little else 1, strides)
    for channel, row in enumerate(out):
        np.copyto(row, np.bitwise_and(stored[channel], -256), casting="unsafe")
    out *= np.float32(2.0**-31)
