"""`dawbridge master` and `analyze`: real engines on short files."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml

from bridge.chains import built_in_chains
from bridge.checkup.kernels import cold_modules
from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.direct_work import Outcome
from bridge.cli.exit_codes import ExitCode
from bridge.report import Report
from tests.cli.conftest import ROOT, Run, json_of
from tests.support import wait_until

pytestmark = pytest.mark.usefixtures("compiled_kernels")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "Letter.wav"
    path.write_text("Dear mastering engineer,\n" * 100)
    return path


def outcomes(result: object) -> list[Outcome]:
    return [Outcome.model_validate(entry) for entry in json_of(result)]  # type: ignore[arg-type]


def test_master_leaves_a_master_and_a_report_and_prints_figures(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    out = tmp_path / "Masters"
    before = mix.read_bytes()
    result = dawbridge("master", mix, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "My Song [streaming].markers.mid",
        "My Song [streaming].report.html",
        "My Song [streaming].report.json",
        "My Song [streaming].wav",
    ]
    for words in ("My Song", "Reached -14.0 LUFS", "Integrated loudness", "BEFORE", "My Song [streaming].wav"):
        assert words in result.stdout
    assert mix.read_bytes() == before


def test_options_of_master_reach_the_master(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    flags = ["--target-lufs=-11", "--ceiling-dbtp=-2", "--output-format=flac", "--bit-depth=16"]
    result = dawbridge("master", mix, "--out", tmp_path / "M", "--json", *flags)
    assert result.exit_code == 0, result.stderr
    [outcome] = outcomes(result)
    assert outcome.result is not None
    assert outcome.result.files[0].path.suffix == ".flac"
    after = outcome.result.after
    assert after is not None
    assert after.integrated_lufs == pytest.approx(-11, abs=0.11)
    assert after.true_peak_dbtp is not None
    assert after.true_peak_dbtp <= -2


def test_a_chain_may_be_a_file(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("title: Mine\ntarget:\n  integrated_lufs: -18\nsteps:\n  - use: limiter\n")
    result = dawbridge("master", mix, "--chain", mine, "--out", tmp_path / "M")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "M" / "My Song [mine].wav").is_file()
    assert "-18.0 LUFS" in result.stdout


def test_one_bad_file_does_not_keep_the_others_from_being_done(
    dawbridge: Run, mix: Path, text: Path, tmp_path: Path
) -> None:
    result = dawbridge("master", text, tmp_path / "nowhere.wav", mix, "--out", tmp_path / "M", "--json")
    assert result.exit_code == ExitCode.AUDIO
    bad, missing, good = outcomes(result)
    assert bad.error is not None
    assert missing.error is not None
    assert good.result is not None
    assert "Letter.wav" in result.stderr
    assert "nowhere.wav" in result.stderr


def test_what_is_too_short_for_a_loudness_is_not_called_silence(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    blip = tmp_path / "Blip.wav"
    write_like_a_daw(blip, np.full((2, 4410), 0.1, np.float32), 44100, duration_s=0.0)
    result = dawbridge("master", blip, "--out", tmp_path / "M")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Blip  too short -> too short")


@pytest.mark.parametrize("command", ["master", "analyze"])
def test_text_renamed_wav_is_a_sentence(dawbridge: Run, text: Path, command: str) -> None:
    result = dawbridge(command, text)
    assert result.exit_code == ExitCode.AUDIO
    assert result.stdout == ""
    assert result.stderr.startswith("error: Letter.wav is not an audio file")


@pytest.mark.parametrize("command", ["master", "analyze"])
def test_a_folder_and_a_cut_off_file_are_sentences(dawbridge: Run, mix: Path, tmp_path: Path, command: str) -> None:
    os.truncate(mix, mix.stat().st_size // 2)
    result = dawbridge(command, mix, tmp_path)
    assert result.exit_code == ExitCode.AUDIO
    assert "is cut off" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_a_name_that_is_no_text_is_a_sentence(dawbridge: Run, mix: Path) -> None:
    odd = mix.rename(mix.with_name(os.fsdecode(b"odd \xff name.wav")))
    result = dawbridge("analyze", odd, "--json")
    assert result.exit_code == ExitCode.USAGE
    assert "is no text" in result.stderr
    assert outcomes(result)[0].error is not None


def test_an_analysis_compiles_no_more_than_it_needs(
    dawbridge: Run, mix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    assert dawbridge("analyze", mix, "--scope", "loudness").exit_code == 0
    assert set(cold_modules(tmp_path / "kernels", "dsp/measures")[0]) == {"difference", "fourier", "hops"}
    cold, count = cold_modules(tmp_path / "kernels", "dsp/mastering")
    assert len(cold) == count


def test_an_unknown_chain_is_refused_before_any_work(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    result = dawbridge("master", mix, "--chain", "streeming", "--out", tmp_path / "M")
    assert result.exit_code == ExitCode.USAGE
    assert "Did you mean `streaming`?" in result.stderr
    assert not (tmp_path / "M").exists()


@pytest.mark.parametrize("name", ["nowhere.yaml", "chain.yml", "folder/"])
def test_a_chain_file_that_is_none_is_a_sentence(dawbridge: Run, mix: Path, tmp_path: Path, name: str) -> None:
    result = dawbridge("master", mix, "--chain", f"{tmp_path}/{name}", "--out", tmp_path / "M")
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("error: ")


def test_all_faults_of_a_chain_file_are_shown_before_any_work(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("title: Mine\nsteps:\n  - use: highpas\n    cutoff_hz: 30\n  - use: gain\n    gain_db: 300\n")
    result = dawbridge("master", mix, "--chain", mine, "--out", tmp_path / "M")
    assert result.exit_code == ExitCode.USAGE
    assert "2 faults" in result.stderr
    assert not (tmp_path / "M").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "no" / "such" / "parent"):
        result = dawbridge("master", mix, "--out", out)
        assert result.exit_code == ExitCode.AUDIO
        assert result.stdout == ""
        assert result.stderr.startswith("error: ")
        assert "Traceback" not in result.stderr


def test_a_read_only_folder_is_a_sentence(dawbridge: Run, mix: Path, read_only_folder: Path) -> None:
    result = dawbridge("master", mix, "--out", read_only_folder)
    assert result.exit_code == ExitCode.AUDIO
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_analyze_prints_figures_and_writes_nothing(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    here = sorted(Path.cwd().iterdir())
    result = dawbridge("analyze", mix)
    assert result.exit_code == 0, result.stderr
    for words in ("My Song", "stereo", "44.1 kHz", "Integrated loudness", "LUFS", "True peak", "dBTP"):
        assert words in result.stdout
    assert sorted(Path.cwd().iterdir()) == here
    assert sorted(path.name for path in mix.parent.glob("My Song*")) == [mix.name]
    assert not (tmp_path / "data" / "jobs.sqlite3").exists()


def test_analyze_as_json_is_the_whole_report(dawbridge: Run, mix: Path) -> None:
    result = dawbridge("analyze", mix, "--json")
    [outcome] = outcomes(result)
    assert outcome.report is not None
    assert outcome.report.before.duration_s == pytest.approx(6.0)
    assert outcome.result is not None
    assert outcome.result.files == (), "nothing was kept"
    assert outcome.report.analysis_before is not None
    assert outcome.report.analysis_before.measurement == outcome.report.before


def test_analyze_tells_each_part_of_each_file_in_a_line(dawbridge: Run, mix: Path) -> None:
    result = dawbridge("analyze", mix, mix)
    assert result.exit_code == 0, result.stderr
    starts = [line.split("  ")[0] for line in result.stdout.splitlines()]
    for part in ("Tone", "Stereo", "Dynamics", "Structure"):
        assert starts.count(part) == 2, part


def test_analyze_as_html_is_one_page(dawbridge: Run, mix: Path) -> None:
    result = dawbridge("analyze", mix, "--html")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.lower().startswith("<!doctype html>")
    assert "My Song" in result.stdout
    assert dawbridge("analyze", mix, mix, "--html").exit_code == ExitCode.USAGE
    assert dawbridge("analyze", mix, "--html", "--json").exit_code == ExitCode.USAGE


def test_analyze_leaves_the_report_where_it_was_asked_to(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    out = tmp_path / "Reports"
    result = dawbridge("analyze", mix, "--out", out)
    assert result.exit_code == 0, result.stderr
    [kept] = out.glob("*.json")
    assert Report.model_validate(json.loads(kept.read_text())).name == "My Song"
    assert kept.name in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_ctrl_c_ends_the_engine_and_leaves_nothing(mix: Path, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "M"
    command = [sys.executable, "-m", "bridge.cli.main", "--config", str(config), "master", str(mix), "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as mastering:
        wait_until(lambda: list(out.glob(".dawbridge/*")), 30, "the start of the work")
        engines = wait_until(lambda: psutil.Process(mastering.pid).children(), 30, "the engine's start")
        mastering.send_signal(signal.SIGINT)
        printed, complained = mastering.communicate(timeout=30)
    assert mastering.returncode == ExitCode.CANCELLED
    assert printed == ""
    assert complained.endswith("Cancelled.\n")
    assert [path.name for path in out.rglob("*")] == []
    wait_until(lambda: not any(engine.is_running() for engine in engines), 10, "the engine's end")


def test_chains_of_ones_own_are_found_by_name(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(built_in_chains() / "loud.yaml", own / "club.yaml")
    settings = tmp_path / "own.yaml"
    settings.write_text(yaml.safe_dump({"chain_folders": [str(own)], "data_folder": str(tmp_path / "data")}))
    result = dawbridge("master", mix, "--chain", "club", "--out", tmp_path / "M", settings=settings)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "M" / "My Song [club].wav").is_file()
