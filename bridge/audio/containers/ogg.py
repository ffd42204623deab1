"""Ogg (RFC 3533) with Vorbis or Opus (RFC 7845) in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import FileFormat

PAGE_BYTES_MAX = 27 + 255 + 255 * 255
OPUS_RATE_HZ = 48_000
OPUS_LOWER_RATES_HZ = frozenset({8_000, 12_000, 16_000, 24_000})
"""An encoder that was given one of these says so in the header, and decoders (libsndfile) give it back."""
END_OF_STREAM = 0x04
OTHER_CODECS = {b"\x7fFLAC": "FLAC in Ogg", b"Speex": "Speex", b"\x80theora": "video", b"fishead": "video"}


@dataclass(frozen=True)
class Page:
    """One Ogg page."""

    offset: int
    flags: int
    granule: int
    """Position at its end; -1 when no packet ends on it."""
    serial: int
    payload: bytes
    """Shorter than the page says where the file ends before it does."""
    end: int
    """Offset behind it, as its header says."""


def read_ogg(source: Source) -> Header:
    """Header of an Ogg Vorbis or Ogg Opus file.

    Raises:
        UnfinishedAudioError: its first page is not all there.
        UnsupportedAudioError: another codec.
        AudioError: a damaged first page.
    """
    first = page_at(source, 0)
    if first is None or first.end > source.size:
        raise UnfinishedAudioError(
            f"{source.name} ends inside its header: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    payload = first.payload
    if payload.startswith(b"\x01vorbis") and len(payload) >= 16:
        file_format, rate = FileFormat.OGG, int.from_bytes(payload[12:16], "little")
        channels, skip = payload[11], 0
    elif payload.startswith(b"OpusHead") and len(payload) >= 19:
        file_format, rate = FileFormat.OPUS, _opus_rate(payload)
        channels, skip = payload[9], int.from_bytes(payload[10:12], "little")
    else:
        kind = next((name for magic, name in OTHER_CODECS.items() if payload.startswith(magic)), None)
        if kind is None:
            raise AudioError(f"{source.name} is an Ogg file with a damaged or unknown header. Bounce it as WAV.")
        raise UnsupportedAudioError(f"{source.name} holds {kind}; Ogg is read with Vorbis or Opus. Bounce it as WAV.")
    last = _last_page(source, first.serial)
    return Header(
        format=file_format,
        state=_state(source, last),
        sample_rate_hz=rate,
        channels=channels,
        frames=_frames(last, skip, rate) if file_format is FileFormat.OPUS else _frames(last, 0, OPUS_RATE_HZ),
        bit_depth=None,
        data_offset=first.end,
        data_bytes=source.size - first.end,
        declared_bytes=None,
        file_bytes=source.size,
    )


def _opus_rate(head: bytes) -> int:
    rate = int.from_bytes(head[12:16], "little")
    return rate if rate in OPUS_LOWER_RATES_HZ else OPUS_RATE_HZ


def _frames(last: Page | None, skip: int, rate_hz: int) -> int | None:
    """Length by the last page's position, which Opus counts at 48 kHz and from before its delay."""
    if last is None or last.granule <= 0:
        return None
    return max(0, last.granule - skip) * rate_hz // OPUS_RATE_HZ


def page_at(source: Source, offset: int) -> Page | None:
    """The page that starts there; None when none does or its header is cut off."""
    head = source.at(offset, 27 + 255)
    if len(head) < 27 or head[:5] != b"OggS\0":
        return None
    segments = head[27 : 27 + head[26]]
    if len(segments) < head[26]:
        return None
    start = offset + 27 + head[26]
    return Page(
        offset=offset,
        flags=head[5],
        granule=int.from_bytes(head[6:14], "little", signed=True),
        serial=int.from_bytes(head[14:18], "little"),
        payload=source.at(start, sum(segments)),
        end=start + sum(segments),
    )


def last_pages(source: Source, reach: int) -> Iterator[Page]:
    """The pages in the last `reach` bytes, from the last one backwards; also one that the file's end cuts off."""
    start = max(0, source.size - reach)
    tail = source.at(start, reach)
    at = len(tail)
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        page = page_at(source, start + at)
        if page is not None:
            yield page


def _last_page(source: Source, serial: int) -> Page | None:
    """The last whole page that ends a packet, else the last one at all; None when only another stream's are found."""
    found = [page for page in last_pages(source, 2 * PAGE_BYTES_MAX) if page.serial == serial]
    return next((page for page in found if page.granule >= 0 and page.end <= source.size), found[0] if found else None)


def _state(source: Source, last: Page | None) -> HeaderState:
    """Whole when its last page says that it is the last (every encoder sets this flag when it closes the stream)."""
    if last is not None and last.flags & END_OF_STREAM and last.end <= source.size:
        return HeaderState.COMPLETE
    return HeaderState.WRITING
