"""Bridge: Master project, time selection, selected regions; A/B."""

from pathlib import Path

import pytest
import soundfile

from bridge.listeners.tickets.box import TicketBox
from bridge.listeners.tickets.forms import SteerTicket
from bridge.recipes import MasterRecipe
from tests.reaper.fake.project import Marker
from tests.reaper.studio import Studio


def settings_of(studio: Studio) -> object:
    return dict(studio.project.settings), dict(studio.project.texts)


def test_the_project_is_rendered_without_normalising_and_its_settings_come_back(studio: Studio) -> None:
    studio.item()
    kept = settings_of(studio)
    (ticket,) = studio.ask("Master project")
    assert settings_of(studio) == kept
    assert isinstance(ticket.recipe, MasterRecipe)
    assert ticket.recipe.chain == "streaming"
    rendered = soundfile.info(ticket.files[0])
    assert (rendered.samplerate, rendered.subtype, rendered.frames) == (44100, "PCM_24", round(5.25 * 44100))
    assert Path(ticket.files[0]).parent == studio.root / "Sessions" / "Bridge" / "Renders"
    assert ticket.return_folder == str(studio.root / "Sessions" / "Bridge" / "Returns")


@pytest.mark.parametrize("own", ["ZXZhdxgAAQ==", "ZmZpYRgA", "Y2FsZhgA", "bDNwbUABAAA="])
def test_exact_formats_of_the_project_are_kept_and_lossy_ones_are_not(studio: Studio, own: str) -> None:
    studio.item()
    studio.project.texts["RENDER_FORMAT"] = own
    (ticket,) = studio.ask("Master project")
    wanted = {"ZmZpYRgA": ".aiff", "Y2FsZhgA": ".flac"}.get(own, ".wav")
    assert Path(ticket.files[0]).suffix == wanted
    assert studio.project.texts["RENDER_FORMAT"] == own


def test_the_master_comes_back_on_its_own_silent_track_at_its_place(studio: Studio) -> None:
    studio.item()
    studio.project.time = (3.5, 4.5)
    studio.master("Master time selection")
    track = studio.tracks()["Masters"]
    (item,) = track.items
    assert track.values["B_MUTE"] == 1
    assert (item.values["D_POSITION"], item.values["D_LENGTH"]) == (3.5, 1.0)
    assert [take.name for take in item.takes] == ["mix", "master streaming"]
    assert item.values["I_CURTAKE"] == 1
    assert [title for title, _ in studio.project.undo] == ["Bridge: master of Söng € (selection)"]
    assert "-14.0 LUFS" in studio.reaper.person.news[-1]


def test_a_second_master_becomes_a_new_take_of_the_first(studio: Studio) -> None:
    studio.item()
    studio.master()
    studio.master()
    (item,) = studio.tracks()["Masters"].items
    assert [take.name for take in item.takes] == ["mix", "master streaming", "mix (2)", "master streaming (2)"]
    assert item.values["I_CURTAKE"] == 3
    assert len({take.source.path for take in item.takes if take.source}) == 4


def test_each_selected_region_is_a_master_of_its_own(studio: Studio) -> None:
    studio.item(length_s=4.0, offset_s=0.0)
    studio.project.markers = [
        Marker(1, 3.0, 4.0, "Intro", 0, is_selected=True),
        Marker(2, 4.0, 5.0, "Verse", 0),
        Marker(7, 5.0, 6.5, 'The "end": r3 of it', 0, is_selected=True),
        Marker(1, 1.0, None, "a marker", 0),
    ]
    studio.reaper.disk.real(str(studio.root)).mkdir(exist_ok=True)
    studio.project.markers[2].name = "The end, r3 of it"
    studio.master("Master selected regions")
    items = studio.tracks()["Masters"].items
    placed = [(item.values["D_POSITION"], item.values["D_LENGTH"]) for item in items]
    assert sorted(placed) == [(3.0, 1.0), (5.0, 1.5)]
    assert {ticket.name for ticket in studio.clerk.taken if ticket.ask == "work"} == {"Intro", "The end, r3 of it"}


