"""Bridge: Split selected items into stems."""

import pytest
import soundfile

from bridge.recipes import SplitRecipe
from bridge.report import Marker
from tests.reaper.fake.desk import CANCEL, NO, YES
from tests.reaper.fake.project import Source, StretchMarker
from tests.reaper.studio import STEMS, Studio


def test_stems_of_an_item_that_starts_in_mid_file_lie_where_the_item_lies(studio: Studio) -> None:
    item = studio.item(at_s=3.25, length_s=2.0, offset_s=1.0, rate_hz=48000)
    before = studio.project.content()
    studio.split()
    tracks = studio.tracks()
    for name in ("Vocals", "Drums", "Bass", "Other", "Residual"):
        (placed,) = tracks[name].items
        assert (placed.values["D_POSITION"], placed.values["D_LENGTH"]) == (3.25, 2.0)
        assert placed.take is not None
        assert placed.take.values["D_STARTOFFS"] == 1.0
        assert placed.values["B_LOOPSRC"] == item.values["B_LOOPSRC"]
        assert placed.take.source is not None
        assert soundfile.info(placed.take.source.path).samplerate == 48000
    assert item.values["B_MUTE"] == 1
    assert [title for title, _ in studio.project.undo] == ['Bridge: stems of My "Söng" v1']
    studio.project.undo_last()
    assert studio.project.content() == before


def test_stem_tracks_are_children_of_a_folder_below_the_track(studio: Studio) -> None:
    track = studio.track("Mix")
    studio.track("After")
    studio.item(track)
    studio.split()
    names = [each.name for each in studio.project.tracks]
    assert names == ["Mix", "Mix stems", "Vocals", "Drums", "Bass", "Other", "Residual", "After"]
    # The track is their parent, so they go through its effects, fader and sends.
    assert [each.values["I_FOLDERDEPTH"] for each in studio.project.tracks] == [1, 1, 0, 0, 0, 0, -2, 0]
    assert len({each.values["I_CUSTOMCOLOR"] for each in studio.project.tracks[2:7]}) == 5


@pytest.mark.parametrize(
    ("depths", "at", "wanted"),
    [
        ([1, -1], 1, [1, 1, 1, 0, 0, 0, 0, -3]),  # the last child of a folder
        ([1, -1], 0, [1, 1, 0, 0, 0, 0, -1, -1]),  # the folder itself
        ([1, 1, -2], 2, [1, 1, 1, 1, 0, 0, 0, 0, -4]),  # ends two folders
    ],
)
def test_folders_of_the_user_stay_as_they_were(studio: Studio, depths: list[int], at: int, wanted: list[int]) -> None:
    for number, depth in enumerate(depths):
        studio.track(f"T{number}").values["I_FOLDERDEPTH"] = float(depth)
    studio.item(studio.project.tracks[at])
    studio.split()
    assert [track.values["I_FOLDERDEPTH"] for track in studio.project.tracks] == wanted


@pytest.mark.parametrize("count", [2, 4, 5, 6])
def test_each_number_of_stems_has_an_action(studio: Studio, count: int) -> None:
    studio.item()
    (ticket,) = studio.ask(f"Split selected items into {count} stems")
    assert isinstance(ticket.recipe, SplitRecipe)
    assert ticket.recipe.stems == count
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    placed = {track.name.lower() for track in studio.project.tracks[2:]}
    assert placed == {*STEMS[count], "residual"}


def test_twenty_items_at_once_share_the_tracks(studio: Studio) -> None:
    track = studio.track()
    items = [studio.item(track, at_s=3.0 * index, name=f"take {index}.wav") for index in range(20)]
    studio.reaper.select(*items)
    studio.split()
    assert len(studio.project.tracks) == 7
    for name in ("Vocals", "Bass"):
        assert [item.values["D_POSITION"] for item in studio.tracks()[name].items] == [3.0 * i for i in range(20)]
    assert len(studio.project.undo) == 20


def test_a_second_split_of_an_item_becomes_a_new_take(studio: Studio) -> None:
    item = studio.item()
    studio.split()
    studio.reaper.select(item)
    studio.split()
    (placed,) = studio.tracks()["Vocals"].items
    assert len(placed.takes) == 2
    assert placed.values["I_CURTAKE"] == 1
    assert len(studio.project.tracks) == 7


def test_an_item_that_was_moved_meanwhile_is_followed(studio: Studio) -> None:
    item = studio.item()
    (ticket,) = studio.ask("Split selected items into 4 stems")
    item.values["D_POSITION"] = 10.0
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    assert studio.tracks()["Vocals"].items[0].values["D_POSITION"] == 10.0


def test_stems_of_an_item_that_was_deleted_meanwhile_are_not_lost(studio: Studio) -> None:
    item = studio.item()
    (ticket,) = studio.ask("Split selected items into 4 stems")
    item.track.items.remove(item)
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    assert len(studio.project.tracks) == 6
    assert all(track.items[0].values["D_POSITION"] == 3.25 for track in studio.project.tracks[1:])
    assert "is not there any more" in studio.reaper.person.console[0]


