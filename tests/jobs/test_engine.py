"""Both halves of an engine: whatever the child does, the parent gets a result or the right error, in time."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bridge.engine_main import WARMING_STAGE
from bridge.errors import (
    AudioError,
    BridgeError,
    BugError,
    ChainError,
    DeliveryError,
    EngineCrashedError,
    EngineMemoryError,
    EngineStalledError,
)
from bridge.jobs.engine import Engine, JobStoppedError, engine_launch, time_limit_s
from bridge.launching import engine_command
from bridge.model import Assignment, JobRequest, JobResult, Progress, Render
from bridge.processes.child import LOG_BYTES_MAX, TAIL_BYTES_MAX, Launch
from bridge.recipes import SplitRecipe
from bridge.settings import EngineSettings, Settings
from bridge.wire import StartingEvent, event_of
from tests.fake_engine import SLOW_START
from tests.jobs.conftest import ROOT, MakeEngine, launch
from tests.support import wait_until
from tests.values import a_render, a_request

Order = Callable[[str], JobRequest]


class Caller:
    """Runs requests in an engine and remembers what was told."""

    def __init__(self, engine: Engine, order: Order) -> None:
        self.engine = engine
        self.order = order
        self.told: list[Progress] = []
        self.should_stop: Callable[[], bool] = lambda: False

    def run(self, name: str) -> JobResult:
        request = self.order(name)
        work = request.return_folder / ".dawbridge" / "j1"
        work.mkdir(parents=True, exist_ok=True)
        assignment = Assignment(job_id="j1", request=request, work_folder=work)
        return self.engine.run(assignment, self.told.append, self.should_stop)


@pytest.fixture
def a_song(tmp_path: Path) -> Render:
    return a_render(tmp_path / "song.wav")


@pytest.fixture
def caller(make_engine: MakeEngine, order: Order) -> Caller:
    return Caller(make_engine(), order)


def pid_of(result: JobResult) -> int:
    return int(result.warnings[0])


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# --- Good days --------------------------------------------------------------------------------------------------------


def test_a_job_comes_back_with_its_result_and_its_progress(caller: Caller) -> None:
    result = caller.run("song")
    assert result.files[0].path.read_text() == "j1"
    assert [(told.stage, told.fraction) for told in caller.told] == [("reading", 0.1), ("writing", 0.9)]


def test_one_child_does_many_jobs(caller: Caller) -> None:
    assert len({pid_of(caller.run(f"song {number}")) for number in range(3)}) == 1


def test_a_child_is_replaced_after_so_many_jobs(make_engine: MakeEngine, order: Order) -> None:
    caller = Caller(make_engine(recycle_after_jobs=2), order)
    pids = [pid_of(caller.run(f"song {number}")) for number in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert is_gone(pids[0])


def test_a_child_that_holds_too_much_memory_after_a_job_is_replaced(make_engine: MakeEngine, order: Order) -> None:
    caller = Caller(make_engine(memory_max_mb=200), order)
    small = pid_of(caller.run("leak 20"))
    assert pid_of(caller.run("leak 250")) == small
    assert not caller.engine.is_warm
    assert pid_of(caller.run("song")) != small


def test_a_long_job_tells_steps_that_people_can_follow_and_no_more(caller: Caller) -> None:
    caller.run("busy 0.5")
    steps = [told.fraction for told in caller.told if told.stage == "mastering"]
    assert steps == sorted(steps)
    assert 3 <= len(steps) <= 11


def test_a_prewarmed_child_is_the_one_that_does_the_job_also_when_its_thread_has_ended(caller: Caller) -> None:
    pids: list[int | None] = []

    def start_and_use() -> None:
        caller.engine.prewarm()
        pids.extend((caller.engine.pid, pid_of(caller.run("song 1"))))

    thread = threading.Thread(target=start_and_use)
    thread.start()
    thread.join()
    pids.append(pid_of(caller.run("song 2")))  # Linux would have killed it with the thread that started it
    assert len(set(pids)) == 1


def test_a_slow_start_is_waited_for(make_engine: MakeEngine, order: Order) -> None:
    assert Caller(make_engine(launch(SLOW_START), stall_timeout_s=5), order).run("song").files


# --- Bad days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL])
def test_a_crash_is_told_with_the_name_of_its_signal_and_the_next_job_is_done(caller: Caller, number: int) -> None:
    with pytest.raises(EngineCrashedError, match=rf"crashed \({signal.Signals(number).name}\) while reading"):
        caller.run(f"signal {number}")
    assert caller.run("song").files


def test_a_crash_leaves_the_place_in_the_code_in_the_record(caller: Caller) -> None:
    with pytest.raises(EngineCrashedError) as caught:
        caller.run(f"signal {signal.SIGSEGV}")
    assert "fake_engine.py" in caught.value.detail
    assert "fake_engine.py" not in caught.value.sentence


def test_a_kill_from_outside_is_explained_by_a_lack_of_memory(caller: Caller) -> None:
    with pytest.raises(EngineCrashedError, match=r"SIGKILL.*ran out of memory"):
        caller.run(f"signal {signal.SIGKILL}")


@pytest.mark.parametrize("code", [0, 3])
def test_a_child_that_leaves_without_an_answer_is_told_with_its_exit_code_and_last_words(
    caller: Caller, code: int
) -> None:
    with pytest.raises(EngineCrashedError, match=rf"ended by itself \(exit code {code}\)") as caught:
        caller.run(f"exit {code}")
    assert "licence not found" in caught.value.detail


def test_a_child_that_died_while_idle_is_replaced_without_a_word(caller: Caller) -> None:
    pid = pid_of(caller.run("song 1"))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not caller.engine.is_warm)
    assert pid_of(caller.run("song 2")) != pid


@pytest.mark.parametrize("name", ["stall", "hang"])
def test_a_child_without_a_sign_of_life_is_stopped(make_engine: MakeEngine, order: Order, name: str) -> None:
    caller = Caller(make_engine(stall_timeout_s=3), order)
    pid = pid_of(caller.run("song"))
    with pytest.raises(EngineStalledError, match=r"no sign of life for 3 s while reading.*stall_timeout_s"):
        caller.run(name)
    assert is_gone(pid)


def test_a_job_that_lives_but_never_ends_is_stopped(make_engine: MakeEngine, order: Order) -> None:
    with pytest.raises(EngineStalledError, match=r"longer than 3 s.*while mastering.*job_timeout_s"):
        Caller(make_engine(job_timeout_s=3), order).run("busy 60")


def test_a_song_is_not_stopped_for_being_long(make_engine: MakeEngine, order: Order, a_song: Render) -> None:
    hours = a_song.model_copy(update={"frames": 2400 * a_song.sample_rate_hz})

    def long_order(name: str) -> JobRequest:
        return order(name).model_copy(update={"renders": (hours,)})

    assert Caller(make_engine(job_timeout_s=1), long_order).run("busy 1.5").files


@pytest.mark.parametrize(
    ("options", "times"),
    [({}, 1), ({"quality": "best"}, 5), ({"shifts": 2}, 2), ({"quality": "best", "shifts": 10}, 50)],
)
def test_the_time_limit_follows_from_the_work(a_song: Render, options: dict[str, object], times: int) -> None:
    def limit_s(seconds: int) -> float:
        render = a_song.model_copy(update={"frames": seconds * a_song.sample_rate_hz})
        recipe = SplitRecipe.model_validate(options)
        request = a_request(Path("/returns"), render).model_copy(update={"recipe": recipe})
        return time_limit_s(request, 100.0)

    assert limit_s(10) == limit_s(600) == 100.0 * times
    assert limit_s(3 * 3600) == pytest.approx(18 * 100.0 * times)


def test_where_only_decoding_tells_the_length_the_limit_follows_from_the_size(a_song: Render) -> None:
    mp3 = a_song.model_copy(update={"frames": None, "size_bytes": 3 * 3600 * 16_000})
    assert time_limit_s(a_request(Path("/returns"), mp3), 100.0) == pytest.approx(1800.0)


def test_a_child_that_never_gets_ready_is_stopped(make_engine: MakeEngine, order: Order) -> None:
    silent = Launch((sys.executable, "-c", "import time; time.sleep(60)"), dict(os.environ))
    with pytest.raises(EngineStalledError, match="while starting"):
        Caller(make_engine(silent, stall_timeout_s=1), order).run("song")


def test_a_child_that_cannot_start_is_told_with_its_traceback(make_engine: MakeEngine, order: Order) -> None:
    broken = Launch((sys.executable, "-c", "import a_library_that_is_missing"), dict(os.environ))
    with pytest.raises(EngineCrashedError, match=r"exit code 1.*while starting") as caught:
        Caller(make_engine(broken), order).run("song")
    assert "a_library_that_is_missing" in caught.value.detail


def test_a_program_that_is_missing_is_told_with_a_sentence(make_engine: MakeEngine, order: Order) -> None:
    with pytest.raises(EngineCrashedError, match="could not be started"):
        Caller(make_engine(Launch(("/no/such/python",), {})), order).run("song")


@pytest.mark.parametrize("name", ["nonsense", "endless"])
def test_a_child_that_talks_nonsense_is_not_believed_any_more(caller: Caller, name: str) -> None:
    with pytest.raises(EngineCrashedError, match="something that is no answer"):
        caller.run(name)
    assert not caller.engine.is_warm
    assert caller.run("song").files


def test_fifty_megabytes_of_printing_are_read_away_and_kept_bounded(
    make_engine: MakeEngine, order: Order, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "engine-1.log"
    caller = Caller(make_engine(launch(log_path=log)), order)
    caller.run("song")
    before_mb = psutil.Process().memory_info().rss / 1e6
    caller.run("print 50000000")
    assert psutil.Process().memory_info().rss / 1e6 - before_mb < 5
    with pytest.raises(EngineCrashedError) as caught:
        caller.run("exit 3")
    assert len(caught.value.detail) <= TAIL_BYTES_MAX
    assert caught.value.detail.endswith("licence not found\n")
    assert sum(file.stat().st_size for file in log.parent.iterdir()) < 3 * LOG_BYTES_MAX


@pytest.mark.parametrize(
    ("code", "kind"), [("chain_error", ChainError), ("audio_error", AudioError), ("delivery_error", DeliveryError)]
)
def test_a_users_error_arrives_as_it_was_raised_and_costs_no_child(
    caller: Caller, code: str, kind: type[BridgeError]
) -> None:
    with pytest.raises(kind) as caught:
        caller.run(f"fail {code}")
    assert type(caught.value) is kind
    assert caught.value.sentence in {"steps[0]: no such step.", "no audio.", "the disk is full."}
    assert caller.engine.is_warm


def test_a_lack_of_memory_is_told_and_the_child_is_replaced(caller: Caller) -> None:
    with pytest.raises(EngineMemoryError, match="not enough memory"):
        caller.run("memory")
    assert not caller.engine.is_warm


def test_a_job_whose_memory_grows_without_end_is_stopped_before_the_machine_is(
    make_engine: MakeEngine, order: Order
) -> None:
    with pytest.raises(EngineMemoryError, match=r"held \d+ MB while reading.*memory_max_mb"):
        Caller(make_engine(memory_max_mb=200), order).run("grow")


def test_a_bug_arrives_with_its_traceback(caller: Caller) -> None:
    with pytest.raises(BugError, match=r"ZeroDivisionError: division by zero.*report") as caught:
        caller.run("bug")
    assert "Traceback" in caught.value.detail
    assert not caller.engine.is_warm


# --- Stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["busy 60", "stall", "hang"])
def test_a_job_is_stopped_at_any_time_in_a_moment(caller: Caller, name: str) -> None:
    pid = pid_of(caller.run("song"))
    stop_at_s = time.monotonic() + 0.3
    caller.should_stop = lambda: time.monotonic() > stop_at_s
    with pytest.raises(JobStoppedError):
        caller.run(name)
    assert time.monotonic() - stop_at_s < 2.0
    assert is_gone(pid)


def test_programs_that_the_child_started_are_stopped_with_it(caller: Caller, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    caller.should_stop = note.exists
    with pytest.raises(JobStoppedError):
        caller.run(f"start {note}")
    assert wait_until(lambda: is_gone(int(note.read_text())), 1)


PARENT = """
import sys
from pathlib import Path
from bridge.jobs.engine import Engine
from bridge.model import Assignment
from bridge.settings import EngineSettings
from tests.jobs.conftest import launch
from tests.values import a_request
request = a_request(Path(sys.argv[1])).model_copy(update={"name": sys.argv[2]})
engine = Engine(launch(), EngineSettings())
engine.prewarm()
print(engine.pid, flush=True)
engine.run(Assignment(job_id="j1", request=request, work_folder=Path(sys.argv[1])),
           lambda progress: print("told", flush=True), lambda: False)
