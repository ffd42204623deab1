"""Albums: settled files of a watch folder whose folders are records. Pure: told the time.

A folder inside the watch folder becomes one album when nothing in it grows any more and it has been quiet long enough
for the next song to have begun.
"""

from collections.abc import Iterable
from pathlib import Path

from bridge.listeners.folder.elapsed import Elapsed


class Albums:
    """Folders on their way to becoming albums."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._elapsed = Elapsed()
        self._heard_s: dict[Path, float] = {}

    def hear(self, song: Path, now_s: float) -> None:
        """Takes note of a song that has settled."""
        self._heard_s[song.parent] = self._elapsed.at(now_s)

    def take(self, growing: Iterable[Path], now_s: float) -> list[Path]:
        """The folders that are finished, each once for what has settled in it."""
        time_s = self._elapsed.at(now_s)
        for path in growing:
            if path.parent in self._heard_s:
                self._heard_s[path.parent] = time_s
        finished = sorted(folder for folder, heard_s in self._heard_s.items() if time_s - heard_s >= self._quiet_s)
        for folder in finished:
            del self._heard_s[folder]
        return finished

    def next_take_s(self, now_s: float) -> float | None:
        """In how many seconds a folder is finished if nothing happens; None while there is none."""
        time_s = self._elapsed.at(now_s)
        oldest_s = min(self._heard_s.values(), default=None)
        return None if oldest_s is None else max(0.0, oldest_s + self._quiet_s - time_s)
