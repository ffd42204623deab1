"""What a project is made of."""

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

TRACK_VALUES = {
    "D_VOL": 1.0, "D_PAN": 0.0, "B_MUTE": 0.0, "I_SOLO": 0.0, "I_FOLDERDEPTH": 0.0, "I_CUSTOMCOLOR": 0.0,
    "I_SELECTED": 0.0, "I_FXEN": 1.0,
}  # fmt: skip
ITEM_VALUES = {
    "D_POSITION": 0.0, "D_LENGTH": 0.0, "D_VOL": 1.0, "B_MUTE": 0.0, "B_LOOPSRC": 1.0, "B_UISEL": 0.0,
    "D_FADEINLEN": 0.01, "D_FADEOUTLEN": 0.01, "C_FADEINSHAPE": 0.0, "C_FADEOUTSHAPE": 0.0, "I_CURTAKE": 0.0,
    "I_CUSTOMCOLOR": 0.0, "C_BEATATTACHMODE": -1.0, "D_FADEINLEN_AUTO": -1.0, "D_FADEOUTLEN_AUTO": -1.0,
    "D_FADEINDIR": 0.0, "D_FADEOUTDIR": 0.0,
}  # fmt: skip
TAKE_VALUES = {
    "D_STARTOFFS": 0.0, "D_VOL": 1.0, "D_PAN": 0.0, "D_PLAYRATE": 1.0, "D_PITCH": 0.0, "B_PPITCH": 1.0,
    "I_CHANMODE": 0.0, "I_PITCHMODE": -1.0, "I_STRETCHFLAGS": 0.0, "F_STRETCHFADESIZE": 0.0025, "D_PANLAW": -1.0,
}  # fmt: skip
RENDER_VALUES = {
    "RENDER_SETTINGS": 1.0, "RENDER_BOUNDSFLAG": 1.0, "RENDER_NORMALIZE": 5.0, "RENDER_ADDTOPROJ": 1.0,
    "RENDER_STARTPOS": 1.5, "RENDER_ENDPOS": 2.5, "RENDER_TAILMS": 1000.0,
    "RENDER_DITHER": 3.0, "RENDER_TAILFLAG": 18.0, "RENDER_SRATE": 0.0, "RENDER_CHANNELS": 2.0,
    "PROJECT_SRATE": 44100.0, "PROJECT_SRATE_USE": 1.0,
}  # fmt: skip
RENDER_TEXTS = {
    "RENDER_FILE": "Renders", "RENDER_PATTERN": "$project-mine", "RENDER_FORMAT": "ZXZhdxgAAQ==",
    "RENDER_FORMAT2": "l3pm",
}  # fmt: skip


def new_guid() -> str:
    """As REAPER writes them."""
    return "{" + str(uuid.uuid4()).upper() + "}"


@dataclass(eq=False)
class Source:
    """A media source: a file, or a section of another source."""

    path: str
    real_path: Path
    kind: str = "WAVE"
    parent: "Source | None" = None
    """Of a section."""
    start_s: float = 0.0
    """Where a section begins in its parent."""
    is_reversed: bool = False
    peaks_left: int = 3

    @property
    def length_s(self) -> float:
        """As the file's header says; REAPER gives an empty source for a missing file."""
        return float(soundfile.info(str(self.real_path)).duration) if self.real_path.exists() else 0.0


@dataclass(eq=False)
class TakeMarker:
    """A marker on a take, at a time of its source."""

    at_s: float
    name: str
    colour: int


@dataclass(eq=False)
class StretchMarker:
    """A place of an item that plays a place of the source."""

    at_s: float
    source_s: float
    slope: float = 0.0


@dataclass(eq=False)
class Take:
    """One take of an item."""

    item: "Item"
    name: str = ""
    source: Source | None = None
    is_midi: bool = False
    guid: str = field(default_factory=new_guid)
    fx: list[str] = field(default_factory=list[str])
    stretch_markers: list[StretchMarker] = field(default_factory=list[StretchMarker])
    markers: list[TakeMarker] = field(default_factory=list[TakeMarker])
    values: dict[str, float] = field(default_factory=TAKE_VALUES.copy)


