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


MixRecipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe, Field(discriminator="do")]
"""What can be done with one mix."""
Recipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe | CompareRecipe, Field(discriminator="do")]
