"""AIFF files as we write them; AIFF-C with `fl32` for floating point. Tags and stamp stand in an ID3 chunk."""

import math
import struct
from pathlib import Path

from bridge.audio.embedded.cues import build_marks
from bridge.audio.embedded.tags import stamped_tags
from bridge.audio.layout import SAMPLE_BYTES, Blocks, Layout, write_marked
from bridge.audio.metadata import Metadata
from bridge.errors import UnsupportedAudioError

FORM_BYTES_MAX = 0xFFFFFFFF
AIFC_VERSION = struct.pack(">I", 0xA2805140)
FLOAT_NAME = b"fl32\x0632-bit\0"


def write_aiff(path: Path, layout: Layout, blocks: Blocks, metadata: Metadata) -> None:
    """Writes an AIFF file of stored (big-endian) blocks, with markers, tags and stamp.

    Raises:
        UnsupportedAudioError: more than AIFF can hold (4 GB).
    """
    if layout.data_bytes > FORM_BYTES_MAX - (1 << 26):
        raise UnsupportedAudioError(f"{path.name} would be larger than AIFF can be (4 GB). Choose wav.")

    def around(mark: str) -> tuple[bytes, bytes]:
        tail = _tail(layout, metadata, mark)
        return _head(layout, metadata, len(tail)), tail

    write_marked(path, around, blocks)


def float_to_extended(value: float) -> bytes:
    """An 80-bit IEEE 754 extended number, in which AIFF keeps its sample rate; `value` > 0."""
    mantissa, exponent = math.frexp(value)
    return struct.pack(">HQ", exponent - 1 + 0x3FFF, int(math.ldexp(mantissa, 64)))


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2) if body else b""


def _head(layout: Layout, metadata: Metadata, tail_bytes: int) -> bytes:
    is_float = layout.bit_depth == "32f"
    bits = 8 * SAMPLE_BYTES[layout.bit_depth]
    common = struct.pack(">hIh", layout.channels, layout.frames, bits) + float_to_extended(layout.sample_rate_hz)
    kind = b"AIFC" if is_float else b"AIFF"
    chunks = _chunk(b"FVER", AIFC_VERSION) if is_float else b""
    chunks += _chunk(b"COMM", common + FLOAT_NAME if is_float else common)
    chunks += _chunk(b"MARK", build_marks(metadata.cue_points)) if metadata.cue_points else b""
    sound = b"SSND" + struct.pack(">III", layout.data_bytes + 8, 0, 0)
    size = 4 + len(chunks) + len(sound) + layout.data_bytes + tail_bytes
    return b"FORM" + struct.pack(">I", size) + kind + chunks + sound


def _tail(layout: Layout, metadata: Metadata, mark: str) -> bytes:
    from bridge.audio.embedded.id3 import build_id3  # noqa: PLC0415 - mutagen: WAV does without

    tags = stamped_tags(metadata.tags, metadata.job_id, mark)
    return b"\0" * (layout.data_bytes % 2) + _chunk(b"ID3 ", build_id3(tags))