def test_a_chain_is_picked_from_what_the_daemon_has_and_stays_picked(studio: Studio) -> None:
    studio.item()
    studio.reaper.person.picks.append(1)
    (ticket,) = studio.ask("Master with a chain from a menu")
    assert studio.reaper.person.menus == ["Loud  (-9.5 LUFS)|!Streaming  (-14.0 LUFS)"]
    assert isinstance(ticket.recipe, MasterRecipe)
    assert ticket.recipe.chain == "loud"
    other = studio.reaper.new_project(studio.root / "Other.rpp")
    studio.reaper.add_item(studio.reaper.add_track(other, "T"), Path(ticket.files[0]), 0.0, 1.0)
    (second,) = studio.ask("Master project")
    assert isinstance(second.recipe, MasterRecipe)
    assert second.recipe.chain == "loud"


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("Master project", "is empty"),
        ("Master time selection", "No time is selected"),
        ("Master selected regions", "no regions"),
    ],
)
def test_nothing_to_master_is_said(studio: Studio, action: str, words: str) -> None:
    studio.reaper.run(action)
    assert words in studio.reaper.person.boxes[0]
    assert not studio.clerk.take()


def test_no_region_selected_is_said(studio: Studio) -> None:
    studio.item()
    studio.project.markers = [Marker(1, 3.0, 4.0, "Intro", 0)]
    studio.reaper.run("Master selected regions")
    assert len(studio.reaper.person.boxes) == 1
    assert not studio.clerk.take()


def test_ab_is_heard_at_equal_loudness_alone_and_ends_as_it_began(studio: Studio) -> None:
    studio.item()
    studio.master()  # the clerk's mix reads -18 LUFS, its master -14
    track = studio.tracks()["Masters"]
    (item,) = track.items
    quiet = 10 ** (-4 / 20)
    studio.reaper.run("Toggle A-B (mix or master, loudness-matched)")
    assert item.values["I_CURTAKE"] == 1
    assert item.takes[1].values["D_VOL"] == pytest.approx(quiet)
    assert (track.values["B_MUTE"], track.values["I_SOLO"]) == (0, 1)
    studio.reaper.run("Toggle A-B (mix or master, loudness-matched)")
    assert (item.values["I_CURTAKE"], item.takes[0].values["D_VOL"]) == (0, 1.0)
    studio.reaper.run("Leave A-B")
    assert (item.values["I_CURTAKE"], item.takes[1].values["D_VOL"]) == (1, 1.0)
    assert (track.values["B_MUTE"], track.values["I_SOLO"]) == (1, 0)
    assert [title for title, _ in studio.project.undo[1:]] == [
        "Bridge: A/B, hear the master", "Bridge: A/B, hear the mix", "Bridge: leave A/B",
    ]  # fmt: skip


@pytest.mark.parametrize("action", ["Toggle A-B (mix or master, loudness-matched)", "Leave A-B"])
def test_without_a_master_there_is_no_ab(studio: Studio, action: str) -> None:
    studio.reaper.run(action)
    assert "Master project first" in studio.reaper.person.boxes[0]


def test_either_side_is_heard_by_its_own_action_however_often_it_is_pressed(studio: Studio) -> None:
    studio.item()
    studio.master()
    (item,) = studio.tracks()["Masters"].items
    studio.clerk.taken.clear()
    for action, take in (
        ("Hear B (the master, loudness-matched)", 1), ("Hear B (the master, loudness-matched)", 1),
        ("Hear A (the mix)", 0), ("Toggle A-B (mix or master, loudness-matched)", 1), ("Leave A-B", 1),
    ):  # fmt: skip
        studio.ask(action)
        assert item.values["I_CURTAKE"] == take
    told = [ticket.side for ticket in studio.clerk.taken if isinstance(ticket, SteerTicket)]
    assert told == ["b", "b", "a", "b", "session"]  # control surfaces show it


def test_without_a_daemon_nobody_is_told_what_is_heard(studio: Studio) -> None:
    studio.item()
    studio.master()
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.run("Hear A (the mix)")
    assert not list(TicketBox(studio.clerk.folder).slips())
