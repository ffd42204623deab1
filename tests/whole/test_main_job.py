"""A bounce dropped in a folder comes back mastered, with a report: the real daemon, as its user meets it."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from bridge.audio.metadata import job_id_in, read_metadata
from bridge.audio.read import open_audio
from bridge.audio.render import read_render
from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.measures import true_peak_dbtp
from bridge.model import BitDepth, Grouping, JobState
from bridge.reports import report_schema
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess
from tests.whole.conftest import MixFile

MASTER = "Song/Song [streaming].wav"


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeProcess]:
    with BridgeProcess(tmp_path_factory.mktemp("bridge")) as bridge:
        yield bridge


@pytest.fixture(scope="module")
def mastered(bridge: BridgeProcess, mix_file: MixFile) -> Path:
    """The return folder after one bounce that grew like a DAW's."""
    write_like_a_daw(bridge.renders / "Song.wav", mix_file.samples, mix_file.sample_rate_hz, duration_s=0.5)
    wait_until((bridge.returns / "Song/Song [streaming].report.json").exists, 60, "the report, which comes last")
    wait_until(lambda: bridge.job("Song").state is JobState.DONE, 10, "the end of the job")
    return bridge.returns


def test_a_growing_bounce_comes_back_as_one_master_with_its_reports(bridge: BridgeProcess, mastered: Path) -> None:
    assert sorted(path.name for path in (mastered / "Song").iterdir()) == [
        "Song [streaming].markers.mid",
        "Song [streaming].report.html",
        "Song [streaming].report.json",
        "Song [streaming].wav",
    ]
    assert {Path(name).parts[0] for name in bridge.returned()} <= {job.request.name for job in bridge.jobs()}


def test_the_master_reaches_its_target_and_stays_under_its_ceiling(mastered: Path) -> None:
    report = json.loads((mastered / "Song/Song [streaming].report.json").read_text())
    assert report["after"]["integrated_lufs"] == pytest.approx(-14, abs=0.1)
    with open_audio(mastered / MASTER) as master:
        peak_dbtp = true_peak_dbtp(master, oversample=64)
    assert peak_dbtp is not None
    assert peak_dbtp <= -1.0


def test_rate_bit_depth_length_and_metadata_are_the_mixs_own(mastered: Path, mix_file: MixFile) -> None:
    mix, master = read_render(mix_file.path), read_render(mastered / MASTER)
    assert (master.sample_rate_hz, master.bit_depth, master.channels) == (44100, BitDepth.PCM_24, 2)
    assert master.frames == mix.frames
    assert master.time_reference_frames == mix.time_reference_frames
    assert mix.time_reference_frames is not None
    assert read_metadata(mastered / MASTER).bext is not None


def test_the_report_fits_its_schema_and_the_master_carries_the_job_id(bridge: BridgeProcess, mastered: Path) -> None:
    report = json.loads((mastered / "Song/Song [streaming].report.json").read_text())
    jsonschema.validate(report, report_schema())
    job = bridge.job("Song")
    assert report["job_id"] == job.id == job_id_in(mastered / MASTER)
    uses = [step["use"] for step in report["steps"]]
    assert (uses[0], uses[-2:]) == ("highpass", ["limiter", "dither"])
    assert all(step["sentence"] for step in report["steps"])


def test_the_mix_is_only_read(mastered: Path, bridge: BridgeProcess, mix_file: MixFile) -> None:
    dropped = read_render(bridge.renders / "Song.wav")
    assert dropped.digest == bridge.job("Song").request.renders[0].digest


def test_a_restart_does_nothing_twice_and_picks_up_what_came_in_between(tmp_path: Path, mix_file: MixFile) -> None:
    with BridgeProcess(tmp_path) as bridge:
        shutil.copyfile(mix_file.path, bridge.renders / "Song.wav")
        bridge.wait_for_jobs(1)
        assert bridge.stop() == 0
        shutil.copyfile(mix_file.path, bridge.renders / "Other.wav")
        bridge.start()
        jobs = bridge.wait_for_jobs(2)
        assert sorted(job.request.name for job in jobs) == ["Other", "Song"]
        assert bridge.stop() == 0


def test_the_same_audio_again_returns_from_the_cache_and_says_so(bridge: BridgeProcess, mastered: Path) -> None:
    shutil.copyfile(bridge.renders / "Song.wav", bridge.renders / "Copy.wav")
    job = wait_until(lambda: next((j for j in bridge.jobs() if j.request.name == "Copy" and j.result), None), 30)
    assert job.result is not None
    assert job.result.is_from_cache
    copy = mastered / "Copy/Copy [streaming].wav"
    assert job_id_in(copy) == job.id
    with open_audio(copy) as one, open_audio(mastered / MASTER) as other:
        assert (one.read(0, one.frames) == other.read(0, other.frames)).all()
    assert json.loads((mastered / "Copy/Copy [streaming].report.json").read_text())["is_from_cache"]


