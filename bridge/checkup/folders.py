"""Watch folders, return folders and the data folder: there, readable, writable, on a fit disk."""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.delivery import WORK_ROOT
from bridge.settings import Settings, WatchSettings
from bridge.units import bytes_text

HERE = Area.FOLDERS
FREE_BAD_BYTES = 500_000_000
FREE_WARN_BYTES = 5_000_000_000
NETWORK_KINDS = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "fuse.sshfs", "9p"}
)
WATCHES_FILE = Path("/proc/sys/fs/inotify/max_user_watches")
WATCHES_MIN = 8192


def check_folders(settings: Settings) -> Iterator[Finding]:
    """Findings about every folder of the settings."""
    for watch in settings.watch:
        yield from _about_watch(watch)
    for folder in dict.fromkeys(settings.return_folder(watch) for watch in settings.watch):
        yield from _about_written(folder, "return folder")
        yield from _about_work_root(folder)
    yield from _about_written(settings.data_folder, "data folder")
    if disk_kind(settings.data_folder) in NETWORK_KINDS:
        cure = "Set `data_folder` to a folder on a disk of this machine."
        yield bad(HERE, "data folder", f"{settings.data_folder} is a network folder: the job store breaks there", cure)
    if sys.platform == "linux" and settings.watch:
        yield _about_watch_limit(settings, _read_number(WATCHES_FILE))


def _about_watch(watch: WatchSettings) -> Iterator[Finding]:
    folder = watch.folder
    if not folder.is_dir():
        cure = "Make the folder, connect its drive, or correct `watch` in the settings."
        yield bad(HERE, "watch folder", f"{folder} is not there", cure)
        return
    try:
        count = sum(1 for _ in folder.iterdir())
    except OSError as reason:
        cure = "Allow reading it for the user who runs daw-bridge."
        yield bad(HERE, "watch folder", f"{folder} cannot be read: {reason.strerror}", cure)
        return
    if disk_kind(folder) in NETWORK_KINDS and not watch.is_network:
        cure = "Set `is_network: true` for it, so that it is looked at instead of trusted to report."
        yield warn(HERE, "watch folder", f"{folder} is a network folder", cure)
        return
    yield ok(HERE, "watch folder", f"{folder}, {count} {'entry' if count == 1 else 'entries'}")


def _about_written(folder: Path, subject: str) -> Iterator[Finding]:
    there = _nearest(folder)
    reason = write_fault(there)
    if reason is not None:
        yield bad(
            HERE, subject, f"{there} cannot be written: {reason}", "Allow writing there, or choose another folder."
        )
        return
    free = shutil.disk_usage(there).free
    made = "" if there == folder else " (made when needed)"
    sentence = f"{folder}{made}, {bytes_text(free)} free"
    if free < FREE_BAD_BYTES:
        yield bad(HERE, subject, sentence, "Make room on that disk: a job needs about twice the size of its render.")
    elif free < FREE_WARN_BYTES:
        yield warn(HERE, subject, sentence, "Make room on that disk soon.")
    else:
        yield ok(HERE, subject, sentence)


def _about_work_root(folder: Path) -> Iterator[Finding]:
    """Results move from the work folder by rename, which must not cross a disk."""
    work_root = folder / WORK_ROOT
    if work_root.is_dir() and work_root.stat().st_dev != folder.stat().st_dev:
        cure = f"Unmount what is mounted on {work_root}."
        yield bad(HERE, "return folder", f"{work_root} is on another disk than {folder}", cure)


def write_fault(folder: Path) -> str | None:
    """Why no file can be made in a folder; None when one can. Tried, because permission bits do not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".dawbridge-"):
            return None
    except OSError as reason:
        return "it is read-only" if reason.errno == errno.EROFS else reason.strerror or str(reason)


def disk_kind(folder: Path) -> str:
    """Kind of the filesystem that a folder is on, as the system names it; empty where it does not say."""
    there = _nearest(folder).resolve()
    mounts = [part for part in psutil.disk_partitions(all=True) if there.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype.casefold() if mounts else ""


def _about_watch_limit(settings: Settings, limit: int | None) -> Finding:
    needed = sum(_folder_count(watch) for watch in settings.watch if watch.folder.is_dir())
    subject = "watch limit"
    if limit is None:
        return ok(HERE, subject, f"{needed} needed")
    sentence = f"{needed} of {limit} file watches needed"
    if limit < max(WATCHES_MIN, needed * 2):
        cure = "Raise it: sudo sysctl fs.inotify.max_user_watches=524288 (other programs use watches too)."
        return warn(HERE, subject, sentence, cure)
    return ok(HERE, subject, sentence)


def _folder_count(watch: WatchSettings) -> int:
    return sum(1 for _ in os.walk(watch.folder)) if watch.is_deep else 1


def _read_number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest folder above it that is there."""
    return next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
