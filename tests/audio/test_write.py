import resource
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import mutagen
import mutagen.id3
import numpy as np
import pytest
import soundfile

from bridge.audio.headers import HeaderState, read_header
from bridge.audio.metadata import Bext, CuePoint, Metadata, OtherChunk, Picture, Sampler, Tags, job_id_in, read_metadata
from bridge.audio.read import read_audio
from bridge.audio.signal import Audio, Signal
from bridge.audio.write import OutputSpec, restamp, unsupported_reason, write_audio
from bridge.errors import AudioError, DeliveryError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat
from bridge.recipes import BITRATES_KBPS, OutputBitDepth, OutputFormat
from tests.audio.files import ffmpeg, grid_noise
from tests.signals import StreamedSignal, sine

BITS: dict[OutputBitDepth, int] = {"16": 16, "24": 24, "32f": 24}
DEPTHS: dict[OutputBitDepth, BitDepth] = {"16": BitDepth.PCM_16, "24": BitDepth.PCM_24, "32f": BitDepth.FLOAT_32}
EXACT: list[tuple[OutputFormat, OutputBitDepth]] = [
    (OutputFormat.WAV, "16"),
    (OutputFormat.WAV, "24"),
    (OutputFormat.WAV, "32f"),
    (OutputFormat.AIFF, "16"),
    (OutputFormat.AIFF, "24"),
    (OutputFormat.AIFF, "32f"),
    (OutputFormat.FLAC, "16"),
    (OutputFormat.FLAC, "24"),
]
RATES_HZ = [8000, 11025, 22050, 44100, 48000, 88200, 96000, 192000, 352800, 384000]
LOSSY = [OutputFormat.MP3, OutputFormat.OGG, OutputFormat.OPUS]
FULL = Metadata(
    bext=Bext(description="Mischung ü", originator="REAPER", time_reference_frames=12345678901, version=2),
    ixml="<BWFXML><PROJECT>Größe ♫</PROJECT><SPEED><AUDIO_BIT_DEPTH>32</AUDIO_BIT_DEPTH></SPEED></BWFXML>",
    cue_points=(
        CuePoint(frame=5, label="Vers ü"),
        CuePoint(frame=50, label="Refrain", length_frames=20, purpose="rgn "),
    ),
    sampler=Sampler(unity_note=61),
    tags=Tags(
        texts={"TITLE": ("Straße ♫",), "ARTIST": ("Ä", "Ö"), "ISRC": ("DEA012600001",), "MY OWN": ("x = y",)},
        pictures=(Picture(mime="image/png", data=b"\x89PNG" + bytes(500), description="Hülle"),),
    ),
    other_chunks=(OtherChunk(id="acid", data=bytes(range(24))),),
)


def test_the_list_of_formats_here_is_whole() -> None:
    assert {format_ for format_, _ in EXACT} | set(LOSSY) == set(OutputFormat)


# --- Samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format_", "depth"), EXACT)
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("frames", [1, 2, 4097, 70_001])
def test_what_is_written_is_read_again_sample_for_sample(
    tmp_path: Path, format_: OutputFormat, depth: OutputBitDepth, channels: int, frames: int
) -> None:
    samples = grid_noise(frames, channels, BITS[depth], gain=1.0)
    path = tmp_path / "out"
    write_audio(path, Audio(samples, 48000), OutputSpec(format_, depth), Metadata())
    np.testing.assert_array_equal(read_audio(path).samples, samples)
    header = read_header(path)
    assert (header.state, header.bit_depth, header.channels) == (HeaderState.COMPLETE, DEPTHS[depth], channels)
    with soundfile.SoundFile(path) as file:  # another reader agrees
        theirs = file.read(dtype="float32", always_2d=True).T
    np.testing.assert_array_equal(theirs, samples)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("format_", "depth"), EXACT)
def test_every_rate_is_written(tmp_path: Path, format_: OutputFormat, depth: OutputBitDepth, rate_hz: int) -> None:
    path = tmp_path / "out"
    write_audio(path, Audio(grid_noise(100), rate_hz), OutputSpec(format_, depth), Metadata())
    assert read_header(path).sample_rate_hz == rate_hz
    assert soundfile.info(path).samplerate == rate_hz


