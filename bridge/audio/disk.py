"""Files that are written: whole and on the disk, or not there at all."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.errors import DeliveryError


@contextmanager
def whole_or_not_at_all(path: Path) -> Generator[None]:
    """Around the writing of a file: on the disk when it ends well, deleted when it does not.

    Raises:
        DeliveryError: the disk is full, or the place is not writable, or is gone.
    """
    is_ours = is_whole = False
    try:
        path.open("wb").close()
        is_ours = True
        yield
        _sync(path)
        is_whole = True
    except OSError as reason:
        raise DeliveryError(write_sentence(path, reason)) from reason
    finally:
        if is_ours and not is_whole and path.is_file():
            with suppress(OSError):
                path.unlink()


def write_sentence(path: Path, reason: OSError) -> str:
    """Why a file cannot be written, and what to do about it."""
    match reason.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full: {path.name} could not be written to {path.parent}. Make room and try again."
        case errno.EFBIG:
            return f"{path.name} is larger than the disk of {path.parent} allows. Use a disk that takes large files."
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"{path.parent} is not writable: {path.name} could not be made. Allow your user to write there."
        case errno.ENOENT | errno.ENOTDIR:
            return f"The folder {path.parent} is gone, so {path.name} could not be made. Make it again and try again."
        case _:
            return f"{path.name} could not be written to {path.parent}: {reason.strerror or reason}."


def _sync(path: Path) -> None:
    """Waits until the file's bytes are on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