"""


@pytest.mark.parametrize("name", ["busy 60", "stall", "hang"])
def test_the_child_of_a_killed_parent_is_gone_within_a_second(tmp_path: Path, name: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), name], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        child_pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "told\n"
        assert not is_gone(child_pid)
        parent.kill()
        wait_until(lambda: is_gone(child_pid), 1.0, "the end of the child")


# --- Surroundings -----------------------------------------------------------------------------------------------------


def test_the_child_has_no_stdin_a_group_of_its_own_and_the_environment_it_was_given(
    make_engine: MakeEngine, order: Order, tmp_path: Path
) -> None:
    settings = Settings(data_folder=tmp_path / "data", engines=EngineSettings(slots=32))
    ours = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": ":0", "MKL_NUM_THREADS": "7"}
    ours.pop("NUMBA_CACHE_DIR", None)
    assert engine_launch(settings, ours | {"NUMBA_CACHE_DIR": "/k"}, slot=3).environment["NUMBA_CACHE_DIR"] == "/k"
    start = engine_launch(settings, ours, slot=3)
    caller = Caller(make_engine(Launch(launch().command, start.environment, start.log_path)), order)
    caller.run(f"environment {tmp_path / 'found'}")
    found = json.loads((tmp_path / "found").read_text())
    assert found["stdin"] == ""
    assert found["pgid"] == caller.engine.pid
    assert "DISPLAY" not in found["variables"]
    assert found["variables"]["NUMBA_CACHE_DIR"] == str(tmp_path / "data" / "compiled")
    assert found["variables"]["OMP_NUM_THREADS"] == "1"
    assert found["variables"]["PYDANTIC_DISABLE_PLUGINS"] == "__all__"
    assert found["variables"]["MKL_NUM_THREADS"] == "7"  # what somebody set is left alone
    caller.run("print 1000")
    wait_until((tmp_path / "data" / "logs" / "engine-3.log").exists)


def test_the_real_command_starts_the_real_child_wherever_it_is_called(tmp_path: Path) -> None:
    command = [*engine_command(), str(os.getpid())]
    child = subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]}
    )
    with child:
        assert child.stdout is not None
        assert event_of(child.stdout.readline()) == StartingEvent(progress=Progress(stage=WARMING_STAGE))
        child.kill()
