"""Where plug-ins lie, and which version of one lies there; nothing is loaded."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.plugin_settings import PluginSettings
from bridge.plugins.entry import FileMark

SUFFIXES = (".vst3", ".component")
DEPTH_MAX = 4
"""Folders inside plug-in folders (one a vendor) are looked into so deep."""
CHUNK_BYTES = 1 << 20


def system_folders() -> tuple[Path, ...]:
    """Where this system keeps plug-ins; a user's own first."""
    match sys.platform:
        case "darwin":
            names = ("Audio/Plug-Ins/VST3", "Audio/Plug-Ins/Components")
            return tuple(root / name for root in (Path.home() / "Library", Path("/Library")) for name in names)
        case "win32":
            roots = (os.environ.get("LOCALAPPDATA", ""), os.environ.get("COMMONPROGRAMFILES", ""))
            places = (Path(roots[0]) / "Programs/Common/VST3", Path(roots[1]) / "VST3")
            return tuple(place for place, root in zip(places, roots, strict=True) if root)
        case _:
            return Path.home() / ".vst3", Path("/usr/local/lib/vst3"), Path("/usr/lib/vst3")


def plugin_folders(settings: PluginSettings) -> tuple[Path, ...]:
    """Folders that are looked into, in the order in which they win."""
    own = tuple(folder.expanduser() for folder in settings.folders)
    return tuple(dict.fromkeys(own + (system_folders() if settings.use_system_folders else ())))


def find_bundles(settings: PluginSettings) -> tuple[Path, ...]:
    """Every plug-in file or bundle, in the order of the folders."""
    return tuple(path for folder in plugin_folders(settings) for path in sorted(_below(folder, 0)))


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        return
    for path in inside:
        if path.suffix.casefold() in SUFFIXES:
            yield path
        elif depth < DEPTH_MAX and path.is_dir() and not path.is_symlink():
            yield from _below(path, depth + 1)


def binary_of(bundle: Path) -> Path | None:
    """The binary inside a bundle that this machine would load; the file itself where it is one; None without one."""
    if bundle.is_file():
        return bundle
    name = bundle.stem
    machine = platform.machine().casefold()
    match sys.platform:
        case "darwin":
            places = [bundle / "Contents/MacOS" / name]
        case "win32":
            arch = {"amd64": "x86_64", "arm64": "arm64ec"}.get(machine, machine)
            places = [bundle / f"Contents/{one}-win" / f"{name}.vst3" for one in (arch, "x86_64")]
        case _:
            places = [bundle / f"Contents/{machine}-linux" / f"{name}.so"]
    return next((place for place in places if place.is_file()), None)


def quick_mark(bundle: Path) -> FileMark | None:
    """Size and time of a plug-in, without its digest; None where there is nothing to load."""
    binary = binary_of(bundle)
    try:
        found = (binary or bundle).stat()
    except OSError:
        return None
    return FileMark(size_bytes=found.st_size, mtime_ns=found.st_mtime_ns, digest="")


def mark_of(bundle: Path) -> FileMark | None:
    """The whole mark of a plug-in; None where there is nothing to read."""
    mark, binary = quick_mark(bundle), binary_of(bundle)
    if mark is None or binary is None:
        return mark
    digest = hashlib.blake2b(digest_size=16)
    try:
        with binary.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return mark
    return mark.model_copy(update={"digest": digest.hexdigest()})
