"""A child process that speaks in lines: started in its own group, read by threads, ended with all that it started."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import bridge

LINE_BYTES_MAX = 4_000_000
"""Longest line of a child; a request for thousands of renders is far below."""
TAIL_BYTES_MAX = 16_000
LOG_BYTES_MAX = 1_000_000
LINES_WAITING_MAX = 64
JOIN_S = 2.0
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
"""Starts every child. Linux kills a child when the *thread* that started it ends (PR_SET_PDEATHSIG), not the process;
this one lasts as long as the process."""


@dataclass(frozen=True)
class Launch:
    """How a child is started."""

    command: tuple[str, ...]
    """Program and arguments; the parent's process id is added as the last."""
    environment: Mapping[str, str]
    log_path: Path | None = None
    """Receives what the child prints; bounded."""


def python_command(module: str) -> tuple[str, ...]:
    """Runs `main` of a module of this very package, also where it is not installed, and never a file that lies about.

    The package's folder goes to the end of the path: nothing beside the package may hide the standard library.
    """
    root = str(Path(bridge.__file__).parent.parent)
    lines = (
        f"import sys; sys.path.append({root!r})",
        "from bridge.processes.garbage import uncollected",
        f"with uncollected(): from {module} import main",
        "main()",
    )
    return (sys.executable, "-P", "-c", "\n".join(lines))


class Child:
    """A running child process."""

    def __init__(self, launch: Launch) -> None:
        """Starts it.

        Raises:
            OSError: the system refuses.
        """
        self._process = _SPAWNER.submit(_spawn, launch).result()
        self._lines: queue.Queue[bytes | None] = queue.Queue(LINES_WAITING_MAX)
        self._is_over = threading.Event()
        self._tail = Tail(launch.log_path)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = (
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), name="engine-events", daemon=True),
            threading.Thread(target=self._tail.read, args=(self._process.stderr,), name="engine-stderr", daemon=True),
        )
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Id of the process, which is also the id of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives; minus the signal's number when a signal ended it."""
        return self._process.poll()

    @property
    def tail(self) -> str:
        """The last that it printed."""
        return self._tail.text()

    def send(self, line: bytes) -> None:
        """Writes a line without waiting: a child that hangs does not read, and its death shows elsewhere."""
        threading.Thread(target=self._write, args=(line,), name="engine-requests", daemon=True).start()

    def send_now(self, line: bytes) -> None:
        """Writes a line that fits the pipe for certain, because all before it have been answered."""
        self._write(line)

    def next_line(self, timeout_s: float) -> bytes | None:
        """The next line that it wrote; None when none came in time.

        Raises:
            EOFError: it has closed its end, or is dead.
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            if self.exit_code is None:
                return None
            raise EOFError from None
        if line is None:
            raise EOFError
        return line

    def private_mb(self) -> float:
        """Memory that only this process holds; pages of files that it has mapped do not count."""
        import psutil  # noqa: PLC0415 - a hundredth of a second before any child is started

        try:
            memory = psutil.Process(self.pid).memory_info()
        except psutil.Error:
            return 0.0
        return float(memory.rss - getattr(memory, "shared", 0)) / 1e6

    def end(self, grace_s: float = 0.0) -> int:
        """Its exit code, after it had so long to end by itself and it and all that it started were killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        _kill(self._process)
        self._is_over.set()
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        for reader in self._readers:
            reader.join(JOIN_S)
        return self._process.wait()

    def _read_lines(self, stdout: IO[bytes]) -> None:
        with stdout:
            while line := stdout.readline(LINE_BYTES_MAX):
                self._offer(line)
        self._offer(None)

    def _offer(self, line: bytes | None) -> None:
        """Puts a line into the queue; while that is full the child has to wait, until it is over."""
        while not self._is_over.is_set():
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=0.2)
                return

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # the pipe is broken or closed: it is dead
            self._process.stdin.write(line)
            self._process.stdin.flush()


class Ahead:
    """A child that is started before anybody knows for certain how it is wanted; its libraries load meanwhile."""

    def __init__(self) -> None:
        self._launch: Launch | None = None
        self._child: Child | None = None

    def start(self, launch: Launch) -> None:
        """Starts it; where the system refuses, whoever wants it will be told."""
        self.end()
        with contextlib.suppress(OSError):
            self._child = Child(launch)
            self._launch = launch

    def child(self, launch: Launch) -> Child:
        """A child started like that: the one that is there, where it was started so, otherwise a new one.

        Raises:
            OSError: the system refuses.
        """
        if self._child is not None and self._launch == launch and self._child.exit_code is None:
            child, self._child = self._child, None
            return child
        self.end()
        return Child(launch)

    def end(self) -> None:
        """Ends the child that nobody took."""
        child, self._child = self._child, None
        if child is not None:
            child.end()


AHEAD = Ahead()
"""Of this process."""


class Tail:
    """The last that a child printed, in memory, and a little more in a file."""

    def __init__(self, log_path: Path | None) -> None:
        self._log_path = log_path
        self._bytes = b""

    def text(self) -> str:
        """As text, whatever bytes were printed."""
        return self._bytes.decode(errors="replace")

    def read(self, stderr: IO[bytes]) -> None:
        """Reads until the end; a full disk costs the file, never the reading."""
        with stderr:
            while chunk := os.read(stderr.fileno(), 65536):
                self._bytes = (self._bytes + chunk)[-TAIL_BYTES_MAX:]
                with contextlib.suppress(OSError):
                    self._log(chunk)

    def _log(self, chunk: bytes) -> None:
        if self._log_path is None:
            return
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            log.write(chunk)
            is_full = log.tell() > LOG_BYTES_MAX
        if is_full:
            self._log_path.replace(self._log_path.with_suffix(".old.log"))


def _group_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _spawn(launch: Launch) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*launch.command, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(launch.environment),
        start_new_session=True,
        creationflags=_group_flags(),
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kills a process and what it started."""
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415 - as in `private_mb`

        with contextlib.suppress(psutil.Error):
            for started in psutil.Process(process.pid).children(recursive=True):
                started.kill()
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
