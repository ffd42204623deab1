"""Help, completion, version, exit codes: what needs no settings and must come at once."""

import ast
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bridge.cli.exit_codes import MEANINGS, ExitCode, exit_code_named, exit_code_of
from bridge.cli.lazy import LazyGroup
from bridge.cli.main import cli
from bridge.errors import (
    AudioError,
    ChainError,
    DeliveryError,
    EngineCrashedError,
    RequestError,
    SettingsError,
    StoreError,
    UnfinishedAudioError,
    UserError,
)
from bridge.settings import Settings
from tests.cli.conftest import Run, in_a_process

HEAVY = {"rich", "pydantic", "numpy", "yaml", "numba", "pedalboard", "matplotlib", "sqlite3", "psutil"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"], []])
def test_help_version_and_typing_errors_import_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys, runpy\n"
        f"sys.argv = ['dawbridge', *{arguments!r}]\n"
        "try:\n    runpy.run_module('bridge.cli.main', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print('\\n' + repr({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout.strip().splitlines()[-1])
    assert loaded & HEAVY == set()


def _commands(group: LazyGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in group.entries:
        command = group.get_command(group.make_context("x", ["--help"], resilient_parsing=True), name)
        found.append((*path, name))
        if isinstance(command, LazyGroup):
            found += _commands(command, (*path, name))
    return found


@pytest.mark.parametrize("words", _commands(cli), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    page = CliRunner().invoke(cli, [*words, "--help"])
    assert page.exit_code == 0, page.output
    assert f"Usage: dawbridge {' '.join(words)}" in page.stdout.replace("cli ", "dawbridge ")
    assert CliRunner().invoke(cli, ["help", *words]).stdout == page.stdout


def test_help_exit_codes_lists_every_code(dawbridge: Run) -> None:
    page = dawbridge("help", "exit-codes").stdout
    assert {int(code) for code in re.findall(r"^ +(\d+) ", page, re.MULTILINE)} == {int(code) for code in ExitCode}
    assert set(MEANINGS) == set(ExitCode)


def test_help_settings_lists_every_key_of_every_section(dawbridge: Run) -> None:
    page = dawbridge("help", "settings").stdout
    for name in Settings.model_fields:
        assert name in page
    for key in ("engines.slots", "watch[].settle_s", "limits.queue_max", "watch[].recipe.target_lufs"):
        assert key in page


@pytest.mark.parametrize(
    ("typed", "meant"), [("mastr", "master"), ("doktor", "doctor"), ("job", "jobs"), ("chain", "chains")]
)
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(dawbridge: Run, typed: str, meant: str) -> None:
    result = dawbridge(typed)
    assert result.exit_code == ExitCode.USAGE
    assert f"Did you mean '{meant}'" in result.stderr
    assert result.stdout == ""


def test_a_mistyped_flag_is_answered_with_the_one_that_was_meant(dawbridge: Run) -> None:
    result = dawbridge("jobs", "list", "--jsn")
    assert result.exit_code == ExitCode.USAGE
    assert "--json" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_asks_dawbridge(dawbridge: Run, shell: str) -> None:
    result = dawbridge("completion", shell)
    assert result.exit_code == 0
    assert f"_DAWBRIDGE_COMPLETE={shell}_complete" in result.stdout


def test_tab_completes_commands() -> None:
    done = in_a_process(_DAWBRIDGE_COMPLETE="bash_complete", COMP_WORDS="dawbridge ch", COMP_CWORD="1")
    assert done.stdout == "plain,chains\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError, 2),
        (ChainError, 2),
        (RequestError, 2),
        (AudioError, 3),
        (UnfinishedAudioError, 3),
        (DeliveryError, 3),
        (StoreError, 4),
        (EngineCrashedError, 1),
        (UserError, 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: type[UserError], code: int) -> None:
    assert exit_code_of(error) == code
    assert exit_code_named(error.code) == code


def test_an_unknown_error_code_means_that_the_work_failed() -> None:
    assert exit_code_named("something_newer") == ExitCode.FAILED


def test_colour_is_used_only_where_it_is_wanted() -> None:
    plain = in_a_process("--help")
    assert "\x1b" not in plain.stdout
    coloured = CliRunner().invoke(cli, ["--help"], color=True).stdout
    assert "\x1b[" in coloured
    assert "\x1b" not in CliRunner().invoke(cli, ["--no-color", "--help"], color=True).stdout


@pytest.mark.parametrize("value", ["1", "yes please", "false"])
def test_any_text_in_no_color_switches_colours_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert "\x1b" not in CliRunner().invoke(cli, ["--help"], color=True).stdout
