"""ID3v2 tags (of MP3, and as a chunk of WAV and AIFF)."""

import io
import struct
from collections.abc import Iterator
from typing import Any

import mutagen.id3
from mutagen import MutagenError

from bridge.audio.embedded.tags import Picture, Tags, tags_of

id3: Any = mutagen.id3
"""Typed by half: every call would need an exception of its own."""
FRAMES = {
    "TITLE": "TIT2",
    "SUBTITLE": "TIT3",
    "GROUPING": "TIT1",
    "ARTIST": "TPE1",
    "ALBUMARTIST": "TPE2",
    "CONDUCTOR": "TPE3",
    "REMIXER": "TPE4",
    "ALBUM": "TALB",
    "COMPOSER": "TCOM",
    "LYRICIST": "TEXT",
    "DATE": "TDRC",
    "GENRE": "TCON",
    "TRACKNUMBER": "TRCK",
    "DISCNUMBER": "TPOS",
    "ISRC": "TSRC",
    "BPM": "TBPM",
    "INITIALKEY": "TKEY",
    "COPYRIGHT": "TCOP",
    "ORGANIZATION": "TPUB",
    "LANGUAGE": "TLAN",
    "MOOD": "TMOO",
    "MEDIA": "TMED",
    "ENCODEDBY": "TENC",
    "TITLESORT": "TSOT",
    "ARTISTSORT": "TSOP",
    "ALBUMSORT": "TSOA",
}
NAMES = {frame: name for name, frame in FRAMES.items()}
DAMAGED = (MutagenError, ValueError, LookupError, struct.error)
"""What mutagen raises for damaged tags, as hundreds of thousands of changed files have shown: they are left behind."""


def parse_id3(raw: bytes) -> Tags:
    """The tags of an ID3v2 tag's bytes; none when it is damaged."""
    try:
        tag = id3.ID3(fileobj=io.BytesIO(raw))
    except DAMAGED:
        return Tags()
    return tags_of(_texts(tag), _pictures(tag))


def build_id3(tags: Tags) -> bytes:
    """An ID3v2.4 tag's bytes; empty when there is nothing to say."""
    if not tags.texts and not tags.pictures:
        return b""
    stream = io.BytesIO()
    tag_of(tags).save(stream, padding=_no_padding)
    return stream.getvalue()


def tag_of(tags: Tags) -> Any:
    """The tags as mutagen's object."""
    tag = id3.ID3()
    for name, values in tags.texts.items():
        texts = list(values)
        if name in FRAMES:
            tag.add(getattr(id3, FRAMES[name])(encoding=3, text=texts))
        elif name == "COMMENT":
            tag.add(id3.COMM(encoding=3, lang="eng", desc="", text=texts))
        elif name == "LYRICS":
            tag.add(id3.USLT(encoding=3, lang="eng", desc="", text="\n".join(texts)))
        else:
            tag.add(id3.TXXX(encoding=3, desc=name, text=texts))
    for index, picture in enumerate(tags.pictures):
        # one description can stand only once
        description = picture.description if index == 0 else f"{picture.description} {index + 1}".strip()
        tag.add(id3.APIC(encoding=3, mime=picture.mime, type=picture.kind, desc=description, data=picture.data))
    return tag


def raw_texts(tag: Any) -> dict[str, str]:
    """First values of the user-defined texts, our stamp among them."""
    return {frame.desc: str(frame.text[0]) for frame in tag.getall("TXXX") if frame.text}


def raw_texts_in(raw: bytes) -> dict[str, str]:
    """The same of an ID3v2 tag's bytes; none when it is damaged."""
    try:
        return raw_texts(id3.ID3(fileobj=io.BytesIO(raw)))
    except DAMAGED:
        return {}


def _no_padding(_info: object) -> int:
    return 0


def _texts(tag: Any) -> Iterator[tuple[str, str]]:
    for frame in tag.values():
        if isinstance(frame, id3.TXXX):
            name = str(frame.desc)
        elif isinstance(frame, id3.COMM):
            if frame.desc:  # iTunes keeps normalisation and gaps in comments with a description
                continue
            name = "COMMENT"
        elif isinstance(frame, id3.USLT):
            yield "LYRICS", str(frame.text)
            continue
        elif isinstance(frame, id3.TextFrame):
            name = NAMES.get(str(frame.FrameID), str(frame.FrameID))
        else:
            continue
        yield from ((name, str(text)) for text in frame.text)


def _pictures(tag: Any) -> list[Picture]:
    return [
        Picture(mime=frame.mime, data=frame.data, kind=int(frame.type), description=frame.desc)
        for frame in tag.getall("APIC")
    ]
