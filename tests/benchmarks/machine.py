"""Where and with what a benchmark was measured."""

import importlib.metadata
import os
import platform
import subprocess


def machine(*libraries: str) -> dict[str, str]:
    """System, processor, load, Python and the versions of these libraries."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {load}",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in libraries},
    }


def as_installed() -> dict[str, str]:
    """Variables for whole processes: modules are compiled once, as an installer does it, whatever this shell says."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def ffmpeg_version() -> str:
    """Of the ffmpeg that is on the path."""
    return subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
