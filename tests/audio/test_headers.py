import io
import shutil
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.headers import Header, HeaderState, parse_header, read_header
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat
from tests.audio.files import chunk, ffmpeg, fmt_chunk, grid_noise, wave, written
from tests.signals import sine

KINDS = [
    ("WAV", "PCM_U8", FileFormat.WAV, BitDepth.PCM_8),
    ("WAV", "PCM_16", FileFormat.WAV, BitDepth.PCM_16),
    ("WAV", "PCM_24", FileFormat.WAV, BitDepth.PCM_24),
    ("WAV", "PCM_32", FileFormat.WAV, BitDepth.PCM_32),
    ("WAV", "FLOAT", FileFormat.WAV, BitDepth.FLOAT_32),
    ("WAV", "DOUBLE", FileFormat.WAV, BitDepth.FLOAT_64),
    ("WAVEX", "PCM_24", FileFormat.WAV, BitDepth.PCM_24),
    ("WAVEX", "FLOAT", FileFormat.WAV, BitDepth.FLOAT_32),
    ("RF64", "PCM_24", FileFormat.RF64, BitDepth.PCM_24),
    ("W64", "PCM_16", FileFormat.W64, BitDepth.PCM_16),
    ("W64", "FLOAT", FileFormat.W64, BitDepth.FLOAT_32),
    ("AIFF", "PCM_S8", FileFormat.AIFF, BitDepth.PCM_8),
    ("AIFF", "PCM_24", FileFormat.AIFF, BitDepth.PCM_24),
    ("AIFF", "FLOAT", FileFormat.AIFF, BitDepth.FLOAT_32),
    ("AIFF", "DOUBLE", FileFormat.AIFF, BitDepth.FLOAT_64),
    ("CAF", "PCM_16", FileFormat.CAF, BitDepth.PCM_16),
    ("CAF", "FLOAT", FileFormat.CAF, BitDepth.FLOAT_32),
    ("CAF", "ALAC_24", FileFormat.CAF, BitDepth.PCM_24),
    ("FLAC", "PCM_16", FileFormat.FLAC, BitDepth.PCM_16),
    ("FLAC", "PCM_24", FileFormat.FLAC, BitDepth.PCM_24),
    ("MP3", "MPEG_LAYER_III", FileFormat.MP3, None),
    ("OGG", "VORBIS", FileFormat.OGG, None),
    ("OGG", "OPUS", FileFormat.OPUS, None),
]


def parsed(raw: bytes) -> Header:
    return parse_header(io.BytesIO(raw), "Song.wav")


