"""Laws of the Settler, over writers that do anything in any order, with events lost and clocks that jump."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.listeners.folder.settler import Change, Content, SettleRules
from tests.folder.world import ENOUGH_S, World

PATHS = [Path("/w/Song.wav"), Path("/w/Song.flac"), Path("/w/Other.wav")]
RULES = SettleRules(settle_s=0.15, still_s=2.0, unproven_still_s=4.0, stuck_s=60.0)
GOOD = {Content.WHOLE, Content.UNPROVEN}
contents = st.sampled_from([*Content, Content.WHOLE, Content.WHOLE])
times_s = st.floats(0.001, 8.0) | st.floats(0.01, 0.14)
told = st.sampled_from([True, True, True, False])


class Writers(RuleBasedStateMachine):
    """Three files, written, closed, reopened, deleted and renamed at will; one event in four is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(RULES)
        self.checked = 0

    @rule(path=st.sampled_from(PATHS), told=told)
    def create(self, path: Path, told: bool) -> None:
        self.world.create(path, told=told)

    @precondition(lambda self: self.world.files)
    @rule(pick=st.integers(0, 9), content=contents, told=told)
    def write(self, pick: int, content: Content, told: bool) -> None:
        self.world.write(self._any(pick), content, told=told)

    @precondition(lambda self: self.world.files)
    @rule(pick=st.integers(0, 9), told=told)
    def close(self, pick: int, told: bool) -> None:
        self.world.close(self._any(pick), told=told)

    @precondition(lambda self: self.world.files)
    @rule(pick=st.integers(0, 9), told=told)
    def delete(self, pick: int, told: bool) -> None:
        self.world.delete(self._any(pick), told=told)

    @precondition(lambda self: self.world.files)
    @rule(pick=st.integers(0, 9), new=st.sampled_from(PATHS))
    def rename(self, pick: int, new: Path) -> None:
        old = self._any(pick)
        if old != new:
            self.world.rename(old, new)

    @precondition(lambda self: self.world.files)
    @rule(pick=st.integers(0, 9))
    def repeat_a_close(self, pick: int) -> None:
        path = self._any(pick)
        if path in self.world.closed:
            self.world.close(path)

    @rule(seconds=times_s)
    def wait(self, seconds: float) -> None:
        self.world.run(seconds)

    @rule(seconds=st.floats(-5000.0, -0.01))
    def clock_jumps_back(self, seconds: float) -> None:
        self.world.jump(seconds)

    @invariant()
    def whatever_settled_was_finished_and_quiet(self) -> None:
        for settled in self.world.yields[self.checked :]:
            assert settled.content in GOOD
            assert settled.quiet_s >= RULES.settle_s - ENOUGH_S
            if not settled.is_close_told:
                assert settled.quiet_s >= RULES.still_s - ENOUGH_S
        self.checked = len(self.world.yields)

    @invariant()
    def no_version_settles_twice(self) -> None:
        seen = [(settled.path, settled.version) for settled in self.world.yields]
        assert len(seen) == len(set(seen))

    def teardown(self) -> None:
        """When everybody stops, every finished file has settled and every other has been reported, once."""
        self.world.run(200.0)
        self.whatever_settled_was_finished_and_quiet()
        self.no_version_settles_twice()
        yielded = {(settled.path, settled.version) for settled in self.world.yields}
        for path, file in self.world.files.items():
            if file.content in GOOD:
                assert (path, file.version) in yielded
            else:
                assert [stuck.path for stuck in self.world.stuck].count(path) >= 1
        reports = len(self.world.stuck)
        self.world.run(200.0)
        assert len(self.world.stuck) == reports
        assert not set(self.world.settler.growing())

    def _any(self, pick: int) -> Path:
        return sorted(self.world.files)[pick % len(self.world.files)]


TestWriters = Writers.TestCase
TestWriters.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)


@given(
    repeats=st.lists(st.sampled_from([Change.CREATED, Change.MODIFIED, Change.CLOSED]), max_size=8),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None)
def test_repeated_events_in_any_order_change_nothing_of_what_settles(repeats: list[Change], order: object) -> None:
    world = World(RULES)
    path = PATHS[0]
    world.bounce(path)
    for change in repeats:
        world.settler.tell(change, path, world.now_s)
        world.run(0.01)
    world.run(10.0)
    assert [(one.path, one.version) for one in world.yields] == [(path, world.files[path].version)]


steps = st.tuples(st.sampled_from(["close", "write", "write without a word"]), st.floats(0.01, 0.3))


@given(st.lists(steps, min_size=2, max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_after_a_close_starts_the_time_anew(actions: list[tuple[str, float]]) -> None:
    world = World(RULES)
    path = PATHS[0]
    world.create(path)
    world.write(path, Content.WHOLE)
    for action, wait_s in actions:
        if action == "close":
            world.close(path)
        else:
            world.write(path, Content.WHOLE, told=action == "write")
        world.run(wait_s)
    world.run(10.0)
    for settled in world.yields:
        wanted_s = RULES.settle_s if settled.is_close_told else RULES.still_s
        assert settled.quiet_s >= wanted_s - ENOUGH_S
    versions = [settled.version for settled in world.yields]
    assert len(versions) == len(set(versions))
    assert versions[-1] == world.files[path].version


@given(st.lists(st.tuples(times_s, st.floats(-1e6, -0.001)), min_size=1, max_size=10))
@settings(max_examples=200, deadline=None)
def test_a_clock_that_jumps_back_neither_loses_nor_doubles(jumps: list[tuple[float, float]]) -> None:
    world = World(RULES)
    for number, (wait_s, jump_s) in enumerate(jumps):
        world.bounce(PATHS[number % 3])
        world.jump(jump_s)
        world.run(wait_s)
    world.run(10.0)
    assert {(path, file.version) for path, file in world.files.items()} <= {(y.path, y.version) for y in world.yields}
    assert len(world.yields) == len({(y.path, y.version) for y in world.yields})


@given(st.floats(0.02, 60.0), st.floats(0.5, 600.0))
@settings(max_examples=100, deadline=None)
def test_any_settle_and_still_time_is_kept(settle_s: float, still_s: float) -> None:
    world = World(SettleRules(settle_s, max(settle_s, still_s), max(settle_s, still_s) * 2))
    world.bounce(PATHS[0])
    world.create(PATHS[2])
    world.write(PATHS[2], Content.WHOLE)
    world.run(3000.0)
    quiet_s = {settled.path: settled.quiet_s for settled in world.yields}
    assert settle_s - ENOUGH_S <= quiet_s[PATHS[0]] <= settle_s + ENOUGH_S
    assert max(settle_s, still_s) - ENOUGH_S <= quiet_s[PATHS[2]] <= max(settle_s, still_s) * 1.5 + ENOUGH_S


def test_a_file_that_grows_for_long_is_looked_at_seldom() -> None:
    world = World(RULES)
    world.create(PATHS[0])
    for _ in range(6000):
        world.write(PATHS[0])
        world.run(0.01)
    assert world.looks < 100
