"""Which renders belong to one request."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.listeners.folder.grouping import arrange
from bridge.model import BitDepth, FileFormat, Grouping, Render

FORMATS = {
    ".wav": FileFormat.WAV,
    ".aif": FileFormat.AIFF,
    ".flac": FileFormat.FLAC,
    ".mp3": FileFormat.MP3,
    ".opus": FileFormat.OPUS,
}


def render(
    name: str,
    frames: int | None = 441000,
    channels: int = 2,
    rate_hz: int = 44100,
    *,
    depth: BitDepth = BitDepth.PCM_24,
    folder: str = "/My Song/Renders",
) -> Render:
    path = Path(folder, name)
    file_format = FORMATS[path.suffix]
    return Render(
        path=path,
        digest="d",
        size_bytes=1,
        mtime_ns=0,
        format=file_format,
        sample_rate_hz=rate_hz,
        channels=channels,
        frames=None if file_format is FileFormat.MP3 else frames,
        bit_depth=None if file_format.is_lossy else depth,
    )


def shape(renders: list[Render]) -> list[tuple[Grouping, str, list[str]]]:
    return [(group.grouping, group.name, [one.path.name for one in group.renders]) for group in arrange(renders)]


def named(*names: str, **facts: int) -> list[tuple[Grouping, str, list[str]]]:
    return shape([render(name, **facts) for name in names])  # type: ignore[arg-type]


def test_one_file_stays_single() -> None:
    assert named("Song.wav") == [(Grouping.SINGLE, "Song", ["Song.wav"])]


def test_formats_of_one_name_are_one_group_with_the_best_pcm_first() -> None:
    renders = [
        render("Song.mp3"),
        render("Song.flac", depth=BitDepth.PCM_16),
        render("Song.wav"),
        render("Song.opus", rate_hz=48000, frames=480000),
    ]
    assert shape(renders) == [(Grouping.FORMATS, "Song", ["Song.wav", "Song.flac", "Song.opus", "Song.mp3"])]


def test_a_lossy_file_of_higher_rate_does_not_come_before_pcm() -> None:
    renders = [render("Song.opus", rate_hz=48000, frames=480000), render("Song.aif", depth=BitDepth.PCM_16)]
    assert shape(renders)[0][2] == ["Song.aif", "Song.opus"]


def test_one_name_with_two_lengths_is_two_songs() -> None:
    renders = [render("Song.wav"), render("Song.aif", frames=9_000_000)]
    assert [group[0] for group in shape(renders)] == [Grouping.SINGLE, Grouping.SINGLE]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Song.L.wav", "Song.R.wav"),
        ("Song_L.wav", "Song_R.wav"),
        ("Song-l.wav", "Song-r.wav"),
        ("Song (L).wav", "Song (R).wav"),
        ("Song Left.wav", "Song Right.wav"),
        ("Song-1.wav", "Song-2.wav"),
    ],
)
def test_mono_pairs_are_split_channels_in_channel_order(left: str, right: str) -> None:
    assert named(right, left, channels=1) == [(Grouping.SPLIT_CHANNELS, "Song", [left, right])]


def test_six_mono_files_come_in_the_order_of_wave_channels() -> None:
    names = ["Film.C.wav", "Film.L.wav", "Film.LFE.wav", "Film.Ls.wav", "Film.R.wav", "Film.Rs.wav"]
    order = ["Film.L.wav", "Film.R.wav", "Film.C.wav", "Film.LFE.wav", "Film.Ls.wav", "Film.Rs.wav"]
    assert named(*names, channels=1) == [(Grouping.SPLIT_CHANNELS, "Film", order)]


def test_stereo_files_are_no_split_channels() -> None:
    assert named("Song-1.wav", "Song-2.wav") == [
        (Grouping.SINGLE, "Song-1", ["Song-1.wav"]),
        (Grouping.SINGLE, "Song-2", ["Song-2.wav"]),
    ]


def test_a_left_channel_without_its_right_one_stays_single() -> None:
    assert named("Song.L.wav", channels=1) == [(Grouping.SINGLE, "Song.L", ["Song.L.wav"])]


def test_channels_of_two_lengths_or_rates_do_not_belong_together() -> None:
    left = render("Song.L.wav", channels=1)
    for right in (
        render("Song.R.wav", frames=441002, channels=1),
        render("Song.R.wav", channels=1, rate_hz=48000),
    ):
        assert [group[0] for group in shape([left, right])] == [Grouping.SINGLE, Grouping.SINGLE]


def test_files_with_a_common_base_and_one_length_are_stems() -> None:
    names = ["Song - Bass.wav", "Song - Drums.wav", "Song - Vocals.wav"]
    assert named(*names) == [(Grouping.STEMS, "Song", names)]


def test_one_frame_of_difference_is_forgiven_and_two_are_not() -> None:
    near = [render("Song-Bass.wav"), render("Song-Kick.wav", frames=441001)]
    far = [render("Song-Bass.wav"), render("Song-Kick.wav", frames=441002)]
    assert [group[0] for group in shape(near)] == [Grouping.STEMS]
    assert [group[0] for group in shape(far)] == [Grouping.SINGLE, Grouping.SINGLE]


def test_numbered_files_are_stems_named_after_the_folder_that_names_them() -> None:
    names = ["1_Kick.wav", "2_Bass Slap 02.wav", "3_Strings (high).wav"]
    assert named(*names) == [(Grouping.STEMS, "My Song", names)]
    renders = [render(name, folder="/Album/Blue/Stems") for name in names]
    assert shape(renders)[0][1] == "Blue"


def test_numbered_files_that_share_a_base_are_named_after_it() -> None:
    assert named("01 Song Kick.wav", "02 Song Bass.wav")[0][:2] == (Grouping.STEMS, "Song")


def test_bare_stem_names_are_stems() -> None:
    assert named("Bass.wav", "Drums.wav", "Vocals.wav")[0][:2] == (Grouping.STEMS, "My Song")


@pytest.mark.parametrize("mix", ["Song.wav", "Song Mix.wav", "Song_Master.wav", "Song-main.wav", "Song (2-Mix).wav"])
def test_a_mix_among_its_stems_comes_first(mix: str) -> None:
    stems = ["Song-Bass.wav", "Song-Vocals.wav"]
    assert named(*stems, mix) == [(Grouping.MIX_AND_STEMS, "Song", [mix, *stems])]


def test_a_numbered_mix_is_found_among_numbered_stems() -> None:
    assert named("00_Mix.wav", "01_Kick.wav", "02_Bass.wav")[0][0] is Grouping.MIX_AND_STEMS
    assert named("Mix.wav", "01_Kick.wav", "02_Bass.wav")[0][2] == ["Mix.wav", "01_Kick.wav", "02_Bass.wav"]


def test_songs_of_an_album_stay_single() -> None:
    renders = [
        render("Artist - 01 Dawn.wav", frames=8_000_000),
        render("Artist - 02 Noon.wav", frames=9_000_000),
        render("Artist - 03 Dusk.wav", frames=9_500_000),
    ]
    assert [group[0] for group in shape(renders)] == [Grouping.SINGLE] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Song v1.wav", "Song v2.wav"),
        ("Song-001.wav", "Song-002.wav"),
        ("Song A.wav", "Song B.wav"),
        ("Song (Clean).wav", "Song (Explicit).wav"),
        ("Song Radio Edit.wav", "Song Club Mix.wav"),
        ("Song Vocal Up.wav", "Song Vocal Down.wav"),
    ],
)
def test_versions_of_one_song_are_never_summed(one: str, other: str) -> None:
    assert [group[0] for group in named(one, other)] == [Grouping.SINGLE, Grouping.SINGLE]


def test_a_stem_that_is_called_clean_is_still_a_stem() -> None:
    assert named("Song-Bass.wav", "Song-Gtr Clean.wav")[0][0] is Grouping.STEMS


def test_a_set_with_a_stem_of_another_length_is_not_summed() -> None:
    renders = [render("1_Kick.wav"), render("2_Bass.wav"), render("3_Pad.wav", frames=500_000)]
    assert [group[0] for group in shape(renders)] == [Grouping.SINGLE] * 3


def test_two_songs_stems_in_one_folder_are_two_sets() -> None:
    renders = [
        *(render(f"Artist - Dawn {stem}.wav") for stem in ("Bass", "Kick")),
        *(render(f"Artist - Noon {stem}.wav", frames=500_000) for stem in ("Bass", "Kick")),
    ]
    assert [group[:2] for group in shape(renders)] == [
        (Grouping.STEMS, "Artist - Dawn"),
        (Grouping.STEMS, "Artist - Noon"),
    ]


def test_stems_in_two_formats_are_one_set_of_the_better_one() -> None:
    [group] = arrange([render(f"Song-{stem}{end}") for stem in ("Bass", "Kick") for end in (".wav", ".mp3")])
    assert [one.path.name for one in group.renders] == ["Song-Bass.wav", "Song-Kick.wav"]
    assert {one.path.name for one in group.copies} == {"Song-Bass.mp3", "Song-Kick.mp3"}


def test_names_in_any_script_are_grouped() -> None:
    names = ["Größe–Bass.wav", "Größe–Gesang.wav", "Größe–Schlagzeug.wav"]  # noqa: RUF001
    assert named(*names) == [(Grouping.STEMS, "Größe", names)]
    assert named("歌 - Bass.wav", "歌 - Vocals.wav")[0][:2] == (Grouping.STEMS, "歌")


words = st.sampled_from(["Song", "Other", "Kick", "Bass", "Mix", "L", "R", "1", "2", "v2", "Vocals", "Größe", "İ"])


def joined(parts: list[str], separator: str, end: str) -> str:
    return separator.join(parts) + end


names = st.builds(
    joined,
    st.lists(words, min_size=1, max_size=3),
    st.sampled_from([" ", "-", "_", ".", " - "]),
    st.sampled_from(sorted(FORMATS)),
)


@given(st.lists(st.builds(render, names, st.sampled_from([100, 101, 90000]), st.sampled_from([1, 2])), max_size=8))
@settings(max_examples=300, deadline=None)
def test_every_render_is_in_exactly_one_group_whatever_its_name(renders: list[Render]) -> None:
    unique = list({one.path: one for one in renders}.values())
    groups = arrange(unique)
    placed = [one.path for group in groups for one in (*group.renders, *group.copies)]
    assert sorted(placed) == sorted(one.path for one in unique)
    assert all(group.name for group in groups)
    assert all(len(group.renders) > 1 for group in groups if group.grouping is not Grouping.SINGLE)


@given(st.lists(st.builds(render, names), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_arrival_does_not_matter(renders: list[Render], order: object) -> None:
    unique = list({one.path: one for one in renders}.values())
    shuffled = list(unique)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert arrange(unique) == arrange(shuffled)
