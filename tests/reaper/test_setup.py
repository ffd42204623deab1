"""Bridge: Set up and diagnose."""

import json
import shutil

import pytest

from tests.reaper.fake.desk import CANCEL
from tests.reaper.fake.reaper import SCRIPTS
from tests.reaper.studio import Studio

ACTION = "Set up and diagnose"
WEB = "[reaper]\ncsurf_0=HTTP 0 8081 '' 'index.html' 0 ''\n"
BOTH = """[reaper]
csurf_0=OSC "feedback only" 2 7000 "127.0.0.1" 9000 1024 10 ""
csurf_1=HTTP 0 8081 '' 'index.html' 0 ''
csurf_2=OSC "tablet" 3 8000 "127.0.0.1" 9000 1024 10 ""
"""
OSC = '[reaper]\ncsurf_0=OSC "tablet" 3 8000 "127.0.0.1" 9000 1024 10 ""\n'


def told(studio: Studio) -> str:
    studio.reaper.until_idle()
    return "\n".join(studio.reaper.person.console)


def test_when_everything_is_there_it_says_so_and_adds_every_action(studio: Studio) -> None:
    studio.reaper.run(ACTION)
    assert "everything is in order" in told(studio)
    assert len(studio.reaper.program.actions) == 21
    card = json.loads((studio.clerk.folder / "reaper.json").read_text())
    assert card["collect_action"].startswith("_RS")
    assert set(card) == {"format", "collect_action", "listen_actions"}


@pytest.mark.parametrize(("ini", "key", "port"), [(WEB, "web_port", 8081), (OSC, "osc_port", 8000)])
def test_the_road_back_is_tested_where_reaper_can_be_called(studio: Studio, ini: str, key: str, port: int) -> None:
    (studio.root / "REAPER" / "reaper.ini").write_text(ini)
    studio.reaper.run(ACTION)
    card = json.loads((studio.clerk.folder / "reaper.json").read_text())
    assert card[key] == port
    studio.clerk.take()
    assert studio.clerk.taken[-1].ask == "push"
    studio.reaper.run("Collect finished results")  # what the daemon's call makes REAPER do
    studio.reaper.skip(1)
    assert "the daemon reaches REAPER" in told(studio)


def test_both_roads_are_tested_where_both_are_there(studio: Studio) -> None:
    (studio.root / "REAPER" / "reaper.ini").write_text(BOTH)
    studio.reaper.run(ACTION)
    card = json.loads((studio.clerk.folder / "reaper.json").read_text())
    assert (card["web_port"], card["osc_port"]) == (8081, 8000)
    studio.clerk.take()
    studio.reaper.program.SetExtState("daw-bridge", "pushed", "web", False)  # what REAPER's web server does
    studio.reaper.skip(1)
    studio.reaper.tick()
    studio.clerk.take()
    assert [getattr(ticket, "by", "") for ticket in studio.clerk.taken] == ["web", "osc"]
    studio.reaper.skip(10)
    report = told(studio)
    assert "reaches REAPER (web interface, port 8081)" in report
    assert "does not hear the daemon (OSC, port 8000)" in report


def test_actions_that_are_newer_than_what_reaper_remembers_of_the_folder_are_added(studio: Studio) -> None:
    studio.reaper.actions = studio.root / "Scripts"
    shutil.copytree(SCRIPTS, studio.reaper.actions)
    studio.reaper.program.EnumerateFiles(f"{studio.reaper.actions}/", 0)
    shutil.copy(studio.reaper.actions / "Bridge - Leave A-B.lua", studio.reaper.actions / "Bridge - New.lua")
    studio.reaper.run(ACTION)
    assert "22 actions" in told(studio)


def test_a_road_back_that_is_blocked_is_told_and_is_no_catastrophe(studio: Studio) -> None:
    (studio.root / "REAPER" / "reaper.ini").write_text(WEB)
    studio.reaper.run(ACTION)
    studio.reaper.skip(10)
    report = told(studio)
    assert "1 to put right" in report
    assert "does not hear the daemon (web interface, port 8081)" in report
    assert "results come as well" in report


def test_without_a_daemon_it_says_what_to_do(studio: Studio) -> None:
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.person.answers.append(CANCEL)
    studio.reaper.run(ACTION)
    assert "dawbridge reaper install" in told(studio)


def test_a_ticket_folder_that_cannot_be_written_is_the_first_thing_told(studio: Studio) -> None:
    folder = studio.root / "elsewhere"
    folder.write_text("a file")
    studio.reaper.program.SetExtState("daw-bridge", "tickets", str(folder), True)
    studio.reaper.person.answers.append(CANCEL)
    studio.reaper.run(ACTION)
    assert "cannot be written" in told(studio)
    shutil.rmtree(studio.clerk.folder)
