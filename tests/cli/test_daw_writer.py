"""The demo's DAW writes as real renderers do."""

import struct
import time
from pathlib import Path

import numpy as np
import pytest

from bridge.audio.headers import HeaderState, read_header
from bridge.audio.metadata import read_metadata
from bridge.audio.read import read_audio
from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import ORIGINATOR, write_like_a_daw
from bridge.errors import AudioError
from bridge.model import BitDepth, FileFormat
from tests.signals import sine, white_noise

RATE_HZ = 48000


@pytest.fixture
def samples() -> Samples:
    """Two seconds, on the grid of 24 bits."""
    noise = white_noise(2.0, RATE_HZ)
    return (np.rint(noise * 2**23) / 2**23).astype(np.float32)


def sizes(path: Path) -> tuple[int, int]:
    """RIFF size and data size, as the header says."""
    head = path.read_bytes()[:4096]
    (riff_bytes,) = struct.unpack_from("<I", head, 4)
    (data_bytes,) = struct.unpack_from("<I", head, head.index(b"data") + 4)
    return riff_bytes, data_bytes


def test_the_finished_bounce_is_an_exact_wave_file(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "Song.wav"
    write_like_a_daw(path, samples, RATE_HZ)
    assert sizes(path) == (path.stat().st_size - 8, samples.size * 3)
    header = read_header(path)
    assert header.state is HeaderState.COMPLETE
    render = read_render(path)
    assert (render.format, render.bit_depth) == (FileFormat.WAV, BitDepth.PCM_24)
    assert (render.sample_rate_hz, render.channels, render.frames) == (RATE_HZ, 2, samples.shape[1])


def test_samples_on_the_grid_come_back_exactly(tmp_path: Path, samples: Samples) -> None:
    write_like_a_daw(tmp_path / "Song.wav", samples, RATE_HZ, duration_s=0.05)
    assert np.array_equal(read_audio(tmp_path / "Song.wav").samples, samples)


def test_an_odd_number_of_bytes_is_padded(tmp_path: Path) -> None:
    path = tmp_path / "Mono.wav"
    write_like_a_daw(path, sine(440, 1.0, RATE_HZ)[:, :1001], RATE_HZ)
    assert sizes(path) == (path.stat().st_size - 8, 3003)
    assert path.stat().st_size % 2 == 0
    assert read_header(path).state is HeaderState.COMPLETE


def test_while_it_grows_its_header_says_that_nothing_is_there_yet(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "Song.wav"
    seen: list[tuple[tuple[int, int], int, HeaderState]] = []

    def look(_: float) -> None:
        seen.append((sizes(path), path.stat().st_size, read_header(path).state))

    write_like_a_daw(path, samples, RATE_HZ, 0.3, look)
    assert len(seen) >= 5
    assert {said for said, _, _ in seen} == {(8, 0)}
    assert {state for _, _, state in seen} == {HeaderState.WRITING}
    grown = [size for _, size, _ in seen]
    assert grown == sorted(set(grown))


def test_it_takes_as_long_as_asked_and_tells_how_far_it_is(tmp_path: Path, samples: Samples) -> None:
    told: list[float] = []
    started_s = time.monotonic()
    write_like_a_daw(tmp_path / "Song.wav", samples, RATE_HZ, 0.4, told.append)
    assert time.monotonic() - started_s >= 0.39
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_bounce_over_an_old_one_leaves_nothing_of_it(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "Song.wav"
    write_like_a_daw(path, samples, RATE_HZ)
    write_like_a_daw(path, samples[:, :1000], RATE_HZ)
    assert sizes(path) == (path.stat().st_size - 8, 6000)


def test_it_says_who_wrote_it_and_where_in_the_session_it_belongs(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "Song.wav"
    write_like_a_daw(path, samples, RATE_HZ)
    bext = read_metadata(path).bext
    assert bext is not None
    assert bext.originator == ORIGINATOR == "daw-bridge demo"
    assert bext.time_reference_frames == 3600 * RATE_HZ
    assert read_render(path).time_reference_frames == 3600 * RATE_HZ
    assert len(bext.origination_date) == 10
    assert len(bext.origination_time) == 8


def test_what_is_beyond_full_scale_clips_as_in_any_bounce(tmp_path: Path) -> None:
    write_like_a_daw(tmp_path / "Hot.wav", np.array([[-2.0, 0.5, 2.0]], np.float32), RATE_HZ)
    assert read_audio(tmp_path / "Hot.wav").samples.tolist() == [[-1.0, 0.5, 1 - 2**-23]]


def test_an_empty_song_is_an_empty_wave_file(tmp_path: Path) -> None:
    path = tmp_path / "Empty.wav"
    write_like_a_daw(path, np.zeros((2, 0), np.float32), RATE_HZ)
    assert sizes(path) == (path.stat().st_size - 8, 0)


def test_what_is_no_number_cannot_be_bounced(tmp_path: Path) -> None:
    broken = np.array([[0.0, np.nan]], np.float32)
    with pytest.raises(AudioError, match=r"Song\.wav cannot be bounced"):
        write_like_a_daw(tmp_path / "Song.wav", broken, RATE_HZ)
    assert not (tmp_path / "Song.wav").exists()
