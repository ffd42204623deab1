"""Bridge: Show the panel."""

import json
import time
from typing import Any

from PIL import Image

from tests.reaper.fake.imgui import ImGuiWindow
from tests.reaper.fake.script import Script
from tests.reaper.pictures import CARDS, GOOD, show_imgui_panel, show_panel
from tests.reaper.studio import Studio

LEFT = 1


def turn(studio: Studio, times: int = 2) -> None:
    for _ in range(times):
        studio.reaper.skip(0.4)
        studio.reaper.tick()


def colours(script: Script) -> set[tuple[int, ...]]:
    picture = script.window.image
    assert isinstance(picture, Image.Image)
    found: Any = picture.getcolors(1 << 20)
    return {colour for _, colour in found}


def click(studio: Studio, script: Script, x: int, y: int) -> None:
    script.gfx["mouse_x"], script.gfx["mouse_y"], script.gfx["mouse_cap"] = x, y, LEFT
    turn(studio, 1)
    script.gfx["mouse_cap"] = 0
    turn(studio, 1)


def test_it_shows_jobs_and_is_closed_by_its_window(studio: Studio) -> None:
    script = show_panel(studio)
    assert GOOD in colours(script)
    assert script.most_instructions < 200_000
    script.window.is_closed = True
    studio.reaper.until_idle()


def test_it_lives_without_a_daemon_and_starts_one(studio: Studio) -> None:
    (studio.clerk.folder / "daemon.json").unlink()
    script = studio.reaper.run("Show the panel")
    turn(studio)
    assert GOOD not in colours(script)
    click(studio, script, 380, 25)
    assert "dawbridge reaper install" in studio.reaper.person.boxes[0]


def test_pausing_is_a_ticket(studio: Studio) -> None:
    script = show_panel(studio)
    click(studio, script, 380, 25)
    studio.clerk.take()
    assert [ticket.ask for ticket in studio.clerk.taken] == ["pause"]


def test_a_chain_is_picked_in_the_window_that_is_open(studio: Studio) -> None:
    script = show_panel(studio)
    studio.reaper.person.picks.append(1)
    click(studio, script, 200, 72)
    assert not script.window.is_closed
    assert studio.reaper.program.GetExtState("daw-bridge", "chain") == "loud"


def test_its_buttons_do_what_the_actions_do(studio: Studio) -> None:
    studio.item()
    script = show_panel(studio)
    click(studio, script, 60, 115)  # Master project
    (ticket,) = studio.clerk.take()
    assert ticket.recipe.do == "master"
    click(studio, script, 200, 150)  # Analyze items
    (ticket,) = studio.clerk.take()
    assert ticket.recipe.do == "analyze"


def test_a_click_on_a_job_opens_its_report(studio: Studio) -> None:
    page = studio.root / "page.html"
    script = show_panel(studio, [{**CARDS[2], "page": str(page)}])
    click(studio, script, 100, 320)
    assert str(page) in studio.reaper.program.commands[0][0].replace('\\"', '"')


def test_broken_files_of_the_daemon_do_not_end_it(studio: Studio) -> None:
    script = show_panel(studio)
    (studio.clerk.folder / "jobs.json").write_text("{")
    (studio.clerk.folder / "daemon.json").write_text(json.dumps({"now_s": time.time()}))
    (studio.clerk.folder / "daemon.json").write_text("[")
    turn(studio, 4)
    assert script.is_waiting


# --- With ReaImGui ----------------------------------------------------------------------------------------------------


def test_with_reaimgui_it_shows_the_same_parts(studio: Studio) -> None:
    window = show_imgui_panel(studio)
    shown = " | ".join(window.labels)
    for words in ("Ready", "Pause", "Streaming  (-14.0 LUFS)", "Master project", "Try failed again", "-16.7 LUFS"):
        assert words in shown
    for words in ("mastering, 0:14 left", "Demo.wav is cut off: 1.2 MB of audio is missing.", "analyze"):
        assert words in shown
    window.is_closed = True
    studio.reaper.until_idle()


def test_its_buttons_and_jobs_are_pressed_there_too(studio: Studio) -> None:
    page = studio.root / "page.html"
    studio.item()
    window = show_imgui_panel(studio, [{**CARDS[2], "page": str(page)}])
    window.pressed = ["Master project"]
    turn(studio, 1)
    (ticket,) = studio.clerk.take()
    assert ticket.recipe.do == "master"
    window.pressed = ["Pause"]
    turn(studio, 1)
    studio.clerk.take()
    assert studio.clerk.taken[-1].ask == "pause"
    window.pressed = ["Long Night"]
    turn(studio, 1)
    assert str(page) in studio.reaper.program.commands[0][0].replace('\\"', '"')


def test_a_chain_is_picked_from_its_list(studio: Studio) -> None:
    window = show_imgui_panel(studio)
    window.pressed = ["##chain", "Loud  (-9.5 LUFS)"]
    turn(studio, 2)
    assert studio.reaper.program.GetExtState("daw-bridge", "chain") == "loud"
    assert "Loud  (-9.5 LUFS)" in window.labels


def test_who_does_not_want_reaimguis_look_gets_the_plain_one(studio: Studio) -> None:
    studio.reaper.program.imgui = ImGuiWindow()
    studio.reaper.program.SetExtState("daw-bridge", "look", "gfx", True)
    script = show_panel(studio)
    assert GOOD in colours(script)


def test_a_reaimgui_that_is_too_old_is_passed_by(studio: Studio) -> None:
    window = studio.reaper.program.imgui = ImGuiWindow()
    window.builtin_path = "/nowhere"
    script = show_panel(studio)
    assert GOOD in colours(script)


def test_where_it_is_docked_is_written_down_only_when_it_changes(studio: Studio) -> None:
    script = show_panel(studio)
    assert studio.reaper.program.GetExtState("daw-bridge", "dock") == ""
    script.window.dock_place = 257
    turn(studio)
    assert studio.reaper.program.GetExtState("daw-bridge", "dock") == "257"
