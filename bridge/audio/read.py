"""Audio files as signals: block by block from disk, or whole in memory; float32 (channels, frames) either way."""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, cast

import numpy as np

from bridge.audio.containers.header import Header
from bridge.audio.containers.source import open_for_reading, os_sentence
from bridge.audio.headers import parse_header
from bridge.audio.pcm import PcmReader
from bridge.audio.render import require_finished
from bridge.audio.signal import Allocate, Audio, OnProgress, Samples, Signal, in_memory
from bridge.errors import AudioError, DeliveryError
from bridge.model import BitDepth, FileFormat
from bridge.relay import run_through
from bridge.units import clock

BLOCK_FRAMES = 1 << 18
BLOCK_PADDING_MAX = 4096
"""AAC and ALAC fill their last block; what lies beyond the length that the container gives is cut, up to this."""


class Reader(Protocol):
    """What gives the samples of one opened file."""

    frames: int

    def fill(self, start: int, out: Samples) -> None:
        """Puts the frames from `start` into `out` (channels, n), all of which exist."""
        ...


class AudioFile:
    """An opened audio file; a `Signal` with random access, safe to read from several threads."""

    def __init__(self, path: Path, scratch: Path | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        with ExitStack() as opening:
            self.header, self._reader = _open_reader(path, scratch, opening)
            self._frames = _length(self.header, self._reader)
            if self._frames == 0:
                raise AudioError(f"{path.name} holds no audio. Check the time range of the bounce and bounce it again.")
            self._open = opening.pop_all()
        self._may_hold_nan = self.header.bit_depth in {BitDepth.FLOAT_32, BitDepth.FLOAT_64}

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self.header.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.header.channels

    @property
    def frames(self) -> int:
        """Length, exactly: for MP3 without the encoder's delay and padding, where its tag gives them."""
        return self._frames

    def read(self, start: int, frames: int) -> Samples:
        """Samples float32 (channels, n) from frame `start`, n <= frames at the end; beyond it n is 0.

        Raises:
            UnfinishedAudioError: the file ends before its header says, or became shorter.
            AudioError: it cannot be decoded, or holds samples that are no numbers.
        """
        count = max(0, min(frames, self._frames - start))
        out = np.empty((self.channels, count), np.float32)
        if count:
            self.fill(start, out)
        return out

    def fill(self, start: int, out: Samples) -> None:
        """Puts the frames from `start` into `out` (channels, n), all of which must exist; errors as `read`."""
        try:
            with self._lock:
                self._reader.fill(start, out)
                if self._may_hold_nan and not _is_finite(out):
                    raise self._not_finite_error()
        except OSError as reason:
            raise AudioError(os_sentence(self.path, reason)) from reason

    def close(self) -> None:
        """Closes the file."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _not_finite_error(self) -> AudioError:
        """How many samples are no numbers, and when the first comes."""
        count, first = 0, None
        for start in range(0, self._frames, BLOCK_FRAMES):
            block = np.empty((self.channels, min(BLOCK_FRAMES, self._frames - start)), np.float32)
            self._reader.fill(start, block)
            bad = ~np.isfinite(block)
            count += int(np.count_nonzero(bad))
            if first is None and bad.any():
                first = start + int(np.argmax(bad.any(axis=0)))
        at = clock((first or 0) / self.sample_rate_hz)
        samples = "1 sample that is" if count == 1 else f"{count} samples that are"
        return AudioError(
            f"{self.path.name} has {samples} not a number or infinite, the first at {at}. "
            "A plug-in went wrong there: bypass it or bounce again."
        )


def open_audio(path: Path, scratch: Path | None = None) -> AudioFile:
    """An audio file as a signal, read block by block; a context manager.

    Args:
        path: WAV, RF64, W64, AIFF, CAF, FLAC, MP3, Ogg Vorbis, Opus, or (with ffmpeg on this machine) M4A.
        scratch: folder for the decoded copy that M4A needs; the system's own when None.

    Raises:
        UnfinishedAudioError: still being written, or cut off.
        UnsupportedAudioError: a kind of audio that is not read here.
        AudioError: damaged, empty, missing, no permission.
    """
    return AudioFile(path, scratch)


def read_audio(path: Path, allocate: Allocate = in_memory, on_progress: OnProgress | None = None) -> Audio:
    """The whole file as samples float32 (channels, frames); errors as `open_audio` and `AudioFile.read`."""
    with open_audio(path) as file:
        return read_whole(file, allocate, on_progress)


def read_whole(signal: Signal, allocate: Allocate = in_memory, on_progress: OnProgress | None = None) -> Audio:
    """The whole signal as samples float32 (channels, frames), read block by block; errors as its own `read`."""
    samples = allocate(signal.channels, signal.frames)
    for _ in _filled(signal, samples, on_progress):
        pass
    return Audio(samples, signal.sample_rate_hz)


def read_and_digest(
    signal: Signal, allocate: Allocate = in_memory, on_progress: OnProgress | None = None
) -> tuple[Audio, str]:
    """As `read_whole`, with the signal's `decoded_digest`, made of each block while the next one is read."""
    samples = allocate(signal.channels, signal.frames)
    digest = _digest_of(signal, _filled(signal, samples, on_progress))
    return Audio(samples, signal.sample_rate_hz), digest


def require_held(file: AudioFile, signal: Signal) -> None:
    """Nothing, where the file gives back every sample of the signal.

    Raises:
        DeliveryError: it does not: the disk, or what stands before it, keeps something else than it was given.
    """
    done = 0
    is_held = (file.sample_rate_hz, file.channels, file.frames) == (
        signal.sample_rate_hz,
        signal.channels,
        signal.frames,
    )
    while is_held and done < signal.frames:
        block = file.read(done, BLOCK_FRAMES)
        is_held = block.shape[1] > 0 and np.array_equal(block, signal.read(done, block.shape[1]))
        done += block.shape[1]
    if not is_held:
        at = clock(done / signal.sample_rate_hz)
        raise DeliveryError(
            f"{file.path.name} does not give back what was written to {file.path.parent} (before {at}), so nothing was "
            "released: check that disk, or use another one."
        )


def decoded_digest(signal: Signal) -> str:
    """BLAKE2b (128 bit, hex) of rate, shape and samples: the same for the same signal in any lossless container."""
    return _digest_of(signal, _blocks(signal))


def _blocks(signal: Signal) -> Iterator[Samples]:
    """The signal from its start to its end, in blocks that may be shorter than asked for."""
    start = 0
    while (block := signal.read(start, BLOCK_FRAMES)).shape[1]:
        yield block
        start += block.shape[1]


def _filled(signal: Signal, samples: Samples, on_progress: OnProgress | None) -> Iterator[Samples]:
    """Puts the signal into `samples`; gives each block that is there."""
    done = 0
    for block in _blocks(signal):
        there = samples[:, done : done + block.shape[1]]
        there[:] = block
        done += block.shape[1]
        if on_progress is not None:
            on_progress(done / signal.frames)
        yield there


def _digest_of(signal: Signal, blocks: Iterable[Samples]) -> str:
    """Each channel is a stage of its own: they are digested side by side."""
    states = [hashlib.blake2b(digest_size=16) for _ in range(signal.channels)]
    run_through(blocks, [partial(_take_in, state, channel) for channel, state in enumerate(states)])
    shape = f"{signal.sample_rate_hz} {signal.channels} {signal.frames} "
    return hashlib.blake2b(shape.encode() + b"".join(s.digest() for s in states), digest_size=16).hexdigest()


def _take_in(state: "hashlib.blake2b", channel: int, block: Samples) -> Samples:
    state.update(np.ascontiguousarray(block[channel], "<f4").data)
    return block


def _open_reader(path: Path, scratch: Path | None, opening: ExitStack) -> tuple[Header, Reader]:
    stream = opening.enter_context(open_for_reading(path))
    header = parse_header(stream, path.name)
    require_finished(header, path.name)
    if header.format is FileFormat.M4A or (header.format is FileFormat.CAF and header.sample_type is None):
        from bridge.audio.decoder import decode_with_ffmpeg  # noqa: PLC0415 - libsndfile: WAV and AIFF do without

        decoded = opening.enter_context(decode_with_ffmpeg(path, scratch))
        inner = parse_header(cast("BinaryIO", decoded), path.name)
        reader: Reader = PcmReader(cast("BinaryIO", decoded), inner, path.name)
        # AAC may decode to another rate and width than its container says; libsndfile's ALAC is not to be trusted
        return replace(header, sample_rate_hz=inner.sample_rate_hz, channels=inner.channels), reader
    if header.sample_type is not None:
        return header, PcmReader(stream, header, path.name)
    from bridge.audio.decoder import SoundFileReader  # noqa: PLC0415 - as above

    decoder = SoundFileReader(path, header)
    opening.callback(decoder.close)
    return header, decoder


def _length(header: Header, reader: Reader) -> int:
    """How many of the decoded frames are the signal's."""
    promised = header.frames if header.frames is not None else header.frames_about
    if header.format not in {FileFormat.M4A, FileFormat.CAF} or header.sample_type is not None or promised is None:
        return reader.frames
    return promised if 0 < reader.frames - promised <= BLOCK_PADDING_MAX else reader.frames


def _is_finite(samples: Samples) -> bool:
    """Whether all samples are numbers: a sum tells in one pass; only one that is not finite needs a closer look."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(samples.sum(dtype=np.float32))) or bool(np.isfinite(samples).all())
