"""The catalogue: what scans have found, in one JSON file; a plug-in is found in it by name and identity."""

import difflib
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from bridge.plugins.entry import PluginEntry, Quarantined, Refused
from bridge.plugins.folders import SUFFIXES, quick_mark
from bridge.value import Value

FILE_NAME = "catalogue.json"
SCHEMA_VERSION = 1
NEAR_MAX = 3
NEAR_CUTOFF = 0.5


class Catalogue(Value):
    """Every plug-in file that was looked at."""

    schema_version: int = SCHEMA_VERSION
    entries: tuple[PluginEntry, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    refused: tuple[Refused, ...] = ()

    def find(self, asked: str) -> tuple[PluginEntry, ...]:
        """Plug-ins that a chain may mean: by path, by name, by "Vendor/Name", by identity; several where ambiguous.

        The same plug-in in several files counts once: VST3 before AU, the file that is called like it before those that
        are not, then the first folder.
        """
        wanted = asked.strip().casefold()
        if is_path(asked):
            path = bundle_named(asked)
            return tuple(entry for entry in self.entries if entry.path == path)
        names = ("name", "full_name", "identity")
        found = [entry for entry in self.entries if wanted in {getattr(entry, name).casefold() for name in names}]
        once: dict[tuple[str, str], PluginEntry] = {}
        for entry in sorted(found, key=_rank):
            once.setdefault((entry.vendor, entry.name), entry)
        return tuple(once.values())

    def quarantine_of(self, path: Path) -> Quarantined | None:
        """Why the plug-in file must not be loaded; None where it may."""
        return next((one for one in self.quarantined if one.path == path), None)

    def nearest(self, asked: str) -> tuple[str, ...]:
        """Installed names that look like this one, nearest first."""
        wanted = bundle_named(asked).stem if is_path(asked) else asked.rpartition("/")[2]
        names = {entry.name.casefold(): entry.name for entry in self.entries if not entry.is_instrument}
        near = difflib.get_close_matches(wanted.casefold(), names, n=NEAR_MAX, cutoff=NEAR_CUTOFF)
        return tuple(names[name] for name in near)

    def without(self, paths: Iterable[Path]) -> "Catalogue":
        """The same without what is known of these files."""
        gone = set(paths)
        return self.model_copy(
            update={
                "entries": tuple(one for one in self.entries if one.path not in gone),
                "quarantined": tuple(one for one in self.quarantined if one.path not in gone),
                "refused": tuple(one for one in self.refused if one.path not in gone),
            }
        )

    def with_found(self, found: Iterable[PluginEntry | Quarantined | Refused]) -> "Catalogue":
        """The same with what is now known of some files."""
        new = tuple(found)
        kept = self.without(one.path for one in new)
        return kept.model_copy(
            update={
                "entries": kept.entries + tuple(one for one in new if isinstance(one, PluginEntry)),
                "quarantined": kept.quarantined + tuple(one for one in new if isinstance(one, Quarantined)),
                "refused": kept.refused + tuple(one for one in new if isinstance(one, Refused)),
            }
        )

    @property
    def paths(self) -> frozenset[Path]:
        """Every file that was looked at."""
        known: list[PluginEntry | Quarantined | Refused] = [*self.entries, *self.quarantined, *self.refused]
        return frozenset(one.path for one in known)

    def is_current(self, path: Path) -> bool:
        """Whether what is known of a file is known of the version that lies there now."""
        known: list[PluginEntry | Quarantined | Refused] = [*self.entries, *self.quarantined, *self.refused]
        mark = next((one.mark for one in known if one.path == path), None)
        return mark is not None and mark.is_of(quick_mark(path))


def _rank(entry: PluginEntry) -> tuple[bool, bool]:
    return entry.format != "VST3", entry.path.stem.casefold() != entry.name.casefold()


def is_path(asked: str) -> bool:
    """Whether a chain names a file, not a plug-in."""
    return any(part.casefold().endswith(SUFFIXES) for part in Path(asked).parts)


def bundle_named(asked: str) -> Path:
    """The plug-in file or bundle that a path means, also where it names the binary inside the bundle."""
    path = Path(asked).expanduser()
    outermost = [one for one in path.parents if one.suffix.casefold() in SUFFIXES]
    return outermost[-1] if outermost else path


def read_catalogue(folder: Path | None) -> Catalogue:
    """The catalogue in a folder; an empty one where there is none, or one that another version wrote."""
    if folder is None:
        return Catalogue()
    try:
        data = json.loads((folder / FILE_NAME).read_bytes())
        if data.get("schema_version") != SCHEMA_VERSION:
            return Catalogue()
        return Catalogue.model_validate_json(json.dumps(data))
    except (OSError, ValueError, ValidationError, AttributeError):
        return Catalogue()
