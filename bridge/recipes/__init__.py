"""Recipes: what can be done with a render, and every option of it, declared once.

The fields of an options class are the one declaration behind YAML, command-line flags, HTTP fields and OSC
arguments.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from bridge.recipes.album import SONGS_MAX, AlbumOptions, AlbumRecipe
from bridge.recipes.formats import (
    BITRATES_KBPS,
    FILE,
    LOSSLESS_FORMATS,
    MORE,
    SOUND,
    CodecName,
    Export,
    OutputBitDepth,
    OutputFormat,
    PreviewFormat,
)
from bridge.recipes.mastering import MasterOptions, MasterRecipe, ReferenceTrack, aliases_of
from bridge.recipes.splitting import (
    ResidualPolicy,
    SplitBitDepth,
    SplitOptions,
    SplitQuality,
    SplitRecipe,
    StemCount,
    StemName,
)
from bridge.value import Value

__all__ = [
    "BITRATES_KBPS",
    "FILE",
    "LOSSLESS_FORMATS",
    "MORE",
    "SONGS_MAX",
    "SOUND",
    "AlbumOptions",
    "AlbumRecipe",
    "AnalysisScope",
    "AnalyzeOptions",
    "AnalyzeRecipe",
    "CodecName",
    "CompareRecipe",
    "Export",
    "MasterOptions",
    "MasterRecipe",
    "MixRecipe",
    "OutputBitDepth",
    "OutputFormat",
    "PreviewFormat",
    "Recipe",
    "ReferenceTrack",
    "ResidualPolicy",
    "SplitBitDepth",
    "SplitOptions",
    "SplitQuality",
    "SplitRecipe",
    "StemCount",
    "StemName",
    "WatchRecipe",
    "aliases_of",
    "reference_paths",
]

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


MixRecipe: TypeAlias = MasterRecipe | AnalyzeRecipe | SplitRecipe
"""What can be done with one mix."""
WatchRecipe: TypeAlias = Annotated[MixRecipe | AlbumRecipe, Field(discriminator="do")]
"""What can be done with what appears in a watch folder."""
Recipe: TypeAlias = Annotated[
    MasterRecipe | AnalyzeRecipe | CompareRecipe | SplitRecipe | AlbumRecipe, Field(discriminator="do")
]


def reference_paths(recipe: Recipe) -> tuple[Path, ...]:
    """Files besides the mix that a recipe wants read; relative ones lie beside the mix."""
    return tuple(track.path for track in recipe.references) if isinstance(recipe, MasterRecipe) else ()