@dataclass(eq=False)
class Item:
    """One item on a track."""

    track: "Track"
    guid: str = field(default_factory=new_guid)
    takes: list[Take] = field(default_factory=list[Take])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, float] = field(default_factory=ITEM_VALUES.copy)

    @property
    def take(self) -> Take | None:
        """The active one."""
        return self.takes[int(self.values["I_CURTAKE"])] if self.takes else None


@dataclass(eq=False)
class Track:
    """One track."""

    project: "Project"
    name: str = ""
    guid: str = field(default_factory=new_guid)
    items: list[Item] = field(default_factory=list[Item])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, float] = field(default_factory=TRACK_VALUES.copy)


@dataclass(eq=False)
class Marker:
    """A marker, or a region where it has an end."""

    number: int
    start_s: float
    end_s: float | None
    name: str
    colour: int
    is_selected: bool = False


@dataclass(eq=False)
class Project:
    """One project tab."""

    path: Path | None
    shown_path: str = ""
    tracks: list[Track] = field(default_factory=list[Track])
    markers: list[Marker] = field(default_factory=list[Marker])
    ext: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    time: tuple[float, float] = (0.0, 0.0)
    settings: dict[str, float] = field(default_factory=RENDER_VALUES.copy)
    texts: dict[str, str] = field(default_factory=RENDER_TEXTS.copy)
    undo: list[tuple[str, "Project"]] = field(default_factory=list[tuple[str, "Project"]])
    """Title of each step, and the project before it."""
    unblocked: list[str] = field(default_factory=list[str])
    """Changes that were made outside of an undo block."""
    bus: Track = field(init=False)
    """The master track."""
    counts_regions: bool = False
    """Whether `$regionnumber` counts regions along the timeline instead of telling their numbers."""
    is_dirty: bool = False
    """Whether REAPER asks to save it."""
    _before: "Project | None" = None
    _depth: int = 0

    def __post_init__(self) -> None:
        """Every project has a master track."""
        self.bus = Track(self, "MASTER")

    @property
    def items(self) -> Iterator[Item]:
        """Every item, by tracks."""
        return (item for track in self.tracks for item in track.items)

    @property
    def length_s(self) -> float:
        """To the end of the last item or marker."""
        ends = [item.values["D_POSITION"] + item.values["D_LENGTH"] for item in self.items]
        return max([*ends, *(marker.end_s or marker.start_s for marker in self.markers)], default=0.0)

    def changed(self, what: str) -> None:
        """Told by every call that changes what undo covers."""
        if self._depth == 0:
            self.unblocked.append(what)

    def begin(self) -> None:
        """Undo_BeginBlock2."""
        if self._depth == 0:
            self._before = self.copied()
        self._depth += 1

    def end(self, title: str) -> None:
        """Undo_EndBlock2."""
        assert self._depth > 0, "Undo_EndBlock2 without Undo_BeginBlock2"
        self._depth -= 1
        if self._depth == 0 and self._before is not None:
            self.undo.append((title, self._before))

    @property
    def is_in_block(self) -> bool:
        """Whether an undo block is open."""
        return self._depth > 0

    def undo_last(self) -> str:
        """Takes the last step back; pointers into the project are stale then, as in REAPER."""
        title, before = self.undo.pop()
        self.tracks, self.markers, self.ext, self.bus = before.tracks, before.markers, before.ext, before.bus
        for track in [*self.tracks, self.bus]:
            track.project = self
        return title

    def copied(self) -> "Project":
        """The same content; what a project file holds."""
        kept = Project(self.path, self.shown_path)
        parts = (self.tracks, self.markers, self.ext, self.time, self.settings, self.texts, self.bus)
        copies = copy.deepcopy(parts, {id(self): kept})
        kept.tracks, kept.markers, kept.ext, kept.time, kept.settings, kept.texts, kept.bus = copies
        return kept

    def content(self) -> str:
        """Everything that undo covers, for comparison."""
        return repr((
            [
                (t.name, t.guid, t.values, t.texts, [
                    (i.guid, i.values, i.texts, [
                        (k.name, k.source and k.source.path, k.values, [(m.at_s, m.name) for m in k.markers])
                        for k in i.takes
                    ]) for i in t.items
                ]) for t in self.tracks
            ],
            [(m.number, m.start_s, m.end_s, m.name) for m in self.markers],
            self.bus.values,
        ))  # fmt: skip
