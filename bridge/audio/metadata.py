"""What a file carries besides audio, as one value that goes from the render into every result. Light: no numpy."""

from pathlib import Path
from typing import BinaryIO

from pydantic import ConfigDict

from bridge.audio.containers.header import Chunk, Header
from bridge.audio.containers.mp3 import skip_id3
from bridge.audio.containers.source import Source, open_for_reading
from bridge.audio.embedded import ixml
from bridge.audio.embedded.bext import Bext, parse_bext
from bridge.audio.embedded.cues import CuePoint, Sampler, parse_cues, parse_marks, parse_sampler
from bridge.audio.embedded.info import parse_info
from bridge.audio.embedded.places import cue_points_in, time_reference_in, without_places
from bridge.audio.embedded.stamp import audio_mark, stamps_in_history
from bridge.audio.embedded.tags import AUDIO_TAG, COMMENT_FORMATS, JOB_TAG, Picture, Tags, tags_of
from bridge.audio.embedded.text import decode_text
from bridge.audio.headers import parse_header
from bridge.model import FileFormat
from bridge.value import Value

__all__ = ["Bext", "CuePoint", "Metadata", "OtherChunk", "Picture", "Sampler", "Tags", "job_id_in", "read_metadata"]

CHUNK_BYTES_MAX = 16_000_000
OTHER_CHUNKS = ("acid", "inst", "_PMX")
"""Kept byte for byte: tempo and key for loops, keyboard range, XMP. None of them holds a position."""
OTHER_BYTES_MAX = 262_144
AIFF_TEXTS = {"NAME": "TITLE", "AUTH": "ARTIST", "(c) ": "COPYRIGHT", "ANNO": "COMMENT"}


class OtherChunk(Value):
    """A RIFF chunk that is passed on as it is."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    id: str
    data: bytes


class Metadata(Value):
    """Everything but the audio."""

    bext: Bext | None = None
    ixml: str = ""
    """A well-formed document, or nothing."""
    cue_points: tuple[CuePoint, ...] = ()
    sampler: Sampler | None = None
    tags: Tags = Tags()
    other_chunks: tuple[OtherChunk, ...] = ()
    channel_mask: int | None = None
    """Loudspeaker positions of WAVE_FORMAT_EXTENSIBLE, where the file gives them."""
    job_id: str | None = None
    """Written into the file as its stamp, together with a mark of the audio."""

    def at_rate(self, old_hz: int, new_hz: int) -> "Metadata":
        """The same for a signal that was resampled: time reference, markers and loops at the new rate."""
        if old_hz == new_hz:
            return self
        bext = self.bext
        if bext is not None:
            frames = ixml.rescaled(bext.time_reference_frames, old_hz, new_hz)
            bext = bext.model_copy(update={"time_reference_frames": frames})
        points = [moved for point in self.cue_points if (moved := point.at_rate(old_hz, new_hz)) is not None]
        return self.model_copy(
            update={
                "bext": bext,
                "ixml": ixml.at_rate(self.ixml, old_hz, new_hz),
                "cue_points": tuple(points),
                "sampler": self.sampler.at_rate(old_hz, new_hz) if self.sampler is not None else None,
            }
        )

    def without_loudness(self) -> "Metadata":
        """The same for a signal that was changed: nothing that was measured of the old one survives as a lie."""
        return self.model_copy(
            update={
                "bext": self.bext.without_loudness() if self.bext is not None else None,
                "ixml": ixml.without_loudness(self.ixml),
                "tags": self.tags.without_loudness(),
            }
        )

    def stamped(self, job_id: str) -> "Metadata":
        """The same for a result of that job. The UMID goes: it names one recording, and the result is another."""
        bext = self.bext.model_copy(update={"umid": ""}) if self.bext is not None else None
        return self.model_copy(update={"bext": bext, "job_id": job_id})


def read_metadata(path: Path) -> Metadata:
    """Everything that a file carries besides audio; damaged parts are left out.

    Raises:
        AudioError: no audio file, missing, no permission.
    """
    with open_for_reading(path) as stream:
        header = parse_header(stream, path.name)
        source = Source(stream, path.name)
        if header.format is FileFormat.AIFF:
            return _from_aiff(source, header)
        if header.format in {FileFormat.WAV, FileFormat.RF64, FileFormat.W64}:
            return _from_wave(source, header)
        from bridge.audio.embedded.tag_files import read_tag_file  # noqa: PLC0415 - mutagen: chunks do without

        tags = read_tag_file(stream, header.format, skip_id3(source))
        return _from_comments(tags, header) if header.format in COMMENT_FORMATS else Metadata(tags=tags)


def _from_comments(tags: Tags, header: Header) -> Metadata:
    reference = time_reference_in(tags)
    return Metadata(
        bext=None if reference is None else Bext(time_reference_frames=reference),
        cue_points=cue_points_in(tags, header.sample_rate_hz),
        tags=without_places(tags),
    )


def job_id_in(path: Path) -> str | None:
    """The job that made this file; None when it is not ours, or its audio was changed since.

    Raises:
        AudioError: no audio file, missing, no permission.
    """
    with open_for_reading(path) as stream:
        header = parse_header(stream, path.name)
        source = Source(stream, path.name)
        stamps = _stamps(stream, source, header)
        mark = audio_mark(source, header) if stamps else ""  # reads the whole audio: only where there is a stamp
        return next((job_id for job_id, audio in stamps if audio == mark), None)


def _stamps(stream: BinaryIO, source: Source, header: Header) -> list[tuple[str, str]]:
    if header.chunks:
        bext = parse_bext(_body(source, header.chunk("bext")))
        found = stamps_in_history(bext.coding_history) if bext is not None else []
        ours = ixml.stamp_in(ixml.parse_ixml(_body(source, header.chunk("iXML"))))
        texts = _id3_texts(_body(source, header.chunk("ID3 "))) if header.format is FileFormat.AIFF else {}
    else:
        found, ours = [], None
        from bridge.audio.embedded.tag_files import stamp_texts  # noqa: PLC0415 - as in `read_metadata`

        texts = stamp_texts(stream, header.format)
    tagged = [(texts[JOB_TAG], texts[AUDIO_TAG])] if JOB_TAG in texts and AUDIO_TAG in texts else []
    return [*found, *([ours] if ours is not None else []), *tagged]


# --- Chunks -----------------------------------------------------------------------------------------------------------


def _body(source: Source, chunk: Chunk | None) -> bytes:
    """A chunk's content; nothing where it is not there, cut off, or absurdly large."""
    if chunk is None or chunk.size > CHUNK_BYTES_MAX or chunk.end > source.size:
        return b""
    return source.at(chunk.offset, chunk.size)


