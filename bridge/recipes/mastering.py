"""A master, and every option of it, declared once."""

import re
import typing
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, field_validator, model_validator

from bridge.recipes.formats import (
    FILE,
    MORE,
    SOUND,
    CodecName,
    Export,
    OutputBitDepth,
    OutputFormat,
    PreviewFormat,
    depth_text,
)
from bridge.value import Value

T = TypeVar("T")


class ReferenceTrack(Value):
    """A track whose tone, width and dynamics a master shall have.

    As a text: the file, and after a colon its weight against other references: `song.wav`, `song.wav:2`.
    """

    path: Path = Field(description="File of the track.")
    weight: float = Field(default=1.0, gt=0, le=100, description="How much it counts against other references.")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: object) -> object:
        """Takes `song.wav:2` for the mapping that it stands for."""
        if not isinstance(given, str):
            return given
        path, _, weight = given.rpartition(":")
        try:
            return {"path": path, "weight": float(weight)} if path else {"path": given}
        except ValueError:  # a colon of the path itself
            return {"path": given}


class Named(Value):
    """Options of which some have a second name, declared beside the first (`aliases`)."""

    @model_validator(mode="before")
    @classmethod
    def _under_one_name(cls, given: object) -> object:
        """Takes values by either name; two different ones for one option are refused."""
        if not isinstance(given, dict):
            return given
        options = dict(typing.cast("dict[str, object]", given))
        for alias, name in aliases_of(cls).items():
            if alias in options:
                value = options.pop(alias)
                if name in options and options[name] != value:
                    raise ValueError(
                        f"`{alias}` and `{name}` are two names of one option and say different things: give one."
                    )
                options[name] = value
        return options


def spelled_out(given: object) -> object:
    """Takes `cd, mp3_320` for the list that it stands for, alone or within a list."""
    if isinstance(given, str):
        return [part for part in re.split(r"[\s,]+", given) if part]
    if isinstance(given, list | tuple):
        parts = [spelled_out(part) if isinstance(part, str) else [part] for part in given]
        return [one for part in parts for one in typing.cast("list[object]", part)]
    return given


def aliases_of(model: type[BaseModel]) -> dict[str, str]:
    """Second names of a model's options, each with the first."""
    return {
        str(alias): name
        for name, info in model.model_fields.items()
        if isinstance(extra := info.json_schema_extra, dict)
        for alias in typing.cast("list[str]", extra.get("aliases", []))
    }


def chain_field(default: str) -> Any:
    """The field of a chain."""
    return Field(
        default=default,
        description="Chain by name; `dawbridge chains list` shows them.",
        json_schema_extra={"section": SOUND, "aliases": ["preset"]},
    )


def target_field(description: str) -> Any:
    """The field of a loudness to reach, in LUFS."""
    return Field(
        default=None, ge=-40, le=-4, description=description, json_schema_extra={"section": SOUND, "unit": "LUFS"}
    )


def share_field(description: str) -> Any:
    """The field of how far something goes, in percent."""
    return Field(default=100, ge=0, le=100, description=description, json_schema_extra={"section": SOUND, "unit": "%"})


class SongOptions(Named):
    """What a user may say about a master, whether it is one by itself or of an album."""

    chain: str = chain_field("streaming")
    target_lufs: float | None = target_field("Integrated loudness to reach; otherwise the chain's own.")
    ceiling_dbtp: float | None = Field(
        default=None,
        ge=-12,
        le=0,
        description="True peak that must not be exceeded; otherwise the chain's own.",
        json_schema_extra={"section": SOUND, "unit": "dBTP", "aliases": ["true_peak_limit_db"]},
    )
    codec_safe: tuple[CodecName, ...] = Field(
        default=(),
        description="Lower the ceiling until the master, through these encoders and decoded again, stays under it.",
        json_schema_extra={"section": SOUND},
    )
    codec_trim_db_max: float = Field(
        default=2.0,
        ge=0,
        le=6,
        description="How far codec_safe may lower the ceiling.",
        json_schema_extra={"section": SOUND, "unit": "dB"},
    )
    genre: str | None = Field(
        default=None,
        max_length=40,
        description="Kind of music by whose curve and guards adaptive chains go: neutral, pop, rock, rap_trap, "
        "electronic, acoustic, jazz_classical, podcast, or auto; otherwise the chain's own.",
        json_schema_extra={"section": SOUND},
    )
    output_format: OutputFormat = Field(
        default=OutputFormat.WAV,
        description="Container of the master.",
        json_schema_extra={"section": FILE},
    )
    sample_rate_hz: int | None = Field(
        default=None,
        ge=8000,
        le=384000,
        description="Resample to this rate; otherwise the mix keeps its own.",
        json_schema_extra={"section": FILE, "unit": "Hz", "aliases": ["sample_rate"]},
    )
    bit_depth: OutputBitDepth | None = Field(
        default=None,
        description="Bit depth of the master; otherwise the mix's own.",
        json_schema_extra={"section": FILE, "unit": "bit"},
    )
    exports: tuple[Export, ...] = Field(
        default=(),
        max_length=12,
        description="More files of the same master: cd, wav24, flac24@96000, mp3_320, ogg_192, opus_96.",
        json_schema_extra={"section": MORE, "flag": "export"},
    )
    ab: bool = Field(
        default=False,
        description="Also the mix at the master's loudness, to compare the two fairly.",
        json_schema_extra={"section": MORE},
    )
    preview: PreviewFormat | None = Field(
        default=None,
        description="Also 30 seconds of it, from the hook where there is one.",
        json_schema_extra={"section": MORE},
    )
    capsule: bool = Field(
        default=False,
        description="Also a job capsule, from which `dawbridge replay` makes the same master again.",
        json_schema_extra={"section": MORE},
    )
    replace: bool = Field(
        default=False,
        description="Replace an earlier result of the same name instead of adding a version number.",
    )

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        return depth_text(depth)

    @field_validator("exports", "codec_safe", mode="before")
    @classmethod
    def _as_list(cls, given: object) -> object:
        return spelled_out(given)

    @field_validator("exports", "codec_safe")
    @classmethod
    def _once_each(cls, given: tuple[T, ...]) -> tuple[T, ...]:
        if len(set(given)) < len(given):
            raise ValueError("says the same thing twice: keep one of the two.")
        return given


class MasterOptions(SongOptions):
    """What a user may say about a master; the one declaration behind YAML, flags, HTTP fields and OSC arguments."""

    references: tuple[ReferenceTrack, ...] = Field(
        default=(),
        max_length=8,
        description="Track to match, with its weight against others; the chain is `reference` unless another is named.",
        json_schema_extra={"section": SOUND, "flag": "reference"},
    )
    match_tone_percent: float = share_field("How far the tone goes towards the references.")
    match_width_percent: float = share_field("How far the width goes towards the references.")
    match_dynamics_percent: float = share_field("How far loudness range and loudness go towards the references.")

    @model_validator(mode="before")
    @classmethod
    def _matches_references(cls, given: object) -> object:
        """Whoever gives references and names no chain wants them matched."""
        if not isinstance(given, dict):
            return given
        options = typing.cast("dict[str, object]", given)
        is_open = not {"chain", "preset"} & options.keys()
        return {**options, "chain": "reference"} if options.get("references") and is_open else options


class MasterRecipe(MasterOptions):
    """Master the mix through a chain."""

    do: Literal["master"] = "master"
