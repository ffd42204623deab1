"""Bridge: Analyze selected items; Remove problem markers."""

import pytest

from bridge.report import Marker
from tests.reaper.fake.project import Item, Source, TakeMarker
from tests.reaper.fake.project import Marker as ProjectMarker
from tests.reaper.studio import Studio

FOUND = (
    Marker(start_s=0.5, end_s=None, name="before the played part", kind="over"),
    Marker(start_s=1.5, end_s=None, name='Over: +0.3 dBTP "loud"', kind="over"),
    Marker(start_s=2.0, end_s=2.5, name="Left and right cancel", kind="phase"),
    Marker(start_s=3.9, end_s=None, name="after the played part", kind="over"),
)


def analyzed(studio: Studio) -> Item:
    item = studio.item(at_s=10.0, length_s=2.0, offset_s=1.0)
    item.texts["P_NOTES"] = "take this one\nor the next"
    studio.project.markers.append(ProjectMarker(1, 2.0, None, "mine", 0))
    (ticket,) = studio.ask("Analyze selected items")
    studio.clerk.answer(ticket, markers=FOUND)
    studio.reaper.until_idle()
    return item


def test_findings_lie_where_they_are_heard(studio: Studio) -> None:
    item = analyzed(studio)
    ours = [(m.start_s, m.end_s, m.name) for m in studio.project.markers if m.name != "mine"]
    assert ours == [(10.5, None, 'Bridge: Over: +0.3 dBTP "loud"'), (11.0, 11.5, "Bridge: Left and right cancel")]
    assert [(m.at_s, m.name) for m in item.takes[0].markers] == [
        (1.5, 'Bridge: Over: +0.3 dBTP "loud"'), (2.0, "Bridge: Left and right cancel"),
    ]  # fmt: skip
    notes = item.texts["P_NOTES"]
    assert notes.startswith("take this one\nor the next\n--- Bridge ---\nIntegrated loudness: -18.0 LUFS\n")
    assert len(studio.project.undo) == 1


def test_a_second_analysis_does_not_mark_twice(studio: Studio) -> None:
    item = analyzed(studio)
    (ticket,) = studio.ask("Analyze selected items")
    studio.clerk.answer(ticket, markers=FOUND)
    studio.reaper.until_idle()
    assert len(studio.project.markers) == 3
    assert len(item.takes[0].markers) == 2
    assert item.texts["P_NOTES"].count("--- Bridge ---") == 1


def test_the_owners_take_markers_stay_whatever_they_are_called(studio: Studio) -> None:
    item = analyzed(studio)
    item.takes[0].markers.append(TakeMarker(1.2, "Bridge: eight bars", 0))
    studio.reaper.run("Remove problem markers")
    assert [marker.name for marker in item.takes[0].markers] == ["Bridge: eight bars"]
    assert all(not text for text in item.texts.values() if text.startswith("{"))


def test_a_finding_whose_marker_was_taken_away_is_marked_again(studio: Studio) -> None:
    item = analyzed(studio)
    item.takes[0].markers.clear()
    studio.project.markers.clear()
    (ticket,) = studio.ask("Analyze selected items")
    studio.clerk.answer(ticket, markers=FOUND)
    studio.reaper.until_idle()
    assert (len(item.takes[0].markers), len(studio.project.markers)) == (2, 2)


@pytest.mark.parametrize(("is_reversed", "wanted"), [(False, [10.5, 11.0]), (True, [])])
def test_in_a_section_findings_are_counted_from_its_beginning(
    studio: Studio, wanted: list[float], *, is_reversed: bool
) -> None:
    item = studio.item(at_s=10.0, length_s=2.0, offset_s=0.25)
    take = item.takes[0]
    assert take.source is not None
    take.source = Source("", take.source.real_path, "SECTION", take.source, start_s=0.75, is_reversed=is_reversed)
    (ticket,) = studio.ask("Analyze selected items")
    studio.clerk.answer(ticket, markers=FOUND)
    studio.reaper.until_idle()
    assert [marker.start_s for marker in studio.project.markers] == wanted
    assert [marker.at_s for marker in take.markers] == [0.75, 1.25][: len(wanted)]


def test_everything_is_removed_again_but_what_is_not_ours(studio: Studio) -> None:
    item = analyzed(studio)
    renamed = next(marker for marker in studio.project.markers if marker.end_s is not None)
    renamed.name = "Bridge section"
    studio.reaper.run("Remove problem markers")
    assert {marker.name for marker in studio.project.markers} == {"mine", "Bridge section"}
    assert not item.takes[0].markers
    assert item.texts["P_NOTES"] == "take this one\nor the next"
    assert studio.project.undo[-1][0] == "Bridge: remove problem markers"
    studio.project.undo_last()
    assert len(studio.project.markers) == 3


def test_at_half_the_rate_findings_lie_twice_as_far(studio: Studio) -> None:
    item = studio.item(at_s=10.0, length_s=4.0, offset_s=1.0)
    item.takes[0].values["D_PLAYRATE"] = 0.5
    (ticket,) = studio.ask("Analyze selected items")
    studio.clerk.answer(ticket, markers=FOUND)
    studio.reaper.until_idle()
    assert [marker.start_s for marker in studio.project.markers] == [11.0, 12.0]
