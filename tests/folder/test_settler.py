"""What real renderers do, as the Settler sees it."""

from pathlib import Path

import pytest

from bridge.listeners.folder.settler import Change, Content, Settler, SettleRules, Version
from tests.folder.world import World

SONG = Path("/w/Song.wav")
FLAC = Path("/w/Song.flac")
RULES = SettleRules(settle_s=0.15, still_s=2.0, unproven_still_s=4.0, stuck_s=60.0)


@pytest.fixture
def world() -> World:
    return World(RULES)


def versions(world: World, path: Path = SONG) -> list[Version]:
    return [settled.version for settled in world.yields if settled.path == path]


def test_a_plain_bounce_settles_as_soon_as_it_was_quiet(world: World) -> None:
    world.bounce(SONG)
    world.run(0.149)
    assert versions(world) == []
    world.run(0.002)
    assert versions(world) == [world.files[SONG].version]


def test_a_header_of_44_bytes_that_stands_still_never_settles(world: World) -> None:
    world.create(SONG)
    world.write(SONG, Content.UNFINISHED)
    world.run(7.8)
    assert versions(world) == []
    world.write(SONG, Content.WHOLE)
    world.close(SONG)
    world.run(0.2)
    assert versions(world) == [world.files[SONG].version]
    assert world.stuck == []


def test_a_finished_header_of_a_file_that_is_still_written_does_not_settle(world: World) -> None:
    world.create(SONG)
    for _ in range(300):
        world.write(SONG, Content.WHOLE)
        world.run(0.1)
    assert versions(world) == []
    world.close(SONG)
    world.run(0.2)
    assert len(versions(world)) == 1


def test_a_second_close_with_other_content_within_the_quiet_time_is_the_same_version(world: World) -> None:
    world.bounce(FLAC, Content.UNPROVEN)
    world.run(0.1)
    world.write(FLAC, Content.UNPROVEN)
    world.run(0.1)
    world.close(FLAC)
    world.run(10)
    assert versions(world, FLAC) == [world.files[FLAC].version]


def test_a_second_close_after_settling_is_a_new_version(world: World) -> None:
    world.bounce(FLAC, Content.UNPROVEN)
    world.run(1)
    first = world.files[FLAC].version
    world.write(FLAC, Content.UNPROVEN)
    world.close(FLAC)
    world.run(10)
    assert versions(world, FLAC) == [first, world.files[FLAC].version]


def test_a_change_without_an_event_takes_the_close_back(world: World) -> None:
    world.bounce(FLAC, Content.UNPROVEN)
    world.run(0.1)
    world.write(FLAC, Content.UNPROVEN, told=False)
    world.run(1.5)
    assert versions(world, FLAC) == []
    world.run(10)
    assert len(versions(world, FLAC)) == 1


def test_a_probe_that_is_deleted_after_its_close_never_settles(world: World) -> None:
    world.bounce(SONG)
    world.delete(SONG)
    world.run(0.05)
    world.bounce(SONG)
    world.run(5)
    assert versions(world) == [world.files[SONG].version]


def test_a_deleted_file_is_forgotten(world: World) -> None:
    world.bounce(SONG)
    world.delete(SONG)
    world.run(5)
    assert list(world.settler.unsettled()) == []
    assert world.settler.next_look_s(world.now_s) is None


def test_a_file_renamed_into_place_settles_like_a_closed_one(world: World) -> None:
    temporary = Path("/w/.Song.wav.7x")
    world.create(temporary, told=False)
    world.write(temporary, Content.WHOLE, told=False)
    world.rename(temporary, SONG)
    world.run(0.2)
    assert versions(world) == [world.files[SONG].version]


def test_overwriting_in_place_is_a_new_version(world: World) -> None:
    world.bounce(SONG)
    world.run(1)
    world.write(SONG, Content.WHOLE)
    world.close(SONG)
    world.run(1)
    assert len(versions(world)) == 2


def test_without_close_events_a_file_must_stand_still(world: World) -> None:
    world.create(SONG)
    world.write(SONG, Content.WHOLE)
    world.run(1.9)
    assert versions(world) == []
    world.run(1.2)
    assert len(versions(world)) == 1


