"""Containers, encodings and exports: in what form files are written."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

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


def depth_text(depth: object) -> object:
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
        return depth_text(depth)

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
