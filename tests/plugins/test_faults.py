"""Every fault of a plug-in, while it is loaded and in the middle of a song: the work goes on as the chain says."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Branch, Gain, Parallel, Plugin
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.plugged.passing import Watch, pass_through
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.plugins.exchange import BLOCK_FRAMES
from bridge.dsp.plugins.host import LOADED_MAX, Host, HostError
from bridge.dsp.plugins.rack import Rack
from bridge.dsp.plugins.wire import Prepared, PrepareOrder, Ran, Slot
from bridge.errors import PluginError
from bridge.plugin_settings import PluginSettings
from bridge.plugins.shelf import Shelf
from tests.signals import music
from tests.support import wait_until

MIX = Audio(music(4.0, 44100, 1), 44100)
FAULTS = {
    "crash": "crashed \\(SIGSEGV\\) at 0:00",
    "abort": "crashed \\(SIGABRT\\) at 0:00",
    "bus": "crashed \\(SIGBUS\\) at 0:00",
    "exit": "ended its process \\(exit code 3\\) at 0:00",
    "throw": "raised an error at 0:0[0-2].*thrown by FaultBox",
    "hang": "hung: it gave no answer for 2 s at 0:00",
    "sleep": "hung: it gave no answer for 2 s at 0:00",
    "nan": "not numbers \\(NaN or infinity\\) at 0:02",
    "inf": "not numbers \\(NaN or infinity\\) at 0:02",
    "leak": "memory",
}
"""Two seconds into the song; a crash is told to the block (3 s) in which it happened."""
LOADS = {
    "CrashOnLoad": "crashed \\(SIGSEGV\\) while loading",
    "AbortOnLoad": "crashed \\(SIGABRT\\) while loading",
    "ExitOnLoad": "ended its process \\(exit code 3\\) while loading",
    "Truncated": "crashed \\(SIGBUS\\) while loading",
    "Corrupt": "is damaged",
    "Empty": "has no binary for this machine",
    "Text": "is damaged",
}


def fault_box(fault: str, on_failure: str = "fail", **more: object) -> Plugin:
    given = {"plugin": "FaultBox", "parameters": {"fault": fault, "fault_at_s": 2.0}, "on_failure": on_failure}
    return Plugin.model_validate({**given, **more})


def after(*steps: Plugin | Gain | Parallel) -> Changed:
    return run_steps(MIX, steps, in_memory, to_nobody)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_song_is_told_in_a_sentence_and_recorded(fault_rack: Rack, fault: str) -> None:
    with pytest.raises(PluginError, match=f"The plug-in FaultBox .*{FAULTS[fault]}") as raised:
        after(fault_box(fault))
    assert "\n" not in raised.value.sentence
    (record,) = Shelf(fault_rack.place.data_folder).health().failures.values()
    assert len(record) == 1
    assert after(fault_box("none")).audio.frames == MIX.frames, "the next job has a host of its own"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plug_in_that_fails_may_be_left_out(fault_rack: Rack, fault: str) -> None:
    changed = after(Gain(gain_db=-6), fault_box(fault, "bypass"), Gain(gain_db=6))
    assert np.allclose(changed.audio.samples, MIX.samples, atol=1e-6)
    assert [message.code for message in changed.messages] == ["plugin_bypassed"]
    (told,) = [step.plugin for step in changed.steps if step.plugin is not None]
    assert told.failure


def test_the_other_plug_ins_of_a_run_go_on_without_the_one_that_fails(fault_rack: Rack) -> None:
    quiet, loud = (fault_box("none", parameters={"gain_db": gain_db}) for gain_db in (-6, 3))
    changed, wanted = after(quiet, fault_box("crash", "bypass"), loud), after(quiet, loud)
    assert np.array_equal(changed.audio.samples, wanted.audio.samples)
    assert [step.plugin is not None and step.plugin.failure is not None for step in changed.steps] == [
        False,
        True,
        False,
    ]


def test_a_built_in_step_may_stand_in(fault_rack: Rack) -> None:
    changed = after(fault_box("crash", "substitute", substitute={"use": "gain", "gain_db": -6}))
    assert np.allclose(changed.audio.samples, MIX.samples * 10 ** (-6 / 20), atol=1e-6)
    assert [message.code for message in changed.messages] == ["plugin_substituted"]
    assert "instead of FaultBox" in changed.steps[0].sentence


def test_sound_that_becomes_silence_is_a_fault_and_silence_is_none(fault_rack: Rack) -> None:
    with pytest.raises(PluginError, match="silence where there was sound"):
        after(fault_box("none", parameters={"mute": True}))
    silent = Audio(np.zeros((2, 50_000), np.float32), 44100)
    assert not run_steps(silent, (fault_box("none"),), in_memory, to_nobody).audio.samples.any()


def test_spam_on_both_outputs_changes_nothing(fault_rack: Rack) -> None:
    changed = after(fault_box("spam", parameters={"fault": "spam", "gain_db": -3}))
    assert np.array_equal(changed.audio.samples, after(fault_box("none", parameters={"gain_db": -3})).audio.samples)


def test_a_slow_plug_in_is_waited_for(fault_rack: Rack) -> None:
    short = Audio(MIX.samples[:, :40_000], 44100)
    slow = fault_box("slow", parameters={"fault": "slow", "fault_at_s": 0.5})
    assert np.array_equal(run_steps(short, (slow,), in_memory, to_nobody).audio.samples, short.samples)


@pytest.mark.parametrize("given", [{}, {"isolate": False}, {"mix_percent": 50}])
def test_progress_is_told_after_each_block_of_each_pass(fault_rack: Rack, given: dict[str, Any]) -> None:
    told: list[float] = []
    box = fault_box("none", parameters={"gain_db": -3}, **given)
    run_steps(MIX, (Gain(gain_db=-1), box, Gain(gain_db=1), box), in_memory, told.append)
    blocks = -(-MIX.frames // BLOCK_FRAMES)
    assert told == sorted(set(told))
    for stretch in (1, 3):  # of five: others, plug-in, others, plug-in, others
        assert sum(stretch / 5 < fraction - 1e-9 < (stretch + 1) / 5 for fraction in told) == blocks


def test_a_pass_has_a_longest_time(fault_rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = fault_rack.place.settings.model_copy(update={"total_timeout_s": 1.0, "stall_timeout_s": 30})
    monkeypatch.setattr(fault_rack, "place", fault_rack.place.model_copy(update={"settings": settings}))
    with pytest.raises(PluginError, match=r"had only come to 0:0[1-9].* after 1 s"):
        after(fault_box("slow", parameters={"fault": "slow"}))


@pytest.mark.parametrize("name", LOADS)
def test_a_fault_while_loading_keeps_only_that_plug_in_from_being_used(
    fault_rack: Rack, faults: Path, name: str
) -> None:
    with pytest.raises(PluginError, match=LOADS[name]):
        after(Plugin(plugin=str(faults / f"{name}.vst3")))
    assert after(fault_box("none")).audio.frames == MIX.frames


def test_a_hang_while_loading_ends_at_the_limit(faults: Path, tmp_path: Path, fault_rack: Rack) -> None:
    settings = fault_rack.place.settings.model_copy(update={"scan_timeout_s": 1.0})
    rack = Rack(fault_rack.place.model_copy(update={"settings": settings}), lambda: "")
    begin = time.monotonic()
    with pytest.raises(PluginError, match="hung: it gave no answer for 1 s while loading"):
        rack.entry(str(faults / "HangOnLoad.vst3"))
    assert time.monotonic() - begin < 60


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("CrashOnLoad", "crashed (SIGSEGV) while loading"),
        ("AbortOnLoad", "crashed (SIGABRT) while loading"),
        ("ExitOnLoad", "ended its process (exit code 3) while loading"),
        ("Truncated", "crashed (SIGBUS) while loading"),
        ("HangOnLoad", "hung: it gave no answer for 1 s while loading"),
    ],
)
def test_a_plug_in_that_turns_bad_after_its_scan_ends_only_its_host(faults: Path, name: str, what: str) -> None:
    host = Host(PluginSettings(load_timeout_s=1.0))
    good = Slot(path=faults / "FaultBox.vst3", name="FaultBox")
    bad = Slot(path=faults / f"{name}.vst3", name="FaultBox")
    with pytest.raises(HostError) as raised:
        host.prepare(PrepareOrder(slots=(good, bad), sample_rate_hz=44100, channels=2))
    assert (raised.value.failure.slot, raised.value.sentence) == (1, what)
    assert not host.is_alive


def test_a_destructor_that_crashes_comes_after_good_work(fault_rack: Rack, faults: Path) -> None:
    step = Plugin(plugin=str(faults / "CrashOnUnload.vst3"), parameters={"gain_db": -6})
    for _ in range(2):
        assert np.allclose(after(step).audio.samples, MIX.samples * 10 ** (-6 / 20), atol=1e-6)


def test_a_plug_in_that_asks_for_its_licence_finds_no_screen(
    fault_rack: Rack, faults: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":99")
    with pytest.raises(PluginError, match="gave silence where there was sound: it may want a licence"):
        after(Plugin(plugin=str(faults / "AsksForLicence.vst3")))


def test_a_plug_in_that_fails_again_and_again_is_quarantined_and_success_forgives(fault_rack: Rack) -> None:
    for _ in range(2):
        after(fault_box("crash", "bypass"))
    after(fault_box("none"))
    for _ in range(3):
        after(fault_box("crash", "bypass"))
    with pytest.raises(PluginError, match=r"it failed 3 times in a row.*--release FaultBox"):
        after(fault_box("none"))


def test_a_host_that_somebody_kills_is_told_from_a_plug_in_and_replaced(fault_rack: Rack) -> None:
    after(fault_box("none"))
    pid = fault_rack.host_pid
    assert pid is not None
    os.kill(pid, 9)
    wait_until(lambda: fault_rack.host_pid is None, what="the end of the host")
    assert after(fault_box("none")).audio.frames == MIX.frames


def test_without_isolation_an_error_is_still_one(fault_rack: Rack) -> None:
    gain = fault_box("none", isolate=False, parameters={"gain_db": -6})
    assert np.allclose(after(gain).audio.samples, MIX.samples * 10 ** (-6 / 20), atol=1e-6)
    with pytest.raises(PluginError, match="not numbers"):
        after(fault_box("nan", isolate=False))


def test_without_isolation_what_comes_out_is_checked_all_the_same(
    fault_rack: Rack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PluginError, match="silence where there was sound"):
        after(fault_box("none", isolate=False, parameters={"mute": True}))
    late = fault_box("none", isolate=False, parameters={"delay_samples": 8192})
    (told,) = after(late).steps
    assert told.plugin is not None
    assert told.plugin.latency_frames == 8192
    assert "not isolated, as the chain wants it" in (told.detail or "")
    settings = fault_rack.place.settings.model_copy(update={"total_timeout_s": 1.0})
    monkeypatch.setattr(fault_rack, "place", fault_rack.place.model_copy(update={"settings": settings}))
    with pytest.raises(PluginError, match="after 1 s"):
        after(fault_box("slow", isolate=False, parameters={"fault": "slow"}))


def hosts_of(rack: Rack) -> Iterator[int]:
    if rack.host_pid is not None:
        yield rack.host_pid


# --- How much a host holds --------------------------------------------------------------------------------------------


def test_a_host_that_has_loaded_much_gives_way_to_a_fresh_one(fault_rack: Rack) -> None:
    """A rate, a preset, a plug-in: whatever it must load anew counts; what it has loaded already does not."""
    short = Audio(np.ascontiguousarray(MIX.samples[:, :2000]), 44100)
    run_steps(short, (fault_box("none"),), in_memory, to_nobody)
    pid = fault_rack.host_pid
    for rate_hz in range(40_000, 40_000 + 1000 * (LOADED_MAX - 1), 1000):
        run_steps(Audio(short.samples, rate_hz), (fault_box("none"),), in_memory, to_nobody)
    assert fault_rack.host_pid == pid
    run_steps(short, (fault_box("none"),), in_memory, to_nobody)
    assert fault_rack.host_pid != pid


def test_a_host_that_holds_half_of_the_memory_gives_way_to_a_fresh_one(fault_rack: Rack) -> None:
    short = Audio(np.ascontiguousarray(MIX.samples[:, :12_288]), 44100)
    hoards_some = {"fault": "hoard", "fault_at_s": 0.2}  # 64 MiB in each of the last four buffers
    run_steps(short, (fault_box("hoard", parameters=hoards_some),), in_memory, to_nobody)
    pid = fault_rack.host_pid
    run_steps(short, (fault_box("none"),), in_memory, to_nobody)
    assert fault_rack.host_pid != pid


def test_this_process_holds_only_so_many_and_hosts_take_the_rest(fault_rack: Rack) -> None:
    short = Audio(np.ascontiguousarray(MIX.samples[:, :2000]), 44100)
    step = fault_box("none", isolate=False, parameters={"delay_samples": 77})
    for rate_hz in range(50_000, 50_000 + 1000 * LOADED_MAX, 1000):
        run_steps(Audio(short.samples, rate_hz), (step,), in_memory, to_nobody)
    assert list(hosts_of(fault_rack)) == []
    again = run_steps(short, (step,), in_memory, to_nobody)
    assert len(list(hosts_of(fault_rack))) == 1
    assert np.array_equal(again.audio.samples, short.samples)


# --- On branches ------------------------------------------------------------------------------------------------------


class OneRoom:
    """A runner with room for one block, which the next one takes."""

    def __init__(self) -> None:
        self.asked = 0
        self._room = np.zeros((2, BLOCK_FRAMES), np.float32)

    def prepare(self, order: PrepareOrder) -> Prepared:
        return Prepared(slots=())

    def run(self, block: Samples) -> tuple[Samples, Ran]:
        self._room[:, : block.shape[1]] = block
        self.asked += 1
        return self._room[:, : block.shape[1]], Ran(was_heard=(), was_sounding=(), latencies=(), seconds=())


def test_a_block_is_kept_before_the_next_one_takes_its_place() -> None:
    mix = Audio(np.tile(MIX.samples, (1, 6)), 44100)
    blocks, runner = -(-mix.frames // BLOCK_FRAMES), OneRoom()

    def until_two_more_are_there(fraction: float) -> None:
        told = round(fraction * mix.frames / BLOCK_FRAMES) if fraction < 1 else blocks
        wait_until(lambda: runner.asked >= min(blocks, told + 2))

    watch = Watch(60.0, time.monotonic, time.monotonic(), until_two_more_are_there)
    passed = pass_through(runner, (), mix, in_memory, watch)
    assert np.array_equal(passed.samples, mix.samples)


def on_branches(*ways: list[Plugin | Gain], **given: Any) -> Parallel:
    return Parallel(branches=tuple(Branch(steps=tuple(way)) for way in ways), **given)


def test_plug_ins_on_branches_tell_their_progress_and_stand_in_the_report(fault_rack: Rack) -> None:
    told: list[float] = []
    quiet, loud = (fault_box("none", parameters={"gain_db": gain_db}) for gain_db in (-6, -3))
    sum_of = on_branches([quiet], [Gain(gain_db=-1), loud], dry=False)
    changed = run_steps(MIX, (sum_of, Gain(gain_db=-1)), in_memory, told.append)
    blocks = -(-MIX.frames // BLOCK_FRAMES)
    assert told == sorted(set(told))
    for branch in (0, 1):  # of two, in the middle third
        low, high = (1 / 3 + (branch + side) / 6 for side in (0, 1))
        assert sum(low < fraction - 1e-9 < high + 1e-9 for fraction in told) >= blocks
    assert [use.values["gain_db"] for use in changed.steps[0].plugins] == ["-6 dB", "-3 dB"]
    assert changed.steps[0].plugins[0].latency_frames == 0


def test_a_plug_in_that_is_left_out_of_a_branch_is_told(fault_rack: Rack) -> None:
    changed = after(on_branches([fault_box("crash", "bypass")], dry=False))
    assert np.array_equal(changed.audio.samples, MIX.samples)
    assert [message.code for message in changed.messages] == ["plugin_bypassed"]
    (use,) = changed.steps[0].plugins
    assert use.failure is not None
    assert "SIGSEGV" in use.failure


def test_plug_ins_that_are_late_on_a_branch_are_in_time_with_the_dry(fault_rack: Rack) -> None:
    late = fault_box("none", parameters={"delay_samples": 5000})
    assert np.array_equal(after(on_branches([late], dry=False)).audio.samples, MIX.samples)
    assert np.array_equal(after(on_branches([late], dry_gain_db=0)).audio.samples, 2 * MIX.samples)