@pytest.mark.parametrize(("format_", "subtype", "expected", "depth"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_finished_file_is_complete_and_says_what_it_holds(  # noqa: PLR0917
    tmp_path: Path, format_: str, subtype: str, expected: FileFormat, depth: BitDepth | None, channels: int
) -> None:
    frames = 48_002 if format_ == "AIFF" else 48_001  # libsndfile counts the pad byte of odd AIFF as a frame
    path = written(tmp_path, grid_noise(frames, channels), format_, subtype, 48000)
    # the name is never asked
    shutil.move(path, tmp_path / "Song.txt")
    header = read_header(tmp_path / "Song.txt")
    assert (header.format, header.state, header.bit_depth) == (expected, HeaderState.COMPLETE, depth)
    assert (header.sample_rate_hz, header.channels, header.frames) == (48000, channels, frames)


@pytest.mark.parametrize(("format_", "subtype", "expected", "depth"), KINDS)
def test_a_file_that_a_writer_still_holds_open_is_not_complete(
    tmp_path: Path, format_: str, subtype: str, expected: FileFormat, depth: BitDepth | None
) -> None:
    path = tmp_path / "Song"
    noise = grid_noise(90_000).T
    with soundfile.SoundFile(path, "w", 48000, 2, subtype, format=format_) as file:
        file.write(np.ascontiguousarray(noise))
        shutil.copy(path, tmp_path / "seen")
    with suppress(UnfinishedAudioError):  # not even a whole header is there
        assert read_header(tmp_path / "seen").state is HeaderState.WRITING
    assert read_header(path).state is HeaderState.COMPLETE


@pytest.mark.parametrize(("format_", "subtype"), [kind[:2] for kind in KINDS])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_file_that_was_cut_off_is_never_complete(tmp_path: Path, format_: str, subtype: str, share: float) -> None:
    whole = written(tmp_path, grid_noise(60_000), format_, subtype, 48000).read_bytes()
    header = parsed(whole[: int(len(whole) * share)])
    assert header.state in {HeaderState.TRUNCATED, HeaderState.WRITING}


@pytest.mark.parametrize(("format_", "subtype"), [kind[:2] for kind in KINDS])
def test_a_file_of_only_its_first_bytes_is_unfinished(tmp_path: Path, format_: str, subtype: str) -> None:
    whole = written(tmp_path, grid_noise(5000), format_, subtype, 48000).read_bytes()
    for length in range(1, 44):
        try:
            state = parsed(whole[:length]).state
        except UnfinishedAudioError:
            continue
        assert state in {HeaderState.TRUNCATED, HeaderState.WRITING}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("mp3", [], HeaderState.COMPLETE),
        ("mp3", ["-q:a", "2"], HeaderState.COMPLETE),
        ("mp3", ["-write_xing", "0"], HeaderState.NO_SIZE),
        ("ogg", ["-c:a", "libvorbis"], HeaderState.COMPLETE),
        ("opus", ["-c:a", "libopus"], HeaderState.COMPLETE),
        ("flac", [], HeaderState.COMPLETE),
        ("m4a", [], HeaderState.COMPLETE),
        ("m4a", ["-c:a", "alac"], HeaderState.COMPLETE),
        ("m4a", ["-movflags", "+faststart"], HeaderState.COMPLETE),
        ("wav", [], HeaderState.COMPLETE),
        ("wav", ["-rf64", "always"], HeaderState.COMPLETE),
        ("w64", [], HeaderState.COMPLETE),
        ("aiff", [], HeaderState.COMPLETE),
        ("caf", [], HeaderState.COMPLETE),
    ],
)
def test_files_by_ffmpeg_are_read(tmp_path: Path, name: str, arguments: list[str], expected: HeaderState) -> None:
    source = written(tmp_path, sine(440, 2.0, 48000, -6, channels=2), rate_hz=48000)
    ffmpeg("-i", source, *arguments, tmp_path / f"out.{name}")
    header = read_header(tmp_path / f"out.{name}")
    assert (header.state, header.sample_rate_hz, header.channels) == (expected, 48000, 2)
    if name == "m4a" or expected is HeaderState.NO_SIZE:
        assert header.frames is None
        assert header.frames_about == pytest.approx(96_000, abs=2400)
    else:
        assert header.frames == 96_000


@pytest.mark.parametrize(
    ("name", "expected"), [("wav", HeaderState.NO_SIZE), ("w64", HeaderState.NO_SIZE), ("aiff", HeaderState.WRITING),
                           ("caf", HeaderState.WRITING), ("flac", HeaderState.WRITING)]
)  # fmt: skip
def test_files_written_to_a_pipe_have_no_size(tmp_path: Path, name: str, expected: HeaderState) -> None:
    source = written(tmp_path, grid_noise(10_000))
    if name in {"caf", "aiff"}:  # ffmpeg leaves their sizes at the placeholder; a pipe cannot be gone back in
        raw = ffmpeg("-i", source, "-c:a", "pcm_s16be", "-f", name, "-")
    else:
        raw = ffmpeg("-i", source, "-f", name, "-")
    header = parsed(raw)
    assert header.state is expected
    if expected is HeaderState.NO_SIZE:
        assert header.frames == 10_000
        assert "no length" in header.note


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed; its placeholder is also tested by hand")
def test_files_by_sox_through_a_pipe_have_no_size() -> None:
    as_raw = ["-t", "raw", "-r", "44100", "-e", "signed", "-b", "24", "-c", "2", "-"]
    command = ["sox", *as_raw, "-t", "wav", "-"]
    header = parsed(subprocess.run(command, input=bytes(60_000), capture_output=True, check=True, timeout=30).stdout)
    assert (header.state, header.frames) == (HeaderState.NO_SIZE, 10_000)


# --- WAV, by hand -----------------------------------------------------------------------------------------------------

AUDIO = bytes(range(256)) * 40
"""2560 frames of 16-bit stereo."""


def test_zero_sizes_mean_that_the_file_is_being_written() -> None:
    for riff_size in (0, 8, 36, 0xFFFFFFFF):
        raw = wave(fmt_chunk(), chunk(b"data", AUDIO, size=0), size=riff_size)
        assert parsed(raw).state is HeaderState.WRITING
        assert parsed(raw).frames == 2560


def test_forty_four_bytes_that_stand_still_are_being_written() -> None:
    header = parsed(wave(fmt_chunk(), chunk(b"data", b""), size=8))
    assert (header.state, header.frames, header.file_bytes) == (HeaderState.WRITING, 0, 44)


def test_a_header_that_promises_more_than_there_is_is_truncated() -> None:
    header = parsed(wave(fmt_chunk(), chunk(b"data", AUDIO, size=2 * len(AUDIO)), size=36 + 2 * len(AUDIO)))
    assert (header.state, header.frames) == (HeaderState.TRUNCATED, 2560)
    assert header.declared_bytes == 2 * len(AUDIO)


