from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.read import decoded_digest, open_audio, read_audio
from bridge.audio.signal import Audio, Samples
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from tests.audio.files import chunk, ffmpeg, fmt_chunk, grid_noise, wave, written
from tests.signals import StreamedSignal, silence, sine

LOSSLESS = [
    ("WAV", "PCM_U8", 8),
    ("WAV", "PCM_16", 16),
    ("WAV", "PCM_24", 24),
    ("WAV", "PCM_32", 24),
    ("WAV", "FLOAT", 24),
    ("WAV", "DOUBLE", 24),
    ("WAVEX", "PCM_24", 24),
    ("RF64", "PCM_24", 24),
    ("W64", "PCM_24", 24),
    ("AIFF", "PCM_S8", 8),
    ("AIFF", "PCM_16", 16),
    ("AIFF", "PCM_24", 24),
    ("AIFF", "FLOAT", 24),
    ("AIFF", "DOUBLE", 24),
    ("CAF", "PCM_16", 16),
    ("CAF", "PCM_24", 24),
    ("CAF", "FLOAT", 24),
    ("FLAC", "PCM_16", 16),
    ("FLAC", "PCM_24", 24),
]


def write_exactly(folder: Path, samples: Samples, format_: str, subtype: str, rate_hz: int) -> Path:
    """By libsndfile from whole numbers: from floats it scales by 2^n - 1."""
    whole = np.round(samples.astype(np.float64) * 2.0**31).astype(np.int32).T
    path = folder / "a.x"
    is_float = subtype in {"FLOAT", "DOUBLE"}
    data = np.ascontiguousarray(samples.T if is_float else whole)
    soundfile.write(path, data, rate_hz, subtype, format=format_)
    return path


@pytest.mark.parametrize(("format_", "subtype", "bits"), LOSSLESS)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_lossless_files_give_exactly_what_was_written(
    tmp_path: Path, format_: str, subtype: str, bits: int, channels: int
) -> None:
    samples = grid_noise(5000, channels, bits)
    path = write_exactly(tmp_path, samples, format_, subtype, 48000)
    audio = read_audio(path)
    assert audio.sample_rate_hz == 48000
    assert audio.samples.dtype == np.float32
    assert audio.samples.flags.c_contiguous
    np.testing.assert_array_equal(audio.samples, samples)


@pytest.mark.parametrize("order", ["", "NONE", "sowt", "fl32", "fl64", "in24", "23ni"])
def test_aiff_c_of_every_plain_kind_is_read(tmp_path: Path, order: str) -> None:
    codec = {"": "pcm_s16be", "NONE": "pcm_s16be", "sowt": "pcm_s16le", "fl32": "pcm_f32be", "fl64": "pcm_f64be",
             "in24": "pcm_s24be", "23ni": "pcm_s24be"}[order]  # fmt: skip
    source = write_exactly(tmp_path, grid_noise(1000), "WAV", "PCM_16", 44100)
    ffmpeg("-i", source, "-c:a", codec, "-f", "aiff", tmp_path / "b.aif")
    np.testing.assert_array_equal(read_audio(tmp_path / "b.aif").samples, grid_noise(1000))


@pytest.mark.parametrize(
    "rate_hz", [8000, 11025, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000, 352800, 384000]
)
def test_every_rate_from_8_to_384_khz_is_read(tmp_path: Path, rate_hz: int) -> None:
    for format_, subtype in (("WAV", "PCM_24"), ("AIFF", "PCM_24"), ("CAF", "PCM_24"), ("FLAC", "PCM_24")):
        audio = read_audio(write_exactly(tmp_path, grid_noise(500), format_, subtype, rate_hz))
        assert (audio.sample_rate_hz, audio.frames) == (rate_hz, 500)


@pytest.mark.parametrize(
    ("frames", "channels"), [(1, 1), (1, 2), (2, 6), (65_535, 1), (65_536, 2), (65_537, 2), (262_145, 1)]
)
def test_any_length_is_read_to_its_last_frame(tmp_path: Path, frames: int, channels: int) -> None:
    samples = grid_noise(frames, channels, 24)
    for format_ in ("WAV", "AIFF", "FLAC"):
        path = write_exactly(tmp_path, samples, format_, "PCM_24", 44100)
        np.testing.assert_array_equal(read_audio(path).samples, samples)


