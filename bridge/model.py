"""The nouns that every room speaks: frozen values that may cross files, sockets, the store and process boundaries.

No infinities and no NaN cross (JSON loses them): what does not exist, like the loudness of digital silence, is None.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from bridge.plugin_settings import PluginPlace
from bridge.recipes import Recipe
from bridge.separation_settings import SeparationSettings
from bridge.value import Value

# --- Audio files ------------------------------------------------------------------------------------------------------


class FileFormat(StrEnum):
    """Container of an audio file, as its header says (never as its name says)."""

    WAV = "wav"
    RF64 = "rf64"
    W64 = "w64"
    AIFF = "aiff"
    CAF = "caf"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"
    OPUS = "opus"
    M4A = "m4a"

    @property
    def is_lossy(self) -> bool:
        """Whether decoding gives something else than what was encoded."""
        return self in {FileFormat.MP3, FileFormat.OGG, FileFormat.OPUS, FileFormat.M4A}


class BitDepth(StrEnum):
    """How a sample is stored; `f` marks floating point."""

    PCM_8 = "8"
    PCM_16 = "16"
    PCM_24 = "24"
    PCM_32 = "32"
    FLOAT_32 = "32f"
    FLOAT_64 = "64f"


class Render(Value):
    """An audio file that a DAW has finished writing."""

    path: Path
    digest: str
    """BLAKE2b (128 bit, hex) of the file's bytes: a new digest is a new version of the same path."""
    size_bytes: int
    mtime_ns: int
    format: FileFormat
    sample_rate_hz: int
    channels: int
    frames: int | None
    """None where only decoding tells (MP3 and M4A)."""
    bit_depth: BitDepth | None
    """None for lossy formats."""
    time_reference_frames: int | None = None
    """BWF time reference: frames since midnight at the file's rate."""

    @property
    def duration_s(self) -> float | None:
        """Length in seconds, where the header gives it."""
        return None if self.frames is None else self.frames / self.sample_rate_hz


# --- Requests ---------------------------------------------------------------------------------------------------------


class Grouping(StrEnum):
    """How the renders of one request belong together."""

    SINGLE = "single"
    FORMATS = "formats"
    """The same signal in several formats: the first render is the best PCM, the others are listed."""
    SPLIT_CHANNELS = "split_channels"
    """One mono file a channel, in channel order (`.L`, `.R`): interleaved before anything else."""
    STEMS = "stems"
    """A stem set; the mix is the sum of all files."""
    MIX_AND_STEMS = "mix_and_stems"
    """A mix (first render) that was bounced together with its stems: the mix is processed, the stems are listed."""
    ALBUM = "album"
    """Songs of one record, in their order: each is a mix of its own."""


class Origin(Value):
    """Who asked, so that the answer finds its way back."""

    listener: Literal["folder", "cli", "tickets", "osc", "midi", "http"]
    client: str | None = None
    """Name of the watch folder, client id or address."""


class JobRequest(Value):
    """What somebody wants done with one render, or one group of renders."""

    renders: Annotated[tuple[Render, ...], Field(min_length=1)]
    grouping: Grouping = Grouping.SINGLE
    recipe: Recipe
    name: str
    """Name of the song, as results are named: the render's base name."""
    return_folder: Path
    """Root of the return folder; files are placed below it by the pattern."""
    name_pattern: str = "{name}/{name} [{chain}]"
    """Path of a result below the return folder, without extension."""
    origin: Origin
    priority: int = 0
    """Higher first; equal priorities in the order of arrival."""
    remarks: tuple[str, ...] = ()
    """By what the song stands out of its album, each in a sentence without its subject; they go into its report."""

    def key(self) -> str:
        """What makes two requests the same: same audio bytes at the same places, same recipe, same destination."""
        aside: Any = {"origin": True, "priority": True, "remarks": True, "renders": {"__all__": {"mtime_ns"}}}
        same = self.model_dump_json(exclude=aside)
        return hashlib.blake2b(same.encode(), digest_size=16).hexdigest()


class Limits(Value):
    """What is refused, so that one wrong file cannot fill the machine."""

    duration_max_min: float = Field(default=240, gt=0, description="Longest render.", json_schema_extra={"unit": "min"})
    file_max_gb: float = Field(default=32, gt=0, description="Largest render.", json_schema_extra={"unit": "GB"})
    channels_max: int = Field(default=16, ge=1, le=64, description="Most channels that are measured.")
    queue_max: int = Field(default=1000, ge=1, description="Most jobs that may wait.")
    memory_audio_mb: int = Field(
        default=400,
        ge=16,
        description="Longer signals are worked on from a scratch file in the return folder instead of memory.",
        json_schema_extra={"unit": "MB"},
    )


MarkerTimes: TypeAlias = Literal["off", "beats", "smpte"]
"""How the markers of a result are written: not at all, at 60 BPM (a beat is a second), or as SMPTE times."""


class Assignment(Value):
    """What an engine is told about one job: everything it may read or write."""

    job_id: str
    request: JobRequest
    work_folder: Path
    """Made and swept by the parent, on the filesystem of the return folder."""
    chain_folders: tuple[Path, ...] = ()
    cache_folder: Path | None = None
    cache_size_max_mb: int = 0
    limits: Limits = Limits()
    separation: SeparationSettings = SeparationSettings()
    plugins: PluginPlace = PluginPlace()
    markers: MarkerTimes = "off"


# --- Jobs -------------------------------------------------------------------------------------------------------------


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless a person asks."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
        JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED}),
        JobState.DONE: frozenset(),
        JobState.FAILED: frozenset({JobState.QUEUED}),
        JobState.CANCELLED: frozenset({JobState.QUEUED}),
    }
)
"""From each state, the states that may follow; `running -> queued` is a restart or a retry."""


