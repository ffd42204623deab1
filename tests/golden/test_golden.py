"""Nobody changes how a chain sounds without saying so."""

from pathlib import Path

import pytest

from bridge.dsp.warm import warm_up
from tests.golden.__main__ import CHANGELOG, accept, line_for, newest_part, sound_lines
from tests.golden.table import TABLES, Golden, Table, chain_names, changes, read_golden, table_of
from tests.kernels import newly_compiled, signature_counts

CHANGED = (
    "moved: if the new sound is meant, own up to it in CHANGELOG.md (`- Sound: ...`) and run python -m tests.golden"
)


@pytest.fixture(scope="module")
def bounces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bounces")


@pytest.fixture(scope="module")
def warm() -> dict[str, int]:
    """Every kernel as an engine has it when its first job comes."""
    warm_up()
    return signature_counts()


@pytest.mark.parametrize("chain", chain_names())
def test_a_chain_sounds_as_it_was_accepted_and_compiles_nothing(
    chain: str, bounces: Path, warm: dict[str, int]
) -> None:
    golden = read_golden(chain)
    assert golden is not None, f"`{chain}` has no table yet: run python -m tests.golden {chain}"
    moved = list(changes(golden.pieces, table_of(chain, bounces)))
    assert newly_compiled(warm) == [], "a kernel that bridge/dsp/warm.py does not warm"
    assert moved == [], f"`{chain}` {CHANGED}"


@pytest.mark.parametrize("chain", chain_names())
def test_every_accepted_change_of_sound_stands_in_the_changelog(chain: str) -> None:
    golden = read_golden(chain)
    assert golden is not None
    assert golden.accepted is None or golden.accepted in sound_lines(CHANGELOG.read_text(encoding="utf-8"))


def test_no_table_is_left_of_a_chain_that_is_gone() -> None:
    assert {path.stem for path in TABLES.glob("*.yaml")} <= set(chain_names())


TABLE: Table = {"song": {"integrated_lufs": -14.0, "air_db": -20.0, "side_to_mid_db": None}}


def test_a_tenth_of_a_decibel_is_let_pass_and_more_is_not() -> None:
    assert list(changes(TABLE, {"song": TABLE["song"] | {"air_db": -20.1}})) == []
    assert list(changes(TABLE, {"song": TABLE["song"] | {"air_db": -20.11}})) == [
        "song: air_db was -20.0 and is -20.11"
    ]
    assert list(changes(TABLE, {"song": TABLE["song"] | {"side_to_mid_db": -9.0}})) != []
    more: Table = {**TABLE, "new": {"air_db": 1.0}}
    assert list(changes(TABLE, more)) != []


LOG = """# Changelog

## Unreleased
- New: something.
- Sound: `loud` and `streaming` keep 0.3 dB more of their air.

## 0.1.0
- Sound: `cd` is softer.
"""


def test_only_a_new_line_that_names_the_chain_accepts_a_change() -> None:
    line = "Sound: `loud` and `streaming` keep 0.3 dB more of their air."
    assert line_for("loud", None, LOG) == line
    assert line_for("loud", line, LOG) is None, "used already"
    assert line_for("cd", None, LOG) is None, "of an older release"
    assert "softer" not in newest_part(LOG)
    assert len(sound_lines(LOG)) == 2


def test_a_moved_table_without_a_line_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accept("loud", TABLE, "# Changelog", tmp_path)
    louder: Table = {"song": TABLE["song"] | {"integrated_lufs": -13.0}}
    assert not accept("loud", louder, "# Changelog", tmp_path)
    assert read_golden("loud", tmp_path) == Golden("loud", None, TABLE)
    assert accept("loud", louder, LOG, tmp_path)
    assert "accepted: Sound: `loud`" in capsys.readouterr().out
    golden = read_golden("loud", tmp_path)
    assert golden is not None
    assert golden.pieces == louder
