"""What a child does first: pipes of its own, no life without its parent, no core dump.

Plug-ins and libraries print, read and crash as they like, so the two pipes are moved to private descriptors: what
anything else writes to stdout goes to stderr, and stdin is empty. The process never outlives its parent: a thread waits
for the end of stdin, and on Linux the kernel kills it, which also works while native code hangs with the GIL held.
"""

import ctypes
import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1
OOM_SCORE = "500"
"""When memory runs out, Linux ends a child before the daemon or the DAW."""


class PrivatePipes:
    """The private ends of the pipes to the parent; making one makes this process a child that dies with its parent."""

    def __init__(self, parent_pid: int, on_line: Callable[[bytes], None]) -> None:
        """Moves the pipes.

        Args:
            parent_pid: who started this process.
            on_line: told each line of the parent, in a thread of its own; a ValueError ends this process.
        """
        self._lock = threading.Lock()
        self._on_line = on_line
        self._lines_to, lines_from = os.dup(1), os.dup(0)
        os.dup2(2, 1)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        faulthandler.enable()
        _die_with(parent_pid)
        threading.Thread(target=self._listen, args=(lines_from,), name="requests", daemon=True).start()

    def send_line(self, line: bytes) -> None:
        """Writes one line, newline included."""
        left = memoryview(line)
        with self._lock:
            while left:
                left = left[os.write(self._lines_to, left) :]

    def _listen(self, lines_from: int) -> None:
        try:
            with os.fdopen(lines_from, "rb") as lines:
                for line in lines:
                    self._on_line(line)
        except (OSError, ValueError):
            traceback.print_exc()
        end_group()


def _die_with(parent_pid: int) -> None:
    """Sees to it that nothing stays behind: no process without its parent, no core dump of gigabytes."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it died before the line above
            end_group()
        try:
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
        except OSError:
            traceback.print_exc()


def end_group() -> NoReturn:
    """Ends this process at once, and the programs that it started (ffmpeg) with it."""
    sys.stderr.flush()
    if sys.platform != "win32" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
