"""The real listener on a real folder, against a writer that plays every trick of real renderers."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.metadata import Metadata
from bridge.audio.signal import Audio
from bridge.audio.write import OutputSpec, write_audio
from bridge.model import FileFormat, Grouping
from bridge.recipes import MasterRecipe, OutputFormat
from tests.folder.listening import Listening, lossy_bytes
from tests.scripted_writer import wav_bytes
from tests.support import wait_until

SONG = wav_bytes(frames=44100)
SETTLE_S = 0.15
LOSSY = {OutputFormat.MP3, OutputFormat.OGG, OutputFormat.OPUS}


def flac_bytes(seed: int = 1, title: str = "") -> bytes:
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (8192, 2))
    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", 44100, 2, format="FLAC", subtype="PCM_16") as file:
        if title:
            file.title = title
        file.write(noise)
    return stream.getvalue()


# --- One bounce -------------------------------------------------------------------------------------------------------


def test_a_bounce_becomes_a_request_with_everything_in_it(listening: Listening) -> None:
    path = listening.writer.bounce("Song.wav", SONG)
    [request] = listening.wait_for(1)
    [render] = request.renders
    assert render.path == path
    assert (render.format, render.channels, render.frames) == (FileFormat.WAV, 2, 44100)
    assert request.grouping is Grouping.SINGLE
    assert request.name == "Song"
    assert request.recipe == MasterRecipe()
    assert request.return_folder == listening.folder.parent / "Returns"
    assert request.name_pattern == "{name}/{name} [{chain}]"
    assert (request.origin.listener, request.origin.client) == ("folder", "Renders")


def test_it_is_not_requested_before_the_quiet_time_is_over(listening: Listening) -> None:
    path = listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)
    assert listening.submitted_s[0] - listening.writer.closed_s[path] >= SETTLE_S


def test_the_engine_is_told_to_warm_up_while_the_file_grows(listening: Listening) -> None:
    with listening.writer.growing("Song.wav", SONG):
        wait_until(lambda: listening.pendings == 1, what="the call of on_pending")
        assert listening.requests == []
    listening.wait_for(1)


def test_a_file_that_grows_slowly_with_pauses_is_one_request(listening: Listening) -> None:
    listening.writer.growing_slowly("Song.wav", SONG, (0.1, 0.7, 0.05, 1.2))
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]
    assert listening.requests[0].renders[0].frames == 44100


def test_ardours_44_bytes_and_its_scratch_file_fool_nobody(listening: Listening) -> None:
    path = listening.writer.ardour_normalising("Song.wav", SONG, analysis_s=1.5)
    listening.wait_for(1)
    assert listening.submitted_s[0] > listening.writer.closed_s[path]
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]
    assert {name for name, _ in listening.problems} <= {"Song.wav"}  # 44 bytes stood still for stuck_s


def test_two_closes_soon_after_each_other_are_one_version(listening: Listening) -> None:
    tagged = flac_bytes(title="Song")
    path = listening.writer.two_closes("Song.flac", flac_bytes(), tagged, gap_s=0.0)
    [request] = listening.wait_for(1)
    assert path.read_bytes() == tagged
    assert request.renders[0].size_bytes == len(tagged)
    listening.wait_until_idle()
    assert len(listening.requests) == 1


def test_a_second_close_after_settling_is_a_second_version(listening: Listening) -> None:
    path = listening.folder / "Song.flac"
    path.write_bytes(flac_bytes())
    listening.wait_for(1)
    path.write_bytes(flac_bytes(title="Song"))
    first, second = listening.wait_for(2)
    assert first.renders[0].digest != second.renders[0].digest


def test_csounds_probe_is_no_request_and_no_problem(listening: Listening) -> None:
    listening.writer.csound("Song.wav", SONG)
    listening.writer.probe_only("Probe.wav", SONG)
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]
    assert listening.problems == []


def test_a_copy_is_taken_when_all_of_it_is_there(listening: Listening) -> None:
    path = listening.writer.copied("Song.wav", SONG, seconds=0.9)
    listening.wait_for(1)
    assert listening.submitted_s[0] >= listening.writer.closed_s[path] + SETTLE_S
    assert listening.problems == []


@pytest.mark.parametrize("temporary", [".Song.wav.k3x9", "8JHCZ3", "Song.wav.part", "../Elsewhere.wav"])
def test_a_file_renamed_into_place_is_taken(listening: Listening, temporary: str) -> None:
    listening.writer.renamed_into_place("Song.wav", SONG, temporary)
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]


def test_overwriting_in_place_is_a_new_version(listening: Listening) -> None:
    for seed in (1, 2, 3):
        listening.writer.bounce("Song.wav", wav_bytes(frames=4410, seed=seed))
        listening.wait_for(seed)
    listening.wait_until_idle()
    assert len({request.key() for request in listening.requests}) == 3


def test_a_bounce_without_a_close_event_is_taken_when_it_stands_still(listening: Listening) -> None:
    os.link(listening.writer.bounce("../Song.wav", SONG), listening.folder / "Song.wav")
    listening.wait_for(1)


def test_names_in_any_script_are_taken(listening: Listening) -> None:
    names = ["Größe & Größer.wav", "歌 (最終).wav", "Ünïcödé e\u0301.wav", "emoji 🎛️.wav", 'quote\'s "x".wav']
    for name in names:
        listening.writer.bounce(name, SONG)
    listening.wait_for(len(names))
    assert sorted(names) == sorted(name for [name] in listening.names())


@pytest.mark.parametrize(
    ("name", "file_format", "subtype"),
    [
        *[("S.flac", "FLAC", "PCM_24"), ("S.ogg", "OGG", "VORBIS"), ("S.mp3", "MP3", "MPEG_LAYER_III")],
        *[("S.aif", "AIFF", "PCM_24"), ("S.caf", "CAF", "PCM_16"), ("S.w64", "W64", "PCM_16")],
        *[("S.rf64", "RF64", "PCM_16"), ("S.opus", "OGG", "OPUS")],
    ],
)
def test_every_format_settles(tmp_path: Path, name: str, file_format: str, subtype: str) -> None:
    rate_hz = 48000 if subtype == "OPUS" else 44100
    with Listening(tmp_path / "Session") as listening:
        noise = np.random.default_rng(1).uniform(-0.1, 0.1, (rate_hz, 2))
        soundfile.write(listening.folder / name, noise, rate_hz, format=file_format, subtype=subtype)
        listening.wait_for(1)
        assert listening.names() == [[name]]


# --- Several files ----------------------------------------------------------------------------------------------------


def test_several_files_growing_at_once_are_a_stem_set(listening: Listening) -> None:
    names = ["Song-Bass.wav", "Song-Drums.wav", "Song-Vocals.wav"]
    listening.writer.side_by_side({name: wav_bytes(seed=seed) for seed, name in enumerate(names)})
    [request] = listening.wait_for(1)
    assert request.grouping is Grouping.STEMS
    assert request.name == "Song"
    assert listening.names() == [names]


def test_stems_that_follow_each_other_and_their_mix_are_one_request(listening: Listening) -> None:
    names = ["Song.wav", "Song - Bass.wav", "Song - Drums.wav", "Song - Vocals.wav"]
    listening.writer.one_after_the_other({name: wav_bytes(seed=seed) for seed, name in enumerate(names)})
    [request] = listening.wait_for(1)
    assert request.grouping is Grouping.MIX_AND_STEMS
    assert listening.names() == [names]


def test_a_mix_waits_for_the_stem_that_is_still_being_written(listening: Listening) -> None:
    with listening.writer.growing("Song Vocals.wav", SONG):
        listening.writer.bounce("Song.wav", SONG)
        listening.wait_until_idle()
        assert listening.requests == []
    listening.wait_for(1)
    assert listening.names() == [["Song.wav", "Song Vocals.wav"]]


def test_a_pair_of_channels_is_one_request(listening: Listening) -> None:
    pair = {f"Song.{side}.wav": wav_bytes(channels=1, seed=seed) for seed, side in enumerate("RL")}
    listening.writer.one_after_the_other(pair)
    [request] = listening.wait_for(1)
    assert request.grouping is Grouping.SPLIT_CHANNELS
    assert listening.names() == [["Song.L.wav", "Song.R.wav"]]


def test_one_bounce_in_several_formats_is_one_request(listening: Listening) -> None:
    lossy = lossy_bytes("MP3", "MPEG_LAYER_III")
    with listening.writer.growing("Song.wav", SONG):
        (listening.folder / "Song.mp3").write_bytes(lossy)
    [request] = listening.wait_for(1)
    assert request.grouping is Grouping.FORMATS
    assert listening.names() == [["Song.wav", "Song.mp3"]]


def test_an_mp3_that_is_encoded_after_the_bounce_is_no_second_job(listening: Listening) -> None:
    listening.writer.bounce("Song.wav", SONG)
    listening.wait_for(1)
    (listening.folder / "Song.mp3").write_bytes(lossy_bytes("MP3", "MPEG_LAYER_III"))
    listening.wait_until_idle()
    assert listening.names() == [["Song.wav"]]


def test_songs_of_an_album_come_one_by_one(listening: Listening) -> None:
    album = {f"Album {n:02d} Song.wav": wav_bytes(frames=5000 * n, seed=n) for n in (1, 2, 3)}
    listening.writer.one_after_the_other(album)
    listening.wait_for(3)
    assert sorted(listening.names()) == [[name] for name in album]


def test_without_grouping_every_file_is_a_request(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", group="off") as listening:
        listening.writer.side_by_side({f"Song-{part}.wav": wav_bytes() for part in ("Bass", "Kick")})
        listening.wait_for(2)


# --- What is left alone -----------------------------------------------------------------------------------------------


def test_litter_and_sidecars_are_ignored_however_deep(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", is_recursive=True) as listening:
        listening.writer.litter()
        listening.writer.litter(below="deep/deeper/deepest")
        listening.writer.bounce("deep/.hidden/Song.wav", SONG)
        listening.writer.bounce("__MACOSX/Song.wav", SONG)
        listening.wait_until_idle()
        assert listening.requests == []
        assert listening.problems == []
        assert listening.pendings == 1  # the canary


def test_folders_inside_are_watched_only_when_asked(tmp_path: Path) -> None:
    with Listening(tmp_path / "flat") as flat, Listening(tmp_path / "deep", is_recursive=True) as deep:
        for listening in (flat, deep):
            listening.writer.bounce("Album/Song.wav", SONG)
        deep.wait_for(1)
        flat.wait_until_idle()
        assert flat.requests == []


def test_return_folders_inside_a_recursive_watch_folder_are_never_watched(tmp_path: Path) -> None:
    with Listening(tmp_path / "Session", is_recursive=True, return_folder="{watch}/Returns") as listening:
        listening.writer.bounce("Returns/Song/Song [streaming].wav", SONG)
        listening.writer.bounce("Song.wav", SONG)
        listening.wait_for(1)
        listening.wait_until_idle()
        assert listening.names() == [["Song.wav"]]


@pytest.mark.parametrize("output_format", list(OutputFormat))
def test_results_of_our_own_jobs_are_never_taken_wherever_they_lie(
    listening: Listening, output_format: OutputFormat
) -> None:
    signal = Audio(np.zeros((2, 48000), np.float32), 48000)
    spec = OutputSpec(output_format, None if output_format in LOSSY else "24")
    for name, metadata in (("Ours", Metadata().stamped("j1")), ("Theirs", Metadata())):
        write_audio(listening.folder / f"{name}.{output_format}", signal, spec, metadata)
    listening.wait_for(1)
    listening.wait_until_idle()
    assert listening.files() == [f"Theirs.{output_format}"]
    assert listening.problems == []


def test_a_bounce_that_is_renamed_afterwards_is_taken_under_its_new_name(listening: Listening) -> None:
    path = listening.writer.bounce("Untitled.wav", SONG)
    listening.wait_for(1)
    path.rename(path.with_name("Song.wav"))
    listening.wait_for(2)
    listening.wait_until_idle()
    assert listening.names() == [["Untitled.wav"], ["Song.wav"]]


def test_a_link_inside_the_session_is_followed_and_one_that_leads_out_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "Secret.wav"
    outside.write_bytes(SONG)
    with Listening(tmp_path / "Session") as listening:
        inside = listening.folder.parent / "Inside.wav"
        inside.write_bytes(SONG)
        (listening.folder / "Out.wav").symlink_to(outside)
        (listening.folder / "In.wav").symlink_to(inside)
        (listening.folder / "Nowhere.wav").symlink_to(tmp_path / "nowhere.wav")
        listening.wait_for(1)
        [(name, sentence)] = listening.wait_for_problems(1)
        listening.wait_until_idle()
        assert listening.names() == [["In.wav"]]
        assert name == "Out.wav"
        assert "session_roots" in sentence
        assert len(listening.problems) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders on Windows")
def test_a_named_pipe_holds_nothing_up(listening: Listening) -> None:
    os.mkfifo(listening.folder / "Pipe.wav")
    (listening.folder / "Folder.wav").mkdir()
    listening.wait_until_idle()
    assert listening.requests == []
