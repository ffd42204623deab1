"""Reads a file while its quiet time is still running, so that the digest is there when it settles."""

import logging
from pathlib import Path

from bridge.audio.metadata import job_id_in
from bridge.audio.render import read_render
from bridge.errors import AudioError, UnfinishedAudioError
from bridge.listeners.folder.settler import Version
from bridge.model import Limits, Render

READS_MAX = 2
"""Early reads of one file before it settles: Ardour closes twice, and whoever closes for every block is read once."""
log = logging.getLogger(__name__)


class ReadAhead:
    """Renders of files that have not settled yet, kept for the moment when they do."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._renders: dict[Path, Render] = {}
        self._reads: dict[Path, int] = {}

    def prepare(self, path: Path) -> None:
        """Reads a file that will probably settle; whatever is wrong with it shows again in `take`."""
        self._reads[path] = self._reads.get(path, 0) + 1
        if self._reads[path] > READS_MAX:
            return
        try:
            if job_id_in(path) is None:
                self._renders[path] = read_render(path, self._limits)
        except AudioError:
            self._renders.pop(path, None)

    def take(self, path: Path, version: Version) -> Render | None:
        """The render in a settled file; None for a file of our own, and for one that is being written again.

        Raises:
            AudioError: it will never be a render as it is.
        """
        render = self._renders.pop(path, None)
        self._reads.pop(path, None)
        try:
            if render is None or not _is(render, version):
                job_id = job_id_in(path)
                if job_id is not None:
                    log.info("%s is a result of job %s", path, job_id, extra={"action": "own_file_ignored"})
                    return None
                render = read_render(path, self._limits)
        except UnfinishedAudioError:
            return None  # its next version will settle
        except AudioError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        return render if _is(render, version) else None

    def forget(self, path: Path) -> None:
        """Drops what is known of a file that is gone."""
        self._renders.pop(path, None)
        self._reads.pop(path, None)


def _is(render: Render, version: Version) -> bool:
    return (render.size_bytes, render.mtime_ns) == (version.size_bytes, version.mtime_ns)
