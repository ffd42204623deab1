"""One daemon for one data folder."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import filelock

from bridge.errors import StoreError

PID_FILE = "daemon.pid"
"""In the data folder while a daemon has it."""


@contextmanager
def lock_store(folder: Path) -> Generator[None]:
    """Holds a data folder for one daemon; readers such as the command line need no lock.

    Raises:
        StoreError: another daemon has it, or the folder cannot be written.
    """
    holder = folder / PID_FILE
    lock = filelock.FileLock(folder / "daemon.lock", thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        holder.write_text(f"{os.getpid()}\n")
    except filelock.Timeout:
        raise StoreError(
            f"Another daw-bridge (process {_pid_in(holder)}) already works on {folder}: stop that one, or give this "
            f"one its own `data_folder`."
        ) from None
    except OSError as reason:
        raise StoreError(
            f"The data folder {folder} cannot be written ({reason.strerror or reason}): allow writing there, or "
            f"choose another `data_folder`."
        ) from reason
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _pid_in(path: Path) -> str:
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
