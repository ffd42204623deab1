"""MPEG-4 audio (ISO/IEC 14496-12 boxes): AAC or Apple Lossless."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat

BOXES_MAX = 4096
PROTECTED = {"drms", "enca", "drmi"}
ALAC_DEPTHS = {16: BitDepth.PCM_16, 20: BitDepth.PCM_24, 24: BitDepth.PCM_24, 32: BitDepth.PCM_32}


@dataclass(frozen=True)
class Box:
    """One box: type, where its content starts, and where it ends."""

    kind: str
    offset: int
    end: int
    """0 where the box says "to the end of the file"."""


def read_m4a(source: Source) -> Header:
    """Header of an M4A or MP4 file with an audio track.

    Raises:
        UnfinishedAudioError: the table of contents (moov), which most writers write last, is not there.
        UnsupportedAudioError: no audio in it, or copy-protected.
        AudioError: boxes that contradict each other.
    """
    boxes = list(_boxes(source, 0, source.size))
    moov, data = _first(boxes, "moov"), _first(boxes, "mdat")
    if moov is None or data is None or not 0 < moov.end <= source.size:
        raise UnfinishedAudioError(
            f"{source.name} has no table of contents: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    data_end = data.end or source.size
    is_whole = all(box.end <= source.size for box in boxes)
    header = _track(source, moov)
    return replace(
        header,
        state=HeaderState.COMPLETE if is_whole else HeaderState.TRUNCATED,
        data_offset=data.offset,
        data_bytes=max(0, min(data_end, source.size) - data.offset),
        declared_bytes=data_end - data.offset,
    )


def _boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    offset = start
    for _ in range(BOXES_MAX):
        head = source.at(offset, 16)
        if len(head) < 8 or offset + 8 > end:
            return
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8].decode("latin-1"), offset + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), offset + 16
        yield Box(kind, content, offset + size if size else 0)
        if size < 8:
            return
        offset += size


def _first(boxes: list[Box], kind: str) -> Box | None:
    return next((box for box in boxes if box.kind == kind), None)


def _inside(source: Source, box: Box, path: str) -> Box | None:
    """The first box at a path of types below `box`."""
    here: Box | None = box
    for kind in path.split("/"):
        if here is None:
            return None
        here = _first(list(_boxes(source, here.offset, here.end)), kind)
    return here


def _track(source: Source, moov: Box) -> Header:
    tracks = [box for box in _boxes(source, moov.offset, moov.end) if box.kind == "trak"]
    for track in tracks:
        handler = _inside(source, track, "mdia/hdlr")
        if handler is not None and source.at(handler.offset + 8, 4) == b"soun":
            return _audio_track(source, track)
    raise UnsupportedAudioError(f"{source.name} has no audio in it. Bounce it as WAV.")


def _audio_track(source: Source, track: Box) -> Header:
    media = _inside(source, track, "mdia/mdhd")
    samples = _inside(source, track, "mdia/minf/stbl/stsd")
    body = source.at(media.offset, 32) if media is not None else b""
    entry = source.at(samples.offset + 8, 36) if samples is not None else b""
    if len(body) < 20 or len(entry) < 36:
        raise AudioError(f"{source.name} has a damaged table of contents. Bounce it again.")
    kind = entry[4:8].decode("latin-1")
    if kind in PROTECTED:
        raise UnsupportedAudioError(f"{source.name} is copy-protected. Bounce the song as WAV.")
    edits = _inside(source, track, "edts/elst")
    edit = source.at(edits.offset, 28) if edits is not None else b""
    is_long = body[0] == 1
    scale = int.from_bytes(body[20:24] if is_long else body[12:16], "big")
    duration = int.from_bytes(body[24:32] if is_long else body[16:20], "big")
    rate = int.from_bytes(entry[32:34], "big") or scale  # 16.16; rates above 65535 Hz stand only in the scale
    return Header(
        format=FileFormat.M4A,
        state=HeaderState.COMPLETE,
        sample_rate_hz=scale if scale > 65535 else rate,
        channels=int.from_bytes(entry[24:26], "big"),
        frames=None,
        bit_depth=ALAC_DEPTHS.get(int.from_bytes(entry[26:28], "big")) if kind == "alac" else None,
        data_offset=0,
        data_bytes=0,
        declared_bytes=None,
        file_bytes=source.size,
        frames_about=max(0, duration - _media_time(edit)) * rate // scale if scale else None,
    )


def _media_time(edit: bytes) -> int:
    """Where playing starts, in units of the track: behind the encoder's delay. 0 without an edit list of one entry."""
    if len(edit) < 20 or int.from_bytes(edit[4:8], "big") != 1:
        return 0
    raw = edit[16:24] if edit[0] == 1 else edit[12:16]
    return max(0, int.from_bytes(raw, "big", signed=True))
