"""Whatever bytes come, a header is read, or an AudioError says why not; and whole files stay whole."""

import io
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.audio.headers import Header, HeaderState, parse_header
from bridge.audio.metadata import job_id_in, read_metadata
from bridge.audio.render import read_render
from bridge.errors import AudioError
from tests.audio.files import ffmpeg, grid_noise, written

KINDS = [("WAV", "PCM_24"), ("WAVEX", "FLOAT"), ("RF64", "PCM_16"), ("W64", "PCM_16"), ("AIFF", "PCM_16"),
         ("AIFF", "FLOAT"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"),
         ("OGG", "VORBIS"), ("OGG", "OPUS")]  # fmt: skip
MAGICS = [b"RIFF", b"RF64", b"riff", b"FORM", b"caff", b"fLaC", b"OggS\0", b"ID3\x04", b"\xff\xfb\x90\x64", b""]


@cache
def whole(format_: str, subtype: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder), grid_noise(3000), format_, subtype, 48000).read_bytes()


@cache
def whole_m4a() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), grid_noise(3000), rate_hz=48000)
        ffmpeg("-i", source, Path(folder) / "a.m4a")
        return (Path(folder) / "a.m4a").read_bytes()


def parsed_or_refused(raw: bytes) -> Header | None:
    try:
        header = parse_header(io.BytesIO(raw), "Song")
    except AudioError as error:
        assert error.sentence.endswith(".")  # noqa: PT017
        return None
    assert header.data_bytes <= header.file_bytes == len(raw)
    assert header.frames is None or header.frames >= 0
    assert 1 <= header.channels <= 1024
    assert 8000 <= header.sample_rate_hz <= 384_000
    return header


@given(st.sampled_from(MAGICS), st.binary(max_size=600))
@example(b"", bytes(600))
@settings(deadline=None)
def test_random_bytes_are_read_or_refused(magic: bytes, raw: bytes) -> None:
    parsed_or_refused(magic + raw)


@pytest.mark.parametrize(("format_", "subtype"), KINDS)
@given(
    edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    cut=st.none() | st.integers(0, 9000),
)
@settings(max_examples=60, deadline=None)
def test_changed_bytes_in_the_header_are_read_or_refused(
    format_: str, subtype: str, edits: list[tuple[int, int]], cut: int | None
) -> None:
    raw = bytearray(whole(format_, subtype))
    for place, value in edits:
        raw[place % len(raw)] = value
    parsed_or_refused(bytes(raw[:cut]))


@given(
    edits=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8),
    cut=st.none() | st.integers(0, 4000),
)
@settings(max_examples=60, deadline=None)
def test_changed_bytes_in_an_m4a_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    raw = bytearray(whole_m4a())
    for place, value in edits:
        raw[place % len(raw)] = value
    parsed_or_refused(bytes(raw[:cut]))


@pytest.mark.parametrize(("format_", "subtype"), KINDS)
@given(length=st.integers(0, 1 << 20))
@settings(max_examples=40, deadline=None)
def test_no_part_of_a_file_passes_for_the_whole(format_: str, subtype: str, length: int) -> None:
    raw = whole(format_, subtype)
    header = parsed_or_refused(raw[: length % len(raw)])
    if header is not None and header.state is HeaderState.COMPLETE:
        # chunks behind the audio, pad bytes and a tag's last bytes may miss, audio may not
        assert header.frames == parse_header(io.BytesIO(raw), "Song").frames
        assert header.declared_bytes is None or header.data_bytes == header.declared_bytes


@given(
    kind=st.sampled_from(KINDS),
    edits=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), max_size=12),
    cut=st.none() | st.integers(0, 9000),
)
@settings(max_examples=150, deadline=None)
def test_renders_and_metadata_of_changed_files_are_read_or_refused(
    kind: tuple[str, str], edits: list[tuple[int, int]], cut: int | None
) -> None:
    raw = bytearray(whole(*kind))
    for place, value in edits:
        raw[place % len(raw)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Song"
        path.write_bytes(raw[:cut])
        for read in (read_render, read_metadata, job_id_in):
            try:
                read(path)
            except AudioError as error:
                assert error.sentence.endswith(".")  # noqa: PT017
