import hashlib
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.audio.render import file_digest, read_render
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat, Limits
from tests.audio.files import chunk, fmt_chunk, grid_noise, wave, written

AUDIO = bytes(4000)


def saved(folder: Path, raw: bytes) -> Path:
    path = folder / "Song.wav"
    path.write_bytes(raw)
    return path


def test_a_render_tells_what_the_file_is(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise(4800, 2, bits=24), subtype="PCM_24", rate_hz=96000)
    render = read_render(path)
    assert (render.format, render.bit_depth, render.sample_rate_hz) == (FileFormat.WAV, BitDepth.PCM_24, 96000)
    assert (render.channels, render.frames, render.duration_s) == (2, 4800, 0.05)
    assert (render.size_bytes, render.mtime_ns) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert render.digest == file_digest(path) == hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    assert render.time_reference_frames is None


def test_the_time_reference_comes_from_bext_and_else_from_ixml(tmp_path: Path) -> None:
    frames = (7 << 32) + 5
    bext = bytes(338) + struct.pack("<Q", frames) + bytes(256)
    ixml = (
        b"<BWFXML><SPEED><TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>1</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
        b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>9</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO></SPEED></BWFXML>"
    )
    data = chunk(b"data", AUDIO)
    both = saved(tmp_path, wave(chunk(b"bext", bext), fmt_chunk(), data, chunk(b"iXML", ixml)))
    assert read_render(both).time_reference_frames == frames
    only_ixml = saved(tmp_path, wave(fmt_chunk(), data, chunk(b"iXML", ixml)))
    assert read_render(only_ixml).time_reference_frames == (1 << 32) + 9
    damaged = saved(tmp_path, wave(fmt_chunk(), data, chunk(b"iXML", ixml[:-20])))
    assert read_render(damaged).time_reference_frames is None


@pytest.mark.parametrize(
    ("raw", "error", "words"),
    [
        (b"", UnfinishedAudioError, "is empty"),
        (wave(fmt_chunk(), chunk(b"data", b""), size=8), UnfinishedAudioError, "a header and no audio"),
        (wave(fmt_chunk(), chunk(b"data", AUDIO, size=0), size=8), UnfinishedAudioError, "never closed"),
        (wave(fmt_chunk(), chunk(b"data", AUDIO, size=8000)), UnfinishedAudioError, "4.0 kB of audio is missing"),
        (wave(fmt_chunk(), chunk(b"data", b"\1\2")), AudioError, "holds no audio"),
        (b"no audio, only words", AudioError, "not an audio file"),
    ],
)
def test_what_cannot_be_worked_on_is_refused(tmp_path: Path, raw: bytes, error: type[AudioError], words: str) -> None:
    with pytest.raises(error, match=words):
        read_render(saved(tmp_path, raw))


def test_limits_are_named_in_the_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise(441_000, 3), rate_hz=44100)
    with pytest.raises(UnsupportedAudioError, match=r"3 channels.*limits\.channels_max"):
        read_render(path, Limits(channels_max=2))
    with pytest.raises(UnsupportedAudioError, match=r"0:10\.0; at most 0\.1 minutes.*limits\.duration_max_min"):
        read_render(path, Limits(duration_max_min=0.1))
    with pytest.raises(UnsupportedAudioError, match=r"2\.6 MB; at most 0\.001 GB.*limits\.file_max_gb"):
        read_render(path, Limits(file_max_gb=0.001))


def test_a_three_hour_file_is_refused_where_the_limit_is_two_hours(tmp_path: Path) -> None:
    data_bytes = 3 * 3600 * 8000
    path = tmp_path / "long.wav"
    head = wave(
        fmt_chunk(channels=1, bits=8, rate_hz=8000), b"data" + struct.pack("<I", data_bytes), size=36 + data_bytes
    )
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes)
    with pytest.raises(UnsupportedAudioError, match="lasts 3:00:00"):
        read_render(path, Limits(duration_max_min=120))
    assert read_render(path).frames == data_bytes


def test_one_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    path = written(tmp_path, grid_noise(1000))
    before = read_render(path).digest
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert read_render(path).digest != before


def test_a_file_that_changes_while_it_is_read_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    data_bytes = 200_000_000
    with path.open("wb") as file:
        file.write(wave(fmt_chunk(), b"data" + struct.pack("<I", data_bytes), size=36 + data_bytes))
        file.truncate(44 + data_bytes)
    stop = threading.Event()

    def touch_until_told() -> None:
        tick = 0
        while not stop.wait(0.002):
            tick += 1
            os.utime(path, ns=(tick, tick))

    writer = threading.Thread(target=touch_until_told)
    writer.start()
    try:
        with pytest.raises(UnfinishedAudioError, match="changed while it was read"):
            read_render(path)
        with pytest.raises(UnfinishedAudioError, match="changed while it was read"):
            file_digest(path)
    finally:
        stop.set()
        writer.join()
    assert read_render(path).frames == data_bytes // 4


def test_headers_renders_and_metadata_load_nothing_heavy() -> None:
    look = (
        "import sys, bridge.audio.headers, bridge.audio.render, bridge.audio.metadata;"
        "print(*sorted({'numpy', 'soundfile', 'scipy', 'numba', 'torch'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == ""