def test_sizes_from_before_the_file_grew_further_are_not_trusted() -> None:
    behind = np.random.default_rng(1).integers(0, 256, 300_000, np.uint8).tobytes()
    header = parsed(wave(fmt_chunk(), chunk(b"data", AUDIO), size=36 + len(AUDIO)) + behind)
    assert header.state is HeaderState.WRITING


@pytest.mark.parametrize("format_", ["AIFF", "CAF", "W64", "RF64"])
def test_stale_sizes_of_other_containers_are_not_trusted_either(tmp_path: Path, format_: str) -> None:
    behind = np.random.default_rng(1).integers(0, 256, 300_000, np.uint8).tobytes()
    raw = written(tmp_path, grid_noise(3000), format_).read_bytes()
    assert parsed(raw).state is HeaderState.COMPLETE
    assert parsed(raw + behind).state is HeaderState.WRITING


def test_a_riff_size_that_is_wrong_by_twelve_bytes_is_tolerated() -> None:
    for wrong in (-12, 12):
        header = parsed(wave(fmt_chunk(), chunk(b"data", AUDIO), size=36 + len(AUDIO) + wrong))
        assert (header.state, header.frames) == (HeaderState.COMPLETE, 2560)


def test_chunks_behind_the_audio_and_odd_sizes_are_walked_over() -> None:
    odd = chunk(b"data", AUDIO[:2561])
    raw = wave(
        chunk(b"JUNK", b"abc"), fmt_chunk(channels=1), odd, chunk(b"LIST", b"INFOodd"), chunk(b"bext", bytes(602))
    )
    header = parsed(raw)
    assert (header.state, header.frames) == (HeaderState.COMPLETE, 1280)
    assert [c.id for c in header.chunks] == ["JUNK", "fmt ", "data", "LIST", "bext"]


def test_a_forgotten_pad_byte_does_not_hide_the_next_chunk() -> None:
    unpadded = b"data" + struct.pack("<I", 2561) + AUDIO[:2561]
    header = parsed(wave(fmt_chunk(channels=1), unpadded, chunk(b"LIST", b"INFO")))
    assert [c.id for c in header.chunks] == ["fmt ", "data", "LIST"]
    assert header.state is HeaderState.COMPLETE


def test_padding_and_tags_behind_the_end_are_tolerated() -> None:
    for behind in (bytes(4096), b"TAG" + bytes(125)):
        header = parsed(wave(fmt_chunk(), chunk(b"data", AUDIO)) + behind)
        assert (header.state, header.frames) == (HeaderState.COMPLETE, 2560)


def test_missing_chunks_behind_whole_audio_count_as_cut_off() -> None:
    whole = wave(fmt_chunk(), chunk(b"data", AUDIO), chunk(b"LIST", b"INFO" + bytes(50_000)))
    assert parsed(whole).state is HeaderState.COMPLETE
    assert parsed(whole[:-20_000]).state is HeaderState.TRUNCATED


def test_a_streamed_size_goes_to_the_end_of_the_file() -> None:
    sox_size = 0x7FFFF000 - 0x7FFFF000 % 4
    for size in (0xFFFFFFFF, sox_size):
        header = parsed(wave(fmt_chunk(), chunk(b"data", AUDIO, size=size), size=0xFFFFFFFF))
        assert (header.state, header.frames, header.declared_bytes) == (HeaderState.NO_SIZE, 2560, None)


def test_rf64_without_its_ds64_is_being_written() -> None:
    raw = wave(chunk(b"JUNK", bytes(28)), fmt_chunk(), chunk(b"data", AUDIO, size=0xFFFFFFFF), magic=b"RF64")
    assert parsed(raw).state is HeaderState.WRITING
    assert parsed(raw.replace(b"JUNK", b"ds64")).state is HeaderState.WRITING


