"""What each song of an album shall become, so that songs keep their relative loudness, and which of them stand out.

AES TD1008 (2021) asks for album normalisation: the loudest song at the target (-14 LUFS there), all others as far below
it as the artist left them. Nothing is done here but arithmetic; each song is then a master of its own.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.album import AlbumSong
from bridge.analysis import SpectrumPoint, ToneAnalysis
from bridge.dsp.mastering.reference import SECONDS_MIN
from bridge.dsp.measures import Analyzed
from bridge.messages import message
from bridge.model import Measurement, Message, Render
from bridge.recipes import AlbumRecipe, MasterRecipe, ReferenceTrack
from bridge.units import Lu, Lufs

PADDING_S_MAX = 0.25
"""By so much encoders change a song's length."""
REFERENCES_MAX = 8
"""So many other songs tell what an album sounds like."""
SOFT_LU = 10.0
"""A song so far below the loudest is an interlude, or was rendered too soft."""
TONE_DB = 4.0
"""Bands so far off the album's, on average, are heard from one song to the next."""
RANGE_LU = 8.0
DENSITY_LU = 5.0
SOFTEST_LUFS = -40.0
"""The least that a master can be asked for."""
SHORT_LU = 0.15
"""A song that stops so far below its target has lost its place."""
TONE_LOW_HZ, TONE_HIGH_HZ = 50.0, 16000.0
"""Where tones are held against each other; beyond it differences say more about filters than about songs."""
HEARD_DB = -60.0
"""Bands softer than this against the median hold nothing."""


@dataclass(frozen=True)
class HeardSong:
    """A song as it was measured."""

    render: Render
    measurement: Measurement
    tone: ToneAnalysis | None = None
    """None where samples are not numbers."""
    analyzed: Analyzed | None = None
    """Everything that was read, so that its master need not read it again."""


def without_copies(renders: Sequence[Render]) -> tuple[list[Render], list[Render]]:
    """Songs, and lossy files that lie beside a lossless one of the same song: those are left out."""
    songs: list[Render] = []
    copies: list[Render] = []
    for render in renders:
        is_copy = render.format.is_lossy and any(_are_one_song(render, other) for other in renders)
        (copies if is_copy else songs).append(render)
    return songs, copies


def _are_one_song(lossy: Render, other: Render) -> bool:
    if other.format.is_lossy or lossy.path.parent != other.path.parent:
        return False
    if lossy.path.stem.casefold() != other.path.stem.casefold():
        return False
    lengths = (lossy.duration_s, other.duration_s)
    return None in lengths or abs((lengths[0] or 0.0) - (lengths[1] or 0.0)) <= PADDING_S_MAX


def planned_songs(songs: Sequence[HeardSong], target_lufs: Lufs) -> tuple[AlbumSong, ...]:
    """Targets that keep relative loudness, and remarks on what stands out.

    Args:
        songs: in their order.
        target_lufs: of the loudest song.
    """
    loudest = max((lufs for song in songs if (lufs := song.measurement.integrated_lufs) is not None), default=None)
    shared = shared_tone(songs)
    return tuple(_planned(number, songs, loudest, target_lufs, shared) for number in range(len(songs)))


def _planned(
    index: int, songs: Sequence[HeardSong], loudest: Lufs | None, target: Lufs, shared: Sequence[SpectrumPoint]
) -> AlbumSong:
    song = songs[index]
    lufs = song.measurement.integrated_lufs
    below = None if lufs is None or loudest is None else round(loudest - lufs, 2)
    tone = centred(song.tone)
    return AlbumSong(
        number=index + 1,
        name=song.render.path.stem,
        path=song.render.path,
        before=song.measurement,
        below_loudest_lu=below,
        target_lufs=None if below is None else max(SOFTEST_LUFS, round(target - below, 2)),
        remarks=tuple(_remarks(song, [other for other in songs if other is not song], below)),
        tone_before=tone,
        tone_off_before_db=tone_off_db(tone, shared),
    )


def moved(songs: Sequence[AlbumSong], down_lu: Lu) -> tuple[AlbumSong, ...]:
    """The same songs, all softer by that much."""
    return tuple(
        song
        if song.target_lufs is None
        else song.model_copy(update={"target_lufs": max(SOFTEST_LUFS, round(song.target_lufs - down_lu, 2))})
        for song in songs
    )


def recipe_for(song: AlbumSong, songs: Sequence[HeardSong], album: AlbumRecipe) -> MasterRecipe:
    """The song's own master: its place in the album's loudness, and the others as what it should sound like."""
    own = songs[song.number - 1]
    others = [other for other in songs if can_be_reference(other) and other.render.digest != own.render.digest]
    is_shared = album.shared_tone_percent > 0
    given = album.model_dump(exclude={"do", "shared_tone_percent", "target_lufs"}, exclude_none=True)
    return MasterRecipe(
        **given,
        target_lufs=song.target_lufs,
        references=tuple(ReferenceTrack(path=other.render.path) for other in _spread(others)) if is_shared else (),
        match_tone_percent=album.shared_tone_percent,
    )


def can_be_reference(song: HeardSong) -> bool:
    """Whether it has a loudness, and lasts long enough for a tone of its own."""
    return song.measurement.integrated_lufs is not None and song.measurement.duration_s >= SECONDS_MIN


def _spread(songs: Sequence[HeardSong]) -> Sequence[HeardSong]:
    """As many as may be references, taken from all over the album."""
    if len(songs) <= REFERENCES_MAX:
        return songs
    return [songs[round(index * (len(songs) - 1) / (REFERENCES_MAX - 1))] for index in range(REFERENCES_MAX)]


