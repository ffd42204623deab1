"""The Broadcast Audio Extension chunk (EBU Tech 3285 v2)."""

import struct

from pydantic import Field

from bridge.audio.embedded.text import decode_text, encode_text
from bridge.units import Dbtp, Lu, Lufs
from bridge.value import Value

FIXED_BYTES = 602
HISTORY_BYTES_MAX = 65_536
NOT_MEASURED = 0x7FFF
LAYOUT = struct.Struct("<256s32s32s10s8sQH64s5h180x")


class Bext(Value):
    """Every field of the bext chunk."""

    description: str = ""
    originator: str = ""
    originator_reference: str = ""
    origination_date: str = ""
    """As written: yyyy-mm-dd, with whatever separators."""
    origination_time: str = ""
    time_reference_frames: int = Field(default=0, ge=0, lt=1 << 64)
    """Frames since midnight, at the file's rate."""
    version: int = Field(default=1, ge=0, le=0xFFFF)
    umid: str = ""
    """SMPTE 330M identifier, hex; empty when all zeros."""
    integrated_lufs: Lufs | None = None
    loudness_range_lu: Lu | None = None
    true_peak_dbtp: Dbtp | None = None
    momentary_max_lufs: Lufs | None = None
    short_term_max_lufs: Lufs | None = None
    coding_history: str = ""
    """Lines as of EBU R 98, oldest first."""

    def without_loudness(self) -> "Bext":
        """The same for another signal: no figures that were measured of this one."""
        return self.model_copy(update=dict.fromkeys(LOUDNESS_FIELDS))

    def with_history(self, line: str) -> "Bext":
        """The same with one more line of coding history; the oldest lines go when it gets too long."""
        lines = [*self.coding_history.replace("\r\n", "\n").strip("\n").split("\n"), line]
        while len(lines) > 1 and sum(len(kept.encode()) + 2 for kept in lines) > HISTORY_BYTES_MAX // 2:
            del lines[0]
        return self.model_copy(update={"coding_history": "".join(f"{kept}\r\n" for kept in lines if kept)})


LOUDNESS_FIELDS = (
    "integrated_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "momentary_max_lufs",
    "short_term_max_lufs",
)
"""In the order of the chunk."""


def parse_bext(body: bytes) -> Bext | None:
    """The fields of a chunk's content; None when it is too short to hold them."""
    if len(body) < FIXED_BYTES:
        return None
    description, originator, reference, date, time, frames, version, umid, *loudness = LAYOUT.unpack_from(body)
    values = [_loudness(raw) if version >= 2 else None for raw in loudness]
    return Bext(
        description=decode_text(description),
        originator=decode_text(originator),
        originator_reference=decode_text(reference),
        origination_date=decode_text(date),
        origination_time=decode_text(time),
        time_reference_frames=frames,
        version=version,
        umid=umid.hex() if version >= 1 and any(umid) else "",
        coding_history=decode_text(body[FIXED_BYTES : FIXED_BYTES + HISTORY_BYTES_MAX]),
        **dict(zip(LOUDNESS_FIELDS, values, strict=True)),
    )


def build_bext(bext: Bext) -> bytes:
    """The chunk's content, version 2; what was not measured is marked as such."""
    history = bext.coding_history.encode("utf-8", errors="replace")[:HISTORY_BYTES_MAX]
    return (
        LAYOUT.pack(
            encode_text(bext.description, 256),
            encode_text(bext.originator, 32),
            encode_text(bext.originator_reference, 32),
            encode_text(bext.origination_date, 10),
            encode_text(bext.origination_time, 8),
            bext.time_reference_frames,
            2,
            bytes.fromhex(bext.umid).ljust(64, b"\0")[:64],
            *(_stored(getattr(bext, name)) for name in LOUDNESS_FIELDS),
        )
        + history
    )


def _loudness(raw: int) -> float | None:
    """Hundredths; 0x7FFF and anything outside what the standard allows is "not measured" (Tech 3285 v2, 2.3)."""
    return None if raw == NOT_MEASURED or abs(raw) > 9999 else raw / 100


def _stored(value: float | None) -> int:
    return NOT_MEASURED if value is None else max(-9999, min(9999, round(value * 100)))
