"""A file is delivered only if it gives back what was written; what was read off the signal is then true of the file."""

from pathlib import Path

import pytest

from bridge.audio.metadata import Metadata
from bridge.audio.read import open_audio, require_held
from bridge.audio.render import file_digest
from bridge.audio.signal import Audio
from bridge.audio.write import OutputSpec, write_audio
from bridge.delivery import prepare
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.measures import analyze
from bridge.errors import DeliveryError
from bridge.model import Assignment
from bridge.pipeline import written
from bridge.pipeline.run import Run
from bridge.pipeline.written import FileOrder, only_measured, write_held
from bridge.recipes import OutputFormat
from tests.audio.files import grid_noise
from tests.values import a_request

RATE_HZ = 44100
SIGNAL = Audio(grid_noise(3 * RATE_HZ, bits=24, gain=0.4), RATE_HZ)


def order_of(path: Path, format_: OutputFormat = OutputFormat.WAV) -> FileOrder:
    """The signal as a file, with room above it."""
    return FileOrder(path, OutputSpec(format_), Metadata(), ceiling_dbtp=0.0)


def a_run(folder: Path) -> Run:
    """A job in whose work folder files may be written."""
    request = a_request(folder)
    return Run(Assignment(job_id="job", request=request, work_folder=prepare(request, "job")), lambda progress: None)


@pytest.mark.parametrize("format_", [OutputFormat.WAV, OutputFormat.AIFF, OutputFormat.FLAC])
def test_what_is_said_of_a_file_is_what_a_reader_of_the_file_finds(tmp_path: Path, format_: OutputFormat) -> None:
    path = tmp_path / "out"
    held = write_held(a_run(tmp_path), order_of(path, format_), SIGNAL, analyze, to_nobody)
    assert held.staged.digest == file_digest(path)
    with open_audio(path) as file:
        assert held.after == analyze(file)


def test_a_lossy_file_is_read_as_it_stands_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "out"
    held = write_held(a_run(tmp_path), order_of(path, OutputFormat.OGG), SIGNAL, only_measured, to_nobody)
    with open_audio(path) as file:
        assert held.after == only_measured(file, to_nobody)


def corrupted(path: Path, place: int) -> None:
    """The file with one bit turned over."""
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_disk_that_turns_a_bit_over_is_noticed_and_nothing_is_released(
    tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.wav"

    def bad_disk(path: Path, signal: Audio, spec: OutputSpec, metadata: Metadata) -> None:
        write_audio(path, signal, spec, metadata)
        corrupted(path, round(share * path.stat().st_size))

    monkeypatch.setattr(written, "write_audio", bad_disk)
    with pytest.raises(DeliveryError, match=r"out\.wav does not give back what was written"):
        write_held(a_run(tmp_path), order_of(path), SIGNAL, only_measured, to_nobody)


@pytest.mark.parametrize(
    "other",
    [Audio(SIGNAL.samples[:, :-1], RATE_HZ), Audio(SIGNAL.samples[:1], RATE_HZ), Audio(SIGNAL.samples, 48000)],
    ids=["shorter", "mono", "another rate"],
)
def test_a_file_of_another_shape_does_not_hold_the_signal(tmp_path: Path, other: Audio) -> None:
    path = tmp_path / "out.wav"
    write_audio(path, SIGNAL, OutputSpec(OutputFormat.WAV), Metadata())
    with open_audio(path) as file:
        require_held(file, SIGNAL)
        with pytest.raises(DeliveryError):
            require_held(file, other)
