"""Files that cannot become jobs: why, and since when; kept so that people find them without reading the log.

A watch folder tells once about a file that needs a person (text called .wav, a bounce that was cut off, a request that
was refused). There is no job to carry that sentence, so it is kept here until the file is another one.
"""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR

from pydantic import ValidationError

from bridge.delivery import write_whole
from bridge.value import Value

PROBLEMS_FILE = "problems.json"
"""Name of the book in a data folder."""
PROBLEMS_MAX = 200
log = logging.getLogger(__name__)


class FileProblem(Value):
    """One file that needs a look."""

    path: Path
    sentence: str
    """What is wrong, and how to put it right."""
    at_s: float
    """When it was first told, Unix time."""
    size_bytes: int
    mtime_ns: int
    """With the size: which version of the file is meant. One that is written again is judged again."""


class _Page(Value):
    """What is in the file."""

    files: tuple[FileProblem, ...] = ()


class ProblemBook:
    """The files of one data folder that need a look; written by the daemon, read by anybody.

    Nothing here raises: a book that cannot be written must not keep a bounce from becoming a job.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / PROBLEMS_FILE
        self._lock = threading.Lock()

    def list(self) -> tuple[FileProblem, ...]:
        """The newest first; without those whose file is gone or has been written again."""
        return tuple(problem for problem in self._read() if _is_current(problem))

    def add(self, path: Path, sentence: str, at_s: float) -> None:
        """Keeps what was told about a file; folders and what is already gone are told by others."""
        version = _version(path)
        if version is None:
            return
        with self._lock:
            known = self.list()
            problem = FileProblem(path=path, sentence=sentence, at_s=at_s, size_bytes=version[0], mtime_ns=version[1])
            if any(problem == earlier.model_copy(update={"at_s": at_s}) for earlier in known):
                return
            others = [earlier for earlier in known if earlier.path != path]
            self._write([problem, *others][:PROBLEMS_MAX])

    def forget(self, paths: Iterable[Path]) -> None:
        """Strikes out files that have become part of a job."""
        with self._lock:
            known, done = self._read(), set(paths)
            kept = [problem for problem in known if problem.path not in done]
            if len(kept) < len(known):
                self._write(kept)

    def _read(self) -> tuple[FileProblem, ...]:
        try:
            return _Page.model_validate_json(self._path.read_bytes()).files
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as reason:
            log.debug("%s cannot be read: %s", self._path, reason)
            return ()

    def _write(self, files: Iterable[FileProblem]) -> None:
        try:
            write_whole(self._path, _Page(files=tuple(files)).model_dump_json(indent=1).encode())
        except OSError as reason:
            log.warning("%s cannot be written: %s", self._path, reason.strerror, extra={"action": "problems_not_kept"})


def _is_current(problem: FileProblem) -> bool:
    return _version(problem.path) == (problem.size_bytes, problem.mtime_ns)


def _version(path: Path) -> tuple[int, int] | None:
    """Size in bytes and mtime_ns of a file, of a link itself where it leads nowhere; None without a file."""
    try:
        found = path.stat() if path.exists() else path.lstat()
    except OSError:
        return None
    return None if S_ISDIR(found.st_mode) else (found.st_size, found.st_mtime_ns)
