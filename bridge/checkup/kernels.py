"""The compiled audio kernels, as numba keeps them: one index file a kernel, named by its module."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import bridge
from bridge.checkup.finding import Area, Finding, ok, warn
from bridge.settings import Settings

MARK = "\n@compiled"
FOLDER_VARIABLE = "NUMBA_CACHE_DIR"


def kernels_folder(settings: Settings, environment: Mapping[str, str]) -> Path:
    """Where engines keep their compiled kernels."""
    return Path(environment.get(FOLDER_VARIABLE) or settings.data_folder / "compiled")


def cold_modules(folder: Path, room: str = "dsp") -> tuple[list[str], int]:
    """Modules of a room whose kernels are not compiled yet, or from another source; how many modules there are."""
    package = Path(bridge.__file__).parent
    sources = [path for path in package.glob(f"{room}/**/*.py") if MARK in path.read_text(encoding="utf-8")]
    return sorted(path.stem for path in sources if not _is_compiled(path, folder)), len(sources)


def check_kernels(folder: Path) -> Finding:
    """Whether the first job has to compile anything."""
    cold, count = cold_modules(folder)
    if cold:
        sentence = f"{count - len(cold)} of {count} modules are compiled"
        return warn(Area.DAEMON, "audio engine", sentence, "Nothing to do: the first job compiles the rest, once.")
    return ok(Area.DAEMON, "audio engine", f"compiled ({count} modules, in {folder})")


def _is_compiled(source: Path, folder: Path) -> bool:
    """Whether an index was made from this very source, whose hash numba notes in it."""
    digest = hashlib.sha256(source.read_bytes()).digest()
    indexes = folder.rglob(f"{source.stem}.*.nbi") if folder.is_dir() else ()
    return any(digest in index.read_bytes() for index in indexes)
