"""FLAC (RFC 9639): what STREAMINFO says, and the proof in the last frame that the stream is whole."""

from dataclasses import dataclass

from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat

TAIL_BYTES_MAX = 1 << 20
METADATA_BLOCKS_MAX = 1024
DEPTHS = {1: BitDepth.PCM_8, 2: BitDepth.PCM_16, 3: BitDepth.PCM_24, 4: BitDepth.PCM_32}


@dataclass(frozen=True)
class _StreamInfo:
    """The STREAMINFO block (RFC 9639, 8.2)."""

    block_frames: int
    """Frames of one FLAC frame, as all but the last have with a fixed block size."""
    frame_bytes_max: int
    rate_hz: int
    channels: int
    bits: int
    frames: int
    """0: not known."""


@dataclass(frozen=True)
class _Tail:
    """The last FLAC frame of the file."""

    end: int
    """Position of the frame after it."""
    is_whole: bool
    """Whether its CRC-16 is right, and nothing but padding or a tag stands behind it."""


def read_flac(source: Source, start: int = 0) -> Header:
    """Header of a FLAC file that starts at `start` (behind an ID3 tag, which some programs put there).

    Raises:
        UnfinishedAudioError: it ends before STREAMINFO does.
        AudioError: STREAMINFO is damaged.
    """
    body = source.at(start, 42)
    if len(body) < 42:
        raise UnfinishedAudioError(
            f"{source.name} ends inside its header: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    if body[4] & 0x7F != 0 or int.from_bytes(body[5:8], "big") != 34:
        raise AudioError(f"{source.name} has a damaged FLAC header. Bounce it again.")
    info = _stream_info(body[8:])
    if info.bits > 32 or (info.bits + 7) // 8 not in DEPTHS:
        raise UnsupportedAudioError(f"{source.name} has {info.bits}-bit samples. Bounce it with 24 bits.")
    offset = _audio_offset(source, start + 4)
    data_bytes = max(0, source.size - offset)
    return Header(
        format=FileFormat.FLAC,
        state=_state(source, info, offset),
        sample_rate_hz=info.rate_hz,
        channels=info.channels,
        frames=info.frames or None,
        bit_depth=DEPTHS[(info.bits + 7) // 8],
        data_offset=offset,
        data_bytes=data_bytes,
        declared_bytes=None,
        file_bytes=source.size,
    )


def md5_of(source: Source, start: int = 0) -> str:
    """MD5 of the decoded audio as STREAMINFO gives it, hex; all zeros when the writer left it out."""
    return source.at(start + 26, 16).hex()


def _stream_info(body: bytes) -> _StreamInfo:
    packed = int.from_bytes(body[10:18], "big")
    return _StreamInfo(
        block_frames=int.from_bytes(body[2:4], "big"),
        frame_bytes_max=int.from_bytes(body[7:10], "big"),
        rate_hz=packed >> 44,
        channels=(packed >> 41 & 0x7) + 1,
        bits=(packed >> 36 & 0x1F) + 1,
        frames=packed & 0xFFFFFFFFF,
    )


def _audio_offset(source: Source, offset: int) -> int:
    for _ in range(METADATA_BLOCKS_MAX):
        head = source.at(offset, 4)
        if len(head) < 4:
            return source.size
        offset += 4 + int.from_bytes(head[1:4], "big")
        if head[0] & 0x80:
            break
    return offset


# --- The end ----------------------------------------------------------------------------------------------------------


def _state(source: Source, info: _StreamInfo, offset: int) -> HeaderState:
    if info.frames == 0:  # filled in at the close by all who can seek back
        return HeaderState.WRITING
    if offset >= source.size:
        return HeaderState.TRUNCATED
    tail = _tail(source, info, offset)
    if tail is None:
        return HeaderState.NO_SIZE
    return HeaderState.COMPLETE if tail.is_whole and tail.end >= info.frames else HeaderState.TRUNCATED


def _tail(source: Source, info: _StreamInfo, offset: int) -> _Tail | None:
    """The last frame found by its sync code and CRC-8; None when none is found where one must be."""
    end = source.size
    longest = info.frame_bytes_max or info.block_frames * info.channels * (info.bits + 7) // 8 + 1024
    start = max(offset, end - min(TAIL_BYTES_MAX, 2 * longest + 64))
    tail = source.at(start, end - start)
    best: _Tail | None = None
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        position = _frame_end(tail, at, info)
        if position is None or position > info.frames + info.block_frames:
            continue
        if _ends_whole(tail[at:]):
            return _Tail(position, is_whole=True)
        if best is None:
            best = _Tail(position, is_whole=False)
    return best


def _ends_whole(data: bytes) -> bool:
    """Whether a frame starts these bytes and ends them, but for padding or a tag (RFC 9639, 9.3)."""
    value = 0
    for length, byte in enumerate(data, 1):
        value = value << 8 & 0xFF00 ^ _CRC16[value >> 8 ^ byte]
        if value == 0 and length > 8:  # a CRC over data and its CRC is zero
            behind = data[length:].lstrip(b"\0")
            if not behind or behind.startswith((b"APETAGEX", b"TAG", b"ID3")):
                return True
    return False


def _frame_end(data: bytes, at: int, info: _StreamInfo) -> int | None:
    """Position behind the frame whose header stands at `at`; None when it is no frame header (RFC 9639, 9.1)."""
    head = data[at : at + 16]
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[3] & 1:
        return None
    number, used = _coded_number(head[4:])
    size_code, extra = head[2] >> 4, {6: 1, 7: 2}.get(head[2] >> 4, 0)
    rate_extra = {12: 1, 13: 2, 14: 2}.get(head[2] & 0xF, 0)
    length = 4 + used + extra + rate_extra
    if used == 0 or size_code == 0 or len(head) <= length or crc8(head[:length]) != head[length]:
        return None
    if extra:
        frames = int.from_bytes(head[4 + used : 4 + used + extra], "big") + 1
    else:
        frames = 192 if size_code == 1 else 576 << (size_code - 2) if size_code < 6 else 256 << (size_code - 8)
    is_variable = bool(head[1] & 1)
    return (number if is_variable else number * info.block_frames) + frames


def _coded_number(data: bytes) -> tuple[int, int]:
    """A number in the extended UTF-8 code, and how many bytes it took; 0 bytes when it is not one."""
    first = data[0]
    if first < 0x80:
        return first, 1
    length = next((n for n in range(2, 8) if first >> (7 - n) & 1 == 0), 8)
    if first < 0xC0 or length > 7 or len(data) < length or any(byte >> 6 != 2 for byte in data[1:length]):
        return 0, 0
    number = first & ((1 << (7 - length)) - 1 if length < 7 else 0)
    for byte in data[1:length]:
        number = number << 6 | byte & 0x3F
    return number, length


def _crc_table(polynomial: int, bits: int) -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) & 1 else 0)
        table.append(value & ((1 << bits) - 1))
    return tuple(table)


_CRC8, _CRC16 = _crc_table(0x07, 8), _crc_table(0x8005, 16)


def crc8(data: bytes) -> int:
    """CRC-8 of a frame header (polynomial x^8 + x^2 + x + 1)."""
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value