def test_silence_stays_silent(tmp_path: Path) -> None:
    assert not read_audio(written(tmp_path, silence(0.1, 44100))).samples.any()


def test_floats_beyond_full_scale_and_the_smallest_ones_are_kept(tmp_path: Path) -> None:
    samples = np.array([[2.62, -1530.0, 1e-40, -0.0, 3.4e38]], np.float32)
    np.testing.assert_array_equal(read_audio(written(tmp_path, samples, "WAV", "FLOAT")).samples, samples)


def test_samples_go_where_the_caller_says_and_progress_is_told(tmp_path: Path) -> None:
    path = write_exactly(tmp_path, grid_noise(600_000), "WAV", "PCM_16", 44100)
    room = np.empty((2, 600_000), np.float32)
    told: list[float] = []
    audio = read_audio(path, lambda _channels, _frames: room, told.append)
    assert audio.samples is room
    assert told == sorted(told)
    assert told[-1] == 1.0


# --- Block by block ---------------------------------------------------------------------------------------------------

KINDS = [("WAV", "PCM_24"), ("AIFF", "FLOAT"), ("CAF", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"),
         ("OGG", "VORBIS"), ("OGG", "OPUS")]  # fmt: skip


@pytest.mark.parametrize(("format_", "subtype"), KINDS)
def test_reading_anywhere_gives_what_reading_through_gives(tmp_path: Path, format_: str, subtype: str) -> None:
    path = written(tmp_path, grid_noise(60_000), format_, subtype, 48000)
    whole = read_audio(path).samples
    draw = np.random.default_rng(3)
    with open_audio(path) as file:
        for _ in range(25):
            start, frames = int(draw.integers(0, 60_000)), int(draw.integers(1, 9000))
            np.testing.assert_array_equal(file.read(start, frames), whole[:, start : start + frames])
        assert file.read(60_000, 10).shape == (2, 0)
        assert file.read(70_000, 10).shape == (2, 0)


@pytest.mark.parametrize("bitrate_mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
@pytest.mark.parametrize("block_frames", [1000, 4096, 65_536])
def test_block_size_does_not_change_an_mp3(tmp_path: Path, bitrate_mode: str, block_frames: int) -> None:
    """Through soundfile it does: it seeks after every read, to another frame where the bit rate varies."""
    path = tmp_path / "a.mp3"
    tone = np.ascontiguousarray((sine(440, 3.0, 44100, -6, 2) * np.linspace(0, 1, 132_300, dtype=np.float32)).T)
    soundfile.write(path, tone, 44100, "MPEG_LAYER_III", bitrate_mode=bitrate_mode, compression_level=0.3)
    with soundfile.SoundFile(path) as file:
        at_once = file.read(dtype="float32").T
    with open_audio(path) as file:
        blocks = [file.read(start, block_frames) for start in range(0, file.frames, block_frames)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), at_once)


@given(spans=st.lists(st.tuples(st.integers(0, 3100), st.integers(0, 3100)), max_size=6))
@settings(max_examples=30, deadline=None)
def test_any_span_of_plain_samples_is_right(
    spans: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    samples = grid_noise(3000, 3, 24)
    path = write_exactly(tmp_path_factory.mktemp("span"), samples, "WAV", "PCM_24", 44100)
    with open_audio(path) as file:
        for start, frames in spans:
            np.testing.assert_array_equal(file.read(start, frames), samples[:, start : start + frames])


def test_several_threads_may_read_one_file(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise(100_000), "FLAC")
    whole = read_audio(path).samples
    with open_audio(path) as file, ThreadPoolExecutor(4) as threads:
        starts = list(range(0, 100_000, 7919)) * 3
        blocks = threads.map(file.read, starts, [7919] * len(starts))
        for start, block in zip(starts, blocks, strict=True):
            np.testing.assert_array_equal(block, whole[:, start : start + 7919])


# --- Lossy: exact start and length ------------------------------------------------------------------------------------


def encoded_by(folder: Path, source: Path, how: str) -> Path:
    samples, rate_hz = soundfile.read(source, dtype="float32")
    kind, _, options = how.partition(" ")
    out = folder / f"out.{options.split()[0] if kind == 'ffmpeg' else how.split()[1]}"
    if kind == "ffmpeg":
        ffmpeg("-i", source, *options.split()[1:], out)
    else:
        subtype = {"mp3": "MPEG_LAYER_III", "ogg": "VORBIS", "opus": "OPUS"}[options.split()[0]]
        mode = options.split()[1] if " " in options else None
        container = "MP3" if subtype[0] == "M" else "OGG"
        soundfile.write(out, samples, rate_hz, subtype, format=container, bitrate_mode=mode)
    return out


@pytest.mark.parametrize(
    "how",
    [
        "ffmpeg mp3 -b:a 192k",
        "ffmpeg mp3 -q:a 4",
        "ffmpeg mp3 -b:a 320k -id3v2_version 3",
        "ffmpeg ogg -c:a libvorbis",
        "ffmpeg opus -c:a libopus -b:a 192k",
        "ffmpeg m4a -b:a 192k",
        "ffmpeg m4a -c:a alac",
        "soundfile mp3 CONSTANT",
        "soundfile mp3 VARIABLE",
        "soundfile ogg",
        "soundfile opus",
    ],
)
@pytest.mark.parametrize("frames", [30_007, 48_000])
def test_lossy_files_start_and_end_exactly_where_the_signal_did(tmp_path: Path, how: str, frames: int) -> None:
    samples = sine(997, frames / 48000, 48000, -12, 2)
    clicks = (0, frames // 2, frames - 1)
    samples[:, clicks] = 0.9
    source = written(tmp_path, samples, rate_hz=48000)
    decoded = read_audio(encoded_by(tmp_path, source, how)).samples
    assert decoded.shape == samples.shape
    lags = np.arange(-200, 201)
    inner = slice(2000, frames - 2000)
    likeness = [float(np.vdot(samples[0, inner], np.roll(decoded[0], -lag)[inner])) for lag in lags]
    assert int(lags[int(np.argmax(likeness))]) == 0
    assert np.abs(decoded - samples)[:, inner].mean() < 0.01


def test_an_mp3_without_a_gap_tag_is_read_to_its_real_end(tmp_path: Path) -> None:
    source = written(tmp_path, sine(440, 2.0, 44100, -6, 2))
    ffmpeg("-i", source, "-write_xing", "0", tmp_path / "b.mp3")
    with open_audio(tmp_path / "b.mp3") as file:
        assert file.read(0, 1 << 20).shape[1] == file.frames
        assert 0 <= file.frames - 88_200 <= 3 * 1152
        assert "no gap tag" in file.header.note


def test_m4a_without_ffmpeg_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = written(tmp_path, grid_noise(5000))
    ffmpeg("-i", source, tmp_path / "b.m4a")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        UnsupportedAudioError, match=r"holds AAC or Apple Lossless.*install ffmpeg, or bounce the song as WAV"
    ):
        open_audio(tmp_path / "b.m4a")


def test_a_decoded_m4a_leaves_nothing_in_the_scratch_folder(tmp_path: Path) -> None:
    source = written(tmp_path, grid_noise(5000))
    ffmpeg("-i", source, tmp_path / "b.m4a")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_audio(tmp_path / "b.m4a", scratch) as file:
        assert file.frames == 5000
    assert not list(scratch.iterdir())


# --- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"), [(np.nan, "3 samples that are not a number"), (np.inf, "3 samples"), (-np.inf, "3 samples")]
)
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_numbers_are_counted_and_placed(
    tmp_path: Path, value: float, words: str, subtype: str
) -> None:
    samples = grid_noise(400_000)
    samples[1, 44_100] = samples[0, 300_000] = samples[1, 300_000] = value
    path = written(tmp_path, samples, "WAV", subtype)
    with pytest.raises(AudioError, match=rf"{words}.*first at 0:01\.0"):
        read_audio(path)
    with open_audio(path) as file:
        file.read(0, 44_100)
        with pytest.raises(AudioError, match=words):
            file.read(44_100, 10)


def test_one_infinite_sample_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([0.0, 1e300]), 44100, "DOUBLE")
    with pytest.raises(AudioError, match=r"1 sample that is not a number or infinite, the first at 0:00\.0"):
        read_audio(path)


