"""Tags in the formats whose tags are no chunks of ours: FLAC, Ogg Vorbis, Opus, MP3 and M4A, through mutagen."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import mutagen.flac
import mutagen.mp4
import mutagen.oggopus
import mutagen.oggvorbis
from mutagen import MutagenError

from bridge.audio.embedded.id3 import DAMAGED, id3, parse_id3, raw_texts, tag_of
from bridge.audio.embedded.tags import COMMENT_FORMATS, Picture, Tags, pairs_of, tags_of
from bridge.errors import DeliveryError
from bridge.model import FileFormat

ID3_BYTES_MAX = 64_000_000
PICTURE_TAG = "METADATA_BLOCK_PICTURE"
flac: Any = mutagen.flac
mp4: Any = mutagen.mp4
COMMENT_FILES: dict[FileFormat, Any] = {
    FileFormat.FLAC: mutagen.flac.FLAC,
    FileFormat.OGG: mutagen.oggvorbis.OggVorbis,
    FileFormat.OPUS: mutagen.oggopus.OggOpus,
}
ATOMS = {
    "\xa9nam": "TITLE",
    "\xa9ART": "ARTIST",
    "aART": "ALBUMARTIST",
    "\xa9alb": "ALBUM",
    "\xa9wrt": "COMPOSER",
    "\xa9day": "DATE",
    "\xa9gen": "GENRE",
    "\xa9cmt": "COMMENT",
    "\xa9lyr": "LYRICS",
    "\xa9grp": "GROUPING",
    "cprt": "COPYRIGHT",
    "tmpo": "BPM",
    "sonm": "TITLESORT",
    "soar": "ARTISTSORT",
    "soal": "ALBUMSORT",
}
NUMBERED_ATOMS = {"trkn": "TRACKNUMBER", "disk": "DISCNUMBER"}


def read_tag_file(stream: BinaryIO, file_format: FileFormat, start: int) -> Tags:
    """The tags of an open file; none where they are damaged or the format has none.

    Args:
        stream: the file.
        file_format: as its header says.
        start: offset of the first byte behind any ID3 tag in front.
    """
    try:
        if file_format in COMMENT_FORMATS:
            return _from_comments(COMMENT_FILES[file_format](fileobj=_rewound(stream)))
        if file_format is FileFormat.MP3:
            return parse_id3(_rewound(stream).read(min(start, ID3_BYTES_MAX))) if start else Tags()
        if file_format is FileFormat.M4A:
            return _from_atoms(mp4.MP4(fileobj=_rewound(stream)))
    except DAMAGED:
        return Tags()
    return Tags()


def stamp_texts(stream: BinaryIO, file_format: FileFormat) -> dict[str, str]:
    """First values of the tags of a format in which we write a stamp; none where they are damaged."""
    try:
        if file_format in COMMENT_FORMATS:
            comments = COMMENT_FILES[file_format](fileobj=_rewound(stream)).tags or []
            return {name.upper(): value for name, value in comments}
        return raw_texts(id3.ID3(fileobj=_rewound(stream))) if file_format is FileFormat.MP3 else {}
    except DAMAGED:
        return {}


def write_tag_file(path: Path, file_format: FileFormat, tags: Tags) -> None:
    """Replaces all tags of a file that we wrote.

    Raises:
        DeliveryError: the disk is full or not writable.
    """
    try:
        if file_format is FileFormat.MP3:
            tag_of(tags).save(path, v1=0)
            return
        _remove_tags(path, file_format)
        file = _opened(path, file_format)
        if file.tags is None:
            file.add_tags()
        comments: Any = file.tags
        comments.extend(pairs_of(tags.texts))
        for picture in tags.pictures:
            _add_picture(file, picture)
        file.save()
    except (MutagenError, OSError) as reason:
        raise DeliveryError(
            f"{path.name} could not be given its tags: {reason}. Check the disk's free space."
        ) from reason


def _remove_tags(path: Path, file_format: FileFormat) -> None:
    file = _opened(path, file_format)
    if file_format is FileFormat.FLAC:  # pictures are blocks of their own there, which `delete` leaves
        file.clear_pictures()
        file.save()
    file.delete()


def _opened(path: Path, file_format: FileFormat) -> Any:
    return COMMENT_FILES[file_format](path)


def _rewound(stream: BinaryIO) -> BinaryIO:
    stream.seek(0)
    return stream


# --- Vorbis comments --------------------------------------------------------------------------------------------------


def _from_comments(file: Any) -> Tags:
    pairs = [(name, value) for name, value in file.tags or []]
    if not any(name.upper() == "COMMENT" for name, _ in pairs):  # ffmpeg and others call it so
        pairs = [("COMMENT" if name.upper() == "DESCRIPTION" else name, value) for name, value in pairs]
    encoded = [value for name, value in pairs if name.upper() == PICTURE_TAG]
    blocks = [*getattr(file, "pictures", []), *_decoded(encoded)]
    pictures = [Picture(mime=block.mime, data=block.data, kind=block.type, description=block.desc) for block in blocks]
    return tags_of((pair for pair in pairs if pair[0].upper() != PICTURE_TAG), pictures)


def _decoded(values: list[str]) -> Iterator[Any]:
    for value in values:
        try:
            yield flac.Picture(base64.b64decode(value))
        except DAMAGED:
            continue


def _add_picture(file: Any, picture: Picture) -> None:
    block = flac.Picture()
    block.mime, block.data, block.type, block.desc = picture.mime, picture.data, picture.kind, picture.description
    if isinstance(file, flac.FLAC):
        file.add_picture(block)
    else:
        file.tags.append((PICTURE_TAG, base64.b64encode(block.write()).decode("ascii")))


# --- MP4 --------------------------------------------------------------------------------------------------------------


def _from_atoms(file: Any) -> Tags:
    atoms: dict[str, Any] = dict(file.tags or {})
    pairs: list[tuple[str, str]] = []
    for key, values in atoms.items():
        if key in ATOMS:
            pairs += [(ATOMS[key], str(value)) for value in values]
        elif key in NUMBERED_ATOMS:
            pairs += [(NUMBERED_ATOMS[key], f"{number}/{total}" if total else str(number)) for number, total in values]
        elif key.startswith("----:"):
            pairs += [(key.rsplit(":", 1)[1], _freeform(value)) for value in values]
    covers = [value for value in atoms.get("covr", []) if isinstance(value, mp4.MP4Cover)]
    return tags_of(pairs, [Picture(mime=_mime(cover), data=bytes(cover)) for cover in covers])


def _freeform(value: Any) -> str:
    return bytes(value).decode("utf-8", errors="replace")


def _mime(cover: Any) -> str:
    return "image/png" if cover.imageformat == mp4.MP4Cover.FORMAT_PNG else "image/jpeg"
