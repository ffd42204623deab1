"""MPEG audio layer III: the first frame, and the Xing/Info/LAME tag that gives exact length and gaps."""

from dataclasses import dataclass

from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import FileFormat

SEARCH_BYTES = 65_536
"""How far behind an ID3 tag the first frame may be: some taggers leave zeros there."""
BITRATES_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True)
class Frame:
    """One MPEG frame header."""

    version: int
    """3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5."""
    bitrate_kbps: int
    rate_hz: int
    channels: int
    size: int

    @property
    def frames(self) -> int:
        """Audio frames that it decodes to."""
        return 1152 if self.version == 3 else 576

    @property
    def side_info_bytes(self) -> int:
        """Between header and main data; the Xing tag stands behind it."""
        if self.version == 3:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17


@dataclass(frozen=True)
class GapTag:
    """The Xing/Info tag with LAME's extension, in the first frame."""

    mpeg_frames: int | None
    total_bytes: int | None
    """From the tag's own frame to the end of the last one."""
    delay_frames: int | None
    padding_frames: int | None


def read_mp3(source: Source, start: int) -> Header:
    """Header of an MP3 file whose ID3v2 tag, if any, ends at `start`.

    Raises:
        UnfinishedAudioError: the file ends before the first frame.
        AudioError: no MPEG frames.
    """
    offset = _first_frame(source, start)
    frame = frame_at(source, offset)
    assert frame is not None
    tag = gap_tag(source, offset, frame)
    present = max(0, audio_end(source) - offset)
    return Header(
        format=FileFormat.MP3,
        state=_state(source, offset, frame, tag),
        sample_rate_hz=frame.rate_hz,
        channels=frame.channels,
        frames=_gapless_frames(frame, tag),
        bit_depth=None,
        data_offset=offset,
        data_bytes=present,
        declared_bytes=tag.total_bytes if tag is not None else None,
        file_bytes=source.size,
        frames_about=int(present * 8 / frame.bitrate_kbps / 1000 * frame.rate_hz),
        note="" if tag is not None and tag.delay_frames is not None
        else "it has no gap tag: the encoder's delay at its start and end cannot be taken away",
    )  # fmt: skip


def skip_id3(source: Source, offset: int = 0) -> int:
    """Offset behind the ID3v2 tags at `offset`."""
    for _ in range(16):
        head = source.at(offset, 10)
        if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
            return offset
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        offset += 10 + size + (10 if head[5] & 0x10 else 0)
    return offset


def audio_end(source: Source) -> int:
    """Offset behind the last MPEG frame: the end of the file, or of what stands before an ID3v1 tag."""
    return source.size - 128 if source.at(source.size - 128, 3) == b"TAG" else source.size


def frame_at(source: Source, offset: int) -> Frame | None:
    """The layer III frame that starts there, or None."""
    head = source.at(offset, 4)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # sync, layer III
        return None
    version, bitrate_code, rate_code = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate_code in {0, 15} or rate_code == 3:
        return None
    bitrate_kbps = BITRATES_KBPS[3 if version == 3 else 2][bitrate_code]
    rate_hz = RATES_HZ[version][rate_code]
    size = (144 if version == 3 else 72) * bitrate_kbps * 1000 // rate_hz + (head[2] >> 1 & 1)
    return Frame(version, bitrate_kbps, rate_hz, 1 if head[3] >> 6 == 3 else 2, size)


def gap_tag(source: Source, offset: int, frame: Frame) -> GapTag | None:
    """The Xing/Info tag of the first frame, or None."""
    body = source.at(offset + 4 + frame.side_info_bytes, 160)
    if body[:4] not in {b"Xing", b"Info"} or len(body) < 8:
        return None
    flags, at = int.from_bytes(body[4:8], "big"), 8
    numbers: list[int | None] = []
    for bit in (1, 2):
        numbers.append(int.from_bytes(body[at : at + 4], "big") if flags & bit else None)
        at += 4 if flags & bit else 0
    at += (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    encoder, gaps = body[at : at + 4], body[at + 21 : at + 24]
    has_gaps = encoder in {b"LAME", b"Lavc", b"Lavf", b"GOGO"} and len(gaps) == 3
    delay = gaps[0] << 4 | gaps[1] >> 4 if has_gaps else None
    padding = (gaps[1] & 0xF) << 8 | gaps[2] if has_gaps else None
    return GapTag(numbers[0], numbers[1], delay, padding)


def _first_frame(source: Source, start: int) -> int:
    """Offset of the first frame: one that another follows, or that the file ends with."""
    if start >= source.size:
        raise UnfinishedAudioError(
            f"{source.name} ends before its audio starts: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    window = source.at(start, SEARCH_BYTES if start else 1)
    at = -1
    while (at := window.find(b"\xff", at + 1)) >= 0:
        frame = frame_at(source, start + at)
        if frame is None:
            continue
        behind = start + at + frame.size
        if behind + 4 > source.size or frame_at(source, behind) is not None:
            return start + at
    if source.at(start, 2)[:1] == b"\xff" and source.at(start + 1, 1)[0] & 0xE0 == 0xE0:
        raise UnsupportedAudioError(
            f"{source.name} is MPEG audio of another kind than layer III (MP3), or damaged. Bounce it as WAV or MP3."
        )
    raise AudioError(f"{source.name} has a tag but no audio that can be read. Bounce it again.")


def _gapless_frames(frame: Frame, tag: GapTag | None) -> int | None:
    """Exact length of the encoded signal, where the tag gives it."""
    if tag is None or not tag.mpeg_frames or tag.delay_frames is None or tag.padding_frames is None:
        return None
    return max(0, tag.mpeg_frames * frame.frames - tag.delay_frames - tag.padding_frames)


def _state(source: Source, offset: int, frame: Frame, tag: GapTag | None) -> HeaderState:
    if offset + frame.size > source.size:
        return HeaderState.TRUNCATED
    if tag is None:
        # LAME keeps the first frame's place with zeros until it knows the tag; even digital silence is never all zero
        body = source.at(offset + 4, frame.size - 4)
        return HeaderState.NO_SIZE if any(body) else HeaderState.WRITING
    if tag.mpeg_frames == 0 or tag.total_bytes == 0:
        return HeaderState.WRITING
    if tag.total_bytes is None:
        return HeaderState.NO_SIZE
    # some writers count the ID3 tag in; where that hides a cut, the decoder finds it
    return HeaderState.TRUNCATED if tag.total_bytes > source.size else HeaderState.COMPLETE
