"""`dawbridge doctor` and the check-up behind it."""

import itertools
import json
import os
import shutil
import time
from pathlib import Path

import pytest
import yaml

import bridge
from bridge.checkup.everything import check_up
from bridge.checkup.finding import Finding, Verdict
from bridge.checkup.folders import disk_kind, write_fault
from bridge.checkup.installation import wrong_libraries
from bridge.checkup.kernels import cold_modules
from bridge.checkup.running import running_daemon
from bridge.cli.exit_codes import ExitCode
from bridge.dsp.compiled.identity import Identity, source_digest
from bridge.dsp.compiled.making import shelf
from bridge.dsp.compiled.shelf import Code, Shelf
from bridge.dsp.warm import warm_up
from bridge.jobs.lock import lock_store
from bridge.jobs.problems import ProblemBook
from bridge.jobs.store import JobStore
from tests.cli.conftest import Run, json_of
from tests.cli.test_jobs import failed

LATER_S = 4_000_000_000.0


def findings(config: Path | None, now_s: float = LATER_S) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_up(config, now_s)}


def test_a_healthy_set_up_ends_with_zero_and_a_line_for_each_check(dawbridge: Run) -> None:
    result = dawbridge("doctor")
    assert result.exit_code == 0, result.stdout
    for subject in ("Python", "device", "ffmpeg", "plug-ins", "models", "ports", "settings file", "watch folder",
                    "return folder", "data folder", "audio engine", "daemon", "job store", "clock"):  # fmt: skip
        assert f" {subject} " in result.stdout


def test_every_area_has_one_heading(config: Path) -> None:
    areas = [finding.area for finding in check_up(config, LATER_S)]
    assert [area for area, _ in itertools.groupby(areas)] == list(dict.fromkeys(areas))


def test_as_json_it_is_a_list_of_findings(dawbridge: Run) -> None:
    found = [Finding.model_validate(entry) for entry in json_of(dawbridge("doctor", "--json"))]
    assert {"Python", "clock"} <= {finding.subject for finding in found}
    assert all(finding.cure for finding in found if finding.verdict is not Verdict.OK)


def test_a_missing_watch_folder_is_bad_and_has_a_cure(dawbridge: Run, session: Path) -> None:
    (session / "Renders").rmdir()
    result = dawbridge("doctor")
    assert result.exit_code == ExitCode.FAILED
    assert "is not there" in result.stdout
    assert "-> Make the folder" in result.stdout


def test_every_fault_of_the_settings_is_a_finding(dawbridge: Run, config: Path) -> None:
    config.write_text("watsh: []\nengines:\n  slots: 0\n")
    result = dawbridge("doctor")
    assert result.exit_code == ExitCode.FAILED
    assert "Did you mean `watch`?" in result.stdout
    assert "bridge.yaml:3:3" in result.stdout


def test_a_wrong_chain_is_bad(config: Path, session: Path) -> None:
    recipe = {"do": "master", "chain": "streeming"}
    config.write_text(yaml.safe_dump({"watch": [{"folder": str(session / "Renders"), "recipe": recipe}]}))
    finding = findings(config)["chain streeming"]
    assert finding.verdict is Verdict.BAD
    assert "streaming" in finding.sentence


def test_a_folder_that_may_not_be_written_is_found_by_trying(read_only_folder: Path) -> None:
    assert write_fault(read_only_folder) is not None


def test_a_read_only_return_folder_is_bad_and_has_a_cure(
    dawbridge: Run, config: Path, session: Path, read_only_folder: Path
) -> None:
    watch = {"folder": str(session / "Renders"), "return_folder": str(read_only_folder)}
    config.write_text(yaml.safe_dump({"watch": [watch], "session_roots": [str(config.parent)]}))
    result = dawbridge("doctor")
    assert result.exit_code == ExitCode.FAILED
    assert "cannot be written" in result.stdout
    assert "-> Allow writing there" in result.stdout


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert write_fault(tmp_path / "file") is not None
    assert write_fault(tmp_path) is None
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".dawbridge")) == []