def test_without_close_events_a_format_that_proves_nothing_must_stand_still_longer(world: World) -> None:
    world.create(FLAC)
    world.write(FLAC, Content.UNPROVEN)
    world.run(3.9)
    assert versions(world, FLAC) == []
    world.run(2.2)
    assert len(versions(world, FLAC)) == 1


def test_without_any_event_looking_finds_it(world: World) -> None:
    world.create(SONG, told=False)
    world.write(SONG, Content.WHOLE, told=False)
    world.run(12)
    assert len(versions(world)) == 1


def test_a_pause_longer_than_the_still_time_fools_nobody_while_the_header_is_open(world: World) -> None:
    world.create(SONG)
    for _ in range(5):
        world.write(SONG, Content.UNFINISHED)
        world.run(20)
    assert versions(world) == []
    assert world.stuck == []


def test_an_unfinished_file_that_stands_still_for_long_is_reported_once(world: World) -> None:
    world.create(SONG)
    world.write(SONG, Content.UNFINISHED)
    world.close(SONG)
    world.run(59)
    assert world.stuck == []
    world.run(600)
    assert [(stuck.path, stuck.sentence) for stuck in world.stuck] == [(SONG, "because")]
    assert list(world.settler.growing()) == []


def test_a_reported_file_that_is_touched_is_not_reported_again(world: World) -> None:
    world.create(SONG)
    world.run(100)
    world.close(SONG)
    world.run(100)
    assert len(world.stuck) == 1


def test_a_reported_file_that_goes_on_settles(world: World) -> None:
    world.create(SONG)
    world.write(SONG, Content.UNFINISHED)
    world.run(100)
    world.write(SONG, Content.WHOLE)
    world.close(SONG)
    world.run(1)
    assert len(versions(world)) == 1


@pytest.mark.parametrize("content", [Content.NOT_AUDIO, Content.DENIED])
def test_what_is_no_audio_or_may_not_be_read_is_reported_soon(world: World, content: Content) -> None:
    world.bounce(SONG, content)
    world.run(2.1)
    assert len(world.stuck) == 1


def test_a_right_given_later_is_noticed_by_looking(world: World) -> None:
    world.bounce(SONG, Content.DENIED)
    world.run(30)
    world.files[SONG].content = Content.WHOLE  # chmod changes neither size nor mtime, and nothing is told
    world.run(10)
    assert len(versions(world)) == 1


def test_a_known_version_does_not_settle_and_the_next_one_does(world: World) -> None:
    world.create(SONG, told=False)
    world.write(SONG, Content.WHOLE, told=False)
    world.settler.know(SONG, world.files[SONG].version)
    world.run(20)
    assert versions(world) == []
    world.write(SONG, Content.WHOLE)
    world.close(SONG)
    world.run(1)
    assert len(versions(world)) == 1


def test_a_drive_that_comes_back_brings_nothing_new(world: World) -> None:
    world.bounce(SONG)
    world.run(1)
    file = world.files[SONG]
    world.delete(SONG)
    world.run(10)
    world.files[SONG] = file
    world.run(20)
    assert len(versions(world)) == 1


def test_the_memory_of_deleted_files_has_an_end() -> None:
    settler = Settler(RULES)
    for number in range(5000):
        path = Path(f"/w/{number}.wav")
        settler.know(path, Version(1, 1, number))
        settler.tell(Change.GONE, path, 0.0)
    assert settler.is_new(Path("/w/0.wav"))
    assert not settler.is_new(Path("/w/4999.wav"))


def test_files_that_were_just_closed_are_looked_at_before_old_ones(world: World) -> None:
    old = [Path(f"/w/Old {number}.wav") for number in range(3)]
    for path in old:
        world.settler.tell(Change.CREATED, path, world.now_s)
    world.real_s += 10
    world.settler.tell(Change.CLOSED, SONG, world.now_s)
    assert world.settler.due(world.now_s) == (SONG, *old)


def test_nothing_is_due_while_nothing_is_pending() -> None:
    settler = Settler(RULES)
    assert settler.next_look_s(0.0) is None
    assert settler.due(1e9) == ()
