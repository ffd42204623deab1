"""What a file's own header says about it: format, length, and whether the file is finished.

Light: no numpy, no decoder. The name of a file is never asked.
"""

from pathlib import Path
from typing import BinaryIO

from bridge.audio.containers.aiff import read_aiff
from bridge.audio.containers.caf import read_caf
from bridge.audio.containers.flac import read_flac
from bridge.audio.containers.header import Chunk, Header, HeaderState, checked
from bridge.audio.containers.m4a import read_m4a
from bridge.audio.containers.mp3 import read_mp3, skip_id3
from bridge.audio.containers.ogg import read_ogg
from bridge.audio.containers.riff import W64_RIFF, read_riff, read_w64
from bridge.audio.containers.source import Source, open_source
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError

__all__ = ["Chunk", "Header", "HeaderState", "parse_header", "read_header"]

MAGICS = (b"RIFF", b"RF64", b"BW64", W64_RIFF, b"FORM", b"caff", b"fLaC", b"OggS", b"ID3")
OTHER_KINDS = {
    b"RIFX": "a big-endian WAV file",
    b"wvpk": "a WavPack file",
    b"MAC ": "a Monkey's Audio file",
    b".snd": "an AU file",
    b"MThd": "a MIDI file",
    b"DSD ": "a DSD file",
    b"FRM8": "a DSD file",
    b"TTA1": "a True Audio file",
    b"\x1aE\xdf\xa3": "a Matroska or WebM file",
    b"0&\xb2u": "a Windows Media file",
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF file",
}


def read_header(path: Path) -> Header:
    """What the header of a file says, checked against the file's length; its `state` says what that proves.

    Raises:
        UnfinishedAudioError: empty, or too short to say what it is: still being written, or cut off early.
        UnsupportedAudioError: audio of a kind that is not read here.
        AudioError: no audio, impossible numbers; missing, a folder, no permission.
    """
    with open_source(path) as source:
        return checked(_parse(source), source)


def parse_header(stream: BinaryIO, name: str) -> Header:
    """The same for an open file or bytes in memory; `name` is for sentences."""
    source = Source(stream, name)
    return checked(_parse(source), source)


def _parse(source: Source) -> Header:
    head = source.at(0, 16)
    if len(head) < 12:
        raise _stub_error(source, head)
    if head[:4] in {b"RIFF", b"RF64", b"BW64"}:
        return read_riff(source)
    if head == W64_RIFF[: len(head)]:
        return read_w64(source)
    if head[:4] == b"caff":
        return read_caf(source)
    if head[:4] == b"OggS":
        return read_ogg(source)
    if head[4:8] == b"ftyp":
        return read_m4a(source)
    start = skip_id3(source)
    behind_tag = source.at(start, 4)
    if head[:4] == b"FORM":
        return read_aiff(source)
    if behind_tag == b"fLaC":
        return read_flac(source, start)
    if start > 0 or _is_mpeg(behind_tag):
        return read_mp3(source, start)
    raise _kind_error(source, head)


def _is_mpeg(head: bytes) -> bool:
    """Whether four bytes start with the sync code of MPEG audio (layer I looks like UTF-16 text, and is extinct)."""
    return (
        len(head) == 4
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x18 != 0x08
        and head[1] & 0x06 != 0x06
    )


def _stub_error(source: Source, head: bytes) -> AudioError:
    if not head:
        return UnfinishedAudioError(
            f"{source.name} is empty: the bounce has not started writing, or it failed. Wait, or bounce it again."
        )
    if _is_start(head):
        return UnfinishedAudioError(
            f"{source.name} has only {len(head)} bytes: it is still being written, or it was cut off. "
            "Wait for the bounce to end, or bounce it again."
        )
    return _not_audio(source)


def _is_start(head: bytes) -> bool:
    """Whether fewer than twelve bytes can be the first ones of an audio file (or of a place reserved for one)."""
    is_mpeg = head[:1] == b"\xff" and (len(head) < 4 or _is_mpeg(head[:4]))
    is_mp4 = not any(head[:3]) and b"ftyp".startswith(head[4:8])
    return is_mpeg or is_mp4 or not any(head) or any(magic.startswith(head[: len(magic)]) for magic in MAGICS)


def _kind_error(source: Source, head: bytes) -> AudioError:
    kind = OTHER_KINDS.get(head[:4])
    if kind is not None:
        return UnsupportedAudioError(f"{source.name} is {kind}, which is not read here. Bounce it as WAV.")
    if not any(head):  # the place of a copy is often reserved before its bytes arrive
        return UnfinishedAudioError(
            f"{source.name} begins with zeros: it is still being copied, or the copy broke off. Copy it again."
        )
    return _not_audio(source)


def _not_audio(source: Source) -> AudioError:
    return AudioError(
        f"{source.name} is not an audio file that can be read, whatever its name says. "
        "Bounce it as WAV, AIFF, CAF, FLAC, MP3, Ogg or Opus."
    )
