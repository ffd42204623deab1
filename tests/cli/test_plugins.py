"""`dawbridge plugins`, as a user meets it."""

import shutil
from pathlib import Path

import pytest
import yaml

from bridge.chains import Chain, Plugin
from bridge.cli.exit_codes import ExitCode
from tests.cli.conftest import Run, json_of
from tests.plugins.conftest import faults, or_skip, zam

__all__ = ["faults", "zam"]
DIRECT = ("FaultBox", "CrashOnLoad", "Corrupt")


@pytest.fixture
def few(faults: Path, tmp_path: Path, config: Path) -> Path:
    """A plug-in that works, one that crashes and one that is damaged, named in the settings."""
    folder = tmp_path / "Plug-ins"
    for name in DIRECT:
        shutil.copytree(faults / f"{name}.vst3", folder / f"{name}.vst3")
    settings = yaml.safe_load(config.read_text())
    settings["plugins"] = {"folders": [str(folder)], "use_system_folders": False, "scan_timeout_s": 10}
    config.write_text(yaml.safe_dump(settings))
    return folder


def test_a_scan_says_what_is_there_and_what_it_did(dawbridge: Run, few: Path) -> None:
    result = dawbridge("plugins", "scan")
    assert result.exit_code == 0
    assert "1 plug-in" in result.stdout
    assert "CrashOnLoad crashed (SIGSEGV) while loading" in result.stdout
    assert "Corrupt is damaged" in result.stdout
    listed = dawbridge("plugins", "list")
    assert "FaultBox" in listed.stdout
    assert "TestLab" in listed.stdout
    assert [entry["name"] for entry in json_of(dawbridge("plugins", "list", "--json"))] == ["FaultBox"]


def test_nothing_to_list_says_how_to_look(dawbridge: Run, few: Path) -> None:
    assert "dawbridge plugins scan" in dawbridge("plugins", "list").stdout


def test_show_prints_every_parameter_with_what_it_takes(dawbridge: Run, few: Path) -> None:
    shown = dawbridge("plugins", "show", "faultbox").stdout
    for text in (
        "gain_db",
        "-24 to 24 dB",
        "delay_samples",
        "in steps of 1",
        "none, crash, abort",
        "off or on",
        "Latency",
    ):
        assert text in shown
    assert json_of(dawbridge("plugins", "show", "FaultBox", "--json"))["vendor"] == "TestLab"


def test_the_step_that_show_prints_is_one(dawbridge: Run, few: Path) -> None:
    printed = yaml.safe_load(dawbridge("plugins", "show", "FaultBox", "--yaml").stdout)
    (step,) = Chain.model_validate({"title": "X", **printed}).steps
    assert isinstance(step, Plugin)
    assert step.parameters["gain_db"] == 0
    assert "latency_frames" not in step.parameters


def test_a_name_that_is_nearly_right_is_answered(dawbridge: Run, few: Path) -> None:
    dawbridge("plugins", "scan")
    result = dawbridge("plugins", "show", "FoltBox")
    assert result.exit_code == ExitCode.USAGE
    assert "similar: FaultBox" in result.stderr


def test_check_tells_every_fault_of_a_chain(dawbridge: Run, few: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: X\nsteps:\n  - {use: plugin, plugin: FaultBox, parameters: {gain_db: 99, gayn_db: 1}}\n")
    result = dawbridge("plugins", "check", path)
    assert result.exit_code == ExitCode.USAGE
    assert "must be -24 to 24 dB, not 99." in result.stderr
    assert "Did you mean `gain_db`?" in result.stderr
    path.write_text("title: X\nsteps:\n  - {use: plugin, plugin: FaultBox, parameters: {gain_db: 9}}\n")
    assert dawbridge("plugins", "check", path).exit_code == 0
    assert json_of(dawbridge("plugins", "check", path, "--json"))[0]["faults"] == []


def test_quarantine_lists_releases_and_adds(dawbridge: Run, few: Path, faults: Path) -> None:
    dawbridge("plugins", "scan")
    assert "CrashOnLoad" in dawbridge("plugins", "quarantine").stdout
    still = dawbridge("plugins", "quarantine", "--release", "CrashOnLoad")
    assert still.exit_code == ExitCode.FAILED
    assert "still quarantined" in still.stdout
    assert "FaultBox" in dawbridge("plugins", "quarantine", "--add", "FaultBox").stdout
    refused = dawbridge("plugins", "show", "FaultBox")
    assert "is quarantined, because it was put here by hand" in refused.stderr
    assert dawbridge("plugins", "quarantine", "--release", "FaultBox").exit_code == 0
    assert dawbridge("plugins", "show", "FaultBox").exit_code == 0
    unknown = dawbridge("plugins", "quarantine", "--release", "Nobody")
    assert unknown.exit_code == ExitCode.USAGE
    assert "Quarantined: CrashOnLoad" in unknown.stderr


def test_doctor_says_what_to_put_right(dawbridge: Run, few: Path, config: Path) -> None:
    assert "none of them examined" in dawbridge("plugins", "doctor").stdout
    dawbridge("plugins", "scan")
    found = dawbridge("plugins", "doctor").stdout
    assert "CrashOnLoad crashed (SIGSEGV) while loading" in found
    assert "Corrupt is damaged" in found
    settings = yaml.safe_load(config.read_text())
    settings["plugins"]["folders"].append("/not/there")
    config.write_text(yaml.safe_dump(settings))
    gone = dawbridge("plugins", "doctor")
    assert gone.exit_code == ExitCode.FAILED
    assert "/not/there is not there" in gone.stdout


def test_a_window_needs_a_screen(dawbridge: Run, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    result = dawbridge("plugins", "edit", "FaultBox")
    assert result.exit_code == ExitCode.USAGE
    assert "There is no screen here" in result.stderr
    assert not list(Path().rglob("*.vstpreset"))


def test_chains_list_says_which_chains_need_plug_ins(dawbridge: Run) -> None:
    (line,) = [line for line in dawbridge("chains", "list").stdout.splitlines() if line.startswith("zam_glue")]
    assert "3 plug-ins" in line


def test_the_chain_with_zam_plugins_can_be_used_where_they_are_installed(dawbridge: Run, zam: Path) -> None:
    or_skip(zam.is_dir(), "zam-plugins")
    assert dawbridge("plugins", "check", "zam_glue").exit_code == 0