def _id3_tags(body: bytes) -> Tags:
    """The tags in the body of a chunk; most files have none."""
    if not body:
        return Tags()
    from bridge.audio.embedded.id3 import parse_id3  # noqa: PLC0415 - as in `read_metadata`

    return parse_id3(body)


def _id3_texts(body: bytes) -> dict[str, str]:
    """First values of the user-defined texts in the body of a chunk."""
    if not body:
        return {}
    from bridge.audio.embedded.id3 import raw_texts_in  # noqa: PLC0415 - as in `read_metadata`

    return raw_texts_in(body)


def _from_wave(source: Source, header: Header) -> Metadata:
    lists = [_body(source, chunk) for chunk in header.chunks if chunk.id == "LIST"]
    info = [parse_info(body[4:]) for body in lists if body[:4] == b"INFO"]
    labels = [body[4:] for body in lists if body[:4] == b"adtl"]
    id3_tags = _id3_tags(_body(source, header.chunk("id3 ", "ID3 ")))
    info_tags = tags_of((name, value) for tags in info for name, values in tags.items() for value in values)
    return Metadata(
        bext=parse_bext(_body(source, header.chunk("bext"))),
        ixml=ixml.unstamped(ixml.parse_ixml(_body(source, header.chunk("iXML")))),
        cue_points=parse_cues(_body(source, header.chunk("cue ")), labels),
        sampler=parse_sampler(_body(source, header.chunk("smpl"))),
        tags=id3_tags.over(info_tags),
        other_chunks=_other_chunks(source, header),
        channel_mask=_channel_mask(source, header),
    )


def _other_chunks(source: Source, header: Header) -> tuple[OtherChunk, ...]:
    bodies = {chunk.id: _body(source, chunk) for chunk in header.chunks if chunk.id in OTHER_CHUNKS}
    return tuple(OtherChunk(id=name, data=body) for name, body in bodies.items() if 0 < len(body) <= OTHER_BYTES_MAX)


def _channel_mask(source: Source, header: Header) -> int | None:
    fmt = header.chunk("fmt ")
    body = source.at(fmt.offset, min(fmt.size, 40)) if fmt is not None else b""
    is_extensible = len(body) == 40 and body[:2] == b"\xfe\xff"
    return int.from_bytes(body[20:24], "little") if is_extensible else None


def _from_aiff(source: Source, header: Header) -> Metadata:
    texts = [
        (AIFF_TEXTS[chunk.id], decode_text(_body(source, chunk))) for chunk in header.chunks if chunk.id in AIFF_TEXTS
    ]
    return Metadata(
        bext=parse_bext(_body(source, header.chunk("bext"))),
        cue_points=parse_marks(_body(source, header.chunk("MARK"))),
        tags=_id3_tags(_body(source, header.chunk("ID3 ", "id3 "))).over(tags_of(texts)),
    )
