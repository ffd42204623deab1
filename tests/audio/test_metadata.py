import struct
from pathlib import Path
from typing import Any

import mutagen.id3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.embedded.bext import HISTORY_BYTES_MAX, build_bext, parse_bext
from bridge.audio.embedded.cues import SampleLoop, build_cues, build_marks, parse_cues, parse_marks
from bridge.audio.embedded.text import decode_text, encode_text
from bridge.audio.metadata import Bext, CuePoint, Metadata, Picture, Sampler, Tags, job_id_in, read_metadata
from tests.audio.files import chunk, ffmpeg, fmt_chunk, grid_noise, wave, written

BEXT = Bext(
    description="Mischung für Ärzte",
    originator="REAPER",
    originator_reference="DE-ABC-1",
    origination_date="2026-02-03",
    origination_time="21:14:59",
    time_reference_frames=(3 << 32) + 17,
    version=2,
    umid="ab" * 32 + "00" * 32,
    integrated_lufs=-18.25,
    loudness_range_lu=7.5,
    true_peak_dbtp=-1.01,
    momentary_max_lufs=-12.0,
    short_term_max_lufs=-14.99,
    coding_history="A=PCM,F=48000,W=24,M=stereo,T=REAPER\r\n",
)
IXML = (
    "<BWFXML><IXML_VERSION>1.52</IXML_VERSION><PROJECT>Größe ♫</PROJECT>"
    "<SPEED><FILE_SAMPLE_RATE>44100</FILE_SAMPLE_RATE>"
    "<AUDIO_BIT_DEPTH>24</AUDIO_BIT_DEPTH><TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>0</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
    "<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>88200</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO></SPEED>"
    "<BEXT><BWF_TIME_REFERENCE_LOW>88200</BWF_TIME_REFERENCE_LOW><BWF_LOUDNESS_VALUE>-1800</BWF_LOUDNESS_VALUE></BEXT>"
    "<LOUDNESS><LOUDNESS_VALUE>-18</LOUDNESS_VALUE></LOUDNESS></BWFXML>"
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


# --- Chunks -----------------------------------------------------------------------------------------------------------


def test_every_field_of_bext_survives() -> None:
    assert parse_bext(build_bext(BEXT)) == BEXT


def test_loudness_that_was_not_measured_is_none() -> None:
    bext = parse_bext(build_bext(Bext()))
    assert bext is not None
    assert bext.integrated_lufs is None
    version_1 = build_bext(BEXT)[:346] + struct.pack("<H", 1) + build_bext(BEXT)[348:]
    assert (parse_bext(version_1) or BEXT).integrated_lufs is None


@given(TEXT, st.integers(1, 300))
@settings(deadline=None)
def test_text_is_cut_at_a_character_to_its_field(text: str, size: int) -> None:
    raw = encode_text(text, size)
    assert len(raw) == size
    assert text.startswith(decode_text(raw))


def test_text_of_older_programs_is_understood() -> None:
    assert decode_text(b"Gr\xfc\xdfe\0rest") == "Grüße"


def test_coding_history_does_not_grow_without_end() -> None:
    bext = BEXT
    for index in range(1500):
        bext = bext.with_history(f"A=PCM,F=48000,W=24,M=stereo,T=master {index}")
    assert len(bext.coding_history) < HISTORY_BYTES_MAX
    assert bext.coding_history.endswith("T=master 1499\r\n")
    assert parse_bext(build_bext(bext)) == bext


POINT = st.builds(
    CuePoint,
    frame=st.integers(0, 0xFFFFFFFF),
    label=TEXT,
    note=TEXT,
    length_frames=st.none() | st.integers(0, 0xFFFFFFFF),
)


@given(st.lists(POINT, max_size=6))
@settings(deadline=None)
def test_cue_points_survive_riff_and_aiff(points: list[CuePoint]) -> None:
    named = tuple(p.model_copy(update={"purpose": "rgn " if p.length_frames is not None else ""}) for p in points)
    cue, labels = build_cues(named)
    assert parse_cues(cue, [labels[4:]]) == named
    marks = parse_marks(build_marks(named))
    assert [mark.frame for mark in marks] == [point.frame for point in named]
    assert all(point.label.startswith(mark.label) for mark, point in zip(marks, named, strict=True))


# --- Whole files ------------------------------------------------------------------------------------------------------


def test_all_that_a_wav_carries_is_read(tmp_path: Path) -> None:
    cue, labels = build_cues((CuePoint(frame=5, label="Vers ä", note="leise"), CuePoint(frame=9, length_frames=4)))
    info = b"INFO" + chunk(b"INAM", "Lied ü".encode()) + chunk(b"IART", b"Gr\xfc\xdfe\0") + chunk(b"ISRC", b"tape 4")
    smpl = struct.pack("<9I", 0, 0, 0, 64, 0, 0, 0, 1, 0) + struct.pack("<6I", 0, 1, 10, 20, 0, 3)
    path = tmp_path / "a.wav"
    path.write_bytes(
        wave(
            chunk(b"bext", build_bext(BEXT)),
            fmt_chunk(),
            chunk(b"iXML", b"<?xml version='1.0'?>" + IXML.encode() + b"\0"),
            chunk(b"data", bytes(400)),
            *(chunk(b"cue ", cue), chunk(b"LIST", labels), chunk(b"LIST", info), chunk(b"smpl", smpl)),
            chunk(b"acid", bytes(24)),
        )
    )
    metadata = read_metadata(path)
    assert metadata.bext == BEXT
    assert "Größe ♫" in metadata.ixml
    assert metadata.cue_points[0] == CuePoint(frame=5, label="Vers ä", note="leise")
    assert metadata.cue_points[1].length_frames == 4
    # RIFF's ISRC is the source of the material, not the code of the recording
    assert metadata.tags.texts == {"TITLE": ("Lied ü",), "ARTIST": ("Grüße",), "SOURCE": ("tape 4",)}
    loop = SampleLoop(start_frame=10, end_frame=20, kind=1, play_count=3)
    assert metadata.sampler == Sampler(unity_note=64, loops=(loop,))
    assert [other.id for other in metadata.other_chunks] == ["acid"]


@pytest.mark.parametrize("name", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"])
def test_tags_by_other_programs_are_read_under_one_set_of_names(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, grid_noise(5000), rate_hz=48000)
    tags = ["-metadata", "title=Straße ♫", "-metadata", "artist=Ä & Ö", "-metadata", "comment=hi"]
    extra = ["-write_id3v2", "1"] if name == "aiff" else []
    ffmpeg("-i", source, *tags, *extra, tmp_path / f"b.{name}")
    texts = read_metadata(tmp_path / f"b.{name}").tags.texts
    assert (texts["TITLE"], texts["ARTIST"], texts["COMMENT"]) == (("Straße ♫",), ("Ä & Ö",), ("hi",))
    assert not set(texts) & {"ENCODER", "TSSE", "SOFTWARE"}


def test_ixml_that_is_damaged_or_dangerous_is_left_behind(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><BWFXML>&a;</BWFXML>'
    for text in ("<BWFXML><PROJECT>", bomb, "no xml"):
        path = tmp_path / "a.wav"
        path.write_bytes(wave(fmt_chunk(), chunk(b"data", bytes(400)), chunk(b"iXML", text.encode())))
        assert read_metadata(path) == Metadata()


def test_pictures_are_kept_up_to_a_size(tmp_path: Path) -> None:
    kept = Picture(mime="image/png", data=b"p" * 1000, description="Hülle")
    path = written(tmp_path, grid_noise(5000), "MP3", "MPEG_LAYER_III")
    id3: Any = mutagen.id3
    tag = id3.ID3()
    tag.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="Hülle", data=kept.data))
    tag.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="zu groß", data=bytes(5_000_000)))
    tag.save(path)
    assert read_metadata(path).tags.pictures == (kept,)


