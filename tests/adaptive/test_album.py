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
from bridge.jobs.album import AlbumOptions, album_of, recipe_for
from bridge.recipes import MasterOptions
from tests.mastering.examples import audio, through
from tests.pieces import PIECES


def analysis_of(signal: Audio) -> Analysis:
    analysis = analyze(signal).analysis
    assert analysis is not None
    return analysis


@cache
def base() -> Analysis:
    return analysis_of(PIECES["a pop song"]())


def at(loudness_lufs: float) -> Analysis:
    return base().model_copy(
        update={"measurement": base().measurement.model_copy(update={"integrated_lufs": loudness_lufs})}
    )


@given(
    loudness=st.lists(st.floats(-28, -8).map(lambda value: round(value, 1)), min_size=2, max_size=12),
    target=st.floats(-18, -9).map(lambda value: round(value, 1)),
)
@settings(deadline=None)
def test_the_loudest_is_at_the_target_and_all_distances_are_kept(loudness: list[float], target: float) -> None:
    album = album_of([(Path(f"{n}.wav"), at(value)) for n, value in enumerate(loudness)], target)
    targets = [song.target_lufs for song in album.songs]
    assert max(value for value in targets if value is not None) == pytest.approx(target)
    for own, planned in zip(loudness, targets, strict=True):
        assert planned is not None
        assert planned - target == pytest.approx(own - max(loudness), abs=0.011)


def test_songs_without_loudness_keep_their_gain_and_are_named() -> None:
    silent = analysis_of(Audio(np.zeros((2, 44100), np.float32), 44100))
    album = album_of([(Path("a.wav"), at(-12)), (Path("b.wav"), silent), (Path("c.wav"), None)], -14)
    assert [song.target_lufs for song in album.songs] == [-14.0, None, None]
    assert all("no loudness" in song.remarks[0] for song in album.songs[1:])


def test_a_soft_song_and_one_of_another_tone_stand_out() -> None:
    bright = analysis_of(audio(through(Peak(frequency_hz=9000, gain_db=16, q=0.3), PIECES["a pop song"]())))
    songs = [at(-14), at(-15), at(-13), bright, at(-27)]
    album = album_of([(Path(f"{n}.wav"), song) for n, song in enumerate(songs)], -14)
    assert [bool(song.remarks) for song in album.songs] == [False, False, False, True, True]
    assert "unlike the others" in album.songs[3].remarks[0]
    assert "softer than the loudest" in album.songs[4].remarks[0]


def test_each_song_goes_towards_the_others_and_never_towards_itself() -> None:
    album = album_of([(Path(f"/x/{n}.wav"), at(-14 - n)) for n in range(4)], -14)
    recipe = recipe_for(album.songs[1], album, AlbumOptions(bit_depth="16"))
    assert (recipe.chain, recipe.target_lufs, recipe.bit_depth) == ("album", -15.0, "16")
    assert [track.path.name for track in recipe.references] == ["0.wav", "2.wav", "3.wav"]
    assert recipe_for(album.songs[1], album, AlbumOptions(shared_tone_percent=0)).references == ()


def test_options_of_an_album_are_those_of_its_masters() -> None:
    own = {"chain", "target_lufs", "shared_tone_percent"}
    for name in AlbumOptions.model_fields.keys() - own:
        assert AlbumOptions.model_fields[name].description == MasterOptions.model_fields[name].description


def test_songs_are_taken_in_the_order_of_their_names_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("b.wav", "A.flac", "notes.txt", ".hidden.wav", "c.WAV"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    assert [path.name for path in songs_in([tmp_path])] == ["A.flac", "b.wav", "c.WAV"]
    with pytest.raises(RequestError, match="no audio file"):
        songs_in([tmp_path / "deeper"])
