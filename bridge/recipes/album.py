"""An album, and every option of it."""

from typing import Literal

from pydantic import Field

from bridge.recipes.formats import SOUND
from bridge.recipes.mastering import SongOptions

SONGS_MAX = 99
"""More are no record."""


class AlbumOptions(SongOptions):
    """What a user may say about an album: of each of its masters, and of what they share."""

    chain: str = Field(
        default="album",
        description="Chain by name; `dawbridge chains list` shows them.",
        json_schema_extra={"section": SOUND, "aliases": ["preset"]},
    )
    target_lufs: float | None = Field(
        default=None,
        ge=-40,
        le=-4,
        description="Integrated loudness of the loudest song; otherwise the chain's own.",
        json_schema_extra={"section": SOUND, "unit": "LUFS"},
    )
    shared_tone_percent: float = Field(
        default=100,
        ge=0,
        le=100,
        description="How far the chain may move songs towards the tone that they share; 0 leaves each its own.",
        json_schema_extra={"section": SOUND, "unit": "%"},
    )


class AlbumRecipe(AlbumOptions):
    """Master several songs as one record."""

    do: Literal["album"] = "album"
