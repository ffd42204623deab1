"""WAVE in its three wrappings: RIFF (EBU Tech 3285), RF64/BW64 (EBU Tech 3306, ITU-R BS.2088) and Sony Wave64."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.audio.containers.header import (
    FLOAT_DEPTHS,
    PADDING_BYTES_MAX,
    PCM_DEPTHS,
    SLACK_BYTES,
    Chunk,
    Header,
    HeaderState,
    measured,
    with_audio,
)
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import FileFormat

CHUNKS_MAX = 4096
SIZE_IN_DS64 = 0xFFFFFFFF
W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
W64_WAVE = bytes.fromhex("77617665f3acd3118cd100c04f8edb8a")
W64_GUID_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
FORMAT_NAMES = {0x02: "MS ADPCM", 0x06: "A-law", 0x07: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM", 0x50: "MPEG audio",
                0x55: "MP3 in a WAV file", 0x2000: "AC-3", 0xF1AC: "FLAC in a WAV file"}  # fmt: skip


@dataclass(frozen=True)
class _Wave:
    """What the walk over the chunks found."""

    chunks: tuple[Chunk, ...]
    end: int | None
    """Where the outermost chunk says that the file ends; None for a placeholder."""
    ds64_data: int | None = None
    """Size of the data chunk as ds64 gives it."""

    def chunk(self, chunk_id: str) -> Chunk | None:
        return next((chunk for chunk in self.chunks if chunk.id == chunk_id), None)


def read_riff(source: Source) -> Header:
    """Header of a RIFF, RF64 or BW64 file.

    Raises:
        UnfinishedAudioError: it ends before the audio starts.
        UnsupportedAudioError: RIFF but not WAVE, or samples that are coded.
        AudioError: its fields contradict each other.
    """
    head = source.at(0, 12)
    if len(head) == 12 and head[8:12] != b"WAVE":
        kind = head[8:12].decode("latin-1")
        raise UnsupportedAudioError(f"{source.name} is a RIFF file of kind {kind!r}, not WAVE. Bounce it as WAV.")
    is_64 = head[:4] != b"RIFF"
    sizes = _ds64(source) if is_64 else {}
    chunks = tuple(_riff_chunks(source, sizes))
    riff_size = sizes.get("riff", 0) if is_64 else struct.unpack_from("<I", head.ljust(8, b"\0"), 4)[0]
    wave = _Wave(chunks, _riff_end(riff_size), sizes.get("data"))
    return _header(source, wave, FileFormat.RF64 if is_64 else FileFormat.WAV)


def read_w64(source: Source) -> Header:
    """Header of a Sony Wave64 file; errors as `read_riff`."""
    if source.at(24, 16) not in {W64_WAVE, W64_WAVE[: max(0, source.size - 24)]}:
        raise UnsupportedAudioError(f"{source.name} is a Wave64 file without WAVE audio. Bounce it as WAV.")
    size = int.from_bytes(source.at(16, 8), "little")
    chunks = tuple(_w64_chunks(source))
    return _header(source, _Wave(chunks, size if 40 < size < 1 << 62 else None), FileFormat.W64)


# --- Chunks -----------------------------------------------------------------------------------------------------------


def _ds64(source: Source) -> dict[str, int]:
    """Sizes by chunk id from the ds64 chunk, which comes first in RF64; empty while it is still a JUNK chunk."""
    head = source.at(12, 8)
    if head[:4] != b"ds64" or len(head) < 8:
        return {}
    body = source.at(20, min(int.from_bytes(head[4:8], "little"), 28 + 12 * 64))
    if len(body) < 28:
        return {}
    riff, data, _frames, count = struct.unpack_from("<QQQI", body)
    table = [struct.unpack_from("<4sQ", body, 28 + 12 * n) for n in range(min(count, (len(body) - 28) // 12))]
    return {"riff": riff, "data": data} | {chunk_id.decode("latin-1"): size for chunk_id, size in table}


def _riff_chunks(source: Source, sizes: dict[str, int]) -> Iterator[Chunk]:
    """The chunks of a RIFF file, to the end of the file: what the RIFF size says is not trusted."""
    offset = 12
    for _ in range(CHUNKS_MAX):
        head = source.at(offset, 8)
        if len(head) < 8 or not is_chunk_id(head[:4]):
            return
        name, size = head[:4].decode("ascii"), int.from_bytes(head[4:], "little")
        if size == SIZE_IN_DS64:
            size = sizes.get(name, size)
        yield Chunk(name, offset + 8, size)
        offset = after_padding(source, offset + 8 + size)


def _w64_chunks(source: Source) -> Iterator[Chunk]:
    offset = 40
    for _ in range(CHUNKS_MAX):
        head = source.at(offset, 24)
        size = int.from_bytes(head[16:24], "little")
        if len(head) < 24 or not is_chunk_id(head[:4]):
            return
        is_known = head[4:16] == W64_GUID_TAIL
        # the data chunk keeps its size field as it is: less than its own header is a placeholder
        yield Chunk(head[:4].decode("ascii") if is_known else head[:16].hex(), offset + 24, max(0, size - 24))
        if size < 24:
            return
        offset += (size + 7) // 8 * 8


def is_chunk_id(name: bytes) -> bool:
    """Whether four bytes can be the name of a chunk: printable ASCII."""
    return len(name) == 4 and all(0x20 <= byte <= 0x7E for byte in name)


def after_padding(source: Source, end: int) -> int:
    """Where the next chunk starts: at an even offset, except behind writers that forget the pad byte."""
    if end % 2 == 0:
        return end
    return end if is_chunk_id(source.at(end, 4)) and not is_chunk_id(source.at(end + 1, 4)) else end + 1


def tail_is_stale(source: Source, chunks: tuple[Chunk, ...], data: Chunk) -> bool:
    """Whether more stands behind the audio than chunks or padding: a size from before the file grew further."""
    end = max([data.end, *(chunk.end for chunk in chunks if chunk.offset > data.end)])
    return not -SLACK_BYTES <= source.size - end <= PADDING_BYTES_MAX


def _riff_end(riff_size: int) -> int | None:
    """End of the file by its RIFF size; None for what writers put there before they know (0, 8, -1, -8)."""
    return 8 + riff_size if 36 < riff_size < SIZE_IN_DS64 - 8 or SIZE_IN_DS64 < riff_size < 1 << 62 else None


# --- Audio ------------------------------------------------------------------------------------------------------------


def _header(source: Source, wave: _Wave, file_format: FileFormat) -> Header:
    fmt, data = wave.chunk("fmt "), wave.chunk("data")
    if fmt is None or data is None or fmt.end > source.size:
        raise _no_audio_error(source, wave, is_missing_format=fmt is None and data is not None)
    channels, rate, sample_type = _parse_fmt(source, fmt)
    sample_bytes = int(sample_type[-1])
    header = Header(
        format=file_format,
        state=HeaderState.COMPLETE,
        sample_rate_hz=rate,
        channels=channels,
        frames=None,
        bit_depth=(FLOAT_DEPTHS if "f" in sample_type else PCM_DEPTHS)[sample_bytes],
        data_offset=data.offset,
        data_bytes=0,
        declared_bytes=None,
        file_bytes=source.size,
        sample_type=sample_type,
        chunks=wave.chunks,
    )
    return _with_state(source, header, wave, data)


def _no_audio_error(source: Source, wave: _Wave, *, is_missing_format: bool) -> AudioError:
    last_end = max((chunk.end for chunk in wave.chunks), default=0)
    if is_missing_format:
        return AudioError(f"{source.name} does not say what its samples are (no fmt chunk). Bounce it again.")
    if last_end > source.size or source.size < (wave.end or 1 << 62):
        return UnfinishedAudioError(
            f"{source.name} ends before its audio starts: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    return AudioError(f"{source.name} is a WAVE file without audio in it. Bounce it again.")


def _parse_fmt(source: Source, fmt: Chunk) -> tuple[int, int, str]:
    """Channels, sample rate and sample type.

    Raises:
        AudioError: sizes that contradict each other.
        UnsupportedAudioError: coded samples.
    """
    body = source.at(fmt.offset, min(fmt.size, 40))
    if len(body) < 16:
        raise AudioError(f"{source.name} has a damaged header (fmt chunk of {len(body)} bytes). Bounce it again.")
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", body)
    if tag == 0xFFFE and len(body) >= 40:  # WAVE_FORMAT_EXTENSIBLE: the real tag starts the sub-format's GUID
        tag = int.from_bytes(body[24:26], "little")
    is_float = tag == 3
    sample_bytes = (bits + 7) // 8
    if tag not in {1, 3}:
        name = FORMAT_NAMES.get(tag, f"format {tag:#06x}")
        raise UnsupportedAudioError(f"{source.name} holds {name}, not plain samples. Bounce it as 24-bit WAV.")
    if sample_bytes not in (FLOAT_DEPTHS if is_float else PCM_DEPTHS) or block != channels * sample_bytes:
        raise AudioError(
            f"{source.name} contradicts itself ({channels} channels of {bits} bits in frames of {block} bytes): "
            "its header is damaged. Bounce it again."
        )
    kind = "f" if is_float else "u" if sample_bytes == 1 else "i"
    return channels, rate, f"<{kind}{sample_bytes}"


def _with_state(source: Source, header: Header, wave: _Wave, data: Chunk) -> Header:
    declared, note = _declared_bytes(source, header, wave, data)
    if declared is None:
        streamed = replace(header, state=HeaderState.NO_SIZE, note="its header gives no length (written to a pipe)")
        return with_audio(streamed, max(0, source.size - data.offset))
    is_cut = (wave.end or 0) > source.size + SLACK_BYTES
    is_stale = not is_cut and tail_is_stale(source, wave.chunks, replace(data, size=declared))
    result = replace(measured(header, declared, tail_is_stale=is_stale), note=note)
    if is_cut and result.state is HeaderState.COMPLETE:  # whole audio, but chunks behind it are missing
        return replace(result, state=HeaderState.TRUNCATED)
    return result


def _declared_bytes(source: Source, header: Header, wave: _Wave, data: Chunk) -> tuple[int | None, str]:
    """What the data chunk promises, None for "to the end of the file"; and what was odd about it."""
    if header.format is FileFormat.W64:
        return (None if data.size >= (1 << 62) - 24 else data.size), ""
    if header.format is FileFormat.RF64 and (data.size == SIZE_IN_DS64 or wave.ds64_data is None):
        return wave.ds64_data or 0, ""
    # sox gives the largest even number of frames below 0x7ffff000, everybody else -1
    if data.size in {SIZE_IN_DS64, 0x7FFFF000 - 0x7FFFF000 % max(1, header.frame_bytes)} and data.end > source.size:
        return None, ""
    behind = source.size - data.offset
    wrapped = data.size + (behind - data.size) // (1 << 32) * (1 << 32)
    if header.format is FileFormat.WAV and wrapped > data.size and behind - wrapped <= PADDING_BYTES_MAX:
        return wrapped, "it is larger than a WAV header can say (4 GB); its length was taken from the file"
    return data.size, ""