def test_by_option_stems_become_takes_of_the_item(studio: Studio) -> None:
    item = studio.item()
    studio.reaper.person.inputs.append("6,best,takes,source,my_model-6s.v1")
    studio.split("Split selected items into stems (ask)")
    recipe = getattr(studio.clerk.taken[0], "recipe", None)
    assert isinstance(recipe, SplitRecipe)
    assert (recipe.stems, recipe.quality, recipe.model) == (6, "best", "my_model-6s.v1")
    assert len(studio.project.tracks) == 1
    assert len(item.takes) == 8
    assert item.values["I_CURTAKE"] == 0
    assert item.values["B_MUTE"] == 0
    assert all(take.values["D_STARTOFFS"] == 1.0 for take in item.takes)


def test_the_answers_are_kept_for_the_next_time_and_nonsense_is_told(studio: Studio) -> None:
    studio.item()
    studio.reaper.person.inputs.append("3,fast,tracks,ask,")
    studio.reaper.run("Split selected items into stems (ask)")
    assert "is not understood" in studio.reaper.person.boxes[0]
    studio.reaper.person.inputs.append(None)
    studio.reaper.run("Split selected items into stems (ask)")
    assert not studio.clerk.take()


def treat(studio: Studio) -> None:
    item = studio.item()
    assert item.take is not None
    item.take.fx.append("ReaEQ")
    item.take.values.update(D_PLAYRATE=0.5, D_VOL=0.5)
    item.values["D_FADEINLEN"] = 0.4


def test_an_item_with_effects_is_rendered_first_if_the_user_wants_that(studio: Studio) -> None:
    treat(studio)
    kept = (dict(studio.project.settings), dict(studio.project.texts))
    studio.reaper.person.answers.append(YES)
    studio.split()
    assert "effects, rate, fades" in studio.reaper.person.boxes[0]
    (placed,) = studio.tracks()["Vocals"].items
    assert placed.take is not None
    assert (placed.take.values["D_STARTOFFS"], placed.take.values["D_PLAYRATE"]) == (0.0, 1.0)
    assert (placed.values["D_POSITION"], placed.values["D_LENGTH"]) == (3.25, 2.0)
    ticket = studio.clerk.taken[0]
    assert ticket.ask == "work"
    rendered = soundfile.info(ticket.files[0])
    assert rendered.frames == 3 * 44100  # with the tail that the project asks for
    assert (placed.values["D_FADEINLEN"], placed.values["D_FADEOUTLEN"]) == (0, 0)  # they are in the file
    assert (studio.project.settings, studio.project.texts) == kept


def test_or_the_file_itself_is_split_and_the_stems_are_treated_alike(studio: Studio) -> None:
    treat(studio)
    studio.reaper.person.answers.append(NO)
    studio.split()
    (placed,) = studio.tracks()["Drums"].items
    assert placed.take is not None
    assert {key: placed.take.values[key] for key in ("D_STARTOFFS", "D_PLAYRATE", "D_VOL")} == {
        "D_STARTOFFS": 1.0, "D_PLAYRATE": 0.5, "D_VOL": 0.5,
    }  # fmt: skip
    assert placed.values["D_FADEINLEN"] == 0.4


def test_or_nothing_is_done(studio: Studio) -> None:
    treat(studio)
    studio.reaper.person.answers.append(CANCEL)
    assert studio.ask("Split selected items into 4 stems") == []


def test_or_it_is_glued(studio: Studio) -> None:
    treat(studio)
    studio.reaper.person.inputs.append("4,fast,tracks,glue,")
    studio.split("Split selected items into stems (ask)")
    (glued,) = studio.tracks()["Mix"].items
    assert glued.take is not None
    assert glued.take.name.endswith("-glued.wav")
    assert glued.values["B_MUTE"] == 1
    assert studio.tracks()["Vocals"].items[0].values["D_POSITION"] == 3.25


def test_what_cannot_be_split_is_told_and_the_rest_is_done(studio: Studio) -> None:
    track = studio.track()
    good, midi, gone = (studio.item(track, name=name) for name in ("good.wav", "midi.wav", "gone.wav"))
    midi.takes[0].is_midi = True
    assert gone.takes[0].source is not None
    gone.takes[0].source.real_path.unlink()
    empty = studio.item(track, name="empty.wav")
    empty.takes.clear()
    studio.reaper.select(good, midi, gone, empty)
    tickets = studio.ask("Split selected items into 4 stems")
    assert [ticket.name for ticket in tickets] == ["good"]
    (told,) = studio.reaper.person.boxes
    assert "midi.wav is MIDI" in told
    assert "gone.wav is not there" in told
    assert "empty item" in told


