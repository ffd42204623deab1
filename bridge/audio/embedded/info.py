"""The LIST INFO chunk of RIFF, as tags."""

import struct
from collections.abc import Mapping

from bridge.audio.embedded.text import decode_text

NAMES = {
    "INAM": "TITLE",
    "IART": "ARTIST",
    "IPRD": "ALBUM",
    "ICMT": "COMMENT",
    "ICRD": "DATE",
    "IGNR": "GENRE",
    "ICOP": "COPYRIGHT",
    "ITRK": "TRACKNUMBER",
    "IENG": "ENGINEER",
    "IMUS": "COMPOSER",
    "IPRO": "PRODUCER",
    "ISBJ": "SUBJECT",
    "IKEY": "KEYWORDS",
    "ILNG": "LANGUAGE",
    "ITCH": "DIGITIZEDBY",
    "ISRC": "SOURCE",
    "IMED": "MEDIA",
    "ICMS": "COMMISSIONEDBY",
}
"""ISRC of RIFF is "source", not the recording code of the same name."""
IDS = {name: chunk_id for chunk_id, name in NAMES.items()}
VALUES_MAX = 256


def parse_info(body: bytes) -> dict[str, tuple[str, ...]]:
    """Tags of an INFO list (content behind "INFO"); ids without a name here are left out."""
    tags: dict[str, tuple[str, ...]] = {}
    at = 0
    for _ in range(VALUES_MAX):
        if at + 8 > len(body):
            break
        name = NAMES.get(body[at : at + 4].decode("latin-1"))
        size = int.from_bytes(body[at + 4 : at + 8], "little")
        text = decode_text(body[at + 8 : at + 8 + size]).strip()
        if name is not None and text:
            tags[name] = (*tags.get(name, ()), text)
        at += 8 + size + size % 2
    return tags


def build_info(tags: Mapping[str, tuple[str, ...]]) -> bytes:
    """Content of the LIST chunk with what INFO has a place for; empty when that is nothing."""
    body = b""
    for name, values in tags.items():
        if name in IDS:
            raw = "; ".join(values).replace("\0", "").encode("utf-8", errors="replace") + b"\0"
            body += IDS[name].encode() + struct.pack("<I", len(raw)) + raw + b"\0" * (len(raw) % 2)
    return b"INFO" + body if body else b""


def fits_info(tags: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether INFO can say all of it."""
    return all(name in IDS and len(values) == 1 for name, values in tags.items())