def test_a_file_of_another_format_has_no_metadata_and_no_stamp(tmp_path: Path) -> None:
    for format_ in ("CAF", "W64", "WAV", "FLAC"):
        path = written(tmp_path, grid_noise(500), format_)
        assert read_metadata(path).model_copy(update={"channel_mask": None}) == Metadata()
        assert job_id_in(path) is None


# --- What changes with the signal -------------------------------------------------------------------------------------

METADATA = Metadata(
    bext=BEXT,
    ixml=IXML,
    cue_points=(CuePoint(frame=44100, label="A"), CuePoint(frame=100, length_frames=44100)),
    sampler=Sampler(loops=(SampleLoop(start_frame=0, end_frame=441),)),
    tags=Tags(texts={"TITLE": ("x",), "REPLAYGAIN_TRACK_GAIN": ("-6 dB",), "R128_TRACK_GAIN": ("1",)}),
)


def test_positions_follow_the_sample_rate() -> None:
    moved = METADATA.at_rate(44100, 96000)
    assert moved.bext is not None
    assert moved.bext.time_reference_frames == round(BEXT.time_reference_frames * 96000 / 44100)
    assert [point.frame for point in moved.cue_points] == [96000, 218]
    assert moved.cue_points[1].length_frames == 96000
    assert moved.sampler is not None
    assert moved.sampler.loops[0].end_frame == 960
    assert "<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>192000<" in moved.ixml
    assert "<BWF_TIME_REFERENCE_LOW>192000<" in moved.ixml
    assert "Größe ♫" in moved.ixml


