"""The self-test: right where all is right, and wrong where something is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bridge.audio.signal import Samples
from bridge.plugin_settings import PluginPlace
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.entry import FileMark, PluginEntry, Quarantined
from bridge.plugins.shelf import Shelf
from bridge.selftest import health, limiter, meters, nulls, second_opinion
from bridge.selftest.checks import CHECKS, Check
from bridge.selftest.rows import Wanted, row_of, skipped_row, truth_row
from bridge.selftest_main import events
from bridge.wire import CheckRow, ChecksOrder

MARK = FileMark(size_bytes=1, mtime_ns=1, digest="d")


def verdicts(rows: Iterator[CheckRow]) -> dict[str, str]:
    return {row.name: row.verdict for row in rows}


# --- Rows -------------------------------------------------------------------------------------------------------------


def test_a_row_passes_only_when_every_reading_is_within_its_tolerances() -> None:
    wanted = Wanted(-6.0, below=0.4, above=0.2, unit="dBTP")
    assert row_of("G", "N", wanted, [-6.4, -5.8]).verdict == "pass"
    assert row_of("G", "N", wanted, [-6.0, -5.79]).verdict == "fail"
    assert row_of("G", "N", wanted, [-6.41]).verdict == "fail"
    assert row_of("G", "N", wanted, [-6.0, None]).verdict == "fail"
    assert row_of("G", "N", wanted, []).verdict == "fail"


def test_a_row_says_what_was_expected_and_the_range_of_what_came() -> None:
    row = row_of("G", "N", Wanted(-6.0, 0.4, 0.2, "dBTP"), [-6.02, -5.9])
    assert (row.expected, row.measured) == ("-6.0 +0.2 -0.4 dBTP", "-6.02 to -5.90 dBTP")
    row = row_of("G", "N", Wanted(0.0, 0.1, 0.1, "LU", "off"), [-0.001, 0.001])
    assert (row.expected, row.measured) == ("0.0 ±0.1 LU off", "0.00 LU off")
    assert row_of("G", "N", Wanted(0.0, 0.1, 0.1, "LU"), [None]).measured == "nothing"


# --- Checks -----------------------------------------------------------------------------------------------------------


def test_all_cases_of_the_standards_are_there_but_the_two_recordings() -> None:
    rows = [*meters.check(meters.loudness_cases(), [48000]), *meters.check(meters.true_peak_cases(), [48000])]
    numbers = [int(row.name.split(":")[0].removeprefix("Case ")) for row in rows]
    assert numbers == [1, 2, 3, 4, 5, 6, *range(9, 24)]
    assert {row.verdict for row in rows} == {"pass"}
    assert list(verdicts(meters.check(meters.range_cases(), [48000])).values()) == ["pass"] * 4


def test_a_case_fails_when_one_rate_reads_wrong() -> None:
    case = meters.Case("G", "N", Wanted(-23.0, 0.1, 0.1, "LUFS"), lambda rate_hz: [-23.0 if rate_hz < 50000 else -23.2])
    assert list(verdicts(meters.check([case], [44100, 48000])).values()) == ["pass"]
    assert list(verdicts(meters.check([case], [44100, 96000])).values()) == ["fail"]


def test_the_limiter_holds_its_worst_signals_and_a_leak_would_be_seen() -> None:
    rows = list(limiter.check_limiter())
    assert {row.verdict for row in rows} == {"pass"}
    assert {"Fs/4 at 45 degrees", "Square 441 Hz", "White noise", "Click", "Steps of DC"} <= {row.name for row in rows}
    leaking = limiter.check_limiter(lambda samples: samples * np.float32(1.1))
    assert "fail" in verdicts(leaking).values()


def test_everything_nulls_and_one_changed_sample_would_be_seen() -> None:
    assert set(verdicts(nulls.check_nulls()).values()) == {"pass"}

    def changed(sound: Samples) -> Samples:
        other = sound.copy()
        other[1, 100] += np.float32(2.0**-23)
        return other

    assert verdicts(nulls.check_nulls(changed))["A chain without steps"] == "fail"


def test_another_meter_agrees_and_would_be_heard_if_it_did_not() -> None:
    assert list(verdicts(second_opinion.check_second_opinion([1], 4.0)).values()) == ["pass"]
    off = second_opinion.check_second_opinion([1], 4.0, lambda _: -10.0)
    assert list(verdicts(off).values()) == ["fail"]


# --- What is installed ------------------------------------------------------------------------------------------------


def plug_in(name: str, *, is_deterministic: bool = True) -> PluginEntry:
    path = Path(f"/plugins/{name}.vst3")
    return PluginEntry(
        name=name, vendor="V", version="1", format="VST3", identity=name, path=path, mark=MARK,
        is_deterministic=is_deterministic, load_s=0.2,
    )  # fmt: skip


def test_a_plug_in_passes_while_it_loads_and_sounds_as_reliably_as_before() -> None:
    reverb = plug_in("Reverb")
    assert health.plugin_row(reverb, Catalogue(entries=(reverb,))).verdict == "pass"
    wavering = plug_in("Reverb", is_deterministic=False)
    assert health.plugin_row(reverb, Catalogue(entries=(wavering,))).verdict == "fail"
    assert health.plugin_row(wavering, Catalogue(entries=(wavering,))).verdict == "pass"
    assert health.plugin_row(reverb, Catalogue()).measured == "not found any more"
    crashed = Quarantined(path=reverb.path, mark=MARK, sentence="crashed (SIGSEGV) while loading", at="")
    row = health.plugin_row(reverb, Catalogue(quarantined=(crashed,)))
    assert (row.verdict, row.measured) == ("fail", "crashed (SIGSEGV) while loading")


def test_without_a_scan_plug_ins_are_skipped_and_a_plug_in_that_is_gone_fails(tmp_path: Path) -> None:
    place = PluginPlace(data_folder=tmp_path)
    assert [row.verdict for row in health.check_plugins(place)] == ["skipped"]
    Shelf(tmp_path).add([plug_in("Gone")])
    assert [row.verdict for row in health.check_plugins(place)] == ["fail"]
    assert Shelf(tmp_path).catalogue().entries == (plug_in("Gone"),)  # looking changes nothing


# --- The process ------------------------------------------------------------------------------------------------------


def test_progress_names_each_group_before_it_is_looked_at_and_ends_at_one() -> None:
    row = truth_row("A", "N", "x", "x", is_right=True)
    checks = [Check("A", lambda _: iter([row]), 1), Check("B", lambda _: iter([skipped_row("B", "N", "no")]), 3)]
    told = list(events(checks, ChecksOrder()))
    assert [(event.doing, event.fraction) for event in told] == [("A", 0), ("A", 0.25), ("B", 0.25), ("B", 1)]
    assert [row.group for event in told for row in event.rows] == ["A", "B"]


def test_a_check_that_breaks_off_is_a_row_that_fails_and_the_others_go_on() -> None:
    def broken(_: ChecksOrder) -> Iterator[CheckRow]:
        yield truth_row("A", "First", "x", "x", is_right=True)
        raise OSError("disk gone")

    checks = [Check("A", broken, 1), Check("B", lambda _: iter([skipped_row("B", "N", "no")]), 1)]
    rows = [row for event in events(checks, ChecksOrder()) for row in event.rows]
    assert [(row.group, row.verdict) for row in rows] == [("A", "pass"), ("A", "fail"), ("B", "skipped")]
    assert "disk gone" in rows[1].measured


def test_every_check_has_a_group_of_its_own() -> None:
    assert len({check.group for check in CHECKS}) == len(CHECKS)
