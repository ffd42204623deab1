"""WAV files as we write them: RIFF, or RF64 where 32 bits cannot say the length; all sizes right from the first byte.

The length is known before the first sample is written, so nothing is reserved and fixed up later: a file that was
broken off promises more than it has, which every reader of ours takes for what it is.
"""

import struct
from pathlib import Path

from bridge.audio.embedded import ixml
from bridge.audio.embedded.bext import build_bext
from bridge.audio.embedded.cues import build_cues, build_sampler
from bridge.audio.embedded.info import build_info, fits_info
from bridge.audio.embedded.stamp import NO_MARK, history_line
from bridge.audio.embedded.tags import Tags
from bridge.audio.layout import SAMPLE_BYTES, Blocks, Layout, write_marked
from bridge.audio.metadata import Metadata

RIFF_BYTES_MAX = 0xFFFFFFFF
SIZE_IN_DS64 = 0xFFFFFFFF
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
CHANNEL_MASKS = {1: 0x4, 2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x13F, 8: 0x63F}
"""Usual loudspeakers of as many channels: mono, stereo, 3.0, quad, 5.0, 5.1, 6.1, 7.1."""


def write_wave(
    path: Path, layout: Layout, blocks: Blocks, metadata: Metadata, riff_bytes_max: int = RIFF_BYTES_MAX
) -> None:
    """Writes a WAV file of stored (little-endian) blocks, with its metadata and stamp.

    Up to two channels get the plain format tags that every program reads, also with 24 bits; more channels need
    WAVE_FORMAT_EXTENSIBLE for their loudspeaker positions.
    """
    tail = _tail(layout, metadata)

    def around(mark: str) -> tuple[bytes, bytes]:
        return _head(layout, metadata, mark, len(tail), riff_bytes_max), tail

    write_marked(path, around, blocks)


# --- Chunks -----------------------------------------------------------------------------------------------------------


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk with its pad byte; nothing for an empty body."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) if body else b""


def _even(body: bytes, filler: bytes) -> bytes:
    """The content with one byte more where its length is odd: libsndfile 1.2.2 trips over pad bytes in RF64."""
    return body + filler * (len(body) % 2)


def _head(layout: Layout, metadata: Metadata, mark: str, tail_bytes: int, riff_bytes_max: int) -> bytes:
    """Everything before the audio."""
    chunks = _bext(layout, metadata, mark) + _format(layout, metadata) + _ixml(layout, metadata, mark)
    riff_bytes = 4 + len(chunks) + 8 + layout.data_bytes + tail_bytes
    if riff_bytes <= riff_bytes_max:
        data = b"data" + struct.pack("<I", layout.data_bytes)
        return b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + chunks + data
    ds64 = struct.pack("<QQQI", riff_bytes + 36, layout.data_bytes, layout.frames, 0)
    data = b"data" + struct.pack("<I", SIZE_IN_DS64)
    return b"RF64" + struct.pack("<I", SIZE_IN_DS64) + b"WAVE" + chunk(b"ds64", ds64) + chunks + data


def _format(layout: Layout, metadata: Metadata) -> bytes:
    bits = 8 * SAMPLE_BYTES[layout.bit_depth]
    tag = FLOAT if layout.bit_depth == "32f" else PCM
    rate, block = layout.sample_rate_hz, layout.frame_bytes
    is_extensible = layout.channels > 2
    kind = EXTENSIBLE if is_extensible else tag
    body = struct.pack("<HHIIHH", kind, layout.channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    if is_extensible:
        mask = metadata.channel_mask
        if mask is None or mask.bit_count() > layout.channels:
            mask = CHANNEL_MASKS.get(layout.channels, 0)
        body += struct.pack("<HHIH", 22, bits, mask, tag) + GUID_TAIL
    elif tag == FLOAT:
        body += b"\0\0"
    fact = struct.pack("<I", min(layout.frames, 0xFFFFFFFF)) if tag == FLOAT else b""
    return chunk(b"fmt ", body) + chunk(b"fact", fact)


def _bext(layout: Layout, metadata: Metadata, mark: str) -> bytes:
    """Only for a mix that had one: a bext of our own would claim that the song starts at midnight."""
    if metadata.bext is None:
        return b""
    if metadata.job_id is None:
        return chunk(b"bext", _even(build_bext(metadata.bext), b"\0"))
    line = history_line(
        sample_rate_hz=layout.sample_rate_hz,
        bit_depth=layout.bit_depth,
        channels=layout.channels,
        job_id=metadata.job_id,
    )
    bext = metadata.bext.with_history(line.replace(NO_MARK, mark))
    return chunk(b"bext", _even(build_bext(bext), b"\0"))


def _ixml(layout: Layout, metadata: Metadata, mark: str) -> bytes:
    text = ixml.for_file(metadata.ixml, layout.sample_rate_hz, layout.bit_depth)
    if metadata.job_id is not None:
        text = ixml.stamped(text, metadata.job_id, mark)
    return chunk(b"iXML", _even(ixml.build_ixml(text), b"\n")) if text else b""


def _tail(layout: Layout, metadata: Metadata) -> bytes:
    """Everything behind the audio."""
    cue, labels = build_cues(metadata.cue_points) if metadata.cue_points else (b"", b"")
    sampler = build_sampler(metadata.sampler, layout.sample_rate_hz) if metadata.sampler is not None else b""
    texts = metadata.tags.texts
    return b"".join(
        (
            b"\0" * (layout.data_bytes % 2),
            chunk(b"cue ", cue),
            chunk(b"LIST", labels),
            chunk(b"smpl", sampler),
            chunk(b"LIST", build_info(texts)),
            *(chunk(other.id.encode("latin-1"), other.data) for other in metadata.other_chunks),
            _id3(metadata.tags),
        )
    )


def _id3(tags: Tags) -> bytes:
    """A chunk for what INFO has no place for; nothing where there is none of that."""
    if not tags.pictures and fits_info(tags.texts):
        return b""
    from bridge.audio.embedded.id3 import build_id3  # noqa: PLC0415 - mutagen: few songs need it

    return chunk(b"id3 ", build_id3(tags))
