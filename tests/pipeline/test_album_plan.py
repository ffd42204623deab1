"""An album keeps the distances between its songs, and names those that stand out."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis import Analysis
from bridge.audio.signal import Audio
from bridge.chains import Peak
from bridge.cli.album import songs_in
from bridge.dsp.measures import analyze
from bridge.errors import RequestError
from bridge.model import BitDepth, FileFormat, Measurement, Render
from bridge.pipeline.album_plan import (
    HeardSong,
    floor_messages,
    is_in_place,
    moved,
    planned_songs,
    recipe_for,
    shared_tone,
    shortfall_lu,
    tone_off_db,
    with_distances,
    without_copies,
)
from bridge.recipes import AlbumOptions, AlbumRecipe, MasterOptions
from tests.mastering.examples import audio, through
from tests.pieces import PIECES


def analysis_of(signal: Audio) -> Analysis:
    analysis = analyze(signal).analysis
    assert analysis is not None
    return analysis


@cache
def base() -> Analysis:
    return analysis_of(PIECES["a pop song"]())


def render(name: str, *, file_format: FileFormat = FileFormat.WAV, seconds: float = 9.0) -> Render:
    return Render(
        path=Path("/x") / name,
        digest=name,
        size_bytes=1,
        mtime_ns=1,
        format=file_format,
        sample_rate_hz=44100,
        channels=2,
        frames=round(seconds * 44100),
        bit_depth=None if file_format.is_lossy else BitDepth.PCM_24,
    )


def heard(name: str, measurement: Measurement, analysis: Analysis | None = None) -> HeardSong:
    return HeardSong(render(name), measurement, None if analysis is None else analysis.tone)


def at(loudness_lufs: float | None, name: str = "a.wav") -> HeardSong:
    return heard(name, base().measurement.model_copy(update={"integrated_lufs": loudness_lufs}), base())


@given(
    loudness=st.lists(st.floats(-28, -8).map(lambda value: round(value, 1)), min_size=2, max_size=12),
    target=st.floats(-18, -9).map(lambda value: round(value, 1)),
)
@settings(deadline=None)
def test_the_loudest_is_at_the_target_and_all_distances_are_kept(loudness: list[float], target: float) -> None:
    songs = planned_songs([at(value, f"{n}.wav") for n, value in enumerate(loudness)], target)
    targets = [song.target_lufs for song in songs]
    assert max(value for value in targets if value is not None) == pytest.approx(target)
    for own, planned in zip(loudness, targets, strict=True):
        assert planned is not None
        assert planned - target == pytest.approx(own - max(loudness), abs=0.011)


def test_songs_without_loudness_keep_their_gain_and_are_named() -> None:
    silent = analysis_of(Audio(np.zeros((2, 44100), np.float32), 44100))
    songs = planned_songs([at(-12), heard("b.wav", silent.measurement, silent), at(None, "c.wav")], -14)
    assert [song.target_lufs for song in songs] == [-14.0, None, None]
    assert all("no loudness" in song.remarks[0] for song in songs[1:])


def test_a_soft_song_and_one_of_another_tone_stand_out() -> None:
    bright = analysis_of(audio(through(Peak(frequency_hz=9000, gain_db=16, q=0.3), PIECES["a pop song"]())))
    given = [at(-14), at(-15), at(-13), heard("3.wav", bright.measurement, bright), at(-27)]
    songs = planned_songs(given, -14)
    assert [bool(song.remarks) for song in songs] == [False, False, False, True, True]
    assert "unlike the others" in songs[3].remarks[0]
    assert "softer than the loudest" in songs[4].remarks[0]
    off = [song.tone_off_before_db for song in songs]
    assert max(value for value in off if value is not None) == off[3]


def test_a_song_too_soft_to_keep_its_distance_is_told_with_a_code() -> None:
    songs = planned_songs([at(-14), at(-14 - 26, "b.wav"), at(-14 - 30, "c.wav")], -14)
    assert [song.target_lufs for song in songs] == [-14.0, -40.0, -40.0]
    (told,) = floor_messages(songs, -14)
    assert told.code == "album_floor"
    assert "c lies 30.0 LU below the loudest" in told.sentence


def test_when_one_song_stops_short_all_come_down_by_as_much() -> None:
    songs = planned_songs([at(-10, "a.wav"), at(-12, "b.wav")], -9)
    reached = [
        song.model_copy(update={"after": at(lufs).measurement}) for song, lufs in zip(songs, (-9.9, -11.0), strict=True)
    ]
    assert [shortfall_lu(song) for song in reached] == [pytest.approx(0.9), 0.0]
    lowered = moved(reached, 0.9)
    assert [song.target_lufs for song in lowered] == [-9.9, -11.9]
    assert [is_in_place(song) for song in lowered] == [True, False]
    assert [song.below_loudest_after_lu for song in with_distances(reached)] == [0.0, pytest.approx(1.1)]


def test_each_song_goes_towards_the_others_and_never_towards_itself_or_its_copy() -> None:
    given = [at(-14 - n, f"{n}.wav") for n in range(4)]
    copy = HeardSong(render("copy.wav").model_copy(update={"digest": "1.wav"}), given[1].measurement, given[1].tone)
    songs = planned_songs([*given, copy], -14)
    recipe = recipe_for(songs[1], [*given, copy], AlbumRecipe(bit_depth="16"))
    assert (recipe.chain, recipe.target_lufs, recipe.bit_depth) == ("album", -15.0, "16")
    assert [track.path.name for track in recipe.references] == ["0.wav", "2.wav", "3.wav"]
    assert recipe_for(songs[1], given, AlbumRecipe(shared_tone_percent=0)).references == ()


def test_a_skit_of_three_seconds_is_no_reference() -> None:
    short = heard("skit.wav", base().measurement.model_copy(update={"duration_s": 3.0}), base())
    given = [at(-14, "a.wav"), short, at(-15, "c.wav")]
    songs = planned_songs(given, -14)
    assert [track.path.name for track in recipe_for(songs[0], given, AlbumRecipe()).references] == ["c.wav"]
    assert len(recipe_for(songs[1], given, AlbumRecipe()).references) == 2


def test_of_many_songs_the_references_come_from_all_over_the_album() -> None:
    given = [at(-14, f"{n:02}.wav") for n in range(20)]
    recipe = recipe_for(planned_songs(given, -14)[0], given, AlbumRecipe())
    names = [track.path.name for track in recipe.references]
    assert len(set(names)) == len(names) == 8
    assert (names[0], names[-1]) == ("01.wav", "19.wav")


def test_every_option_goes_on_to_the_masters() -> None:
    given = [at(-14, "a.wav"), at(-15, "b.wav")]
    order = AlbumRecipe.model_validate(
        {"exports": "cd,mp3_320", "codec_safe": "ogg_128", "capsule": True, "ceiling_dbtp": -2, "genre": "pop"}
    )
    recipe = recipe_for(planned_songs(given, -14)[1], given, order)
    for name in AlbumOptions.model_fields.keys() & MasterOptions.model_fields.keys() - {"target_lufs"}:
        assert getattr(recipe, name) == getattr(order, name)


def test_the_shared_tone_is_the_mean_and_a_song_like_it_lies_on_it() -> None:
    songs = [at(-14, "a.wav"), at(-20, "b.wav")]
    shared = shared_tone(songs)
    planned = planned_songs(songs, -14)
    assert tone_off_db(planned[0].tone_before, shared) == 0.0
    assert shared_tone(songs[:1]) == ()


def test_an_mp3_beside_the_wav_of_the_same_song_is_a_copy_and_another_song_is_not() -> None:
    mp3 = FileFormat.MP3
    given = [render("Song.wav"), render("song.mp3", file_format=mp3, seconds=9.1), render("Other.mp3", file_format=mp3)]
    given.append(render("SONG.ogg", file_format=FileFormat.OGG, seconds=12.0))
    songs, copies = without_copies(given)
    assert [one.path.name for one in songs] == ["Song.wav", "Other.mp3", "SONG.ogg"]
    assert [one.path.name for one in copies] == ["song.mp3"]


def test_songs_are_taken_in_the_order_of_their_names_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("b.wav", "A.flac", "notes.txt", ".hidden.wav", "c.WAV"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    assert [path.name for path in songs_in([tmp_path])] == ["A.flac", "b.wav", "c.WAV"]
    with pytest.raises(RequestError, match="no audio file"):
        songs_in([tmp_path / "deeper"])
