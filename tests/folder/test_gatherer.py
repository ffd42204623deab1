"""How long settled files wait for what belongs to them."""

from pathlib import Path

from bridge.listeners.folder.gatherer import Gatherer, GatherRules
from bridge.model import Grouping, Render
from tests.folder.test_grouping import render

RULES = GatherRules(window_s=0.05, part_window_s=1.5, wait_max_s=600.0, late_format_s=30.0)
FOLDER = Path("/My Song/Renders")


class Clock:
    """A Gatherer with its clock."""

    def __init__(self, rules: GatherRules = RULES) -> None:
        self.gatherer = Gatherer(rules)
        self.now_s = 100.0
        self.growing: set[Path] = set()
        self.groups: list[tuple[Grouping, list[str]]] = []

    def add(self, one: Render) -> bool:
        return self.gatherer.add(one, self.now_s)

    def run(self, seconds: float) -> list[tuple[Grouping, list[str]]]:
        """Lets time go by; the groups that came of it."""
        end_s = self.now_s + seconds
        fresh: list[tuple[Grouping, list[str]]] = []
        while True:
            taken = self.gatherer.take(self.growing, self.now_s)
            fresh += [(group.grouping, [one.path.name for one in group.renders]) for group in taken]
            wait_s = self.gatherer.next_take_s(self.growing, self.now_s)
            if wait_s is None or self.now_s + wait_s > end_s:
                self.now_s = end_s
                return fresh
            self.now_s += max(wait_s, 1e-9)


def test_a_plain_bounce_goes_on_after_the_short_window() -> None:
    clock = Clock()
    clock.add(render("Song.wav"))
    assert clock.run(0.04) == []
    assert clock.run(0.02) == [(Grouping.SINGLE, ["Song.wav"])]
    assert clock.gatherer.next_take_s((), clock.now_s) is None


def test_a_file_waits_while_a_sibling_is_being_written() -> None:
    clock = Clock()
    clock.growing = {FOLDER / "Song Vocals.wav"}
    clock.add(render("Song Drums.wav"))
    assert clock.run(300) == []
    clock.add(render("Song Vocals.wav"))
    clock.growing = set()
    assert clock.run(2) == [(Grouping.STEMS, ["Song Drums.wav", "Song Vocals.wav"])]


def test_a_file_with_another_name_that_is_being_written_holds_nothing_up() -> None:
    clock = Clock()
    clock.growing = {FOLDER / "Other.wav", Path("/elsewhere/Song Vocals.wav")}
    clock.add(render("Song.wav"))
    assert clock.run(0.06) == [(Grouping.SINGLE, ["Song.wav"])]


def test_an_article_makes_no_relatives() -> None:
    clock = Clock()
    clock.growing = {FOLDER / "The Other Song.wav"}
    clock.add(render("The Song.wav"))
    assert clock.run(0.06) == [(Grouping.SINGLE, ["The Song.wav"])]


def test_waiting_for_a_sibling_has_an_end() -> None:
    clock = Clock()
    clock.growing = {FOLDER / "Song Vocals.wav"}
    clock.add(render("Song.wav"))
    assert clock.run(599) == []
    assert clock.run(2) == [(Grouping.SINGLE, ["Song.wav"])]


def test_a_name_that_says_one_of_several_waits_a_little_for_the_next() -> None:
    clock = Clock()
    clock.add(render("1_Kick.wav"))
    assert clock.run(1) == []
    clock.add(render("2_Bass.wav"))
    assert clock.run(1) == []
    assert clock.run(1) == [(Grouping.STEMS, ["1_Kick.wav", "2_Bass.wav"])]


def test_two_channels_that_come_one_after_the_other_are_one_group() -> None:
    clock = Clock()
    clock.add(render("Song.L.wav", channels=1))
    clock.run(0.5)
    clock.add(render("Song.R.wav", channels=1))
    assert clock.run(2) == [(Grouping.SPLIT_CHANNELS, ["Song.L.wav", "Song.R.wav"])]


def test_a_lossy_format_that_comes_late_is_a_copy() -> None:
    clock = Clock()
    clock.add(render("Song.wav"))
    clock.run(5)
    assert not clock.add(render("Song.mp3"))
    assert clock.run(5) == []


def test_a_lossy_format_that_comes_much_later_is_a_bounce_of_its_own() -> None:
    clock = Clock()
    clock.add(render("Song.wav"))
    clock.run(31)
    assert clock.add(render("Song.mp3"))
    assert clock.run(1) == [(Grouping.SINGLE, ["Song.mp3"])]


def test_the_same_file_bounced_again_soon_is_no_copy() -> None:
    clock = Clock()
    for _ in range(2):
        assert clock.add(render("Song.mp3"))
        assert clock.run(1) == [(Grouping.SINGLE, ["Song.mp3"])]


def test_a_new_version_takes_the_place_of_the_one_that_waits() -> None:
    clock = Clock()
    clock.growing = {FOLDER / "Song.wav"}
    clock.add(render("Song.wav", frames=1))
    clock.run(1)
    clock.growing = set()
    clock.add(render("Song.wav", frames=2))
    [group] = clock.gatherer.take((), clock.now_s + 1)
    assert [one.frames for one in group.renders] == [2]


def test_a_file_that_is_gone_leaves_its_group() -> None:
    clock = Clock()
    clock.add(render("Song-Bass.wav"))
    clock.add(render("Song-Kick.wav"))
    clock.gatherer.drop(FOLDER / "Song-Kick.wav")
    assert clock.run(2) == [(Grouping.SINGLE, ["Song-Bass.wav"])]


def test_with_grouping_off_every_file_goes_on_at_once_and_alone() -> None:
    clock = Clock(GatherRules(is_grouping=False))
    clock.growing = {FOLDER / "Song-Vox.wav"}
    for name in ("Song.wav", "Song.mp3", "Song-Bass.wav"):
        assert clock.add(render(name))
    assert len(clock.run(0)) == 3


def test_what_was_there_at_start_up_is_not_together_when_it_was_made_far_apart() -> None:
    clock = Clock()
    for number, name in enumerate(("Song-Bass.wav", "Song-Kick.wav", "Song-Vox.wav")):
        clock.add(render(name).model_copy(update={"mtime_ns": number * 130 * 10**9}))
    assert [grouping for grouping, _ in clock.run(2)] == [Grouping.SINGLE] * 3


def test_stems_that_took_minutes_each_are_together_when_each_followed_the_last() -> None:
    clock = Clock()
    for number, name in enumerate(("Song-Bass.wav", "Song-Kick.wav", "Song-Vox.wav")):
        clock.add(render(name).model_copy(update={"mtime_ns": number * 110 * 10**9}))
    assert [grouping for grouping, _ in clock.run(2)] == [Grouping.STEMS]


def test_a_clock_that_jumps_back_loses_no_group() -> None:
    clock = Clock()
    clock.add(render("Song.wav"))
    clock.now_s -= 5000
    assert clock.run(0.1) == [(Grouping.SINGLE, ["Song.wav"])]


def test_thousands_of_files_are_grouped_in_a_moment() -> None:
    clock = Clock()
    for number in range(3000):
        clock.add(render(f"Song {number}.wav", frames=number * 10))
    assert len(clock.run(5)) == 3000
