"""Report: what the meters read before and after, what was done and why; what crosses into files and pages."""

from bridge.analysis import Analysis
from bridge.model import (
    AppliedStep,
    DeliveredFile,
    EngineInfo,
    LoudnessCurve,
    Measurement,
    Message,
    Render,
    StageTiming,
)
from bridge.recipes import Recipe
from bridge.value import Value

SCHEMA_VERSION = 1
"""Of the report's JSON; raised when a field changes its meaning or goes."""


class Marker(Value):
    """One place in a song, or a stretch of it, as a DAW shows it."""

    start_s: float
    end_s: float | None = None
    """None: a point in time."""
    name: str
    kind: str
    """Code of what was found there, or `section` for a part of the song."""


class Report(Value):
    """What the meters read before and after, what was done and why, with which versions."""

    schema_version: int = SCHEMA_VERSION
    job_id: str
    name: str
    made_at: str
    """UTC, ISO 8601."""
    recipe: Recipe
    chain: str | None = None
    inputs: tuple[Render, ...]
    engine: EngineInfo
    before: Measurement
    after: Measurement | None = None
    target_lufs: float | None = None
    ceiling_dbtp: float | None = None
    loudness_before: LoudnessCurve
    loudness_after: LoudnessCurve | None = None
    analysis_before: Analysis | None = None
    """Of the mix; None in reports of versions that had none."""
    analysis_after: Analysis | None = None
    steps: tuple[AppliedStep, ...] = ()
    messages: tuple[Message, ...] = ()
    files: tuple[DeliveredFile, ...] = ()
    timings: tuple[StageTiming, ...] = ()
    is_from_cache: bool = False
