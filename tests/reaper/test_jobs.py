"""Waiting for results: several projects, restarts, failures, cancelling, a daemon that is not there."""

import json
import shutil
from pathlib import Path

import pytest

from tests.reaper.fake.desk import CANCEL, NO, YES
from tests.reaper.studio import Studio

SPLIT = "Split selected items into 4 stems"


def test_results_find_the_project_that_asked_also_when_another_is_shown(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    other = studio.reaper.new_project(studio.root / "Other.rpp")
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    assert len(studio.project.tracks) == 7
    assert other.tracks == []
    assert studio.reaper.tabs.shown is other


def test_two_projects_wait_at_once_and_one_script_serves_both(studio: Studio) -> None:
    studio.item()
    (first,) = studio.ask(SPLIT)
    one = studio.project
    studio.project = studio.reaper.new_project(studio.root / "Other.rpp")
    studio.item(at_s=1.0)
    (second,) = studio.ask(SPLIT)
    assert len(studio.reaper.scripts) == 1
    studio.clerk.answer(second, *studio.stems(second))
    studio.clerk.answer(first, *studio.stems(first))
    studio.reaper.until_idle()
    assert len(one.tracks) == len(studio.project.tracks) == 7


def test_results_are_collected_after_reaper_was_closed_in_mid_job(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    path = studio.project.path
    assert path is not None
    studio.reaper.save(studio.project)
    studio.reaper.quit()
    studio.clerk.answer(ticket, *studio.stems(ticket))
    project = studio.reaper.open(path)
    studio.reaper.run("Collect finished results")
    studio.reaper.until_idle()
    assert len(project.tracks) == 7
    assert not list(studio.clerk.folder.glob("*.result.json"))


def test_a_project_that_is_closed_keeps_its_results_waiting(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    path = studio.project.path
    assert path is not None
    studio.reaper.save(studio.project)
    studio.reaper.new_project(studio.root / "Other.rpp")
    studio.reaper.close_project(studio.project)
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    assert list(studio.clerk.folder.glob("*.result.json"))
    project = studio.reaper.open(path)
    studio.reaper.run("Collect finished results")
    studio.reaper.until_idle()
    assert len(project.tracks) == 7


def test_save_as_in_mid_job_changes_nothing(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    studio.reaper.save(studio.project, studio.root / "New place" / "New name.rpp")
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    assert len(studio.project.tracks) == 7


def test_what_is_expected_makes_reaper_ask_whether_to_save(studio: Studio) -> None:
    studio.item()
    studio.ask(SPLIT)
    assert studio.project.is_dirty


def test_undo_of_placed_stems_brings_no_trouble_and_nothing_back(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until(lambda: len(studio.project.tracks) == 7)
    studio.project.undo_last()  # the peaks of its stems were still being built
    studio.reaper.until_idle()
    studio.reaper.run("Collect finished results")
    studio.reaper.until_idle()
    assert len(studio.project.tracks) == 1
    assert not studio.reaper.person.console


def test_closing_the_project_while_peaks_are_built_brings_no_trouble(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until(lambda: len(studio.project.tracks) == 7)
    studio.reaper.new_project(studio.root / "Other.rpp")
    studio.reaper.close_project(studio.project)
    studio.reaper.until_idle()


def test_a_failure_is_told_and_can_be_tried_again(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    studio.clerk.fail(ticket, "The engine ran out of memory.")
    studio.reaper.until_idle()
    assert "failed: The engine ran out of memory." in studio.reaper.person.console[0]
    assert len(studio.project.tracks) == 1
    (again,) = studio.ask("Retry failed jobs of this project")
    assert (again.retry_of, again.recipe, again.files, again.notes) == (
        "job1",
        ticket.recipe,
        ticket.files,
        ticket.notes,
    )
    studio.clerk.answer(again, *studio.stems(again))
    studio.reaper.until_idle()
    assert len(studio.project.tracks) == 7
    studio.reaper.run("Retry failed jobs of this project")
    assert "no job of this project has failed" in studio.reaper.person.news[-1]


def test_cancelling_asks_for_every_job_of_this_project_only(studio: Studio) -> None:
    studio.item()
    (first,) = studio.ask(SPLIT)
    studio.project = studio.reaper.new_project(studio.root / "Other.rpp")
    studio.item()
    (second,) = studio.ask(SPLIT)
    studio.reaper.run("Cancel jobs of this project")
    studio.clerk.take()
    steer = studio.clerk.taken[-1]
    assert steer.ask == "cancel"
    assert steer.of == (second.id,)
    studio.clerk.cancel(second)
    studio.clerk.answer(first, *studio.stems(first))
    studio.reaper.until_idle()
    assert not studio.reaper.person.console
    studio.reaper.run("Cancel jobs of this project")
    assert "no job" in studio.reaper.person.news[-1]


def test_a_job_of_which_nothing_is_left_is_given_up(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    (studio.clerk.folder / "accepted" / f"{ticket.id}.json").unlink()
    studio.reaper.tick()
    studio.reaper.skip(1)
    studio.reaper.tick()
    studio.reaper.skip(11)
    studio.reaper.until_idle()
    assert "not known any more" in studio.reaper.person.console[0]


def test_a_result_that_cannot_be_placed_is_told_and_the_next_is_placed(studio: Studio) -> None:
    studio.item()
    (ticket,) = studio.ask(SPLIT)
    broken = ticket.model_copy(update={"notes": {**ticket.notes, "kind": "no such module"}})
    studio.clerk.answer(broken)
    studio.reaper.until_idle()
    assert "could not be placed" in studio.reaper.person.console[0]


def test_without_a_daemon_the_user_can_start_it(studio: Studio) -> None:
    studio.item()
    (studio.clerk.folder / "daemon.json").unlink()
    install(studio, '"/opt/daw bridge/dawbridge" run')

    def start(_command: str, _wait_ms: int) -> str:
        studio.clerk.beat()
        return "0\n"

    studio.reaper.program.on_exec = start
    studio.reaper.person.answers.append(YES)
    studio.reaper.run(SPLIT)
    studio.reaper.tick()
    studio.reaper.skip(1)
    studio.reaper.tick()
    assert studio.reaper.program.commands == [('"/opt/daw bridge/dawbridge" run', -1)]
    assert len(studio.clerk.take()) == 1


def test_or_ask_anyway_or_leave_it(studio: Studio) -> None:
    studio.item()
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.person.answers.extend([CANCEL, NO])
    assert studio.ask(SPLIT) == []
    assert len(studio.ask(SPLIT)) == 1


def test_a_daemon_that_does_not_come_up_is_told(studio: Studio) -> None:
    studio.item()
    (studio.clerk.folder / "daemon.json").unlink()
    install(studio, "dawbridge run")
    studio.reaper.person.answers.append(YES)
    studio.reaper.run(SPLIT)
    studio.reaper.skip(60)
    studio.reaper.until_idle()
    assert "does not answer" in studio.reaper.person.boxes[-1]
    assert studio.clerk.take() == []


def test_a_dead_daemon_is_known_by_its_old_heartbeat(studio: Studio) -> None:
    beat = studio.clerk.folder / "daemon.json"
    beat.write_text(json.dumps(json.loads(beat.read_text()) | {"now_s": 1000.0}))
    studio.item()
    studio.reaper.person.answers.append(CANCEL)
    studio.reaper.run(SPLIT)
    assert "is not running" in studio.reaper.person.boxes[0]


def test_without_an_installation_it_says_how_to_get_one(studio: Studio) -> None:
    studio.item()
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.person.answers.append(YES)
    studio.reaper.run(SPLIT)
    assert "dawbridge reaper install" in studio.reaper.person.boxes[-1]


def test_a_ticket_folder_that_cannot_be_written_is_told(studio: Studio) -> None:
    studio.item()
    folder = studio.root / "elsewhere"
    studio.reaper.program.SetExtState("daw-bridge", "tickets", str(folder), True)
    shutil.copytree(studio.clerk.folder, folder)
    blocked = folder.rename(folder.with_name("moved"))
    folder.write_text("a file stands where the folder was")
    studio.reaper.person.answers.append(NO)
    studio.reaper.run(SPLIT)
    assert "cannot be written" in studio.reaper.person.boxes[-1]
    assert not studio.reaper.scripts
    assert blocked.is_dir()


def test_a_ticket_folder_on_a_read_only_disk_is_told_by_action_and_set_up(
    studio: Studio, read_only_folder: Path
) -> None:
    studio.item()
    studio.reaper.program.SetExtState("daw-bridge", "tickets", str(read_only_folder), True)
    studio.reaper.person.answers.extend([NO, NO])
    assert studio.ask(SPLIT) == []
    assert "cannot be written" in studio.reaper.person.boxes[-1]
    assert not studio.project.ext.get("daw-bridge-tickets")
    studio.reaper.run("Set up and diagnose")
    assert "cannot be written" in studio.reaper.person.console[-1]


def test_the_last_report_is_opened(studio: Studio) -> None:
    studio.reaper.run("Open last report")
    assert "no report yet" in studio.reaper.person.boxes[0]
    studio.item()
    (ticket,) = studio.ask("Analyze selected items")
    page = studio.root / 'a "page" ü.html'
    page.write_text("<html>")
    studio.clerk.answer(ticket, ("report_html", page))
    studio.reaper.until_idle()
    studio.reaper.run("Open last report")
    ((command, wait_ms),) = studio.reaper.program.commands
    assert command.endswith(f'xdg-open "{str(page).replace(chr(34), chr(92) + chr(34))}"')
    assert wait_ms == -1
    page.unlink()
    studio.reaper.run("Open last report")
    assert "not there any more" in studio.reaper.person.boxes[-1]


def install(studio: Studio, start: str) -> None:
    settings = {"format": 1, "tickets": str(studio.clerk.folder), "start": start}
    (studio.root / "REAPER" / "daw-bridge.json").write_text(json.dumps(settings))


@pytest.mark.parametrize("action", [path.stem for path in Path("reaper_scripts/Bridge").glob("Bridge - *.lua")])
def test_every_action_takes_an_empty_project_and_no_daemon(studio: Studio, action: str) -> None:
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.person.answers.extend([CANCEL] * 3)
    studio.reaper.person.inputs.extend([None])
    script = studio.reaper.run(action.removeprefix("Bridge - "))
    script.window.is_closed = True
    studio.reaper.until_idle()
    assert studio.project.tracks == []
