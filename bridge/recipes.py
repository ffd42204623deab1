"""Recipes: what can be done with a render, and every option of it, declared once.

The fields of an options class are the one declaration behind YAML, command-line flags, HTTP fields and OSC
arguments.
"""

import re
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, Field, field_validator, model_validator

from bridge.value import Value

T = TypeVar("T")


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
CodecName: TypeAlias = Literal["mp3_128", "mp3_320", "ogg_128", "opus_96", "aac_256"]
"""Encoders, each with its bitrate in kbit/s, that a master can be tried on."""
PreviewFormat: TypeAlias = Literal["mp3", "wav"]

SOUND, FILE, MORE = "Sound", "The file", "Also deliver"
"""Sections in which the options of a master are listed."""
LOSSLESS_FORMATS = frozenset({OutputFormat.WAV, OutputFormat.AIFF, OutputFormat.FLAC})
BITRATES_KBPS: Mapping[OutputFormat, tuple[int, ...]] = MappingProxyType(
    {
        OutputFormat.MP3: (96, 112, 128, 160, 192, 224, 256, 320),
        OutputFormat.OGG: (96, 112, 128, 160, 192, 224, 256, 320),
        OutputFormat.OPUS: (32, 48, 64, 96, 128, 160, 192, 256),
    }
)
EXPORT_TEXT = re.compile(
    rf"(?P<format>{'|'.join(OutputFormat)})(?P<depth>16|24|32f)?(?:_(?P<kbps>\d+))?(?:@(?P<rate>\d+))?"
)
CD_NAMES = frozenset({"cd", "cd16"})
CD_RATE_HZ = 44100


def _depth_text(depth: object) -> object:
    """YAML reads `24` as a number."""
    return str(depth) if isinstance(depth, int) else depth


class Export(Value):
    """One more file of a master, in a form of its own.

    As a text: `cd`, or format, bit depth or `_` and bitrate, `@` and sample rate: `wav24`, `flac24@96000`, `mp3_320`.
    """

    output_format: OutputFormat = Field(description="Container.")
    bit_depth: OutputBitDepth | None = Field(
        default=None,
        description="Bit depth of wav, aiff and flac; otherwise 24.",
        json_schema_extra={"unit": "bit"},
    )
    sample_rate_hz: int | None = Field(
        default=None,
        ge=8000,
        le=384000,
        description="Resample to this rate; otherwise the master's, or the nearest that the format knows.",
        json_schema_extra={"unit": "Hz"},
    )
    bitrate_kbps: int | None = Field(
        default=None,
        description="Of mp3, ogg and opus; otherwise 320, 256 and 256.",
        json_schema_extra={"unit": "kbit/s"},
    )

    @property
    def is_lossy(self) -> bool:
        """Whether decoding gives something else than what was encoded."""
        return self.output_format not in LOSSLESS_FORMATS

    @property
    def is_cd(self) -> bool:
        """Whether a compact disc could hold it as it is."""
        return (self.output_format, self.bit_depth, self.sample_rate_hz) == (OutputFormat.WAV, "16", CD_RATE_HZ)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: object) -> object:
        """Takes `flac24@96000` for the mapping that it stands for."""
        if not isinstance(given, str):
            return given
        text = given.strip().casefold()
        if text in CD_NAMES:
            return {"output_format": "wav", "bit_depth": "16", "sample_rate_hz": CD_RATE_HZ}
        match = EXPORT_TEXT.fullmatch(text)
        if match is None:
            formats = ", ".join(OutputFormat)
            raise ValueError(
                f"`{given}` is no export: write cd, or one of {formats}, as in wav24, flac24@96000, mp3_320."
            )
        fields = {"bit_depth": match["depth"], "bitrate_kbps": match["kbps"], "sample_rate_hz": match["rate"]}
        return {"output_format": match["format"], **{name: text for name, text in fields.items() if text is not None}}

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        return _depth_text(depth)

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        name = self.output_format.value
        if self.is_lossy and self.bit_depth is not None:
            raise ValueError(
                f"{name} has no bit depth: give it a bitrate, as in {name}_{BITRATES_KBPS[self.output_format][-1]}."
            )
        if not self.is_lossy and self.bitrate_kbps is not None:
            raise ValueError(f"{name} has no bitrate: give it a bit depth, as in {name}24.")
        if self.output_format is OutputFormat.FLAC and self.bit_depth == "32f":
            raise ValueError("flac holds whole numbers, not 32-bit float: write flac24, or wav32f.")
        known = BITRATES_KBPS.get(self.output_format, ())
        if self.bitrate_kbps is not None and self.bitrate_kbps not in known:
            listed = ", ".join(map(str, known))
            raise ValueError(f"{name} is written with {listed} kbit/s, not {self.bitrate_kbps}.")
        return self


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


