"""An album, and every option of it."""

from typing import Literal

from bridge.recipes.mastering import SongOptions, chain_field, share_field, target_field

SONGS_MAX = 99
"""More are no record."""


class AlbumOptions(SongOptions):
    """What a user may say about an album: of each of its masters, and of what they share."""

    chain: str = chain_field("album")
    target_lufs: float | None = target_field("Integrated loudness of the loudest song; otherwise the chain's own.")
    shared_tone_percent: float = share_field(
        "How far the chain may move songs towards the tone that they share; 0 leaves each its own."
    )


class AlbumRecipe(AlbumOptions):
    """Master several songs as one record."""

    do: Literal["album"] = "album"
