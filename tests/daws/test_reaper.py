"""`dawbridge reaper`: what is put into REAPER, and what the check-up finds there."""

import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge import __version__
from bridge.cli.main import cli
from bridge.daws.reapack import offline_zip
from bridge.daws.reaper import resource_folder, script_files, scripts_folder, start_command, web_port
from bridge.listeners.tickets.box import TicketBox
from bridge.listeners.tickets.forms import DawCard, Heartbeat

SCRIPTS = Path(__file__).parents[2] / "reaper_scripts" / "Bridge"


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    folder = tmp_path / 'REAPER "ü"'
    folder.mkdir()
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.yaml"
    path.write_text(f"data_folder: {tmp_path / 'data'}\n")
    return path


def dawbridge(config: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), "reaper", *map(str, arguments)], catch_exceptions=False)


def findings(config: Path, resources: Path) -> dict[str, str]:
    result = dawbridge(config, "doctor", "--resource-path", resources, "--json")
    return {finding["subject"]: finding["verdict"] for finding in json.loads(result.stdout)}


def test_the_scripts_are_put_where_reaper_finds_them(config: Path, resources: Path, tmp_path: Path) -> None:
    result = dawbridge(config, "install", "--resource-path", resources)
    assert result.exit_code == 0
    assert "Set up and diagnose" in result.stdout
    assert script_files(scripts_folder(resources)) == script_files(SCRIPTS)
    settings = json.loads((resources / "daw-bridge.json").read_text())
    assert settings["tickets"] == str(tmp_path / "data" / "tickets")
    assert settings["start"].endswith(f'--config "{config}" run')


def test_an_earlier_version_goes_and_other_files_stay(config: Path, resources: Path) -> None:
    folder = scripts_folder(resources)
    (folder / "lib").mkdir(parents=True)
    for name in ("Bridge - Old action.lua", "lib/old.lua", "mine.lua"):
        (folder / name).write_text("")
    result = dawbridge(config, "install", "--resource-path", resources)
    assert "2 of an earlier version removed" in result.stdout.replace("\n", " ")
    assert (folder / "mine.lua").exists()
    assert not (folder / "lib" / "old.lua").exists()


def test_without_reaper_it_says_what_to_do(config: Path, tmp_path: Path) -> None:
    result = dawbridge(config, "install", "--resource-path", tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "--resource-path" in result.stderr
    assert dawbridge(config, "doctor", "--resource-path", tmp_path / "nowhere").exit_code == 1


def test_where_tickets_are_off_nothing_is_installed(config: Path, resources: Path) -> None:
    config.write_text("tickets: {is_on: false}\n")
    assert dawbridge(config, "install", "--resource-path", resources).exit_code == 2


def test_the_check_up_walks_the_road(config: Path, resources: Path, tmp_path: Path) -> None:
    assert findings(config, resources)["scripts"] == "bad"
    dawbridge(config, "install", "--resource-path", resources)
    found = findings(config, resources)
    assert (found["scripts"], found["tickets"], found["ticket folder"]) == ("ok", "ok", "warn")
    box = TicketBox(tmp_path / "data" / "tickets")
    (tmp_path / "data").mkdir()
    box.prepare()
    assert findings(config, resources)["daemon"] == "warn"
    beat = Heartbeat(
        format=1, version=__version__, pid=1, beat=1, now_s=1000.0, is_paused=False, chains=(), waiting=0, running=0
    )
    box.show("daemon.json", beat)
    assert findings(config, resources)["daemon"] == "warn", "its last sign of life is old"
    box.show("reaper.json", DawCard(format=1, collect_action="_RS1", web_port=8080))
    assert findings(config, resources)["results"] == "warn", "the web interface is off by now"
    (resources / "reaper.ini").write_text("[reaper]\ncsurf_0=HTTP 0 8080 '' 'index.html' 0 ''\n")
    assert findings(config, resources)["results"] == "ok"


def test_scripts_that_somebody_changed_and_another_ticket_folder_are_seen(config: Path, resources: Path) -> None:
    dawbridge(config, "install", "--resource-path", resources)
    (scripts_folder(resources) / "lib" / "json.lua").write_text("")
    config.write_text("data_folder: elsewhere\n")
    found = findings(config, resources)
    assert (found["scripts"], found["tickets"]) == ("warn", "bad")


@pytest.mark.parametrize(
    ("system", "environment", "wanted"),
    [
        ("linux", {"HOME": "/home/ann"}, "/home/ann/.config/REAPER"),
        ("linux", {"HOME": "/home/ann", "XDG_CONFIG_HOME": "/cfg"}, "/cfg/REAPER"),
        ("darwin", {"HOME": "/Users/ann"}, "/Users/ann/Library/Application Support/REAPER"),
        ("win32", {"APPDATA": "/Roaming"}, "/Roaming/REAPER"),
    ],
)
def test_each_system_has_its_resource_folder(system: str, environment: dict[str, str], wanted: str) -> None:
    assert resource_folder(environment, system) == Path(wanted)


def test_the_command_that_starts_the_daemon_is_quoted() -> None:
    assert start_command(Path("/opt/daw bridge/dawbridge"), None) == '"/opt/daw bridge/dawbridge" run'
    assert start_command(Path("/d"), Path("/a b.yaml")) == '"/d" --config "/a b.yaml" run'
    assert Path(sys.executable).is_file()


@pytest.mark.parametrize(
    ("line", "port"),
    [
        ("csurf_0=HTTP 0 8080 '' 'index.html' 0 ''", 8080),
        ('csurf_0=OSC "x" 3 8000 "127.0.0.1" 9000 1024 10 ""', None),
        ("csurf_cnt=0", None),
        ("csurf_0=HTTP", None),
    ],
)
def test_the_port_is_read_from_reapers_settings(tmp_path: Path, line: str, port: int | None) -> None:
    (tmp_path / "reaper.ini").write_text(f"[reaper]\n{line}\n")
    assert web_port(tmp_path) == port


def test_a_daemon_that_only_reads_tickets_is_well(config: Path) -> None:
    result = CliRunner().invoke(cli, ["--config", str(config), "doctor", "--json"], catch_exceptions=False)
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert found["watch folders"]["verdict"] == "ok"


def test_scripts_of_reapack_are_left_to_it_and_are_not_installed_twice(config: Path, resources: Path) -> None:
    dawbridge(config, "install", "--resource-path", resources)
    theirs = scripts_folder(resources) / "Bridge"
    shutil.copytree(SCRIPTS, theirs)
    result = dawbridge(config, "install", "--resource-path", resources)
    told = result.stdout.replace("\n", " ")
    assert "ReaPack looks after the scripts" in told
    assert "second copies removed" in told
    assert not script_files(scripts_folder(resources))
    assert script_files(theirs) == script_files(SCRIPTS)
    assert findings(config, resources)["scripts"] == "ok"


def test_the_zip_for_machines_offline_is_what_the_command_installs(config: Path, resources: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(offline_zip(script_files(SCRIPTS)))) as archive:
        archive.extractall(resources)
    unpacked = script_files(scripts_folder(resources))
    result = dawbridge(config, "install", "--resource-path", resources)
    assert result.exit_code == 0
    assert "removed" not in result.stdout
    assert script_files(scripts_folder(resources)) == unpacked
    assert findings(config, resources)["scripts"] == "ok"