@pytest.mark.parametrize(("format_", "depth"), EXACT)
def test_ffmpeg_reads_what_we_write(tmp_path: Path, format_: OutputFormat, depth: OutputBitDepth) -> None:
    samples = grid_noise(5001, 2, BITS[depth])
    path = tmp_path / f"out.{format_}"
    write_audio(path, Audio(samples, 48000), OutputSpec(format_, depth), FULL.stamped("j1"))
    raw = ffmpeg("-i", path, "-map", "0:a", "-f", "f32le", "-c:a", "pcm_f32le", "-")
    np.testing.assert_array_equal(np.frombuffer(raw, np.float32).reshape(-1, 2).T, samples)


@pytest.mark.parametrize("format_", LOSSY)
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_files_keep_start_length_and_sound(tmp_path: Path, format_: OutputFormat, channels: int) -> None:
    tone = sine(1000, 2.00007, 48000, -12, channels)
    path = tmp_path / "out"
    write_audio(path, Audio(tone, 48000), OutputSpec(format_), FULL.stamped("j1"))
    decoded = read_audio(path)
    assert (decoded.samples.shape, decoded.sample_rate_hz) == (tone.shape, 48000)
    inner = slice(4000, -4000)
    assert np.abs(decoded.samples - tone)[:, inner].max() < 0.02


