"""Core Audio Format (Apple): big-endian chunks with 64-bit sizes."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.audio.containers.header import FLOAT_DEPTHS, PCM_DEPTHS, Chunk, Header, HeaderState, measured
from bridge.audio.containers.riff import CHUNKS_MAX, tail_is_stale
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat

ALAC_DEPTHS = {1: BitDepth.PCM_16, 2: BitDepth.PCM_24, 3: BitDepth.PCM_24, 4: BitDepth.PCM_32}
EDIT_COUNT_BYTES = 4
"""Stands in front of the audio inside the data chunk."""


@dataclass(frozen=True)
class _Description:
    """The desc chunk."""

    rate_hz: float
    kind: str
    flags: int
    bytes_per_packet: int
    frames_per_packet: int
    channels: int
    bits: int


def read_caf(source: Source) -> Header:
    """Header of a CAF file with plain samples or Apple Lossless.

    Raises:
        UnfinishedAudioError: it ends before the audio starts.
        UnsupportedAudioError: audio of another kind.
        AudioError: its fields contradict each other.
    """
    chunks = tuple(_chunks(source))
    desc = next((chunk for chunk in chunks if chunk.id == "desc"), None)
    data = next((chunk for chunk in chunks if chunk.id == "data"), None)
    if desc is None or data is None or data.offset + EDIT_COUNT_BYTES > source.size:
        raise UnfinishedAudioError(
            f"{source.name} ends before its audio starts: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    body = source.at(desc.offset, 32)
    if desc.size < 32 or len(body) < 32:
        raise AudioError(f"{source.name} has a damaged header (desc chunk of {desc.size} bytes). Bounce it again.")
    rate, kind, flags, *numbers = struct.unpack(">d4sIIIII", body)
    description = _Description(rate if math.isfinite(rate) else 0.0, kind.decode("latin-1"), flags, *numbers)
    sample_type = _sample_type(source, description) if description.kind == "lpcm" else None
    if sample_type is None and description.kind != "alac":
        raise UnsupportedAudioError(
            f"{source.name} holds {description.kind!r} audio, not plain samples. Bounce it as 24-bit WAV."
        )
    return _header(source, chunks, description, sample_type)


def _chunks(source: Source) -> Iterator[Chunk]:
    offset = 8
    for _ in range(CHUNKS_MAX):
        head = source.at(offset, 12)
        if len(head) < 12:
            return
        size = int.from_bytes(head[4:], "big", signed=True)
        chunk = Chunk(head[:4].decode("latin-1"), offset + 12, size)
        yield chunk
        if size < 0:  # only the data chunk may do so: "to the end of the file"
            return
        offset = chunk.end


def _sample_type(source: Source, description: _Description) -> str:
    is_float, is_little = bool(description.flags & 1), bool(description.flags & 2)
    sample_bytes = (description.bits + 7) // 8
    depths = FLOAT_DEPTHS if is_float else PCM_DEPTHS
    if sample_bytes not in depths or description.bytes_per_packet != description.channels * sample_bytes:
        raise AudioError(
            f"{source.name} contradicts itself ({description.channels} channels of {description.bits} bits in frames "
            f"of {description.bytes_per_packet} bytes): its header is damaged. Bounce it again."
        )
    return f"{'<' if is_little else '>'}{'f' if is_float else 'i'}{sample_bytes}"


def _header(source: Source, chunks: tuple[Chunk, ...], description: _Description, sample_type: str | None) -> Header:
    data = next(chunk for chunk in chunks if chunk.id == "data")
    depths = ALAC_DEPTHS if sample_type is None else FLOAT_DEPTHS if "f" in sample_type else PCM_DEPTHS
    number = description.flags if sample_type is None else int(sample_type[-1])
    header = Header(
        format=FileFormat.CAF,
        state=HeaderState.COMPLETE,
        sample_rate_hz=round(description.rate_hz),
        channels=description.channels,
        frames=None,
        bit_depth=depths.get(number),
        data_offset=data.offset + EDIT_COUNT_BYTES,
        data_bytes=0,
        declared_bytes=None,
        file_bytes=source.size,
        sample_type=sample_type,
        chunks=chunks,
    )
    # -1 is "not known yet" (Core Audio), libsndfile leaves 4: the edit count alone
    is_stale = tail_is_stale(source, chunks, data)
    header = measured(header, max(0, data.size - EDIT_COUNT_BYTES), tail_is_stale=is_stale)
    return header if sample_type is not None else _with_packet_table(source, header)


def _with_packet_table(source: Source, header: Header) -> Header:
    """ALAC: the packet table, written last, says how many frames are valid."""
    table = header.chunk("pakt")
    body = source.at(table.offset, 24) if table is not None and table.end <= source.size else b""
    if len(body) < 24:
        state = HeaderState.WRITING if header.state is HeaderState.COMPLETE else header.state
        return replace(header, state=state, frames=None)
    return replace(header, frames=max(0, int.from_bytes(body[8:16], "big", signed=True)))
