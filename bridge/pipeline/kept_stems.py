"""Separated stems as networks made them, kept by what was heard: for another format, another subset, a changed bounce.

One folder a song (digest of the decoded signal): what was heard of it, and one file a stem for each way to make it.
Files come by rename and have the song's length, so a kill leaves nothing half there.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from bridge.dsp.separation.listening import Heard
from bridge.dsp.separation.separator import CHANNELS
from bridge.value import Value

SONG, BLOCKS = "song.json", "blocks.npy"
FRAME_BYTES = 4 * CHANNELS
READ_FRAMES = 1 << 18


class SongNote(Value):
    """What was heard of a song."""

    frames: int
    scale: float


@dataclass(frozen=True)
class KeptSong:
    """A song of which stems are kept."""

    folder: Path
    heard: Heard

    def has(self, ways: Sequence[str]) -> bool:
        """Whether every stem is there, whole."""
        size = self.heard.frames * FRAME_BYTES
        return all(_is_whole(self.folder / f"{way}.f32", size) for way in ways)

    def read(self, ways: Sequence[str], start: int, end: int) -> Iterator[NDArray[np.float32]]:
        """Blocks (stems, 2, n) of the frames from `start` to `end`, in order; the song counts as used now."""
        with suppress(OSError):
            os.utime(self.folder / SONG)
        for first in range(start, end, READ_FRAMES):
            count = min(READ_FRAMES, end - first)
            yield np.stack([_read(self.folder / f"{way}.f32", first, count) for way in ways])


@dataclass(frozen=True)
class StemKeeper:
    """The folder of all songs; None keeps nothing."""

    folder: Path | None
    size_max_bytes: int

    def song(self, heard: Heard) -> KeptSong | None:
        """The very same signal."""
        return None if self.folder is None else _song(self.folder / heard.digest)

    def closest(self, heard: Heard, ways: Sequence[str]) -> KeptSong | None:
        """Another version of the song of which these stems are kept: the one with the most blocks in common."""
        if self.folder is None or not self.folder.is_dir():
            return None
        best: tuple[int, KeptSong] | None = None
        for place in self.folder.iterdir():
            song = _song(place)
            if song is None or not song.has(ways):
                continue
            both = min(song.heard.blocks.shape[0], heard.blocks.shape[0])
            same = int(np.count_nonzero(song.heard.blocks[:both] == heard.blocks[:both]))
            if same and (best is None or same > best[0]):
                best = same, song
        return None if best is None else best[1]

    def new(self, heard: Heard, ways: Sequence[str]) -> "StemWriter | None":
        """What takes the stems as they are made; None where they are not kept, or there is no room for them."""
        size = heard.frames * FRAME_BYTES * len(ways)
        if self.folder is None or size > self.size_max_bytes // 2:
            return None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            is_room = shutil.disk_usage(self.folder).free > 2 * size
            return StemWriter(self, heard, tuple(ways)) if is_room else None
        except OSError:
            return None

    def trim(self) -> None:
        """Drops the songs that were not used for longest until the rest fits, and what kills left."""
        assert self.folder is not None
        songs = sorted((p for p in self.folder.iterdir() if p.is_dir()), key=_used_ns, reverse=True)
        size = 0
        for place in songs:
            size += sum(file.stat().st_size for file in place.iterdir())
            if size > self.size_max_bytes:
                shutil.rmtree(place, ignore_errors=True)


class StemWriter:
    """Stems that are being kept. A disk that fails costs the next job time, nothing else."""

    def __init__(self, keeper: StemKeeper, heard: Heard, ways: tuple[str, ...]) -> None:
        assert keeper.folder is not None
        self._keeper, self._heard, self._ways = keeper, heard, ways
        self._partial = keeper.folder / f".{uuid.uuid4().hex}.part"
        self._partial.mkdir()
        self._streams = [(self._partial / f"{way}.f32").open("wb") for way in ways]
        self._is_good = True

    def write(self, samples: NDArray[np.float32]) -> None:
        """Takes the next block (stems, 2, n)."""
        if not self._is_good:
            return
        try:
            for stream, stem in zip(self._streams, samples, strict=True):
                stream.write(np.ascontiguousarray(stem.T).data)
        except OSError:
            self._is_good = False

    def close(self, *, is_whole: bool) -> None:
        """Puts the stems where they are found, or throws them away."""
        assert self._keeper.folder is not None
        try:
            for stream in self._streams:
                stream.close()
            if is_whole and self._is_good:
                self._put(self._keeper.folder / self._heard.digest)
                self._keeper.trim()
        except OSError:
            pass
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)

    def _put(self, place: Path) -> None:
        place.mkdir(exist_ok=True)
        for way in self._ways:
            (self._partial / f"{way}.f32").replace(place / f"{way}.f32")
        np.save(self._partial / BLOCKS, self._heard.blocks)
        (self._partial / BLOCKS).replace(place / BLOCKS)
        note = SongNote(frames=self._heard.frames, scale=self._heard.scale).model_dump_json()
        (self._partial / SONG).write_text(note, encoding="utf-8")
        (self._partial / SONG).replace(place / SONG)


def way_of(*parts: object) -> str:
    """Name of a way to make a stem: a digest of everything that shapes it besides the signal."""
    return hashlib.blake2b(json.dumps(parts, default=str).encode(), digest_size=12).hexdigest()


# --- Inside -----------------------------------------------------------------------------------------------------------


def _song(place: Path) -> KeptSong | None:
    try:
        note = SongNote.model_validate_json((place / SONG).read_bytes())
        blocks = np.load(place / BLOCKS)
    except (OSError, ValidationError, ValueError):
        return None
    return KeptSong(place, Heard(note.frames, blocks, note.scale))


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _read(path: Path, start: int, frames: int) -> NDArray[np.float32]:
    samples = np.fromfile(path, np.float32, frames * CHANNELS, offset=start * FRAME_BYTES)
    return samples.reshape(frames, CHANNELS).T


def _used_ns(place: Path) -> int:
    song = place / SONG
    return song.stat().st_mtime_ns if song.exists() else 0
