"""The folder in which the catalogue and the health records are kept; several processes may change them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field, ValidationError

from bridge.plugins.catalogue import FILE_NAME, Catalogue, read_catalogue
from bridge.plugins.entry import Failed, PluginEntry, Quarantined, Refused
from bridge.value import Value

if TYPE_CHECKING:
    from filelock import FileLock

HEALTH_FILE = "health.json"
LOCK_FILE = "plugins.lock"
LOCK_TIMEOUT_S = 20
FAILURES_KEPT = 20
Page = TypeVar("Page", bound=Value)


class Health(Value):
    """Failures of plug-ins in jobs, by the plug-in's full name, the latest last."""

    failures: Mapping[str, tuple[Failed, ...]] = Field(default_factory=dict)

    def in_a_row(self, full_name: str) -> int:
        """How often a plug-in has failed since it last worked."""
        return sum(not failed.is_forgiven for failed in self.failures.get(full_name, ()))


class Shelf:
    """Catalogue and health records of one data folder; with None nothing is kept beyond this object."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._catalogue = Catalogue()
        self._mark: tuple[int, int, int] | None = None
        self._health = Health()

    def catalogue(self) -> Catalogue:
        """What is known now."""
        if self._folder is not None:
            mark = _mark_of(self._folder / FILE_NAME)
            if mark is None or mark != self._mark:
                self._catalogue, self._mark = read_catalogue(self._folder), mark
        return self._catalogue

    def health(self) -> Health:
        """What has failed so far."""
        if self._folder is None:
            return self._health
        try:
            return Health.model_validate_json((self._folder / HEALTH_FILE).read_bytes())
        except (OSError, ValidationError):
            return Health()

    def add(self, found: Iterable[PluginEntry | Quarantined | Refused]) -> Catalogue:
        """The catalogue with what was found; kept."""
        new = tuple(found)
        return self.change(lambda known: known.with_found(new))

    def change(self, how: Callable[[Catalogue], Catalogue]) -> Catalogue:
        """The catalogue after a change; kept."""
        if self._folder is None:
            self._catalogue = how(self._catalogue)
            return self._catalogue
        with self._locked():
            changed = how(self.catalogue())
            self._write(FILE_NAME, changed)
        return changed

    def note_failure(self, entry: PluginEntry, failed: Failed, failures_max: int) -> bool:
        """Keeps a failure; whether the plug-in is now quarantined for failing so often in a row."""
        health = self._with_failures(entry, lambda earlier: (*earlier, failed)[-FAILURES_KEPT:])
        if health.in_a_row(entry.full_name) < failures_max:
            return False
        sentence = f"failed {failures_max} times in a row, last it {failed.sentence}"
        self.add([Quarantined(path=entry.path, mark=entry.mark, sentence=sentence, at=failed.at)])
        return True

    def note_success(self, entry: PluginEntry) -> None:
        """Forgives what a plug-in did before it worked."""
        if self.health().in_a_row(entry.full_name):
            self.forgive(entry)

    def forgive(self, entry: PluginEntry) -> None:
        """Counts failures anew."""
        self._with_failures(entry, lambda all_: tuple(one.model_copy(update={"is_forgiven": True}) for one in all_))

    def _with_failures(self, entry: PluginEntry, how: Callable[[tuple[Failed, ...]], tuple[Failed, ...]]) -> Health:
        def changed() -> Health:
            known = dict(self.health().failures)
            known[entry.full_name] = how(known.get(entry.full_name, ()))
            return Health(failures=known)

        if self._folder is None:
            self._health = changed()
            return self._health
        with self._locked():
            health = changed()
            self._write(HEALTH_FILE, health)
        return health

    def _locked(self) -> "FileLock":
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock  # noqa: PLC0415 - a hundredth of a second that readers do without

        return FileLock(self._folder / LOCK_FILE, timeout=LOCK_TIMEOUT_S)

    def _write(self, name: str, value: Value) -> None:
        """There whole or not at all; the lock keeps others from the partial file."""
        assert self._folder is not None
        partial = self._folder / f".{name}.part"
        partial.write_text(value.model_dump_json(indent=1), encoding="utf-8")
        partial.replace(self._folder / name)


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever somebody puts another file in its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