@pytest.mark.parametrize(("format_", "rates_hz"), [
    (OutputFormat.MP3, [8000, 11025, 16000, 22050, 44100, 48000]),
    (OutputFormat.OGG, [8000, 44100, 48000, 96000, 192000]),
    (OutputFormat.OPUS, [8000, 12000, 16000, 24000, 48000]),
])  # fmt: skip
def test_lossy_rates_that_are_promised_are_written(tmp_path: Path, format_: OutputFormat, rates_hz: list[int]) -> None:
    for rate_hz in rates_hz:
        assert unsupported_reason(OutputSpec(format_), rate_hz, 2) is None
        path = tmp_path / f"{rate_hz}"
        write_audio(path, Audio(grid_noise(rate_hz // 4), rate_hz), OutputSpec(format_), Metadata())
        assert read_audio(path).samples.shape == (2, rate_hz // 4)
        assert read_header(path).sample_rate_hz == rate_hz


def test_the_mp3_has_320_kilobits_a_second(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    write_audio(path, Audio(grid_noise(441_000, gain=0.1), 44100), OutputSpec(OutputFormat.MP3), Metadata())
    assert path.stat().st_size * 8 / 10.0 == pytest.approx(320_000, rel=0.02)


@pytest.mark.parametrize(("format_", "depth"), EXACT)
def test_the_same_signal_gives_the_same_bytes(tmp_path: Path, format_: OutputFormat, depth: OutputBitDepth) -> None:
    audio = Audio(grid_noise(30_000), 44100)
    signals: list[Signal] = [audio, StreamedSignal(audio, 777)]
    paths = [tmp_path / "1", tmp_path / "2"]
    for path, signal in zip(paths, signals, strict=True):
        write_audio(path, signal, OutputSpec(format_, depth), FULL.stamped("j1"))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[float] = []
    write_audio(
        tmp_path / "a", Audio(grid_noise(200_000), 44100), OutputSpec(OutputFormat.WAV, "16"), Metadata(), told.append
    )
    assert told == sorted(told)
    assert told[-1] == 1.0


# --- Never rounded, never clipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format_", "depth"), [kind for kind in EXACT if kind[1] != "32f"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.0, "beyond"),
        (-1.0000001, "beyond"),
        (1e30, "beyond"),
        (float("nan"), "beyond"),
        (float("inf"), "beyond"),
        (0.3, "grid"),
        (1e-9, "grid"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused_and_nothing_is_left(
    tmp_path: Path, format_: OutputFormat, depth: OutputBitDepth, value: float, words: str
) -> None:
    samples = grid_noise(100_000, 2, 16)
    samples[1, 88_200] = value
    path = tmp_path / "out"
    with pytest.raises(AudioError, match=rf"0:02\.0 \(frame 88200\) is .*{words}"):
        write_audio(path, Audio(samples, 44100), OutputSpec(format_, depth), Metadata())
    assert not path.exists()


@pytest.mark.parametrize("format_", [OutputFormat.WAV, OutputFormat.AIFF, *LOSSY])
def test_floats_may_exceed_full_scale_but_must_be_numbers(tmp_path: Path, format_: OutputFormat) -> None:
    samples = grid_noise(10_000)
    samples[0, 5000] = np.nan
    with pytest.raises(AudioError, match="not a number"):
        write_audio(tmp_path / "out", Audio(samples, 48000), OutputSpec(format_, "32f"), Metadata())
    assert not (tmp_path / "out").exists()
    samples[0, 5000] = 2.6
    write_audio(tmp_path / "out", Audio(samples, 48000), OutputSpec(format_, "32f"), Metadata())


def test_the_extremes_of_full_scale_fit(tmp_path: Path) -> None:
    for depth, bits in (("16", 16), ("24", 24)):
        samples = np.array([[-1.0, 1.0 - 2.0 ** (1 - bits), 0.0, 2.0 ** (1 - bits)]], np.float32)
        write_audio(tmp_path / "a", Audio(samples, 44100), OutputSpec(OutputFormat.WAV, depth), Metadata())  # type: ignore[arg-type]
        np.testing.assert_array_equal(read_audio(tmp_path / "a").samples, samples)


def test_the_input_is_not_altered(tmp_path: Path) -> None:
    samples = grid_noise(1000)
    before = samples.copy()
    samples.flags.writeable = False
    for format_, depth in EXACT:
        write_audio(tmp_path / "a", Audio(samples, 44100), OutputSpec(format_, depth), Metadata())
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize(
    ("spec", "rate_hz", "channels", "words"),
    [
        (OutputSpec(OutputFormat.MP3), 96000, 2, "mp3 cannot have 96000 Hz. Set sample_rate_hz to 48000"),
        (OutputSpec(OutputFormat.OPUS), 44100, 2, "opus cannot have 44100 Hz. Set sample_rate_hz to 48000"),
        (OutputSpec(OutputFormat.OGG), 384000, 2, "ogg goes up to 192000 Hz"),
        (OutputSpec(OutputFormat.MP3), 44100, 6, "at most 2 channels, not 6"),
        (OutputSpec(OutputFormat.FLAC, "24"), 44100, 9, "at most 8 channels, not 9"),
        (OutputSpec(OutputFormat.FLAC, "32f"), 44100, 2, "flac holds whole numbers"),
    ],
)
def test_what_a_format_cannot_hold_is_said_before_anything_is_written(
    tmp_path: Path, spec: OutputSpec, rate_hz: int, channels: int, words: str
) -> None:
    assert words in str(unsupported_reason(spec, rate_hz, channels))
    with pytest.raises(UnsupportedAudioError, match="cannot be written"):
        write_audio(tmp_path / "out", Audio(grid_noise(100, channels), rate_hz), spec, Metadata())
    assert not list(tmp_path.iterdir())


def test_no_audio_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no audio to write"):
        write_audio(
            tmp_path / "a", Audio(np.empty((2, 0), np.float32), 44100), OutputSpec(OutputFormat.WAV), Metadata()
        )


# --- WAV and RF64 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", ["16", "24", "32f"])
def test_a_wav_that_is_too_large_becomes_rf64(tmp_path: Path, depth: OutputBitDepth) -> None:
    samples = grid_noise(5001, 1)
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    write_audio(small, Audio(samples, 44100), OutputSpec(OutputFormat.WAV, depth), FULL.stamped("j1"))
    limit = small.stat().st_size - 8
    write_audio(small, Audio(samples, 44100), OutputSpec(OutputFormat.WAV, depth, limit), FULL.stamped("j1"))
    write_audio(large, Audio(samples, 44100), OutputSpec(OutputFormat.WAV, depth, limit - 1), FULL.stamped("j1"))
    assert (read_header(small).format, read_header(large).format) == (FileFormat.WAV, FileFormat.RF64)
    assert read_header(large).state is HeaderState.COMPLETE
    np.testing.assert_array_equal(read_audio(large).samples, samples)
    assert read_metadata(large) == read_metadata(small)
    assert job_id_in(large) == "j1"
    assert soundfile.info(large).frames == 5001


def test_up_to_two_channels_get_the_plain_format_tag(tmp_path: Path) -> None:
    expected = {(2, "24"): (1, 16), (2, "32f"): (3, 18), (6, "24"): (0xFFFE, 40)}
    path = tmp_path / "a.wav"
    for (channels, depth), (tag, size) in expected.items():
        write_audio(path, Audio(grid_noise(10, channels), 44100), OutputSpec(OutputFormat.WAV, depth), Metadata())  # type: ignore[arg-type]
        raw = path.read_bytes()
        at = raw.index(b"fmt ")
        assert struct.unpack_from("<IH", raw, at + 4) == (size, tag)
    assert read_metadata(path).channel_mask == 0x3F


def test_loudspeaker_positions_of_the_mix_are_kept(tmp_path: Path) -> None:
    for mask, expected in ((0x60F, 0x60F), (0xFFFF, 0x3F)):
        metadata = Metadata(channel_mask=mask)
        write_audio(tmp_path / "a", Audio(grid_noise(10, 6), 44100), OutputSpec(OutputFormat.WAV), metadata)
        assert read_metadata(tmp_path / "a").channel_mask == expected


# --- Metadata ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", list(OutputFormat))
def test_tags_and_pictures_survive_in_every_format(tmp_path: Path, format_: OutputFormat) -> None:
    path = tmp_path / "out"
    write_audio(path, Audio(grid_noise(5000), 48000), OutputSpec(format_, "24"), FULL)
    assert read_metadata(path).tags == FULL.tags
    again = tmp_path / "again"
    write_audio(again, Audio(grid_noise(5000), 48000), OutputSpec(format_, "24"), read_metadata(path))
    assert read_metadata(again) == read_metadata(path)


def test_all_metadata_survive_in_a_wav(tmp_path: Path) -> None:
    write_audio(tmp_path / "a", Audio(grid_noise(5000), 48000), OutputSpec(OutputFormat.WAV, "24"), FULL)
    back = read_metadata(tmp_path / "a")
    assert back.bext == FULL.bext
    assert "Größe ♫" in back.ixml
    assert "<AUDIO_BIT_DEPTH>24<" in back.ixml
    assert (back.cue_points, back.sampler, back.other_chunks) == (FULL.cue_points, FULL.sampler, FULL.other_chunks)


def test_markers_survive_in_an_aiff(tmp_path: Path) -> None:
    write_audio(tmp_path / "a", Audio(grid_noise(5000), 48000), OutputSpec(OutputFormat.AIFF, "24"), FULL)
    assert [(p.frame, p.label) for p in read_metadata(tmp_path / "a").cue_points] == [(5, "Vers ü"), (50, "Refrain")]


def test_a_mix_without_bext_gets_none(tmp_path: Path) -> None:
    """One of our own would claim that the song starts at midnight."""
    write_audio(tmp_path / "a", Audio(grid_noise(50), 48000), OutputSpec(OutputFormat.WAV), Metadata().stamped("j"))
    assert read_metadata(tmp_path / "a").bext is None


# --- The stamp --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=list(OutputFormat))
def stamped(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"out.{request.param}"
    write_audio(path, Audio(grid_noise(48_000), 48000), OutputSpec(request.param, "16"), FULL.stamped("job-7"))
    return path


def test_every_output_carries_its_job(stamped: Path) -> None:
    assert job_id_in(stamped) == "job-7"
    assert job_id_in(Path(shutil.copy(stamped, stamped.with_name("copy")))) == "job-7"


def test_the_stamp_is_no_metadata_of_the_next_job(stamped: Path) -> None:
    metadata = read_metadata(stamped)
    assert metadata.job_id is None
    assert "job-7" not in str(metadata.tags.texts)
    assert "job-7" not in metadata.ixml


def test_a_stamp_that_an_editor_carried_to_changed_audio_does_not_count(stamped: Path) -> None:
    header = read_header(stamped)
    raw = bytearray(stamped.read_bytes())
    if header.format is FileFormat.FLAC:  # an editor encodes anew, and the MD5 of the audio with it
        at = raw.index(b"fLaC") + 26
    elif header.format in {FileFormat.OGG, FileFormat.OPUS}:
        at = raw.rindex(b"OggS") + 200
    else:
        at = header.data_offset + header.data_bytes // 2
    raw[at] ^= 0x10
    stamped.write_bytes(raw)
    assert job_id_in(stamped) is None


def test_new_tags_do_not_take_the_stamp_away(stamped: Path) -> None:
    id3: Any = mutagen.id3
    file: Any = mutagen.File(stamped)
    if stamped.suffix in {".mp3", ".aiff", ".wav"}:
        file.tags.add(id3.TXXX(encoding=3, desc="LONG", text=["x" * 100_000]))
    else:
        file.tags["LONG"] = "x" * 100_000
    file.save()
    assert job_id_in(stamped) == "job-7"


def test_the_stamp_of_ffmpegs_copy_counts_only_while_the_audio_is_the_same(stamped: Path) -> None:
    louder = stamped.with_name(f"louder{stamped.suffix}")
    keep = {".wav": ["-write_bext", "1"], ".aiff": ["-write_id3v2", "1"]}.get(stamped.suffix, [])
    ffmpeg("-i", stamped, "-map", "0:a", "-af", "volume=-3dB", *keep, louder)
    assert job_id_in(louder) is None


def test_restamping_keeps_the_audio_and_changes_the_rest(stamped: Path) -> None:
    other = stamped.with_name("other")
    again = Metadata(tags=Tags(texts={"TITLE": ("Neu",)}), bext=Bext(description="neu")).stamped("job-8")
    before = stamped.read_bytes()
    restamp(stamped, other, again)
    assert stamped.read_bytes() == before
    assert (job_id_in(other), job_id_in(stamped)) == ("job-8", "job-7")
    assert read_metadata(other).tags == again.tags
    np.testing.assert_array_equal(read_audio(other).samples, read_audio(stamped).samples)


def test_restamping_is_writing_with_other_metadata(tmp_path: Path) -> None:
    audio = Audio(grid_noise(5001, 1), 48000)
    for format_, depth in ((OutputFormat.WAV, "24"), (OutputFormat.AIFF, "16"), (OutputFormat.WAV, "32f")):
        spec = OutputSpec(format_, depth)  # type: ignore[arg-type]
        write_audio(tmp_path / "a", audio, spec, FULL.stamped("1"))
        write_audio(tmp_path / "b", audio, spec, Metadata().stamped("2"))
        restamp(tmp_path / "a", tmp_path / "c", Metadata().stamped("2"))
        assert (tmp_path / "c").read_bytes() == (tmp_path / "b").read_bytes()


def test_only_files_of_our_kinds_can_be_restamped(tmp_path: Path) -> None:
    for format_, subtype in (("CAF", "PCM_16"), ("WAV", "PCM_U8")):
        path = tmp_path / "a"
        soundfile.write(path, np.zeros((10, 2)), 44100, subtype, format=format_)
        with pytest.raises(AudioError, match="not a file that daw-bridge wrote"):
            restamp(path, tmp_path / "b", Metadata())
    with pytest.raises(AudioError, match="There is no file"):
        restamp(tmp_path / "gone", tmp_path / "b", Metadata())
    assert not (tmp_path / "b").exists()


# --- The disk ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_in_a_sentence() -> None:
    with pytest.raises(DeliveryError, match="The disk is full"):
        write_audio(
            Path("/dev/full"), Audio(grid_noise(100_000), 44100), OutputSpec(OutputFormat.WAV, "16"), Metadata()
        )
    assert Path("/dev/full").exists()


def test_a_folder_that_is_gone_or_a_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    audio, spec = Audio(grid_noise(100), 44100), OutputSpec(OutputFormat.FLAC, "16")
    for path in (tmp_path / "gone" / "a.flac", tmp_path / "file" / "a.flac"):
        with pytest.raises(DeliveryError, match="is gone"):
            write_audio(path, audio, spec, Metadata())
    with pytest.raises(DeliveryError):
        write_audio(tmp_path, audio, spec, Metadata())
    assert (tmp_path / "file").read_bytes() == b"mine"


SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from bridge.audio.metadata import Metadata
from bridge.audio.signal import Audio
from bridge.audio.write import OutputSpec, write_audio
from bridge.errors import DeliveryError
from bridge.recipes import OutputFormat
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
noise = np.random.default_rng(1).integers(-9000, 9000, (2, 480_000)).astype(np.float32) / np.float32(32768)
for output_format in OutputFormat:
    path = Path(sys.argv[1]) / output_format
    try:
        write_audio(path, Audio(noise, 48000), OutputSpec(output_format, "16"), Metadata())
    except DeliveryError as error:
        print(output_format, "refused", path.exists())
"""


def test_a_file_that_the_disk_does_not_take_is_not_left_half_written(tmp_path: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    command = [sys.executable, "-W", "error", "-c", SMALL_DISK, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.splitlines() == [f"{output_format} refused False" for output_format in OutputFormat]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("output_format", "kbps"),
    [(name, kbps) for name, all_kbps in BITRATES_KBPS.items() for kbps in (all_kbps[0], 128, all_kbps[-1])],
)
def test_a_lossy_file_has_about_the_bitrate_that_was_asked_for(
    tmp_path: Path, output_format: OutputFormat, kbps: int
) -> None:
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, (2, 48000 * 4)).astype(np.float32)
    path = tmp_path / "song"
    write_audio(path, Audio(noise, 48000), OutputSpec(output_format, bitrate_kbps=kbps), Metadata())
    assert path.stat().st_size * 8 / 1000 / 4 == pytest.approx(kbps, rel=0.08 if output_format == "mp3" else 0.35)