def test_a_bounce_over_the_same_file_is_a_new_version_beside_the_old_one(tmp_path: Path, mix_file: MixFile) -> None:
    with BridgeProcess(tmp_path) as bridge:
        write_like_a_daw(bridge.renders / "Song.wav", mix_file.samples, 44100, duration_s=0.0)
        bridge.wait_for_jobs(1)
        write_like_a_daw(bridge.renders / "Song.wav", mix_file.samples[:, :200_000], 44100, duration_s=0.0)
        bridge.wait_for_jobs(2)
        assert [name for name in bridge.returned() if name.endswith(".wav")] == [
            "Song/Song [streaming] (2).wav",
            MASTER,
        ]


def test_a_pair_of_mono_files_comes_back_as_one_stereo_master(tmp_path: Path, mix_file: MixFile) -> None:
    with BridgeProcess(tmp_path) as bridge:
        for channel, side in enumerate("LR"):
            mono = mix_file.samples[channel : channel + 1]
            write_like_a_daw(bridge.renders / f"Pair.{side}.wav", mono, 44100, duration_s=0.0)
        (job,) = bridge.wait_for_jobs(1)
        assert job.request.grouping is Grouping.SPLIT_CHANNELS
        assert read_render(bridge.returns / "Pair/Pair [streaming].wav").channels == 2


def test_a_master_put_into_the_watch_folder_is_not_mastered_again(bridge: BridgeProcess, mastered: Path) -> None:
    count = len(bridge.jobs())
    shutil.copyfile(mastered / MASTER, bridge.renders / "Loaded again.wav")
    shutil.copyfile(bridge.renders / "Song.wav", bridge.renders / "Marker of time.wav")
    bridge.wait_for_jobs(count + 1)
    assert "Loaded again" not in {job.request.name for job in bridge.jobs()}


def test_a_running_job_can_be_cancelled_and_retried_from_the_command_line(tmp_path: Path, mix_file: MixFile) -> None:
    with BridgeProcess(tmp_path) as bridge:
        shutil.copyfile(mix_file.path, bridge.renders / "Song.wav")
        job = wait_until(lambda: next(iter(bridge.jobs()), None), 20, "a job")
        assert bridge.run("jobs", "cancel", job.id).returncode == 0
        (cancelled,) = bridge.wait_for_jobs(1)
        if cancelled.state is JobState.CANCELLED:  # it may have been quicker than our hand
            assert bridge.returned() == []
            assert bridge.run("jobs", "retry", job.id).returncode == 0
        bridge.wait_for_state(JobState.DONE)
        assert MASTER in bridge.returned()


def test_ctrl_c_stops_at_once_and_the_job_goes_on_at_the_next_start(tmp_path: Path, mix_file: MixFile) -> None:
    with BridgeProcess(tmp_path) as bridge:
        shutil.copyfile(mix_file.path, bridge.renders / "Song.wav")
        bridge.wait_for_state(JobState.RUNNING)
        os.kill(bridge.pid, signal.SIGINT)
        wait_until(lambda: not bridge.is_alive(), 10, "the end of the daemon")
        assert [job.state for job in bridge.jobs()] in ([JobState.QUEUED], [JobState.DONE])
        bridge.start()
        bridge.wait_for_jobs(1)
        assert bridge.returned()[-1] == MASTER


@pytest.mark.parametrize("name", ["Größe & Ärger 'Mix' (v2) #1.wav", "日本語 ミックス.wav", "semi;colon $HOME `x`.wav"])
def test_names_with_anything_in_them_come_back(name: str, bridge: BridgeProcess, mix_file: MixFile) -> None:
    shutil.copyfile(mix_file.path, bridge.renders / name)
    stem = name.removesuffix(".wav")
    wait_until((bridge.returns / stem / f"{stem} [streaming].wav").exists, 30, "the master")


def test_ecasound_bounces_into_the_folder_and_gets_a_master(tmp_path: Path, mix_file: MixFile) -> None:
    if shutil.which("ecasound") is None:
        assert os.environ.get("CI") != "true", "CI must have ecasound"
        pytest.skip("ecasound is not installed")
    with BridgeProcess(tmp_path) as bridge:
        command: list[str | Path] = [
            "ecasound",
            "-q",
            "-x",
            "-f:24,2,44100",
            "-i",
            mix_file.path,
            "-ea:70",
            "-o",
            bridge.renders / "Eca.wav",
        ]
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        bridge.wait_for_jobs(1)
        assert "Eca/Eca [streaming].wav" in bridge.returned()


@pytest.mark.slow
def test_lmms_renders_a_song_and_gets_a_master(tmp_path: Path) -> None:
    songs = Path("/usr/share/lmms/projects/shorties")
    if shutil.which("lmms") is None or not songs.is_dir():
        assert os.environ.get("CI") != "true", "CI must have lmms"
        pytest.skip("lmms is not installed")
    song = next(songs.glob("Greshz-CoolSnip.mmp*"))
    with BridgeProcess(tmp_path) as bridge:
        command: list[str | Path] = ["lmms", "--allowroot", "render", song, "-f", "wav", "-o", bridge.renders / "Lmms"]
        scratch = {**os.environ, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
        for _ in range(3):  # LMMS crashes now and then on a busy machine, and leaves a header without a length
            if subprocess.run(command, capture_output=True, env=scratch, timeout=120, check=False).returncode == 0:
                break
        (job,) = bridge.wait_for_jobs(1)
        assert job.state is JobState.DONE, job.error
        assert "Lmms/Lmms [streaming].wav" in bridge.returned()
