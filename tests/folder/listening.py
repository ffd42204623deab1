"""A FolderListener on a real folder, with a submit that keeps what it is given."""

import io
import os
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile

from bridge.listeners.folder.listener import FolderListener, Hooks
from bridge.model import Job, JobRequest
from bridge.settings import Settings, WatchSettings
from tests.scripted_writer import ScriptedWriter, wav_bytes
from tests.support import wait_until

CANARY = "zz"


def lossy_bytes(file_format: str, subtype: str) -> bytes:
    """A second of silence, encoded."""
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros((44100, 2)), 44100, format=file_format, subtype=subtype)
    return stream.getvalue()


class Listening:
    """A session with a watch folder; `requests`, `problems` and `pendings` are what came of it."""

    def __init__(self, session: Path, *, is_made: bool = True, **watch: Any) -> None:
        self.folder = session / "Renders"
        if is_made:
            self.folder.mkdir(parents=True, exist_ok=True)
        quick: dict[str, Any] = {"still_s": 0.5, "poll_s": 0.3, "stuck_s": 1.0}
        self.watch = WatchSettings(folder=self.folder, **(quick | watch))
        self.settings = Settings(watch=(self.watch,), session_roots=(session,))
        self.writer = ScriptedWriter(self.folder)
        self.requests: list[JobRequest] = []
        self.submitted_s: list[float] = []
        self.problems: list[tuple[str, str]] = []
        self.pendings = 0
        self.known: set[tuple[Path, int, int]] = set()
        """Files that the daemon says were asked for before: path, size in bytes, mtime_ns."""
        self.canaries: list[JobRequest] = []
        self._canaries = 0
        self.refusals: list[Exception] = []
        """Raised by the next submits, one each."""
        self._lock = threading.Lock()
        self._listener: FolderListener | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """A fresh listener, as after a restart of the daemon."""
        hooks = Hooks(is_known=self._is_known, report_problem=self._report)
        self._listener = FolderListener(self.watch, self.settings, self._submit, self._on_pending, hooks)
        self._listener.start()

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.stop()

    def wait_for(self, count: int) -> list[JobRequest]:
        """The requests, once there are so many."""
        wait_until(lambda: len(self.requests) >= count, 20, f"request {count} (problems: {self.problems})")
        return self.requests

    def wait_for_problems(self, count: int) -> list[tuple[str, str]]:
        wait_until(lambda: len(self.problems) >= count, 20, f"problem {count}")
        return self.problems

    def wait_until_idle(self) -> None:
        """Returns when whatever was there has been dealt with.

        A canary is linked into the folder: no close is told of it, so it takes the slowest way, and all that was there
        before it has settled when it has.
        """
        self._canaries += 1
        outside = self.folder.parent / "canary"
        outside.write_bytes(wav_bytes(frames=100))
        os.link(outside, self.folder / f"{CANARY} {self._canaries}.wav")
        outside.unlink()
        wait_until(lambda: len(self.canaries) == self._canaries, 20, "the canary's request")

    def names(self) -> list[list[str]]:
        """File names of each request."""
        return [[render.path.name for render in request.renders] for request in self.requests]

    def files(self) -> list[str]:
        """File names of all requests together, sorted."""
        return sorted(name for names in self.names() for name in names)

    def _submit(self, request: JobRequest) -> Job:
        with self._lock:
            if request.name.startswith(CANARY):
                self.canaries.append(request)
                return Job(id="canary", request=request, created_s=0.0)
            if self.refusals:
                raise self.refusals.pop(0)
            self.submitted_s.append(time.monotonic())
            self.requests.append(request)
            return Job(id=f"j{len(self.requests)}", request=request, created_s=0.0)

    def _is_known(self, path: Path, size_bytes: int, mtime_ns: int) -> bool:
        return (path, size_bytes, mtime_ns) in self.known

    def _on_pending(self) -> None:
        self.pendings += 1

    def _report(self, path: Path, sentence: str) -> None:
        self.problems.append((path.name, sentence))
