"""Where and with what a benchmark was measured."""

import ctypes
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


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


def adopt_orphans() -> None:
    """Makes this process (on Linux) the parent of what a measured one leaves behind: `ended` counts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def ended(pid: int) -> tuple[int, float, float]:
    """Waits for a process: its exit status, the CPU seconds of all its processes, and the sum of their peaks in MB.

    Call it while this process has no other children: everything that was left behind is waited for.
    """
    _, status, usage = os.wait4(pid, 0)
    usages = [usage]
    while True:
        try:
            usages.append(os.wait3(0)[2])
        except ChildProcessError:
            return status, sum(map(_cpu_s, usages)), sum(one.ru_maxrss for one in usages) / 1000


def _cpu_s(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime
