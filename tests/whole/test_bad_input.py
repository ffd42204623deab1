"""What goes wrong on a musician's machine: a sentence each, nothing lost, and the daemon lives."""

import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bridge.model import JobState
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess
from tests.whole.conftest import MixFile, needs_mount

Drop = Callable[[str], Path]


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[BridgeProcess]:
    with BridgeProcess(tmp_path) as bridge:
        yield bridge


@pytest.fixture
def drop(bridge: BridgeProcess, mix_file: MixFile) -> Drop:
    """Puts a good bounce into the watch folder."""

    def put(name: str) -> Path:
        return Path(shutil.copyfile(mix_file.path, bridge.renders / name))

    return put


def wav_header(channels: int, rate_hz: int, data_bytes: int, bits: int = 16) -> bytes:
    block = min(channels * bits // 8, 65535)
    form = struct.pack("<HHIIHH", 1, min(channels, 65535), rate_hz, min(rate_hz * block, 2**32 - 1), block, bits)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data_bytes)
        + b"WAVEfmt \x10\0\0\0"
        + form
        + b"data"
        + struct.pack("<I", data_bytes)
    )


def said(bridge: BridgeProcess, part: str) -> bool:
    """Whether the daemon's own log holds these words."""
    return part in (bridge.data / "logs" / "daemon.log").read_text()


def assert_alive(bridge: BridgeProcess, drop: Drop) -> None:
    """The daemon still masters a good bounce."""
    before = len(bridge.jobs())
    drop("Good after all.wav")
    jobs = bridge.wait_for_jobs(before + 1)
    assert [job.state for job in jobs if job.request.name == "Good after all"] == [JobState.DONE]


BAD_FILES = {
    "zero bytes": (b"", None),
    "text renamed": (b"Dear diary, this is not audio.\n" * 50, "Text.wav"),
    "a header alone": (wav_header(2, 44100, 0), None),
    "a billion channels": (wav_header(10**9, 44100, 65536) + bytes(65536), "Absurd.wav"),
    "no frames": (wav_header(2, 44100, 0)[:40] + struct.pack("<I", 0), None),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_no_finished_audio_is_no_job_and_stays_as_it_is(
    kind: str, bridge: BridgeProcess, drop: Drop
) -> None:
    content, reported = BAD_FILES[kind]
    path = bridge.renders / (reported or "Waiting.wav")
    path.write_bytes(content)
    if reported is not None:
        wait_until(lambda: said(bridge, reported), 20, "the sentence in the log")
    assert_alive(bridge, drop)
    assert path.read_bytes() == content
    assert [job.request.name for job in bridge.jobs()] == ["Good after all"]


def files_that_need_a_look(bridge: BridgeProcess) -> dict[str, str]:
    """Sentence by name, as a user's script reads them."""
    found = json.loads(bridge.run("jobs", "list", "--failed", "--json").stdout)
    return {Path(entry["path"]).name: entry["sentence"] for entry in found["files"]}


def test_a_file_that_cannot_become_a_job_is_shown_until_a_good_bounce_replaces_it(
    bridge: BridgeProcess, drop: Drop
) -> None:
    (bridge.renders / "Diary.wav").write_bytes(BAD_FILES["text renamed"][0])
    (bridge.renders / "Absurd.wav").write_bytes(BAD_FILES["a billion channels"][0])
    wait_until(lambda: len(files_that_need_a_look(bridge)) == 2, 20, "two files that need a look")
    assert "Diary.wav" in files_that_need_a_look(bridge)["Diary.wav"]
    assert "2 files need a look: dawbridge jobs list --failed" in bridge.run("jobs", "list").stdout
    assert "2 files cannot become a job" in bridge.run("doctor").stdout
    assert bridge.stop() == 0
    bridge.start()
    drop("Diary.wav")
    (job,) = bridge.wait_for_jobs(1)
    assert (job.request.name, job.state) == ("Diary", JobState.DONE)
    assert set(files_that_need_a_look(bridge)) == {"Absurd.wav"}
    (bridge.renders / "Absurd.wav").unlink()
    assert files_that_need_a_look(bridge) == {}


def test_a_file_cut_off_in_the_middle_is_waited_for_and_not_processed(bridge: BridgeProcess, drop: Drop) -> None:
    whole = drop("Whole.wav").read_bytes()
    bridge.wait_for_jobs(1)
    (bridge.renders / "Cut.wav").write_bytes(whole[: len(whole) // 2])
    assert_alive(bridge, drop)
    assert {job.request.name for job in bridge.jobs()} == {"Whole", "Good after all"}
    (bridge.renders / "Cut.wav").write_bytes(whole)
    assert {job.request.name for job in bridge.wait_for_jobs(3)} == {"Whole", "Good after all", "Cut"}


def test_samples_that_are_no_numbers_fail_with_their_time_and_a_retry_is_pointless(bridge: BridgeProcess) -> None:
    frames = 44100
    data = bytearray(struct.pack("<f", 0.25) * frames)
    data[4 * 30000 : 4 * 30001] = struct.pack("<f", float("nan"))
    head = wav_header(1, 44100, len(data), 32)
    (bridge.renders / "Nan.wav").write_bytes(head[:20] + struct.pack("<H", 3) + head[22:] + data)
    (job,) = bridge.wait_for_jobs(1)
    assert job.error is not None
    assert "0:00.7" in job.error.sentence
    assert (job.state, job.error.code, job.error.can_retry) == (JobState.FAILED, "audio_error", False)
    assert bridge.returned() == []


def test_a_render_that_disappears_before_its_turn_fails_with_a_sentence(bridge: BridgeProcess, drop: Drop) -> None:
    assert_alive(bridge, drop)
    for number in range(4):
        drop(f"Song {number}.wav")
    wait_until(lambda: len(bridge.jobs()) == 5, 20, "four more jobs")
    last = next(job for job in bridge.jobs() if job.request.name == "Song 3")
    last.request.renders[0].path.unlink()
    jobs = {job.request.name: job for job in bridge.wait_for_jobs(5)}
    failed = jobs["Song 3"]
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert "is not there any more" in failed.error.sentence


def test_the_watch_folder_may_go_and_come_back(bridge: BridgeProcess, drop: Drop) -> None:
    assert_alive(bridge, drop)
    shutil.rmtree(bridge.renders)
    wait_until(lambda: said(bridge, str(bridge.renders)), 20, "a word about the missing folder")
    bridge.renders.mkdir()
    drop("Back.wav")
    assert {job.request.name for job in bridge.wait_for_jobs(2)} == {"Good after all", "Back"}


def test_a_return_folder_that_is_a_file_fails_and_a_retry_heals_it(bridge: BridgeProcess, drop: Drop) -> None:
    shutil.rmtree(bridge.returns, ignore_errors=True)
    bridge.returns.write_text("in the way")
    drop("Song.wav")
    (job,) = bridge.wait_for_jobs(1)
    assert job.error is not None
    assert (job.state, job.error.code, job.error.can_retry) == (JobState.FAILED, "delivery_error", True)
    bridge.returns.unlink()
    assert bridge.run("jobs", "retry", job.id).returncode == 0
    bridge.wait_for_state(JobState.DONE)
    assert "Song/Song [streaming].wav" in bridge.returned()


@needs_mount
def test_a_full_disk_fails_with_a_sentence_and_leaves_nothing_half_there(
    bridge: BridgeProcess, drop: Drop, small_disk: Callable[[Path, str], None]
) -> None:
    bridge.returns.mkdir(exist_ok=True)
    small_disk(bridge.returns, "size=1m")
    drop("Song.wav")
    (job,) = bridge.wait_for_jobs(1)
    assert job.error is not None
    assert (job.state, job.error.code) == (JobState.FAILED, "delivery_error")
    assert "make room" in job.error.sentence
    assert bridge.returned() == []


@needs_mount
def test_a_disk_that_fills_up_while_writing_is_the_same(
    bridge: BridgeProcess, drop: Drop, mix_file: MixFile, small_disk: Callable[[Path, str], None]
) -> None:
    bridge.returns.mkdir(exist_ok=True)
    room = mix_file.path.stat().st_size * 2 + 21_000_000
    small_disk(bridge.returns, f"size={room}")
    ballast = bridge.returns / "ballast"
    path = bridge.renders / "Song.wav"
    shutil.copyfile(mix_file.path, path)
    bridge.wait_for_state(JobState.RUNNING)
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], capture_output=True, check=False)
    (job,) = bridge.wait_for_jobs(1)
    ballast.unlink()
    if job.state is JobState.FAILED:  # the disk was full before the master was written
        assert job.error is not None
        assert "full" in job.error.sentence or "make room" in job.error.sentence
        assert bridge.returned() == []
        assert bridge.run("jobs", "retry", job.id).returncode == 0
    bridge.wait_for_state(JobState.DONE)
    assert "Song/Song [streaming].wav" in bridge.returned()


@needs_mount
def test_a_read_only_return_folder_fails_with_a_sentence(
    bridge: BridgeProcess, drop: Drop, small_disk: Callable[[Path, str], None]
) -> None:
    bridge.returns.mkdir(exist_ok=True)
    small_disk(bridge.returns, "ro")
    drop("Song.wav")
    (job,) = bridge.wait_for_jobs(1)
    assert job.error is not None
    assert "allow writing there" in job.error.sentence
    assert bridge.is_alive()


def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_goes_on(bridge: BridgeProcess, drop: Drop) -> None:
    second = bridge.run("run")
    assert second.returncode == 4
    assert f"process {bridge.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    assert_alive(bridge, drop)


def test_a_chain_file_that_breaks_while_the_daemon_runs_fails_the_job_with_every_fault(
    tmp_path: Path, mix_file: MixFile
) -> None:
    chains = tmp_path / "chains"
    chains.mkdir()
    (chains / "mine.yaml").write_text("title: Mine\n")
    watch = {"folder": str(tmp_path / "Session" / "Renders"), "recipe": {"do": "master", "chain": "mine"}}
    with BridgeProcess(tmp_path, watch=[watch], chain_folders=[str(chains)]) as bridge:
        (chains / "mine.yaml").write_text("titel: Mine\nsteps: [{use: peek}]\n")
        shutil.copyfile(mix_file.path, bridge.renders / "Song.wav")
        (job,) = bridge.wait_for_jobs(1)
        assert job.error is not None
        assert job.error.code == "chain_error"
        assert job.error.sentence.count("mine.yaml") == 3
        (chains / "mine.yaml").write_text("title: Mine\n")
        assert bridge.run("jobs", "retry", job.id).returncode == 0
        bridge.wait_for_state(JobState.DONE)


def test_an_engine_killed_in_the_middle_is_replaced_and_the_job_is_done(bridge: BridgeProcess, drop: Drop) -> None:
    drop("Song.wav")
    bridge.wait_for_state(JobState.RUNNING)
    for child in psutil.Process(bridge.pid).children(recursive=True):
        child.kill()
    (job,) = bridge.wait_for_jobs(1)
    assert job.state is JobState.DONE
    assert job.attempt >= 2
    assert "Song/Song [streaming].wav" in bridge.returned()
