"""Report: what the meters read before and after, what was done and why; what crosses into files and pages."""

from typing import Literal, TypeAlias

from bridge.analysis import Analysis
from bridge.model import (
    AppliedStep,
    DeliveredFile,
    EngineInfo,
    FileRole,
    LoudnessCurve,
    Measurement,
    Message,
    Render,
    StageTiming,
)
from bridge.recipes import CodecName, Recipe
from bridge.separation import SeparationReport
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


class Companion(Value):
    """An audio file that comes with a master: an export, a side of the A/B pair, the preview."""

    role: FileRole
    title: str
    """What tells it from the others: "CD 16-44.1", "Mix at -14.0 LUFS"."""
    suffix: str
    """What its name ends with, after that of the master: " CD 16-44.1.wav"."""
    encoding: str
    """Such as "FLAC, 24 bit, 96 kHz" or "MP3, 320 kbit/s, 44.1 kHz"."""
    measurement: Measurement
    """Of the file as it stands on disk; a lossy one decoded."""
    ceiling_dbtp: float
    """What no true peak of it exceeds."""
    start_s: float | None = None
    """Of a preview: where in the song it begins."""
    steps: tuple[AppliedStep, ...] = ()
    """What was done on the way from the master (or the mix) to it."""


class CodecTrial(Value):
    """The master through one encoder and decoded again."""

    codec: CodecName
    settings: str
    """Encoder, bitrate and rate: "Vorbis (libvorbis), about 128 kbit/s, 44.1 kHz"."""
    before_dbtp: float | None
    """True peak after decoding, at the ceiling that was ordered; None for silence."""
    after_dbtp: float | None
    """The same at the ceiling that the master left with."""


class CodecSafety(Value):
    """How the ceiling was lowered so that it holds after lossy encoders, too."""

    ceiling_dbtp: float
    """Ordered: what no decoded file shall exceed."""
    lowered_db: float
    """How far below it the master's own ceiling had to go."""
    rounds: int
    """How often the master was encoded by all of them."""
    is_held: bool
    """Whether every decoded file is at or under it; the lowering has a limit."""
    trials: tuple[CodecTrial, ...]


ScoreMark: TypeAlias = Literal["fine", "watch", "worse"]


class ScoreLine(Value):
    """One line of the score card."""

    name: str
    title: str
    unit: str
    before: float | None
    after: float | None
    mark: ScoreMark
    words: str


class ScoreCard(Value):
    """What the master gained and lost against the mix."""

    lines: tuple[ScoreLine, ...]
    verdict: str
    """In one sentence."""


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
    left_alone: tuple[AppliedStep, ...] = ()
    """Adaptive steps that had nothing to do, with why."""
    score: ScoreCard | None = None
    companions: tuple[Companion, ...] = ()
    codec_safety: CodecSafety | None = None
    messages: tuple[Message, ...] = ()
    files: tuple[DeliveredFile, ...] = ()
    timings: tuple[StageTiming, ...] = ()
    separation: SeparationReport | None = None
    is_from_cache: bool = False
