"""What is told about an album: frozen values that cross files and process boundaries."""

from pathlib import Path

from bridge.analysis import SpectrumPoint
from bridge.model import DeliveredFile, EngineInfo, Measurement, Message, Render, StageTiming
from bridge.recipes import AlbumRecipe
from bridge.report import SCHEMA_VERSION
from bridge.value import Value


class AlbumSong(Value):
    """One song: where it stood among the others, what was planned for it, what came of it."""

    number: int
    """From 1, in the order of the album."""
    name: str
    path: Path
    before: Measurement
    below_loudest_lu: float | None
    """Of the mixes; None for a song without loudness."""
    target_lufs: float | None
    """None: it keeps its gain."""
    remarks: tuple[str, ...] = ()
    """By what it stands out of the album, each in a sentence without its subject."""
    after: Measurement | None = None
    below_loudest_after_lu: float | None = None
    tone_before: tuple[SpectrumPoint, ...] = ()
    """In third octaves around a median of 0 dB."""
    tone_after: tuple[SpectrumPoint, ...] = ()
    tone_off_before_db: float | None = None
    """How far it lies off the shared tone on average."""
    tone_off_after_db: float | None = None
    warnings: tuple[str, ...] = ()
    """Of its own report."""
    files: tuple[DeliveredFile, ...] = ()
    page: Path | None = None
    """Its own report."""


class AlbumReport(Value):
    """Songs of one record, mastered to be heard after each other."""

    schema_version: int = SCHEMA_VERSION
    job_id: str
    name: str
    made_at: str
    """UTC, ISO 8601."""
    recipe: AlbumRecipe
    inputs: tuple[Render, ...]
    engine: EngineInfo
    target_lufs: float
    """That the loudest song was asked to reach."""
    reached_target_lufs: float
    """The same after all came down so that each could keep its distance; otherwise the target."""
    songs: tuple[AlbumSong, ...]
    shared_tone: tuple[SpectrumPoint, ...] = ()
    """Mean of the mixes in third octaves around a median of 0 dB; nothing with fewer than two."""
    messages: tuple[Message, ...] = ()
    files: tuple[DeliveredFile, ...] = ()
    """Of all songs."""
    timings: tuple[StageTiming, ...] = ()