def test_the_same_rate_changes_nothing() -> None:
    assert METADATA.at_rate(48000, 48000) is METADATA


@given(st.integers(0, 1 << 40), st.sampled_from([44100, 48000, 96000]), st.sampled_from([44100, 88200, 192000]))
@settings(deadline=None)
def test_a_time_reference_stays_within_half_a_frame_of_its_time(frames: int, old_hz: int, new_hz: int) -> None:
    moved = Metadata(bext=Bext(time_reference_frames=frames)).at_rate(old_hz, new_hz)
    assert moved.bext is not None
    assert abs(moved.bext.time_reference_frames * old_hz - frames * new_hz) * 2 <= old_hz


def test_a_marker_beyond_what_a_chunk_can_number_is_left_out() -> None:
    late = Metadata(cue_points=(CuePoint(frame=0xFFFFFFFF, label="late"), CuePoint(frame=1)))
    assert [point.frame for point in late.at_rate(44100, 192000).cue_points] == [4]


def test_no_loudness_of_the_mix_survives_as_a_lie() -> None:
    changed = METADATA.without_loudness()
    assert changed.bext is not None
    assert {changed.bext.integrated_lufs, changed.bext.true_peak_dbtp, changed.bext.loudness_range_lu} == {None}
    assert {changed.bext.momentary_max_lufs, changed.bext.short_term_max_lufs} == {None}
    assert changed.bext.time_reference_frames == BEXT.time_reference_frames
    assert "LOUDNESS" not in changed.ixml
    assert "BWF_TIME_REFERENCE_LOW" in changed.ixml
    assert changed.tags.texts == {"TITLE": ("x",)}


def test_a_stamped_result_is_not_the_recording_that_the_umid_names() -> None:
    stamped = METADATA.stamped("job-1")
    assert stamped.bext is not None
    assert (stamped.bext.umid, stamped.job_id) == ("", "job-1")
    assert stamped.bext.originator == "REAPER"


def test_metadata_crosses_a_process_boundary_as_json() -> None:
    metadata = METADATA.model_copy(update={"tags": Tags(pictures=(Picture(mime="image/png", data=b"\xff\x00\xfe"),))})
    assert Metadata.model_validate_json(metadata.model_dump_json()) == metadata
