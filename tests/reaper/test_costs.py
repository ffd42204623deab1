"""What one turn of a script costs REAPER, counted: instructions of Lua, calls into REAPER, bytes read.

The fake refuses turns over its bounds (`tests/reaper/fake/script.py`), so every other test measures as well; these are
the large cases.
"""

import json

import pytest

from bridge.report import Marker
from tests.reaper.fake.project import Item, Take
from tests.reaper.fake.script import Script
from tests.reaper.pictures import PLAIN, show_panel
from tests.reaper.studio import Studio

FINDINGS = tuple(Marker(start_s=1.0 + 0.005 * n, end_s=None, name=f"Over {n}", kind="over") for n in range(200))


def fill(studio: Studio, items: int, tracks: int) -> None:
    """A large session: its items play nothing, and are in the way."""
    for number in range(tracks):
        track = studio.track(f"T{number}")
        for _ in range(items // tracks):
            item = Item(track)
            item.takes.append(Take(item, name="x"))
            track.items.append(item)


def asked(studio: Studio, action: str) -> Script:
    """Runs an action to its end in a large session."""
    fill(studio, 4000, 200)
    studio.item(at_s=10.0)
    script = studio.reaper.run(action)
    (ticket,) = studio.clerk.take()
    studio.clerk.answer(ticket, *(studio.stems(ticket) if ticket.recipe.do == "split" else ()), markers=FINDINGS)
    studio.reaper.until_idle()
    return script


@pytest.mark.parametrize("action", ["Split selected items into 6 stems", "Analyze selected items"])
def test_a_session_of_4000_items_and_200_tracks_is_not_held_up(studio: Studio, action: str) -> None:
    script = asked(studio, action)
    assert script.most_instructions < 700_000
    assert script.most_calls < 15_000
    assert script.most_bytes < 200_000


def test_many_tickets_are_written_in_several_turns(studio: Studio) -> None:
    track = studio.track()
    items = [studio.item(track, at_s=float(n)) for n in range(60)]
    studio.reaper.select(*items)
    studio.reaper.run("Split selected items into 2 stems")
    assert len(studio.clerk.take()) == 10
    assert sum(len(studio._next_turn()) for _ in range(5)) == 50


def test_a_list_of_forty_jobs_is_read_by_the_panel_only_when_it_changes(studio: Studio) -> None:
    script = show_panel(studio, [{**PLAIN, "sentence": "Long words. " * 20} for _ in range(40)])
    assert script.most_instructions < 400_000
    assert script.most_bytes < 100_000
    path = studio.clerk.folder / "jobs.json"
    path.write_text(json.dumps({"format": 1, "jobs": []}))
    studio.reaper.skip(0.4)
    studio.reaper.tick()
    assert script.is_waiting