def test_rf64_of_more_than_four_gigabytes_is_measured(tmp_path: Path) -> None:
    frames = (5 << 30) // 4
    ds64 = struct.pack("<QQQI", frames * 4 + 72, frames * 4, frames, 0)
    head = wave(chunk(b"ds64", ds64), fmt_chunk(), b"data\xff\xff\xff\xff", size=0xFFFFFFFF, magic=b"RF64")
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + frames * 4)
    assert (read_header(path).state, read_header(path).frames) == (HeaderState.COMPLETE, frames)
    with path.open("rb+") as file:
        file.truncate(len(head) + frames * 2)
    assert (read_header(path).state, read_header(path).frames) == (HeaderState.TRUNCATED, frames // 2)


def test_a_wav_whose_size_went_round_past_four_gigabytes_is_read_whole(tmp_path: Path) -> None:
    data_bytes = (1 << 32) + 4000
    head = wave(fmt_chunk(), b"data" + struct.pack("<I", 4000), size=4036)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes)
    header = read_header(path)
    assert (header.state, header.frames) == (HeaderState.COMPLETE, data_bytes // 4)
    assert "4 GB" in header.note


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "error", "words"),
    [
        (b"", UnfinishedAudioError, "is empty"),
        (b"R", UnfinishedAudioError, "only 1 bytes"),
        (b"x", AudioError, "not an audio file"),
        (b"RIFF\x00\x00", UnfinishedAudioError, "only 6 bytes"),
        (bytes(100_000), UnfinishedAudioError, "begins with zeros"),
        (b"These are the lyrics of my song.\n" * 50, AudioError, "not an audio file"),
        ("Strophe eins\n".encode("utf-16") * 50, AudioError, "not an audio file"),
        (b"%PDF-1.7 and so on" * 10, UnsupportedAudioError, "a PDF file"),
        (b"MThd\x00\x00\x00\x06" + bytes(100), UnsupportedAudioError, "a MIDI file"),
        (b"RIFF\x24\x00\x00\x00AVI " + bytes(100), UnsupportedAudioError, "not WAVE"),
        (wave(fmt_chunk(tag=0x55), chunk(b"data", AUDIO)), UnsupportedAudioError, "MP3 in a WAV file"),
        (wave(fmt_chunk(rate_hz=0), chunk(b"data", AUDIO)), AudioError, "sample rate is 0 Hz"),
        (wave(fmt_chunk(rate_hz=4_000_000_000), chunk(b"data", AUDIO)), AudioError, "header is damaged"),
        (wave(fmt_chunk(rate_hz=4000), chunk(b"data", AUDIO)), UnsupportedAudioError, "8 kHz to 384 kHz"),
        (wave(fmt_chunk(channels=0), chunk(b"data", AUDIO)), AudioError, "0 channels"),
        (wave(fmt_chunk(channels=60_000, bits=8), chunk(b"data", AUDIO)), AudioError, "60000 channels"),
        (wave(fmt_chunk(block=7), chunk(b"data", AUDIO)), AudioError, "contradicts itself"),
        (wave(fmt_chunk(bits=13, block=2), chunk(b"data", AUDIO)), AudioError, "contradicts itself"),
        (wave(fmt_chunk(tag=3, bits=16), chunk(b"data", AUDIO)), AudioError, "contradicts itself"),
        (wave(chunk(b"data", AUDIO)), AudioError, "does not say what its samples are"),
        (wave(fmt_chunk(), chunk(b"LIST", b"INFO" + bytes(60))), AudioError, "without audio"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"no audio here" * 50, AudioError, "no audio"),
        (b"\xff\xf1\x50\x80" + bytes(500), UnsupportedAudioError, "another kind than layer III"),
    ],
)
def test_what_is_no_usable_audio_is_refused_with_a_sentence(raw: bytes, error: type[AudioError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        parsed(raw)
    assert type(caught.value) is error
    assert caught.value.sentence.startswith("Song.wav")
    assert caught.value.sentence.endswith(".")


def test_a_thousand_million_channels_are_refused() -> None:
    desc = struct.pack(">d4sIIIII", 44100.0, b"lpcm", 0, 2_000_000_000, 1, 1_000_000_000, 16)
    raw = b"caff\x00\x01\x00\x00desc" + struct.pack(">q", 32) + desc + b"data" + struct.pack(">q", 8) + bytes(8)
    with pytest.raises(AudioError, match="1000000000 channels"):
        parsed(raw)


def test_places_that_hold_no_file_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "nowhere.wav").symlink_to(tmp_path / "gone.wav")
    (tmp_path / "circle.wav").symlink_to(tmp_path / "circle.wav")
    cases = {
        tmp_path: "is a folder",
        tmp_path / "missing.wav": "There is no file",
        tmp_path / "nowhere.wav": "There is no file",
        tmp_path / "circle.wav": "points to itself",
        Path("/dev/zero"): "not an ordinary file",
        tmp_path / "a\0b.wav": "not a possible file name",
    }
    for path, words in cases.items():
        with pytest.raises(AudioError, match=words):
            read_header(path)


def test_a_file_that_may_not_be_read_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise())
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(AudioError, match="permission denied"):
            read_header(path)
    else:  # root reads everything but the memory of a process that is none of its own
        with pytest.raises(AudioError, match="cannot be read: "):
            read_header(Path("/proc/self/mem"))