@pytest.mark.parametrize("answer", [YES, NO])
def test_a_section_is_rendered_in_any_case(studio: Studio, answer: int) -> None:
    item = studio.item()
    take = item.takes[0]
    assert take.source is not None
    take.source = Source("", take.source.real_path, "SECTION", take.source, start_s=1.0)
    studio.reaper.person.answers.append(answer)
    (ticket,) = studio.ask("Split selected items into 4 stems")
    assert "has section" in studio.reaper.person.boxes[0]
    assert "Renders" in ticket.files[0]
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    (placed,) = studio.tracks()["Vocals"].items
    assert placed.take is not None
    assert placed.take.values["D_STARTOFFS"] == 0


def test_a_render_that_the_user_stops_is_not_split(studio: Studio) -> None:
    treat(studio)
    kept = (dict(studio.project.settings), dict(studio.project.texts))
    studio.reaper.projects.rendered_fraction = 0.3
    studio.reaper.person.answers.append(YES)
    assert studio.ask("Split selected items into 4 stems") == []
    assert "was stopped" in studio.reaper.person.boxes[-1]
    assert (studio.project.settings, studio.project.texts) == kept
    assert [item.values["B_UISEL"] for item in studio.project.items] == [1]


def test_stretch_markers_and_automatic_fades_are_those_of_the_item(studio: Studio) -> None:
    item = studio.item()
    item.takes[0].stretch_markers = [StretchMarker(0.0, 1.0, 0.2), StretchMarker(1.0, 2.5)]
    item.values.update(D_FADEINLEN_AUTO=0.25, D_FADEOUTDIR=0.5)
    studio.reaper.person.answers.append(NO)
    studio.split()
    (placed,) = studio.tracks()["Drums"].items
    assert placed.take is not None
    assert [(m.at_s, m.source_s, m.slope) for m in placed.take.stretch_markers] == [(0.0, 1.0, 0.2), (1.0, 2.5, 0.0)]
    assert (placed.values["D_FADEINLEN_AUTO"], placed.values["D_FADEOUTDIR"]) == (0.25, 0.5)


def test_without_a_selection_it_says_what_to_do(studio: Studio) -> None:
    studio.reaper.run("Split selected items into 4 stems")
    assert "select the items" in studio.reaper.person.boxes[0]


def test_an_older_reaper_inserts_tracks_in_another_way(studio: Studio) -> None:
    studio.reaper.program.missing |= {"InsertTrackInProject", "set_action_options"}
    studio.item()
    studio.split()
    assert len(studio.project.tracks) == 7


def test_doubts_about_stems_are_marked_where_they_are_heard(studio: Studio) -> None:
    studio.item(at_s=10.0, length_s=2.0, offset_s=1.0)
    (ticket,) = studio.ask("Split selected items into 4 stems")
    found = (
        Marker(start_s=1.5, end_s=2.0, name="Stems unsure, -9 dB left", kind="split_doubt"),
        Marker(start_s=1.5, end_s=None, name="Section 2", kind="section"),
    )
    studio.clerk.answer(ticket, *studio.stems(ticket), markers=found)
    studio.reaper.until_idle()
    marked = [(marker.start_s, marker.end_s, marker.name) for marker in studio.project.markers]
    assert marked == [(10.5, 11.0, "Bridge: Stems unsure, -9 dB left")]
    studio.reaper.run("Remove problem markers")
    assert studio.project.markers == []


def test_what_is_closed_or_deleted_while_the_daemon_starts_is_not_asked_for(studio: Studio) -> None:
    track = studio.track()
    items = [studio.item(track, name=f"{number}.wav") for number in range(2)]
    studio.reaper.select(*items)
    beat = (studio.clerk.folder / "daemon.json").read_text()
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.program.SetExtState("daw-bridge", "start", "dawbridge run", False)
    studio.reaper.person.answers.append(YES)
    studio.reaper.run("Split selected items into 4 stems")
    track.items.remove(items[0])
    (studio.clerk.folder / "daemon.json").write_text(beat)
    studio.reaper.skip(1)
    studio.reaper.tick()
    assert [ticket.name for ticket in studio.clerk.take()] == ["1"]


def test_a_project_that_is_not_shown_any_more_is_still_the_one_that_is_rendered(studio: Studio) -> None:
    studio.item(length_s=1.5)
    beat = (studio.clerk.folder / "daemon.json").read_text()
    (studio.clerk.folder / "daemon.json").unlink()
    studio.reaper.program.SetExtState("daw-bridge", "start", "dawbridge run", False)
    studio.reaper.person.answers.append(YES)
    studio.reaper.run("Master project")
    other = studio.reaper.new_project(studio.root / "Other.rpp")
    (studio.clerk.folder / "daemon.json").write_text(beat)
    studio.reaper.skip(1)
    studio.reaper.tick()
    (ticket,) = studio.clerk.take()
    assert soundfile.info(ticket.files[0]).frames == round(5.75 * 44100)  # a second of tail
    assert studio.reaper.tabs.shown is other