def test_a_sum_that_overflows_is_no_wrong_sample(tmp_path: Path) -> None:
    samples = np.full((1, 100), 3e38, np.float32)
    np.testing.assert_array_equal(read_audio(written(tmp_path, samples, "WAV", "FLOAT")).samples, samples)


def saved(folder: Path, raw: bytes) -> Path:
    path = folder / "Song.wav"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", UnfinishedAudioError),
        (b"lyrics, not audio at all", AudioError),
        (wave(fmt_chunk(), chunk(b"data", b"")), UnfinishedAudioError),
        (wave(fmt_chunk(), chunk(b"data", b"\0")), AudioError),
        (wave(fmt_chunk(), chunk(b"data", bytes(4000), size=9000)), UnfinishedAudioError),
        (wave(fmt_chunk(), chunk(b"data", bytes(4000), size=0)), UnfinishedAudioError),
        (wave(fmt_chunk(block=3), chunk(b"data", bytes(4000))), AudioError),
    ],
)
def test_files_without_usable_audio_are_refused(tmp_path: Path, raw: bytes, error: type[AudioError]) -> None:
    with pytest.raises(error) as caught:
        read_audio(saved(tmp_path, raw))
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(("format_", "subtype"), [("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS")])
def test_damage_in_the_middle_is_an_error_and_no_gap(tmp_path: Path, format_: str, subtype: str) -> None:
    path = written(tmp_path, grid_noise(200_000), format_, subtype)
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 3000] = b"\x55" * 3000
    path.write_bytes(raw)
    with pytest.raises(AudioError, match="damaged"):
        read_audio(path)


