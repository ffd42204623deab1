"""What a look at the watch folder finds: the only file of this room that touches files."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.audio.headers import HeaderState, read_header
from bridge.audio.render import require_finished
from bridge.errors import AudioError, UnfinishedAudioError
from bridge.listeners.folder.names import is_audio_name, is_watched_folder_name
from bridge.listeners.folder.settler import Content, FileFacts, Version
from bridge.settings import Settings, WatchSettings

SHARING_VIOLATIONS = frozenset({32, 33})
"""Windows: another program has the file open and shares nothing, or has locked a part of it."""


OUTSIDE = "that leads out of the session folders: put the file itself here, or add its folder to session_roots."


class Bounds:
    """Which paths a watch folder is asked about."""

    def __init__(self, watch: WatchSettings, settings: Settings) -> None:
        self._folder = watch.folder
        self._roots = (watch.folder, *settings.roots)
        self._returns = {settings.return_folder(one) for one in (watch, *settings.watch)}
        self._is_recursive = watch.is_deep
        self.has_inodes = not watch.is_network
        """Network folders give inodes that mean nothing."""

    def admits(self, path: Path) -> bool:
        """Whether a path may be a render of this folder, by its name and place alone."""
        return is_audio_name(path.name) and self.admits_folder(path.parent)

    def admits_folder(self, folder: Path) -> bool:
        """Whether renders may lie in a folder: the watch folder, or one in it, not hidden and not for returns."""
        if any(folder.is_relative_to(returned) for returned in self._returns):
            return False
        if folder == self._folder:
            return True
        inside = folder.relative_to(self._folder).parts if folder.is_relative_to(self._folder) else ()
        return self._is_recursive and bool(inside) and all(is_watched_folder_name(name) for name in inside)

    def leads_outside(self, path: Path) -> bool:
        """Whether a path is a link to somewhere outside the session folders."""
        real = Path(os.path.realpath(path))
        return not any(real.is_relative_to(os.path.realpath(root)) for root in self._roots)

    def version_of(self, found: os.stat_result) -> Version:
        """The version of a file."""
        return Version(found.st_size, found.st_mtime_ns, found.st_ino if self.has_inodes else 0)

    def renders(self) -> Iterator[tuple[Path, Version]]:
        """Every file that may be a render.

        Raises:
            OSError: the watch folder itself is gone or may not be read.
        """
        return self._renders_in(self._folder)

    def _renders_in(self, folder: Path) -> Iterator[tuple[Path, Version]]:
        with os.scandir(folder) as entries:
            found = list(entries)
        for entry in found:
            path = folder / entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if self.admits_folder(path):
                        yield from self._renders_in(path)
                elif self.admits(path) and entry.is_file():
                    yield path, self.version_of(path.stat())
            except OSError:
                continue  # gone since, or a folder that is not for us


def look_at(path: Path, bounds: Bounds) -> FileFacts | None:
    """What is to be seen of a file without reading its audio; None when there is no ordinary file."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    version = bounds.version_of(found)
    if bounds.leads_outside(path):
        return FileFacts(version, Content.NOT_AUDIO, f"{path} is a link {OUTSIDE}")
    try:
        header = read_header(path)
        require_finished(header, path.name)
    except UnfinishedAudioError as unfinished:
        return FileFacts(version, Content.UNFINISHED, unfinished.sentence)
    except AudioError as error:
        return unreadable(version, error)
    is_proven = header.state is HeaderState.COMPLETE
    return FileFacts(version, Content.WHOLE if is_proven else Content.UNPROVEN)


def unreadable(version: Version, error: AudioError) -> FileFacts | None:
    """What an error while reading the header says about a file; None when it is gone."""
    match error.__cause__:
        case FileNotFoundError():
            return None
        case PermissionError() as reason if sys.platform == "win32" and reason.winerror in SHARING_VIOLATIONS:
            return FileFacts(version, Content.BUSY, "Another program keeps the file open: close it there.")
        case OSError():
            return FileFacts(version, Content.DENIED, error.sentence)
        case _:
            return FileFacts(version, Content.NOT_AUDIO, error.sentence)
