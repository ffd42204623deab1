"""An album: what each song's target is, so that songs keep their relative loudness, and which of them stand out.

AES TD1008 (2021) asks for album normalisation: the loudest song at the target, all others as far below it as the artist
left them. Nothing is done here but arithmetic; each song is then a master of its own.
"""

import statistics
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

from pydantic import Field

from bridge.analysis import Analysis
from bridge.recipes import SOUND, MasterOptions, MasterRecipe, OutputBitDepth, OutputFormat, ReferenceTrack
from bridge.value import Value

REFERENCES_MAX = 8
"""So many other songs tell what an album sounds like."""
SOFT_LU = 10.0
"""A song so far below the loudest is an interlude, or was rendered too soft."""
TONE_DB = 4.0
"""Bands so far off the album's, on average, are heard from one song to the next."""
RANGE_LU = 8.0
DENSITY_LU = 5.0
SOFTEST_LUFS = -40.0


def _as_for_one(name: str) -> Any:
    """An option of masters, as it is declared there."""
    return copy(MasterOptions.model_fields[name])


class AlbumOptions(Value):
    """What a user may say about an album: of each of its masters, and of what they share."""

    chain: str = Field(
        default="album",
        description="Chain by name; `dawbridge chains list` shows them.",
        json_schema_extra={"section": SOUND},
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
    ceiling_dbtp: float | None = _as_for_one("ceiling_dbtp")
    genre: str | None = _as_for_one("genre")
    output_format: OutputFormat = _as_for_one("output_format")
    sample_rate_hz: int | None = _as_for_one("sample_rate_hz")
    bit_depth: OutputBitDepth | None = _as_for_one("bit_depth")
    replace: bool = _as_for_one("replace")


class AlbumSong(Value):
    """One song and what is planned for it."""

    path: Path
    integrated_lufs: float | None
    """None: the song has no loudness."""
    below_loudest_lu: float | None
    target_lufs: float | None
    remarks: tuple[str, ...] = ()
    """By what it stands out of the album, each in a sentence."""


class Album(Value):
    """All songs, in their order."""

    songs: tuple[AlbumSong, ...]
    target_lufs: float
    """Of the loudest."""


def album_of(songs: Sequence[tuple[Path, Analysis | None]], target_lufs: float) -> Album:
    """Targets that keep relative loudness, and remarks on outliers.

    Args:
        songs: in their order; an analysis is None where samples are not numbers.
        target_lufs: of the loudest song.
    """
    known = [_loudness(analysis) for _, analysis in songs]
    loudest = max((loudness for loudness in known if loudness is not None), default=None)
    planned: list[AlbumSong] = []
    for (path, analysis), loudness in zip(songs, known, strict=True):
        below = None if loudness is None or loudest is None else round(loudest - loudness, 2)
        planned.append(
            AlbumSong(
                path=path,
                integrated_lufs=loudness,
                below_loudest_lu=below,
                target_lufs=None if below is None else max(SOFTEST_LUFS, round(target_lufs - below, 2)),
                remarks=tuple(_remarks(analysis, [other for _, other in songs], below)),
            )
        )
    return Album(songs=tuple(planned), target_lufs=target_lufs)


def recipe_for(song: AlbumSong, album: Album, options: AlbumOptions) -> MasterRecipe:
    """The song's own master: its place in the album's loudness, and the others as what it should sound like."""
    others = [other.path for other in album.songs if other.path != song.path and other.target_lufs is not None]
    has_shared_tone = options.shared_tone_percent > 0
    given = options.model_dump(exclude={"shared_tone_percent", "target_lufs"}, exclude_none=True)
    return MasterRecipe(
        **given,
        target_lufs=song.target_lufs,
        references=tuple(ReferenceTrack(path=path) for path in others[:REFERENCES_MAX]) if has_shared_tone else (),
        match_tone_percent=options.shared_tone_percent,
    )


def _loudness(analysis: Analysis | None) -> float | None:
    return None if analysis is None else analysis.measurement.integrated_lufs


def _remarks(analysis: Analysis | None, album: Sequence[Analysis | None], below_lu: float | None) -> list[str]:
    """By what a song stands out."""
    if analysis is None or below_lu is None:
        return ["has no loudness: it keeps its gain"]
    others = [one for one in album if one is not None and one is not analysis]
    remarks: list[str] = []
    if below_lu > SOFT_LU:
        remarks.append(f"is {below_lu:.1f} LU softer than the loudest: an interlude, or rendered too soft")
    if len(others) < 2:
        return remarks
    name, off_db, mean_db = _furthest_band(analysis, others)
    if mean_db > TONE_DB:
        remarks.append(f"sounds unlike the others: {name} {off_db:+.1f} dB, all bands {mean_db:.1f} dB on average")
    own, usual = analysis.measurement, [one.measurement for one in others]
    remarks += _apart("loudness range", own.loudness_range_lu, [one.loudness_range_lu for one in usual], RANGE_LU)
    remarks += _apart("PLR", own.plr_lu, [one.plr_lu for one in usual], DENSITY_LU)
    if own.sample_rate_hz != statistics.mode(one.sample_rate_hz for one in usual):
        remarks.append(f"is at {own.sample_rate_hz / 1000:g} kHz, the others are not: give a sample rate")
    return remarks


def _furthest_band(analysis: Analysis, others: Sequence[Analysis]) -> tuple[str, float, float]:
    """The band that is furthest off the album's median, by how much, and how far all are on average."""
    off: list[tuple[float, str]] = []
    for index, band in enumerate(analysis.tone.bands):
        levels = [level for one in others if (level := one.tone.bands[index].level_db) is not None]
        if band.level_db is not None and levels:
            off.append((band.level_db - statistics.median(levels), band.name.replace("_", " ")))
    if not off:
        return "", 0.0, 0.0
    furthest, name = max(off, key=lambda one: abs(one[0]))
    return name, furthest, statistics.fmean(abs(db) for db, _ in off)


def _apart(what: str, own: float | None, others: Sequence[float | None], limit: float) -> list[str]:
    known = [value for value in others if value is not None]
    if own is None or not known:
        return []
    off = own - statistics.median(known)
    return [] if abs(off) <= limit else [f"has a {what} of {own:.1f} LU, {abs(off):.1f} off what the others have"]