def test_a_file_that_becomes_shorter_while_it_is_read_is_unfinished(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise(100_000))
    with open_audio(path) as file:
        file.read(0, 100)
        with path.open("rb+") as other:
            other.truncate(1000)
        with pytest.raises(UnfinishedAudioError, match="became shorter"):
            file.read(0, 100_000)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.wav"):
        with pytest.raises(AudioError):
            open_audio(path)


# --- Digest -----------------------------------------------------------------------------------------------------------


def test_the_decoded_digest_is_that_of_the_signal_and_not_of_the_container(tmp_path: Path) -> None:
    samples = grid_noise(100_000)
    digests = {decoded_digest(Audio(samples, 44100)), decoded_digest(StreamedSignal(Audio(samples, 44100), 777))}
    for format_ in ("WAV", "AIFF", "FLAC", "CAF"):
        with open_audio(write_exactly(tmp_path, samples, format_, "PCM_16", 44100)) as file:
            digests.add(decoded_digest(file))
    assert len(digests) == 1


def test_another_signal_has_another_digest() -> None:
    x = grid_noise(1000)
    others = [
        Audio(x, 48000),
        Audio(x[::-1], 44100),
        Audio(x[:, :-1], 44100),
        Audio(x.reshape(1, -1), 44100),
        Audio(np.nextafter(x, np.float32(1)), 44100),
    ]
    assert len({decoded_digest(audio) for audio in [Audio(x, 44100), *others]}) == 6


def test_an_open_file_does_not_keep_a_lock_after_an_error(tmp_path: Path) -> None:
    samples = grid_noise(1000)
    samples[0, 500] = np.nan
    with open_audio(written(tmp_path, samples, "WAV", "FLOAT")) as file:
        with pytest.raises(AudioError):
            file.read(0, 1000)
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(file.read, 0, 100).result(timeout=10).shape == (2, 100)
