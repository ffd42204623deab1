"""Markers and loops: `cue `, `LIST adtl` and `smpl` of RIFF, `MARK` of AIFF."""

import struct

from pydantic import Field

from bridge.audio.embedded.ixml import rescaled
from bridge.audio.embedded.text import decode_text, encode_text
from bridge.value import Value

CUES_MAX = 10_000
FRAME_MAX = 0xFFFFFFFF


class CuePoint(Value):
    """A marker, or a region when it has a length."""

    frame: int = Field(ge=0, le=FRAME_MAX)
    label: str = ""
    note: str = ""
    length_frames: int | None = Field(default=None, ge=0, le=FRAME_MAX)
    purpose: str = ""
    """Four characters: `rgn `, `beat`, `scrp` ..."""

    def at_rate(self, old_hz: int, new_hz: int) -> "CuePoint | None":
        """The same place after resampling; None when its number would not fit into the chunk."""
        frame = rescaled(self.frame, old_hz, new_hz)
        if frame > FRAME_MAX:
            return None
        end = None if self.length_frames is None else rescaled(self.frame + self.length_frames, old_hz, new_hz)
        length = None if end is None else min(FRAME_MAX, end - frame)
        return self.model_copy(update={"frame": frame, "length_frames": length})


class SampleLoop(Value):
    """One loop of a sampler."""

    start_frame: int = Field(ge=0, le=FRAME_MAX)
    end_frame: int = Field(ge=0, le=FRAME_MAX)
    kind: int = 0
    """0 forward, 1 there and back, 2 backward."""
    fraction: int = 0
    play_count: int = 0
    """0: for ever."""


class Sampler(Value):
    """The `smpl` chunk."""

    unity_note: int = 60
    pitch_fraction: int = 0
    loops: tuple[SampleLoop, ...] = ()

    def at_rate(self, old_hz: int, new_hz: int) -> "Sampler":
        """The same loops after resampling."""
        moved = [
            loop.model_copy(
                update={
                    "start_frame": min(FRAME_MAX, rescaled(loop.start_frame, old_hz, new_hz)),
                    "end_frame": min(FRAME_MAX, rescaled(loop.end_frame, old_hz, new_hz)),
                }
            )
            for loop in self.loops
        ]
        return self.model_copy(update={"loops": tuple(moved)})


# --- RIFF -------------------------------------------------------------------------------------------------------------


def parse_cues(cue: bytes, labels: list[bytes]) -> tuple[CuePoint, ...]:
    """The markers of a `cue ` chunk with the texts of `LIST adtl` chunks (content behind "adtl")."""
    count = int.from_bytes(cue[:4], "little")
    found: dict[int, dict[str, int | str]] = {}
    for index in range(min(count, (len(cue) - 4) // 24, CUES_MAX)):
        number, _, _, _, _, frame = struct.unpack_from("<II4sIII", cue, 4 + 24 * index)
        found.setdefault(number, {"frame": frame})
    for body in labels:
        for name, content in _subchunks(body):
            entry = found.get(int.from_bytes(content[:4], "little"))
            if entry is None:
                continue
            if name in {b"labl", b"note"}:
                entry["label" if name == b"labl" else "note"] = decode_text(content[4:])
            elif name == b"ltxt" and len(content) >= 20:
                entry["length_frames"] = int.from_bytes(content[4:8], "little")
                entry["purpose"] = content[8:12].decode("latin-1").rstrip("\0")
    return tuple(CuePoint.model_validate(entry) for entry in found.values())


def build_cues(points: tuple[CuePoint, ...]) -> tuple[bytes, bytes]:
    """Content of the `cue ` chunk, and of the `LIST` chunk with the texts (empty when there are none)."""
    cue = struct.pack("<I", len(points))
    texts = b""
    for number, point in enumerate(points, 1):
        cue += struct.pack("<II4sIII", number, point.frame, b"data", 0, 0, point.frame)
        for name, text in ((b"labl", point.label), (b"note", point.note)):
            if text:
                raw = text.replace("\0", "").encode("utf-8", errors="replace") + b"\0"
                texts += _subchunk(name, struct.pack("<I", number) + raw)
        if point.length_frames is not None:
            purpose = encode_text(point.purpose or "rgn ", 4)
            body = struct.pack("<II4sHHHH", number, point.length_frames, purpose, 0, 0, 0, 0)
            texts += _subchunk(b"ltxt", body)
    return cue, b"adtl" + texts if texts else b""


def parse_sampler(body: bytes) -> Sampler | None:
    """The loops of a `smpl` chunk; None when it is too short."""
    if len(body) < 36:
        return None
    _, _, _, note, fraction, _, _, count, _ = struct.unpack_from("<9I", body)
    loops = [
        SampleLoop(start_frame=start, end_frame=end, kind=kind, fraction=part, play_count=plays)
        for _, kind, start, end, part, plays in (
            struct.unpack_from("<6I", body, 36 + 24 * index) for index in range(min(count, (len(body) - 36) // 24, 64))
        )
    ]
    return Sampler(unity_note=note, pitch_fraction=fraction, loops=tuple(loops))


def build_sampler(sampler: Sampler, sample_rate_hz: int) -> bytes:
    """Content of the `smpl` chunk."""
    period_ns = round(1e9 / sample_rate_hz)
    head = (0, 0, period_ns, sampler.unity_note, sampler.pitch_fraction, 0, 0, len(sampler.loops), 0)
    body = struct.pack("<9I", *head)
    for number, loop in enumerate(sampler.loops):
        body += struct.pack("<6I", number, loop.kind, loop.start_frame, loop.end_frame, loop.fraction, loop.play_count)
    return body


def _subchunks(body: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at + 8 <= len(body) and len(found) < 4 * CUES_MAX:
        size = int.from_bytes(body[at + 4 : at + 8], "little")
        found.append((body[at : at + 4], body[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _subchunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


# --- AIFF -------------------------------------------------------------------------------------------------------------


def parse_marks(body: bytes) -> tuple[CuePoint, ...]:
    """The markers of a `MARK` chunk."""
    points: list[CuePoint] = []
    at = 2
    for _ in range(min(int.from_bytes(body[:2], "big"), CUES_MAX)):
        if at + 7 > len(body):
            break
        frame, length = int.from_bytes(body[at + 2 : at + 6], "big"), body[at + 6]
        points.append(CuePoint(frame=frame, label=decode_text(body[at + 7 : at + 7 + length])))
        at += 7 + length + (length + 1) % 2  # a Pascal string, padded to an even length
    return tuple(points)


def build_marks(points: tuple[CuePoint, ...]) -> bytes:
    """Content of the `MARK` chunk; lengths and notes have no place there."""
    body = struct.pack(">H", len(points))
    for number, point in enumerate(points, 1):
        label = encode_text(point.label, 255).rstrip(b"\0")
        body += struct.pack(">HIB", number, point.frame, len(label)) + label + b"\0" * ((len(label) + 1) % 2)
    return body
