"""What SQLite and the file system refuse, as one sentence with the cure."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import StoreError


@contextmanager
def store_errors(path: Path) -> Generator[None]:
    """Turns the errors of a block that uses the store at `path` into StoreErrors."""
    try:
        yield
    except (sqlite3.Error, OSError) as reason:
        raise StoreError(_sentence(reason, path)) from reason


def _sentence(reason: sqlite3.Error | OSError, path: Path) -> str:
    match getattr(reason, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return f"The disk of the job list {path} is full: make room; jobs that were accepted are safe."
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                f"The job list {path} is damaged: stop daw-bridge and move the file away to start with an empty list; "
                f"your audio is not touched."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"The job list {path} is held by another program: close what has it open, and try again."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return f"The job list {path} cannot be opened or written: allow that, or choose another `data_folder`."
        case _:
            return f"The job list {path} cannot be used ({reason}): look at its disk, or choose another `data_folder`."
