"""The compiled audio kernels, as `bridge.dsp.compiled.shelf` keeps them: files whose first line names their sources."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import bridge
from bridge.checkup.finding import Area, Finding, ok, warn
from bridge.settings import Settings

MARK = b"\n@compiled"
SUFFIX = ".kernel"
HEAD_BYTES_MAX = 1000
FOLDER_VARIABLE = "NUMBA_CACHE_DIR"


def kernels_folder(settings: Settings, environment: Mapping[str, str]) -> Path:
    """Where engines keep their compiled kernels."""
    return Path(environment.get(FOLDER_VARIABLE) or settings.data_folder / "compiled")


def cold_modules(folder: Path, room: str = "dsp") -> tuple[list[str], int]:
    """Modules of a room whose kernels are not compiled yet, or from another source; how many modules there are."""
    package = Path(bridge.__file__).parent
    texts = {path.stem: path.read_bytes() for path in package.glob(f"{room}/**/*.py")}
    sources = {stem: hashlib.sha256(text).hexdigest()[:16] for stem, text in texts.items() if MARK in text}
    compiled = {source for path in folder.glob(f"*{SUFFIX}") for source in _sources_of(path)}
    return sorted(stem for stem, source in sources.items() if source not in compiled), len(sources)


def check_kernels(folder: Path) -> Finding:
    """Whether the first job has to compile anything."""
    cold, count = cold_modules(folder)
    if cold:
        sentence = f"{count - len(cold)} of {count} modules are compiled"
        return warn(Area.DAEMON, "audio engine", sentence, "Nothing to do: the first job compiles the rest, once.")
    return ok(Area.DAEMON, "audio engine", f"compiled ({count} modules, in {folder})")


def _sources_of(path: Path) -> list[str]:
    """Digests of the source files that machine code was made from: its first line, after the kernel and a check sum."""
    try:
        with path.open("rb") as file:
            return file.readline(HEAD_BYTES_MAX).decode().split()[3:]
    except (OSError, ValueError):
        return []
