"""Bridge: Master project, time selection, selected regions; A/B."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.listeners.tickets.box import TicketBox
from bridge.listeners.tickets.forms import SteerTicket
from bridge.recipes import MasterRecipe
from tests.reaper.fake.project import Marker
from tests.reaper.studio import Studio

TOGGLE = "Toggle A-B (mix or master, loudness-matched)"


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
    frames = round((5.25 + 1.0) * 44100)  # with the tail that the project asks for
    assert (rendered.samplerate, rendered.subtype, rendered.frames) == (44100, "PCM_24", frames)
    assert Path(ticket.files[0]).parent == studio.root / "Sessions" / "Bridge" / "Renders"
    assert ticket.return_folder == str(studio.root / "Sessions" / "Bridge" / "Returns")


@pytest.mark.parametrize(
    ("own", "suffix", "subtype"),
    [
        ("ZXZhdxgAAQ==", ".wav", "PCM_24"),
        ("ZXZhdyAAAQ==", ".wav", "FLOAT"),
        ("ZmZpYRgA", ".aiff", "PCM_24"),
        ("Y2FsZhgA", ".flac", "PCM_24"),
        ("evaw", ".wav", "PCM_24"),
        ("ZXZhdxAAAQ==", ".wav", "FLOAT"),  # 16 bits, not dithered, would be a loss
        ("bDNwbUABAAA=", ".wav", "FLOAT"),  # MP3
    ],
)
def test_formats_of_the_project_are_kept_unless_they_lose_something(
    studio: Studio, own: str, suffix: str, subtype: str
) -> None:
    studio.item()
    studio.project.texts["RENDER_FORMAT"] = own
    (ticket,) = studio.ask("Master project")
    assert Path(ticket.files[0]).suffix == suffix
    assert soundfile.info(ticket.files[0]).subtype == subtype
    assert studio.project.texts["RENDER_FORMAT"] == own


def test_of_what_the_project_does_to_renders_only_fades_metadata_second_pass_and_delay_are_kept(studio: Studio) -> None:
    studio.item()
    normalising, limiting, fading, trimming = 1 | 2, 64 | 128, 512 | 1024, 16384
    studio.project.settings["RENDER_NORMALIZE"] = normalising | limiting | fading | trimming
    stems, metadata, second_pass, delay = 1, 512, 2048, 16 << 16
    studio.project.settings["RENDER_SETTINGS"] = stems | metadata | second_pass | delay
    kept = settings_of(studio)
    studio.ask("Master project")
    (used,) = studio.reaper.projects.renders
    assert used["RENDER_NORMALIZE"] == fading
    assert used["RENDER_SETTINGS"] == metadata | second_pass | delay
    assert (used["RENDER_DITHER"], used["RENDER_ADDTOPROJ"]) == (0, 0)
    assert settings_of(studio) == kept


@pytest.mark.parametrize("action", ["Master project", "Master time selection", "Master selected regions"])
@pytest.mark.parametrize("fraction", [0.0, 0.4])
def test_a_render_that_the_user_stops_is_not_mastered(studio: Studio, action: str, fraction: float) -> None:
    studio.item(length_s=3.0)
    studio.project.time = (3.5, 5.5)
    studio.project.markers = [Marker(1, 3.5, 5.5, "Intro", 0, is_selected=True)]
    kept = settings_of(studio)
    studio.reaper.projects.rendered_fraction = fraction
    assert studio.ask(action) == []
    assert "was stopped" in studio.reaper.person.boxes[-1]
    assert settings_of(studio) == kept
    assert not studio.reaper.scripts


def test_a_render_that_fails_leaves_the_settings_as_they_were(studio: Studio) -> None:
    studio.item()
    kept = settings_of(studio)
    (studio.root / "Sessions").mkdir(exist_ok=True)
    (studio.root / "Sessions" / "Bridge").write_text("a file stands where the folder should be")
    with pytest.raises(Exception, match="Renders"):
        studio.reaper.run("Master project")
    assert settings_of(studio) == kept


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
    assert (item.values["D_FADEINLEN"], item.values["D_FADEOUTLEN"], item.values["C_BEATATTACHMODE"]) == (0, 0, 0)
    assert [title for title, _ in studio.project.undo] == ["Bridge: master of Söng € (selection)"]
    assert "-14.0 LUFS" in studio.reaper.person.news[-1]


def test_a_project_without_a_file_has_its_folders_beside_its_recordings(studio: Studio) -> None:
    studio.project = studio.reaper.new_project()
    studio.item()
    (ticket,) = studio.ask("Master project")
    assert Path(ticket.files[0]).is_file()
    assert Path(ticket.files[0]).parts[-3:-1] == ("Bridge", "Renders")
    assert ticket.name == "Untitled"


def test_a_second_master_becomes_a_new_take_of_the_first(studio: Studio) -> None:
    studio.item()
    studio.master()
    studio.master()
    (item,) = studio.tracks()["Masters"].items
    assert [take.name for take in item.takes] == ["mix", "master streaming", "mix (2)", "master streaming (2)"]
    assert item.values["I_CURTAKE"] == 3
    assert len({take.source.path for take in item.takes if take.source}) == 4


def test_a_tail_that_the_project_renders_is_mastered_and_placed_too(studio: Studio) -> None:
    studio.item()
    studio.master()
    (item,) = studio.tracks()["Masters"].items
    assert item.values["D_LENGTH"] == pytest.approx(5.25 + 1.0)


@pytest.mark.parametrize("counts_regions", [False, True])
def test_each_selected_region_is_a_master_of_its_own(studio: Studio, *, counts_regions: bool) -> None:
    studio.item(length_s=4.0, offset_s=0.0)
    studio.project.counts_regions = counts_regions
    studio.project.settings["RENDER_TAILFLAG"] = 0.0
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
    studio.reaper.run(TOGGLE)
    assert item.values["I_CURTAKE"] == 1
    assert item.takes[1].values["D_VOL"] == pytest.approx(quiet)
    assert (track.values["B_MUTE"], track.values["I_SOLO"]) == (0, 1)
    studio.reaper.run(TOGGLE)
    assert (item.values["I_CURTAKE"], item.takes[0].values["D_VOL"]) == (0, 1.0)
    studio.reaper.run("Leave A-B")
    assert (item.values["I_CURTAKE"], item.takes[1].values["D_VOL"]) == (1, 1.0)
    assert (track.values["B_MUTE"], track.values["I_SOLO"]) == (1, 0)
    assert [title for title, _ in studio.project.undo[1:]] == [
        "Bridge: A/B, hear the master", "Bridge: A/B, hear the mix", "Bridge: leave A/B",
    ]  # fmt: skip


def test_ab_passes_by_other_solos_and_the_effects_that_the_mix_went_through_already(studio: Studio) -> None:
    studio.item()
    studio.master()
    drums, masters, bus = studio.track("Drums"), studio.tracks()["Masters"], studio.project.bus
    drums.values["I_SOLO"] = 2.0
    studio.reaper.run(TOGGLE)
    studio.reaper.run(TOGGLE)
    assert (drums.values["I_SOLO"], masters.values["I_SOLO"], bus.values["I_FXEN"]) == (0, 1, 0)
    studio.reaper.run("Leave A-B")
    assert (drums.values["I_SOLO"], masters.values["I_SOLO"], bus.values["I_FXEN"]) == (2, 0, 1)


def test_a_solo_that_is_ended_by_hand_does_not_cost_the_effects_of_the_master_track(studio: Studio) -> None:
    studio.item()
    studio.master()
    studio.reaper.run(TOGGLE)
    studio.tracks()["Masters"].values["I_SOLO"] = 0.0
    studio.reaper.run(TOGGLE)
    assert studio.tracks()["Masters"].values["I_SOLO"] == 1
    studio.reaper.run("Leave A-B")
    assert studio.project.bus.values["I_FXEN"] == 1


def test_ab_can_be_undone_and_begins_anew_then(studio: Studio) -> None:
    studio.item()
    studio.master()
    before = studio.project.content()
    studio.reaper.run(TOGGLE)
    studio.project.undo_last()
    assert studio.project.content() == before
    studio.reaper.run(TOGGLE)
    track = studio.tracks()["Masters"]
    assert (track.values["B_MUTE"], track.values["I_SOLO"], track.items[0].values["I_CURTAKE"]) == (0, 1, 1)


def test_takes_that_the_user_deletes_do_not_confuse_ab(studio: Studio) -> None:
    studio.item()
    studio.master()
    studio.master()
    (item,) = studio.tracks()["Masters"].items
    del item.takes[:2]
    item.values["I_CURTAKE"] = 1.0
    studio.reaper.run(TOGGLE)
    assert item.take is not None
    assert item.take.name == "master streaming (2)"
    studio.reaper.run(TOGGLE)
    assert item.take.name == "mix (2)"


def test_a_master_asked_for_in_ab_is_of_the_session_and_not_of_the_master(studio: Studio) -> None:
    studio.item()
    studio.master()
    first = studio.clerk.taken[0]
    assert first.ask == "work"
    studio.reaper.run(TOGGLE)
    (ticket,) = studio.ask("Master project")
    before, _ = soundfile.read(first.files[0])
    after, _ = soundfile.read(ticket.files[0])
    assert np.array_equal(before[: round(5.2 * 44100)], after[: round(5.2 * 44100)])
    assert studio.tracks()["Masters"].values["B_MUTE"] == 1


@pytest.mark.parametrize("action", [TOGGLE, "Leave A-B"])
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
