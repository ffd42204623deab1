"""Python, libraries, device, ffmpeg: all looked up without importing anything heavy."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

from bridge import __version__
from bridge.checkup.finding import Area, Finding, bad, ok, warn

DISTRIBUTION = "daw-bridge"
PYTHON_MIN = (3, 11)
SHOWN_LIBRARIES = ("numpy", "numba", "pedalboard", "soundfile", "soxr", "pydantic")
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?(?:[^;]*?>=\s*([0-9.]+))?")
PROBE_TIMEOUT_S = 5.0
HERE = Area.INSTALLATION


def check_installation() -> Iterator[Finding]:
    """Findings about what is installed."""
    yield _check_python()
    yield from _check_libraries()
    yield _check_device()
    yield _check_ffmpeg()


def _check_python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < PYTHON_MIN:
        wanted = ".".join(map(str, PYTHON_MIN))
        return bad(HERE, "Python", f"{found} is too old", f"Install Python {wanted} or newer and daw-bridge with it.")
    return ok(HERE, "Python", found)


def _check_libraries() -> Iterator[Finding]:
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield warn(HERE, "daw-bridge", f"{__version__}, run from its sources", "Install it: pip install .")
        return
    yield ok(HERE, "daw-bridge", __version__)
    wrong = list(wrong_libraries(requirements))
    yield from wrong
    if not wrong:
        shown = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in SHOWN_LIBRARIES)
        yield ok(HERE, "libraries", f"all there: {shown} ...")


def wrong_libraries(requirements: list[str]) -> Iterator[Finding]:
    """A finding for each requirement (as a package's metadata writes it) that is missing or too old."""
    for requirement in requirements:
        match = REQUIREMENT.match(requirement)
        if match is None or "extra ==" in requirement:
            continue
        name, least = match.group(1), match.group(2) or "0"
        cure = f'Install it: pip install "{name}>={least}"'
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield bad(HERE, name, "is not installed", cure)
            continue
        if _numbers(version) < _numbers(least):
            yield bad(HERE, name, f"{version} is older than {least}", cure)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _check_device() -> Finding:
    cores = f"CPU with {os.cpu_count()} cores"
    if shutil.which("nvidia-smi") is None:
        return ok(HERE, "device", f"{cores}; no NVIDIA GPU: stems are separated on the CPU")
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return warn(
            HERE, "device", f"{cores}; the NVIDIA driver does not answer", "Run nvidia-smi and see what it says."
        )
    has_torch = importlib.util.find_spec("torch") is not None
    torch = "PyTorch is installed" if has_torch else "PyTorch is not installed (stems need it)"
    return ok(HERE, "device", f"{cores}; CUDA: {answer.stdout.strip()}; {torch}")


def _check_ffmpeg() -> Finding:
    found = shutil.which("ffmpeg")
    if found is None:
        return warn(HERE, "ffmpeg", "not found: M4A files are refused", "Install ffmpeg if you bounce M4A.")
    return ok(HERE, "ffmpeg", found)
