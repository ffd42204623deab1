"""AIFF and AIFF-C (Apple, 1989/1991): big-endian chunks in a FORM."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.audio.containers.header import FLOAT_DEPTHS, PCM_DEPTHS, SLACK_BYTES, Chunk, Header, HeaderState, measured
from bridge.audio.containers.riff import CHUNKS_MAX, after_padding, is_chunk_id, tail_is_stale
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import FileFormat

SAMPLE_KINDS = {"NONE": ">i", "twos": ">i", "in24": ">i", "in32": ">i", "sowt": "<i", "23ni": "<i", "42ni": "<i",
                "fl32": ">f", "FL32": ">f", "fl64": ">f", "FL64": ">f"}  # fmt: skip


@dataclass(frozen=True)
class _Common:
    """The COMM chunk."""

    channels: int
    frames: int
    rate_hz: int
    sample_type: str


def read_aiff(source: Source) -> Header:
    """Header of an AIFF or AIFC file.

    Raises:
        UnfinishedAudioError: it ends before the audio starts.
        UnsupportedAudioError: another kind of FORM, or samples that are coded.
        AudioError: its fields contradict each other.
    """
    head = source.at(0, 12)
    if head[8:] not in {b"AIFF", b"AIFC"}:
        kind = head[8:].decode("latin-1")
        raise UnsupportedAudioError(f"{source.name} is an IFF file of kind {kind!r}, not AIFF. Bounce it as WAV.")
    chunks = tuple(_chunks(source))
    common = next((chunk for chunk in chunks if chunk.id == "COMM"), None)
    sound = next((chunk for chunk in chunks if chunk.id == "SSND"), None)
    if common is None or sound is None or sound.offset + 8 > source.size:
        raise UnfinishedAudioError(
            f"{source.name} ends before its audio starts: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    header = _header(source, chunks, _parse_common(source, common), sound)
    form_end = 8 + int.from_bytes(head[4:8], "big")
    is_cut = form_end < 0xFFFFFFF8 and form_end > source.size + SLACK_BYTES
    return replace(header, state=HeaderState.TRUNCATED) if is_cut and header.state is HeaderState.COMPLETE else header


def extended_to_float(raw: bytes) -> float:
    """Value of an 80-bit IEEE 754 extended number, in which AIFF keeps its sample rate; 0.0 for NaN and infinity."""
    exponent, mantissa = struct.unpack(">HQ", raw)
    if exponent & 0x7FFF > 0x3FFF + 62:
        return 0.0
    return math.copysign(math.ldexp(mantissa, (exponent & 0x7FFF) - 0x3FFF - 63), -1.0 if exponent & 0x8000 else 1.0)


def _chunks(source: Source) -> Iterator[Chunk]:
    offset = 12
    for _ in range(CHUNKS_MAX):
        head = source.at(offset, 8)
        if len(head) < 8 or not is_chunk_id(head[:4]):
            return
        chunk = Chunk(head[:4].decode("ascii"), offset + 8, int.from_bytes(head[4:], "big"))
        yield chunk
        offset = after_padding(source, chunk.end)


def _parse_common(source: Source, chunk: Chunk) -> _Common:
    body = source.at(chunk.offset, min(chunk.size, 22))
    if len(body) < 18:
        raise AudioError(f"{source.name} has a damaged header (COMM chunk of {len(body)} bytes). Bounce it again.")
    channels, frames, bits = struct.unpack_from(">hIh", body)
    is_aifc = source.at(8, 4) == b"AIFC"
    kind = body[18:22].decode("latin-1") if is_aifc else "NONE"
    if kind not in SAMPLE_KINDS:
        raise UnsupportedAudioError(f"{source.name} holds {kind!r} audio, not plain samples. Bounce it as 24-bit WAV.")
    order, letter = SAMPLE_KINDS[kind][0], SAMPLE_KINDS[kind][1]
    sample_bytes = (8 if kind.casefold() == "fl64" else 4) if letter == "f" else (bits + 7) // 8
    if letter == "i" and sample_bytes not in PCM_DEPTHS:
        raise AudioError(f"{source.name} says that its samples have {bits} bits: its header is damaged.")
    return _Common(channels, frames, round(extended_to_float(body[8:18])), f"{order}{letter}{sample_bytes}")


def _header(source: Source, chunks: tuple[Chunk, ...], common: _Common, sound: Chunk) -> Header:
    sample_bytes = int(common.sample_type[-1])
    audio_offset = sound.offset + 8 + int.from_bytes(source.at(sound.offset, 4), "big")
    header = Header(
        format=FileFormat.AIFF,
        state=HeaderState.COMPLETE,
        sample_rate_hz=common.rate_hz,
        channels=common.channels,
        frames=None,
        bit_depth=(FLOAT_DEPTHS if "f" in common.sample_type else PCM_DEPTHS)[sample_bytes],
        data_offset=audio_offset,
        data_bytes=0,
        declared_bytes=None,
        file_bytes=source.size,
        sample_type=common.sample_type,
        chunks=chunks,
    )
    # while writing: no frames in COMM, and 0 (ffmpeg) or 8 (libsndfile) bytes in SSND
    declared = max(0, common.frames * header.frame_bytes) if sound.size > 8 else 0
    return measured(header, declared, tail_is_stale=tail_is_stale(source, chunks, sound))
