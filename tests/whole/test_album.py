"""An album by watch folder, with the real daemon."""

from pathlib import Path

import pytest

from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of
from bridge.model import JobState
from bridge.reports.document import read_album
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess


@pytest.fixture(scope="module")
def mixes() -> list[Samples]:
    return [mix_of(make_song(number, 6.0, 44100)) for number in (1, 2, 3)]


def album_watch(tmp_path: Path) -> BridgeProcess:
    watch = {"folder": str(tmp_path / "Session/Renders"), "recipe": {"do": "album"}, "album_quiet_s": 1.0}
    return BridgeProcess(tmp_path, watch=[watch])


def drop_record(bridge: BridgeProcess, mixes: list[Samples]) -> None:
    folder = bridge.renders / "Aurora"
    folder.mkdir()
    for number, mix in enumerate(mixes, start=1):
        write_like_a_daw(folder / f"{number:02} Song.wav", mix, 44100, duration_s=0.0)


def first_song_of_a_record(bridge: BridgeProcess, mixes: list[Samples]) -> tuple[Path, Path]:
    """Where the songs of a dropped record come back, and the report of the first, as soon as it is there."""
    drop_record(bridge, mixes)
    folder = bridge.returns / "Aurora"
    return folder, wait_until(lambda: sorted(folder.glob("*.report.json")), 120, "the first song")[0]


def test_a_record_dropped_into_the_watch_folder_comes_back_and_a_kill_in_the_middle_costs_no_song(
    tmp_path: Path, mixes: list[Samples]
) -> None:
    with album_watch(tmp_path) as bridge:
        folder, first = first_song_of_a_record(bridge, mixes)
        stood = first.stat().st_mtime_ns
        bridge.kill()
        bridge.start()
        (job,) = bridge.wait_for_jobs(1)
        assert job.state is JobState.DONE, job.error
        report = read_album((folder / "Aurora [album].album.json").read_text())
        assert [song.name for song in report.songs] == ["01 Song", "02 Song", "03 Song"]
        assert (folder / "Aurora [album].album.html").is_file()
        assert first.stat().st_mtime_ns == stood
        assert not list(folder.glob("*(2)*"))
        wait_until(lambda: not (bridge.returns / ".dawbridge").exists(), 10, "the work folder to be swept")


def test_a_cancelled_record_says_which_songs_are_finished_and_a_retry_goes_on_with_the_others(
    tmp_path: Path, mixes: list[Samples]
) -> None:
    with album_watch(tmp_path) as bridge:
        folder, first = first_song_of_a_record(bridge, mixes)
        (job,) = bridge.jobs()
        assert bridge.run("jobs", "cancel", job.id).returncode == 0
        cancelled = bridge.wait_for_state(JobState.CANCELLED)
        stood = first.stat().st_mtime_ns
        assert cancelled.error is not None
        assert cancelled.error.code == "album_unfinished"
        assert f"finished in {folder}, each with its report: 01 Song" in cancelled.error.sentence
        assert f"`dawbridge jobs retry {job.id}` goes on" in cancelled.error.sentence
        assert "01 Song" in bridge.run("jobs", "show", job.id).stdout
        assert bridge.run("jobs", "retry", job.id).returncode == 0
        (done,) = bridge.wait_for_jobs(1)
        assert (done.state, done.error) == (JobState.DONE, None)
        assert first.stat().st_mtime_ns == stood
        assert (folder / "Aurora [album].album.html").is_file()
