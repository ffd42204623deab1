"""Recipes: what can be done with a render, and every option of it, declared once.

The fields of an options class are the one declaration behind YAML, command-line flags, HTTP fields and OSC
arguments.
"""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from bridge.value import Value


class OutputFormat(StrEnum):
    """Containers that we write."""

    WAV = "wav"
    AIFF = "aiff"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"
    OPUS = "opus"


OutputBitDepth: TypeAlias = Literal["16", "24", "32f"]
SplitBitDepth: TypeAlias = Literal["24", "32f"]


class MasterOptions(Value):
    """What a user may say about a master; the one declaration behind YAML, flags, HTTP fields and OSC arguments."""

    chain: str = Field(default="streaming", description="Chain by name; `dawbridge chains list` shows them.")
    target_lufs: float | None = Field(
        default=None,
        ge=-40,
        le=-4,
        description="Integrated loudness to reach; otherwise the chain's own.",
        json_schema_extra={"unit": "LUFS"},
    )
    ceiling_dbtp: float | None = Field(
        default=None,
        ge=-12,
        le=0,
        description="True peak that must not be exceeded; otherwise the chain's own.",
        json_schema_extra={"unit": "dBTP"},
    )
    output_format: OutputFormat = Field(default=OutputFormat.WAV, description="Container of the master.")
    sample_rate_hz: int | None = Field(
        default=None,
        ge=8000,
        le=384000,
        description="Resample to this rate; otherwise the mix keeps its own.",
        json_schema_extra={"unit": "Hz"},
    )
    bit_depth: OutputBitDepth | None = Field(
        default=None,
        description="Bit depth of the master; otherwise the mix's own.",
        json_schema_extra={"unit": "bit"},
    )
    replace: bool = Field(
        default=False,
        description="Replace an earlier result of the same name instead of adding a version number.",
    )

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        """YAML reads `24` as a number."""
        return str(depth) if isinstance(depth, int) else depth


class MasterRecipe(MasterOptions):
    """Master the mix through a chain."""

    do: Literal["master"] = "master"


class AnalyzeRecipe(Value):
    """Measure the mix and write a report; no audio is made."""

    do: Literal["analyze"] = "analyze"
    replace: bool = Field(
        default=False,
        description="Replace an earlier report of the same name instead of adding a version number.",
    )


class CompareRecipe(Value):
    """Compare two versions of a recording, the earlier first, and write a report; no audio is made."""

    do: Literal["compare"] = "compare"
    replace: bool = Field(
        default=False,
        description="Replace an earlier report of the same name instead of adding a version number.",
    )


class StemName(StrEnum):
    """Stems that can be asked for."""

    VOCALS = "vocals"
    INSTRUMENTAL = "instrumental"
    """The mix minus the vocals."""
    DRUMS = "drums"
    BASS = "bass"
    GUITAR = "guitar"
    PIANO = "piano"
    OTHER = "other"


class SplitQuality(StrEnum):
    """How much time a separation may take."""

    DRAFT = "draft"
    FAST = "fast"
    BEST = "best"


class ResidualPolicy(StrEnum):
    """Where that part of the mix goes that no stem holds."""

    KEEP = "keep"
    SPREAD = "spread"
    OTHER = "other"


StemCount: TypeAlias = Literal[2, 4, 5, 6]


class SplitOptions(Value):
    """What a user may say about a separation."""

    stems: StemCount | None = Field(
        default=None,
        description="How many stems: 2 (vocals, instrumental), 4 (drums, bass, other, vocals), 5 (and piano), "
        "6 (and guitar). Otherwise 4, and 2 with quality draft.",
    )
    only: tuple[StemName, ...] = Field(
        default=(), description="Just these stems; all else of the mix goes into the residual."
    )
    quality: SplitQuality = Field(
        default=SplitQuality.FAST,
        description="draft is quick and gives 2 stems; best takes a model for each stem, about four times as long.",
    )
    model: str | None = Field(
        default=None,
        description="A model by name, also of your own; otherwise the quality's. `dawbridge models list` shows them.",
    )
    output_format: OutputFormat = Field(
        default=OutputFormat.WAV, description="Container of the stems.", json_schema_extra={"short": "format"}
    )
    bit_depth: SplitBitDepth | None = Field(
        default=None,
        description="Bit depth of the stems; otherwise 32-bit float, 24 for FLAC.",
        json_schema_extra={"unit": "bit"},
    )
    sample_rate_hz: int | None = Field(
        default=None,
        ge=8000,
        le=384000,
        description="Resample to this rate; otherwise the stems have the mix's own.",
        json_schema_extra={"unit": "Hz", "short": "sample-rate"},
    )
    normalize: Literal["common", "off"] = Field(
        default="off", description="common scales all stems by one factor, so that the highest peak is at -1 dBFS."
    )
    residual: ResidualPolicy = Field(
        default=ResidualPolicy.KEEP,
        description="What no stem holds: keep writes it as a file, spread shares it among all stems, "
        "other adds it to that stem.",
    )
    replace: bool = Field(
        default=False,
        description="Replace earlier stems of the same name instead of adding a version number.",
    )

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        """YAML reads `24` as a number."""
        return str(depth) if isinstance(depth, int) else depth

    @field_validator("stems", mode="before")
    @classmethod
    def _as_number(cls, stems: object) -> object:
        """Flags give text."""
        return int(stems) if isinstance(stems, str) and stems.isdecimal() else stems

    @field_validator("only", mode="before")
    @classmethod
    def _as_list(cls, only: object) -> object:
        """Flags, and people in YAML, write `vocals,drums`."""
        return tuple(name.strip() for name in only.split(",") if name.strip()) if isinstance(only, str) else only


class SplitRecipe(SplitOptions):
    """Separate the mix into stems."""

    do: Literal["split"] = "split"


MixRecipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe | SplitRecipe, Field(discriminator="do")]
"""What can be done with one mix."""
Recipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe | CompareRecipe | SplitRecipe, Field(discriminator="do")]