class Progress(Value):
    """How far a job has come."""

    stage: str = "waiting"
    """What is being done, in one word or two: "reading", "measuring", "mastering", "writing"."""
    fraction: float = Field(default=0.0, ge=0, le=1)
    """Of the whole job."""
    eta_s: float | None = None
    """Seconds left by the pace so far; None while it is not known."""


class JobError(Value):
    """Why a job failed."""

    code: str
    sentence: str
    can_retry: bool = False
    """Whether trying again, with nothing changed, may succeed."""
    traceback: str | None = None
    """Kept only for bugs and engine failures."""


FileRole: TypeAlias = Literal[
    "master",
    "export",
    "matched_mix",
    "matched_master",
    "preview",
    "stem",
    "instrumental",
    "residual",
    "markers",
    "session",
    "capsule",
    "report",
    "report_html",
]
"""What a delivered file is; `matched_mix` is the mix at the master's loudness (the A of A/B), `matched_master`
the master at the same loudness, where both had to come down."""


class DeliveredFile(Value):
    """One file in the return folder."""

    path: Path
    role: FileRole
    size_bytes: int
    digest: str
    """BLAKE2b (128 bit, hex) of the file's bytes."""


class Measurement(Value):
    """What the meters read. None: the signal is digital silence, or too short for that meter."""

    integrated_lufs: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    sample_peak_dbfs: float | None
    plr_lu: float | None
    """True peak minus integrated loudness."""
    crest_db: float | None
    """Sample peak minus RMS, of the louder channel."""
    duration_s: float
    channels: int
    sample_rate_hz: int
    momentary_max_at_s: float | None = None
    """Middle of the loudest 400 ms."""
    short_term_max_at_s: float | None = None
    """Middle of the loudest 3 s."""
    standard_true_peak_dbtp: float | None = None
    """By 4-fold oversampling, as most meters read; `true_peak_dbtp` is verified at 64-fold."""
    dc_offset: float = 0.0
    """Mean of the samples, of the channel where it is furthest from zero; full scale is 1."""


class JobResult(Value):
    """What a job brought back."""

    files: tuple[DeliveredFile, ...]
    before: Measurement | None = None
    after: Measurement | None = None
    warnings: tuple[str, ...] = ()
    runtime_s: float
    is_from_cache: bool = False


class Job(Value):
    """One request and how far it has come."""

    id: str
    request: JobRequest
    state: JobState = JobState.QUEUED
    attempt: int = 0
    """How often it was claimed."""
    progress: Progress = Progress()
    result: JobResult | None = None
    error: JobError | None = None
    """Why it failed; of a cancelled job, by what it was replaced, or what it left finished."""
    is_cancel_requested: bool = False
    not_before_s: float = 0.0
    """Unix time before which it is not claimed (back-off)."""
    created_s: float
    started_s: float | None = None
    finished_s: float | None = None


# --- Reports ----------------------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How much a message matters to a musician."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Message(Value):
    """One coded finding; its sentence comes from the one table of messages in `reports`."""

    code: str
    severity: Severity
    sentence: str
    start_s: float | None = None
    end_s: float | None = None
    value: float | None = None
    threshold: float | None = None
    unit: str | None = None


ParameterValue: TypeAlias = float | int | str | bool | None


class PluginUse(Value):
    """A plug-in in a job: which one it was, what it was set to, what became of it."""

    name: str
    vendor: str
    version: str
    format: str
    """"VST3" or "AudioUnit"."""
    identity: str
    """Class id: the same on every machine."""
    state_digest: str = ""
    """BLAKE2b of its whole state while it worked; the same state sounds the same."""
    latency_frames: int = 0
    """As it reported; made up for."""
    values: dict[str, str] = Field(default_factory=dict)
    """What it was set to, as it reads it back."""
    seconds: float = 0.0
    """Spent in it."""
    load_s: float = 0.0
    """0 where it was loaded already."""
    failure: str | None = None
    """What it did instead of its work."""


class AppliedStep(Value):
    """One change of samples, with the parameters that were really applied."""

    use: str
    """Id of the step, as in chain files; built-in ones that no chain names: `resample`, `dither`, `sum_stems` ..."""
    sentence: str
    """What it did: "High-pass at 30 Hz, 12 dB/oct"."""
    parameters: dict[str, ParameterValue] = Field(default_factory=dict)
    detail: str | None = None
    """What was measured of its effect: "at most 3.1 dB of gain reduction"."""
    reasons: tuple[str, ...] = ()
    """Why parameters that the chain left open were set so: "the music begins at 38 Hz -> high-pass at 27 Hz"."""
    plugin: PluginUse | None = None
    """Where a third-party plug-in did it, or should have."""
    inside: tuple[PluginUse, ...] = ()
    """Third-party plug-ins of its branches."""

    @property
    def plugins(self) -> tuple[PluginUse, ...]:
        """Every plug-in that has to do with it."""
        return (*((self.plugin,) if self.plugin else ()), *self.inside)


class LoudnessCurve(Value):
    """Short-term and momentary loudness over time, thinned to what a plot can show."""

    hop_s: float
    short_term_lufs: tuple[float | None, ...]
    momentary_lufs: tuple[float | None, ...]


class EngineInfo(Value):
    """What did the work."""

    name: str = "daw-bridge"
    version: str
    device: str = "cpu"
    runtime_s: float
    libraries: dict[str, str] = Field(default_factory=dict)


class StageTiming(Value):
    """Wall time of one stage."""

    stage: str
    seconds: float
