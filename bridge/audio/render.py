"""A finished file as a `Render`: what its header says, and the digest of its bytes. Light: no numpy, no decoder."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source, open_for_reading
from bridge.audio.embedded.ixml import IXML_BYTES_MAX, parse_ixml, time_reference_in
from bridge.audio.headers import parse_header
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import Limits, Render
from bridge.units import bytes_text, clock

DIGEST_BYTES = 16
BLOCK_BYTES = 1 << 20
BEXT_TIME_OFFSET = 338
DEFAULT_LIMITS = Limits()


def read_render(path: Path, limits: Limits = DEFAULT_LIMITS) -> Render:
    """The render in a file: header, limits and digest, all of the same state of the file.

    Raises:
        UnfinishedAudioError: still being written, cut off, or changed while it was read.
        UnsupportedAudioError: a kind of audio that is not read here, or beyond the limits.
        AudioError: no audio; missing, a folder, no permission.
    """
    with open_for_reading(path) as stream:
        before = os.fstat(stream.fileno())
        _check_size(path, before.st_size, limits)
        header = parse_header(stream, path.name)
        _check(path, header, limits)
        time_reference_frames = _time_reference(Source(stream, path.name), header)
        digest = _digest(stream)
        _require_unchanged(path, before, os.fstat(stream.fileno()))
    return Render(
        path=path,
        digest=digest,
        size_bytes=before.st_size,
        mtime_ns=before.st_mtime_ns,
        format=header.format,
        sample_rate_hz=header.sample_rate_hz,
        channels=header.channels,
        frames=header.frames,
        bit_depth=header.bit_depth,
        time_reference_frames=time_reference_frames,
    )


def file_digest(path: Path) -> str:
    """BLAKE2b (128 bit, hex) of a file's bytes.

    Raises:
        UnfinishedAudioError: it changed while it was read.
        AudioError: missing, a folder, no permission.
    """
    with open_for_reading(path) as stream:
        before = os.fstat(stream.fileno())
        digest = _digest(stream)
        _require_unchanged(path, before, os.fstat(stream.fileno()))
    return digest


def require_finished(header: Header, name: str) -> None:
    """Nothing, for a header whose file can be worked on.

    Raises:
        UnfinishedAudioError: the header proves that audio is missing.
        AudioError: no frame of audio.
    """
    match header.state:
        case HeaderState.WRITING if header.data_bytes == 0:
            raise UnfinishedAudioError(
                f"{name} has a header and no audio: it is still being written, or the bounce was empty. "
                "Wait for the bounce to end, or check its time range and bounce it again."
            )
        case HeaderState.WRITING:
            raise UnfinishedAudioError(
                f"{name} was never closed: its header does not say yet how long it is. "
                "Wait for the bounce to end, or bounce it again if the DAW has stopped."
            )
        case HeaderState.TRUNCATED:
            missing = (header.declared_bytes or 0) - header.data_bytes
            raise UnfinishedAudioError(
                f"{name} is cut off: {bytes_text(missing) + ' of audio' if missing > 0 else 'its end'} is missing. "
                "Wait for the copy to end, or bounce it again."
            )
        case HeaderState.COMPLETE | HeaderState.NO_SIZE:
            if header.frames == 0:
                raise AudioError(f"{name} holds no audio. Check the time range of the bounce and bounce it again.")


def _check_size(path: Path, size_bytes: int, limits: Limits) -> None:
    if size_bytes > limits.file_max_gb * 1e9:
        raise UnsupportedAudioError(
            f"{path.name} has {bytes_text(size_bytes)}; at most {limits.file_max_gb:g} GB are worked on. "
            "Raise limits.file_max_gb if that is right."
        )


def _check(path: Path, header: Header, limits: Limits) -> None:
    require_finished(header, path.name)
    if header.channels > limits.channels_max:
        raise UnsupportedAudioError(
            f"{path.name} has {header.channels} channels; at most {limits.channels_max} are worked on. "
            "Raise limits.channels_max if that is right."
        )
    frames = header.frames if header.frames is not None else header.frames_about or 0
    seconds = frames / header.sample_rate_hz
    if seconds > limits.duration_max_min * 60:
        raise UnsupportedAudioError(
            f"{path.name} lasts {clock(seconds)}; at most {limits.duration_max_min:g} minutes are worked on. "
            "Raise limits.duration_max_min if that is right."
        )


def _time_reference(source: Source, header: Header) -> int | None:
    """From the bext chunk, else from iXML."""
    bext, ixml = header.chunk("bext"), header.chunk("iXML")
    raw = source.at(bext.offset + BEXT_TIME_OFFSET, 8) if bext is not None and bext.size >= 602 else b""
    if len(raw) == 8:
        return int.from_bytes(raw, "little")
    if ixml is None or ixml.size > IXML_BYTES_MAX:
        return None
    return time_reference_in(parse_ixml(source.at(ixml.offset, ixml.size)))


def _digest(stream: BinaryIO) -> str:
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    stream.seek(0)
    while block := stream.read(BLOCK_BYTES):
        state.update(block)
    return state.hexdigest()


def _require_unchanged(path: Path, before: os.stat_result, after: os.stat_result) -> None:
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnfinishedAudioError(
            f"{path.name} changed while it was read: it is still being written. It is taken when the bounce has ended."
        )