def aliases_of(model: type[BaseModel]) -> dict[str, str]:
    """Second names of a model's options, each with the first."""
    return {
        str(alias): name
        for name, info in model.model_fields.items()
        if isinstance(extra := info.json_schema_extra, dict)
        for alias in typing.cast("list[str]", extra.get("aliases", []))
    }


class MasterOptions(Named):
    """What a user may say about a master; the one declaration behind YAML, flags, HTTP fields and OSC arguments."""

    chain: str = Field(
        default="streaming",
        description="Chain by name; `dawbridge chains list` shows them.",
        json_schema_extra={"section": SOUND, "aliases": ["preset"]},
    )
    target_lufs: float | None = Field(
        default=None,
        ge=-40,
        le=-4,
        description="Integrated loudness to reach; otherwise the chain's own.",
        json_schema_extra={"section": SOUND, "unit": "LUFS"},
    )
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
    references: tuple[ReferenceTrack, ...] = Field(
        default=(),
        max_length=8,
        description="Track to match, with its weight against others; the chain is `reference` unless another is named.",
        json_schema_extra={"section": SOUND, "flag": "reference"},
    )
    match_tone_percent: float = Field(
        default=100,
        ge=0,
        le=100,
        description="How far the tone goes towards the references.",
        json_schema_extra={"section": SOUND, "unit": "%"},
    )
    match_width_percent: float = Field(
        default=100,
        ge=0,
        le=100,
        description="How far the width goes towards the references.",
        json_schema_extra={"section": SOUND, "unit": "%"},
    )
    match_dynamics_percent: float = Field(
        default=100,
        ge=0,
        le=100,
        description="How far loudness range and loudness go towards the references.",
        json_schema_extra={"section": SOUND, "unit": "%"},
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

    @model_validator(mode="before")
    @classmethod
    def _matches_references(cls, given: object) -> object:
        """Whoever gives references and names no chain wants them matched."""
        if not isinstance(given, dict):
            return given
        options = typing.cast("dict[str, object]", given)
        is_open = not {"chain", "preset"} & options.keys()
        return {**options, "chain": "reference"} if options.get("references") and is_open else options

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        return _depth_text(depth)

    @field_validator("exports", "codec_safe", mode="before")
    @classmethod
    def _as_list(cls, given: object) -> object:
        """Takes `cd, mp3_320` for the list that it stands for, alone or within a list."""
        if isinstance(given, str):
            return [part for part in re.split(r"[\s,]+", given) if part]
        if isinstance(given, list | tuple):
            parts = [cls._as_list(part) if isinstance(part, str) else [part] for part in given]
            return [one for part in parts for one in typing.cast("list[object]", part)]
        return given

    @field_validator("exports", "codec_safe")
    @classmethod
    def _once_each(cls, given: tuple[T, ...]) -> tuple[T, ...]:
        if len(set(given)) < len(given):
            raise ValueError("says the same thing twice: keep one of the two.")
        return given


class MasterRecipe(MasterOptions):
    """Master the mix through a chain."""

    do: Literal["master"] = "master"


AnalysisScope: TypeAlias = Literal["everything", "loudness"]


class AnalyzeOptions(Value):
    """What a user may say about an analysis."""

    scope: AnalysisScope = Field(
        default="everything",
        description="What is measured: everything, or loudness and peaks only, which is quicker.",
    )


class AnalyzeRecipe(AnalyzeOptions):
    """Measure the mix and write a report; no audio is made."""

    do: Literal["analyze"] = "analyze"
    page: bool = Field(default=True, description="Write the report as a page (HTML) too, not as JSON only.")
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
        description="Separate so many times, each time up to 0.5 s later as the song itself draws it, and average: "
        "slightly cleaner from 2 on, and so many times as long.",
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
        return tuple(name.strip() for name in only.split(",") if name.strip()) if isinstance(only, str) else only


class SplitRecipe(SplitOptions):
    """Separate the mix into stems."""

    do: Literal["split"] = "split"

    @property
    def passes(self) -> int:
        """How many networks the mix goes through, one after the other, at most."""
        return max(1, self.shifts) * (NETWORKS_BEST if self.quality is SplitQuality.BEST else 1)


MixRecipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe | SplitRecipe, Field(discriminator="do")]
"""What can be done with one mix."""
Recipe: TypeAlias = Annotated[MasterRecipe | AnalyzeRecipe | CompareRecipe | SplitRecipe, Field(discriminator="do")]


def reference_paths(recipe: Recipe) -> tuple[Path, ...]:
    """Files besides the mix that a recipe wants read; relative ones lie beside the mix."""
    return tuple(track.path for track in recipe.references) if isinstance(recipe, MasterRecipe) else ()
