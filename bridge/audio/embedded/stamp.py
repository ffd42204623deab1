"""Our stamp: the job id, bound to the audio that it was written for.

An editor that opens one of our masters, changes it and saves it carries bext, iXML and tags on word for word. Such a
file is the user's new version, not ours, and must be taken; a plain copy must not. So the stamp holds a mark of the
stored audio, and counts only while the mark is right.
"""

import re
import zlib

from bridge.audio.containers.flac import md5_of
from bridge.audio.containers.header import Header
from bridge.audio.containers.mp3 import skip_id3
from bridge.audio.containers.ogg import page_at
from bridge.audio.containers.source import Source
from bridge.model import FileFormat

BLOCK_BYTES = 1 << 20
NO_MARK = "0" * 24
"""Stands in the header until the audio is written; as long as every mark of a file with chunks."""
STAMP = re.compile(r"T=daw-bridge;job=([^;,\s]+);audio=([0-9a-f]+)")


def history_line(*, sample_rate_hz: int, bit_depth: str, channels: int, job_id: str) -> str:
    """A line of coding history (EBU R 98) with the stamp."""
    mode = {1: "mono", 2: "stereo"}.get(channels, f"{channels}ch")
    return f"A=PCM,F={sample_rate_hz},W={bit_depth.rstrip('f')},M={mode},T=daw-bridge;job={job_id};audio={NO_MARK}"


def stamps_in_history(history: str) -> list[tuple[str, str]]:
    """Job ids and audio marks in a coding history."""
    return [(match[1], match[2]) for match in STAMP.finditer(history)]


def audio_mark(source: Source, header: Header) -> str:
    """What tells this stored audio from any other; the same whatever tags stand around it."""
    if header.format is FileFormat.FLAC:
        return md5_of(source, skip_id3(source))
    if header.format in {FileFormat.OGG, FileFormat.OPUS}:
        return _ogg_mark(source)
    state = 0
    for offset in range(header.data_offset, header.data_offset + header.data_bytes, BLOCK_BYTES):
        end = header.data_offset + header.data_bytes
        state = zlib.crc32(source.at(offset, min(BLOCK_BYTES, end - offset)), state)
    return mark_of(state, header.data_bytes)


def mark_of(crc: int, data_bytes: int) -> str:
    """The mark of audio whose CRC-32 and length are known."""
    return f"{crc:08x}{data_bytes:016x}"


def _ogg_mark(source: Source) -> str:
    """Of the packets alone: new tags change page numbers and checksums of every page."""
    state = length = offset = 0
    while (page := page_at(source, offset)) is not None:
        if length or page.granule > 0:  # header pages have granule 0
            state, length = zlib.crc32(page.payload, state), length + len(page.payload)
        offset = page.end
    return mark_of(state, length)
