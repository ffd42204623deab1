"""Results by content: an identical request returns at once.

An entry is a folder with the report of the first run and the audio files that it made, named by the digest of
everything that shaped them: decoded samples, chain, options and version. Files are shared with the return folder by
hard link where the filesystem allows it, so keeping them costs nothing; each is checked by digest before it is used,
because its owner may have edited it since.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bridge.audio.render import file_digest
from bridge.model import FileRole
from bridge.report import Report
from bridge.value import Value

ENTRY = "entry.json"


class CachedFile(Value):
    """One audio file of an entry."""

    name: str = ""
    """In the folder of its entry."""
    suffix: str
    """What its delivered name ends with: ".wav"."""
    digest: str
    role: FileRole = "master"
    sample_rate_hz: int | None = None


class CacheEntry(Value):
    """What a job made."""

    report: Report
    files: tuple[CachedFile, ...]


@dataclass(frozen=True)
class ResultCache:
    """Results in a folder, the least recently used dropped when they pass a size; `folder` None keeps nothing."""

    folder: Path | None
    size_max_bytes: int

    def find(self, key: str) -> tuple[CacheEntry, Path] | None:
        """The entry and the folder of its files, if it is there and unharmed; marks it as used."""
        if self.folder is None:
            return None
        place = self.folder / key
        try:
            entry = CacheEntry.model_validate_json((place / ENTRY).read_bytes())
            is_whole = all(file_digest(place / file.name) == file.digest for file in entry.files)
        except (OSError, ValidationError):
            is_whole = False
        else:
            if is_whole:
                os.utime(place / ENTRY)
                return entry, place
        if place.exists():
            shutil.rmtree(place, ignore_errors=True)
        return None

    def keep(self, key: str, report: Report, files: Sequence[tuple[Path, CachedFile]]) -> None:
        """Keeps a finished job: its report and its files, which get their names here.

        A cache that cannot be written costs time, nothing else, so its disk errors end here.
        """
        if self.folder is None or self.size_max_bytes <= 0:
            return
        partial = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            partial.mkdir(parents=True)
            kept: list[CachedFile] = []
            for index, (path, file) in enumerate(files):
                kept.append(file.model_copy(update={"name": f"{index}{path.suffix}"}))
                _share(path, partial / kept[-1].name)
            entry = CacheEntry(report=report, files=tuple(kept))
            (partial / ENTRY).write_text(entry.model_dump_json(), encoding="utf-8")
            partial.rename(self.folder / key)
            self._trim()
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)

    def _trim(self) -> None:
        """Drops the least recently used entries until the rest fits; sweeps what a kill left half made."""
        assert self.folder is not None
        entries = sorted((place for place in self.folder.iterdir() if place.is_dir()), key=_used_ns, reverse=True)
        size = 0
        for place in entries:
            size += sum(file.stat().st_size for file in place.iterdir())
            if size > self.size_max_bytes:
                shutil.rmtree(place, ignore_errors=True)


NO_CACHE = ResultCache(None, 0)
"""Keeps nothing."""


def cache_key(*parts: object) -> str:
    """Digest of everything that shapes a result, given as JSON-able parts."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _share(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)


def _used_ns(place: Path) -> int:
    entry = place / ENTRY
    return entry.stat().st_mtime_ns if entry.exists() else 0
