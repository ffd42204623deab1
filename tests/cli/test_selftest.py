"""`dawbridge selftest` as a user runs it."""

import sys
from pathlib import Path

import pytest

from bridge.cli import selftest
from bridge.cli.exit_codes import ExitCode
from bridge.errors import EngineCrashedError
from bridge.plugins.shelf import Shelf
from bridge.settings import Settings
from bridge.wire import CheckRow
from tests.cli.conftest import Run, json_of
from tests.selftest.test_checks import plug_in


def test_one_run_looks_at_everything_and_a_row_that_fails_is_the_exit_code(
    dawbridge: Run, tmp_path: Path, compiled_kernels: Path
) -> None:
    Shelf(tmp_path / "data" / "plugins").add([plug_in("Gone")])
    result = dawbridge("selftest", "--json")
    assert result.exit_code == ExitCode.FAILED
    rows = [CheckRow.model_validate(row) for row in json_of(result)]
    assert [row.name for row in rows if row.verdict == "fail"] == ["V/Gone"]
    groups = {row.group for row in rows}
    for word in ("3341", "3342", "Limiter", "Null", "pyloudnorm", "Plug-ins", "Models"):
        assert any(word in group for group in groups), word


def test_the_table_names_each_group_once_and_ends_with_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        CheckRow(group="Meter", name="Case 1", expected="-23.0 LUFS", measured="-22.99 LUFS", verdict="pass"),
        CheckRow(group="Meter", name="Case 2", expected="-33.0 LUFS", measured="-30.00 LUFS", verdict="fail"),
        CheckRow(group="Models", name="Models", expected="", measured="none", verdict="skipped"),
    ]
    selftest._print(rows)
    shown = capsys.readouterr().out
    assert shown.count("Meter") == 1
    assert "1 of 3 failed, 1 skipped." in shown
    selftest._print(rows[:1])
    assert "All 1 passed." in capsys.readouterr().out


def test_a_process_that_crashes_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineCrashedError, match="crashed"):
        list(selftest.checked(Settings(data_folder=tmp_path), [sys.executable, "-c", "raise SystemExit(3)"]))