def test_the_kind_of_disk_is_known_also_for_a_folder_to_be_made(tmp_path: Path) -> None:
    if not shutil.which("df"):
        pytest.skip("no df")
    assert disk_kind(tmp_path / "not" / "yet") == disk_kind(tmp_path)


def test_a_daemon_is_seen_while_it_holds_the_data_folder(tmp_path: Path) -> None:
    data = tmp_path / "d"
    assert running_daemon(data) is None
    with lock_store(data):
        daemon = running_daemon(data)
        assert daemon is not None
        assert daemon.pid == os.getpid()
    assert running_daemon(data) is None


def test_a_pid_file_that_a_killed_daemon_left_is_not_believed(tmp_path: Path) -> None:
    holder = tmp_path / "daemon.pid"
    holder.write_text("999999999\n")
    assert running_daemon(tmp_path) is None
    holder.write_text(f"{os.getpid()}\n")
    long_ago = time.time() - 10_000_000
    os.utime(holder, (long_ago, long_ago))
    assert running_daemon(tmp_path) is None, "the number is another program's now"
    holder.write_text("nonsense")
    assert running_daemon(tmp_path) is None


def test_failed_jobs_are_pointed_out(config: Path, store: JobStore) -> None:
    failed(store, "Song")
    finding = findings(config)["job store"]
    assert finding.verdict is Verdict.WARN
    assert "1 failed" in finding.sentence
    assert "jobs list --failed" in (finding.cure or "")


def test_bounces_that_cannot_become_a_job_are_pointed_out(config: Path, session: Path, store: JobStore) -> None:
    assert "bounces" not in findings(config)
    path = session / "Renders" / "Diary.wav"
    path.write_text("Dear diary")
    ProblemBook(config.parent / "data").add(path, "Diary.wav is text.", LATER_S)
    finding = findings(config)["bounces"]
    assert finding.verdict is Verdict.WARN
    assert finding.sentence.startswith("1 file ")
    assert "jobs list --failed" in (finding.cure or "")


def test_a_damaged_store_is_bad_and_the_check_goes_on(config: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite3").write_bytes(b"this is no database, it is text" * 100)
    found = findings(config)
    assert found["job store"].verdict is Verdict.BAD
    assert "clock" in found


def test_a_clock_before_the_newest_job_is_pointed_out(config: Path, store: JobStore) -> None:
    failed(store, "Song")
    assert findings(config, now_s=LATER_S)["clock"].verdict is Verdict.OK
    assert findings(config, now_s=1_780_000_000.0)["clock"].verdict is Verdict.WARN
    assert findings(config, now_s=0.0)["clock"].verdict is Verdict.WARN


def test_libraries_that_are_missing_or_too_old_are_named_with_the_cure() -> None:
    found = list(
        wrong_libraries(["numpy<100,>=99.1", "no-such-thing>=1.0", "click>=8.1", "pytest>=99 ; extra == 'dev'"])
    )
    assert [finding.subject for finding in found] == ["numpy", "no-such-thing"]
    assert 'pip install "numpy>=99.1"' in (found[0].cure or "")
    assert found[1].sentence == "is not installed"


def test_the_check_up_changes_nothing(config: Path, tmp_path: Path) -> None:
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    json.dumps([finding.model_dump(mode="json") for finding in check_up(config, LATER_S)])
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_kernels_of_another_source_count_as_not_compiled(tmp_path: Path) -> None:
    names, count = cold_modules(tmp_path)
    assert len(names) == count > 0
    source = Path(bridge.__file__).parent / "dsp" / "measures" / "levels.py"
    kept, code = Shelf(tmp_path), Code(b"\xff\x00 machine code", "")
    kept.keep(Identity("levels._add_up", (source_digest(b"an older version"),), "k1"), code)
    assert "levels" in cold_modules(tmp_path)[0]
    kept.keep(Identity("levels._add_up", ("other", source_digest(source.read_bytes())), "k2"), code)
    assert "levels" not in cold_modules(tmp_path)[0]
    assert len(cold_modules(tmp_path)[0]) == count - 1


def test_after_a_warm_up_no_kernel_is_left_to_compile() -> None:
    warm_up()
    assert cold_modules(shelf().folder)[0] == []
