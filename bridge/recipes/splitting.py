"""A separation, and every option of it."""

from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from bridge.recipes.formats import OutputFormat
from bridge.recipes.mastering import Named, spelled_out

SplitBitDepth: TypeAlias = Literal["24", "32f"]


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


NETWORKS_BEST = 5
"""Of the best quality: one for each of four stems, and one for piano and guitar."""
StemCount: TypeAlias = Literal[2, 4, 5, 6]


class SplitOptions(Named):
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
    shifts: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Passes that are averaged, each up to 0.5 s later as the song itself draws it: slightly cleaner "
        "from 2 on, and so many times as long; 0 is one pass as it is.",
    )
    model: str | None = Field(
        default=None,
        description="A model by name, also of your own; otherwise the quality's. `dawbridge models list` shows them.",
    )
    output_format: OutputFormat = Field(
        default=OutputFormat.WAV, description="Container of the stems.", json_schema_extra={"aliases": ["format"]}
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
        json_schema_extra={"unit": "Hz", "aliases": ["sample_rate"]},
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
        return spelled_out(only)


class SplitRecipe(SplitOptions):
    """Separate the mix into stems."""

    do: Literal["split"] = "split"

    @property
    def passes(self) -> int:
        """How many networks the mix goes through, one after the other, at most."""
        return max(1, self.shifts) * (NETWORKS_BEST if self.quality is SplitQuality.BEST else 1)