# --- Distances --------------------------------------------------------------------------------------------------------


def with_distances(songs: Sequence[AlbumSong]) -> tuple[AlbumSong, ...]:
    """The same songs, each with how far its master stands below the loudest."""
    reached = [None if song.after is None else song.after.integrated_lufs for song in songs]
    loudest = max((lufs for lufs in reached if lufs is not None), default=None)
    return tuple(
        song.model_copy(
            update={"below_loudest_after_lu": None if lufs is None or loudest is None else round(loudest - lufs, 2)}
        )
        for song, lufs in zip(songs, reached, strict=True)
    )


def shortfall_lu(song: AlbumSong) -> Lu:
    """How far a master stopped below its target; 0 where it was reached."""
    if song.after is None or song.after.integrated_lufs is None or song.target_lufs is None:
        return 0.0
    short = song.target_lufs - song.after.integrated_lufs
    return short if short > SHORT_LU else 0.0


def is_in_place(song: AlbumSong) -> bool:
    """Whether a master stands at its target, or has none."""
    if song.after is None:
        return False
    reached = song.after.integrated_lufs
    return song.target_lufs is None or reached is None or abs(reached - song.target_lufs) <= SHORT_LU


def floor_messages(songs: Sequence[AlbumSong], target_lufs: Lufs) -> tuple[Message, ...]:
    """Of songs so soft that they cannot keep their distance."""
    return tuple(
        message(
            "album_floor",
            song=song.name,
            value=song.below_loudest_lu,
            wanted=target_lufs - song.below_loudest_lu,
            threshold=SOFTEST_LUFS,
        )
        for song in songs
        if song.below_loudest_lu is not None and target_lufs - song.below_loudest_lu < SOFTEST_LUFS - 0.005
    )


# --- Tone -------------------------------------------------------------------------------------------------------------


def centred(tone: ToneAnalysis | None) -> tuple[SpectrumPoint, ...]:
    """Third octaves around a median of 0 dB where tones are held against each other; nothing for silence."""
    points = [] if tone is None else [p for p in tone.third_octaves if TONE_LOW_HZ <= p.frequency_hz <= TONE_HIGH_HZ]
    if not points:
        return ()
    median = statistics.median(point.level_db for point in points)
    return tuple(
        SpectrumPoint(frequency_hz=point.frequency_hz, level_db=round(point.level_db - median, 2)) for point in points
    )


def shared_tone(songs: Sequence[HeardSong]) -> tuple[SpectrumPoint, ...]:
    """Mean of the songs that have a tone, where there are two at least."""
    tones = [tone for song in songs if can_be_reference(song) and (tone := centred(song.tone))]
    if len(tones) < 2:
        return ()
    by_band: dict[float, list[float]] = {}
    for tone in tones:
        for point in tone:
            by_band.setdefault(point.frequency_hz, []).append(point.level_db)
    return tuple(
        SpectrumPoint(frequency_hz=hertz, level_db=round(statistics.fmean(levels), 2))
        for hertz, levels in sorted(by_band.items())
        if 2 * len(levels) > len(tones)
    )


def tone_off_db(tone: Sequence[SpectrumPoint], shared: Sequence[SpectrumPoint]) -> float | None:
    """How far a tone lies off the shared one, on average over the bands that both have."""
    usual = {point.frequency_hz: point.level_db for point in shared if point.level_db > HEARD_DB}
    off = [
        abs(point.level_db - usual[point.frequency_hz])
        for point in tone
        if point.frequency_hz in usual and point.level_db > HEARD_DB
    ]
    return round(statistics.fmean(off), 2) if off else None


# --- Remarks ----------------------------------------------------------------------------------------------------------


def _remarks(song: HeardSong, others: Sequence[HeardSong], below_lu: Lu | None) -> list[str]:
    """By what a song stands out."""
    if below_lu is None:
        return ["has no loudness: it keeps its gain"]
    remarks: list[str] = []
    if below_lu > SOFT_LU:
        remarks.append(f"is {below_lu:.1f} LU softer than the loudest: an interlude, or rendered too soft")
    others = [other for other in others if other.measurement.integrated_lufs is not None]
    if len(others) < 2:
        return remarks
    name, off_db, mean_db = _furthest_band(song, others)
    if mean_db > TONE_DB:
        remarks.append(f"sounds unlike the others: {name} {off_db:+.1f} dB, all bands {mean_db:.1f} dB on average")
    own, usual = song.measurement, [other.measurement for other in others]
    remarks += _apart("loudness range", own.loudness_range_lu, [one.loudness_range_lu for one in usual], RANGE_LU)
    remarks += _apart("PLR", own.plr_lu, [one.plr_lu for one in usual], DENSITY_LU)
    if own.sample_rate_hz != statistics.mode(one.sample_rate_hz for one in usual):
        remarks.append(f"is at {own.sample_rate_hz / 1000:g} kHz, the others are not: give a sample rate")
    if own.channels != statistics.mode(one.channels for one in usual):
        remarks.append(f"has {own.channels} channel{'s' if own.channels > 1 else ''}, the others have not")
    return remarks


def _furthest_band(song: HeardSong, others: Sequence[HeardSong]) -> tuple[str, float, float]:
    """The band that is furthest off the album's median, by how much, and how far all are on average."""
    off: list[tuple[float, str]] = []
    for index, band in enumerate(() if song.tone is None else song.tone.bands):
        tones = [other.tone for other in others if other.tone is not None]
        levels = [level for tone in tones if (level := tone.bands[index].level_db) is not None]
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
