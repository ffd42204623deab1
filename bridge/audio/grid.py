"""float32 (channels, frames) -> the bytes of a file, exactly: nothing is rounded, clipped or dithered here."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bridge.audio.layout import SAMPLE_BYTES
from bridge.audio.signal import OnProgress, Samples, Signal
from bridge.errors import AudioError
from bridge.recipes import OutputBitDepth
from bridge.units import clock

BLOCK_FRAMES = 1 << 16
BITS: dict[OutputBitDepth, int] = {"16": 16, "24": 24}


def stored_blocks(
    signal: Signal, depth: OutputBitDepth, on_progress: OnProgress | None = None, *, is_little: bool = True
) -> Iterator[memoryview]:
    """The whole signal as stored bytes, block by block.

    Raises:
        AudioError: a sample that this bit depth cannot hold exactly: not on its grid, beyond full scale, not a number.
    """
    for start, block in blocks_of(signal, on_progress):
        if depth == "32f":
            yield _floats(signal, start, block, is_little=is_little).data
        else:
            numbers = integers(signal, start, block, BITS[depth])
            yield _packed(numbers, SAMPLE_BYTES[depth], is_little=is_little).data


def blocks_of(signal: Signal, on_progress: OnProgress | None) -> Iterator[tuple[int, Samples]]:
    """The signal from its start to its end, with the first frame of each block."""
    start = 0
    while start < signal.frames:
        block = signal.read(start, BLOCK_FRAMES)
        if block.shape[1] == 0:
            raise AudioError(f"The signal to write ends at {clock(start / signal.sample_rate_hz)}, before its end.")
        yield start, block
        start += block.shape[1]
        if on_progress is not None:
            on_progress(start / signal.frames)


def integers(signal: Signal, start: int, block: Samples, bits: int) -> NDArray[np.int32]:
    """The block as whole numbers (frames, channels) of that many bits, in 32-bit containers.

    Raises:
        AudioError: a sample that is none.
    """
    scale = np.float32(1 << (bits - 1))
    scaled = np.empty((block.shape[1], block.shape[0]), np.float32)
    for channel, row in enumerate(block):  # row by row: several times faster than a transposed copy
        np.multiply(row, scale, out=scaled[:, channel])
    # written so that NaN fails too
    if not (scaled.min() >= -scale and scaled.max() <= scale - 1):
        raise _misfit(signal, start, ~((scaled >= -scale) & (scaled <= scale - 1)), f"beyond {bits}-bit full scale")
    numbers = scaled.astype(np.int32)
    if not np.array_equal(np.rint(scaled), scaled):
        raise _misfit(signal, start, numbers != scaled, f"not on the {bits}-bit grid (it was not dithered)")
    return numbers


def require_numbers(signal: Signal, start: int, block: Samples) -> None:
    """Nothing, for a block of finite samples.

    Raises:
        AudioError: NaN or infinity.
    """
    with np.errstate(all="ignore"):
        is_finite = bool(np.isfinite(block.sum(dtype=np.float32))) or bool(np.isfinite(block).all())
    if not is_finite:
        raise _misfit(signal, start, ~np.isfinite(block).T, "not a number or infinite")


def _floats(signal: Signal, start: int, block: Samples, *, is_little: bool) -> NDArray[np.uint8]:
    require_numbers(signal, start, block)
    stored = np.empty((block.shape[1], block.shape[0]), "<f4" if is_little else ">f4")
    for channel, row in enumerate(block):
        stored[:, channel] = row
    return stored.reshape(-1).view(np.uint8)


def _packed(numbers: NDArray[np.int32], sample_bytes: int, *, is_little: bool) -> NDArray[np.uint8]:
    if sample_bytes == 2:
        return numbers.astype("<i2" if is_little else ">i2").reshape(-1).view(np.uint8)
    # Each number is stored whole, from front to back, and its fourth byte written over by the next one: five times as
    # fast as picking three bytes of each. Big-endian, that byte is the last one if the number stands one byte higher.
    count = numbers.size
    raw = np.empty(3 * count + 1, np.uint8)
    stored = np.ndarray((count,), "<i4" if is_little else ">i4", raw, 0, (3,))
    stored[:] = numbers.reshape(-1) if is_little else numbers.reshape(-1) << 8
    return raw[:-1]


def _misfit(signal: Signal, start: int, wrong: NDArray[np.bool_], what: str) -> AudioError:
    """The error about the first frame of a block (frames, channels) that has a wrong sample."""
    frame = start + int(np.argmax(wrong.any(axis=1)))
    return AudioError(
        f"The sample at {clock(frame / signal.sample_rate_hz)} (frame {frame}) is {what}, so it cannot be written "
        "as it is. Choose 32-bit float, or lower the ceiling."
    )
