"""The bytes of a file, read at offsets; the one place that opens audio files and maps what the system says of them."""

import errno
import io
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bridge.errors import AudioError


class Source:
    """A file's bytes as they are now: `size` is taken once, so one header is judged against one length."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self.name = name
        """As sentences call it."""
        self.size = stream.seek(0, io.SEEK_END)

    def at(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset`; fewer at the end, none beyond it."""
        if offset < 0 or offset >= self.size or count <= 0:
            return b""
        self._stream.seek(offset)
        return self._stream.read(min(count, self.size - offset))


@contextmanager
def open_source(path: Path) -> Generator[Source]:
    """The bytes of an ordinary file.

    Raises:
        AudioError: missing, a folder, not an ordinary file, no permission, or a disk that does not answer.
    """
    with open_for_reading(path) as stream:
        yield Source(stream, path.name)


@contextmanager
def open_for_reading(path: Path) -> Generator[BinaryIO]:
    """An ordinary file, opened; whatever the system says about it, then or while it is read, as a sentence."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path} is a folder; name an audio file in it.")
        if not stat.S_ISREG(mode):  # opening a named pipe would wait for ever
            raise AudioError(f"{path} is not an ordinary file; name an audio file.")
        with path.open("rb") as stream:
            yield stream
    except OSError as reason:
        raise AudioError(os_sentence(path, reason)) from reason
    except ValueError as reason:  # a NUL in the name
        if "null" not in str(reason):
            raise
        raise AudioError(f"{path!s} is not a possible file name.") from reason


def os_sentence(path: Path, reason: OSError) -> str:
    """Why a file cannot be read, and what to do about it."""
    match reason.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"There is no file {path}: it was moved, renamed or deleted, or a link points nowhere."
        case errno.EACCES | errno.EPERM:
            return f"{path} cannot be read: permission denied. Allow your user to read it, or bounce to another folder."
        case errno.ELOOP:
            return f"{path} is a link that points to itself; name the real file."
        case errno.EIO | errno.ESTALE | errno.ETIMEDOUT:
            return f"{path} cannot be read: the disk or the network folder does not answer. Check its connection."
        case _:
            return f"{path} cannot be read: {reason.strerror or reason}."
