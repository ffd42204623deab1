"""`dawbridge chains`."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from bridge.chains import STEPS, Chain, built_in_chains, chain_schema
from bridge.cli.exit_codes import ExitCode
from bridge.declarations import declarations
from tests.cli.conftest import Run, json_of

WRONG = """\
title: Wrong
steps:
  - use: highpas
    cutoff_hz: 30
  - use: peak
    frequency_hz: 1000000
    gane_db: 3
target:
  integrated_lufs: -3
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    return path


def test_list_shows_the_built_in_chains(dawbridge: Run) -> None:
    result = dawbridge("chains", "list")
    assert result.exit_code == 0
    for name in ("streaming", "loud", "-14.0 LUFS", "built-in"):
        assert name in result.stdout


def test_list_as_json_holds_whole_chains(dawbridge: Run) -> None:
    found = {entry["name"]: entry for entry in json_of(dawbridge("chains", "list", "--json"))}
    assert Chain.model_validate(found["streaming"]["chain"]).target.integrated_lufs == -14
    assert found["loud"]["is_built_in"] is True


def test_a_chain_of_ones_own_is_listed_also_when_it_is_wrong(dawbridge: Run, tmp_path: Path, wrong: Path) -> None:
    settings = tmp_path / "own.yaml"
    own = tmp_path / "own"
    own.mkdir()
    wrong.rename(own / "mine.yaml")
    settings.write_text(yaml.safe_dump({"chain_folders": [str(own)], "data_folder": str(tmp_path)}))
    result = dawbridge("chains", "list", settings=settings)
    assert result.exit_code == 0
    assert "5 faults" in result.stdout
    entry = next(e for e in json_of(dawbridge("chains", "list", "--json", settings=settings)) if e["name"] == "mine")
    assert entry["chain"] is None
    assert len(entry["faults"]) == 5


def test_show_gives_every_parameter_with_unit_and_bounds(dawbridge: Run) -> None:
    page = dawbridge("chains", "show", "streaming").stdout
    for text in ("highpass", "cutoff_hz", "auto", "5 to 20000 Hz", "lookahead_ms", "0.5 to 10 ms", "-14 LUFS"):
        assert text in page


def test_show_as_json_is_the_chain_itself(dawbridge: Run) -> None:
    assert Chain.model_validate(json_of(dawbridge("chains", "show", "loud", "--json"))).title == "Loud"


def test_show_reads_a_file_too(dawbridge: Run) -> None:
    assert "Loud" in dawbridge("chains", "show", built_in_chains() / "loud.yaml").stdout


def test_an_unknown_chain_is_answered_with_the_one_that_was_meant(dawbridge: Run) -> None:
    result = dawbridge("chains", "show", "streeming")
    assert result.exit_code == ExitCode.USAGE
    assert "Did you mean `streaming`?" in result.stderr


def test_check_prints_every_fault_with_its_line(dawbridge: Run, wrong: Path) -> None:
    result = dawbridge("chains", "check", wrong)
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("error: 5 faults in ")
    for place in (
        "3:5  steps[0]",
        "6:5  steps[1].frequency_hz",
        "7:5  steps[1].gane_db",
        "9:3  target.integrated_lufs",
    ):
        assert place in result.stderr
    assert "Did you mean `gain_db`?" in result.stderr
    assert "    gane_db: 3" in result.stderr
    assert "^^^^^^^" in result.stderr


def test_check_goes_through_all_files_and_fails_when_one_is_wrong(dawbridge: Run, wrong: Path) -> None:
    result = dawbridge("chains", "check", wrong, built_in_chains() / "loud.yaml", "nowhere.yaml")
    assert result.exit_code == ExitCode.USAGE
    assert "ok" in result.stdout
    assert "nowhere.yaml: there is no such file." in result.stderr


def test_check_as_json_names_files_and_faults(dawbridge: Run, wrong: Path) -> None:
    result = dawbridge("chains", "check", "--json", wrong, built_in_chains() / "loud.yaml")
    assert result.exit_code == ExitCode.USAGE
    assert [len(entry["faults"]) for entry in json_of(result)] == [5, 0]
    assert result.stderr == ""


def test_good_chains_pass(dawbridge: Run) -> None:
    assert dawbridge("chains", "check", *built_in_chains().glob("*.yaml")).exit_code == 0


def test_the_schema_accepts_the_built_in_chains_and_refuses_a_wrong_one(dawbridge: Run, wrong: Path) -> None:
    schema = json.loads(dawbridge("chains", "schema").stdout)
    assert schema == chain_schema()
    for path in built_in_chains().glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(wrong.read_text()), schema)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step.__name__))
def test_every_parameter_of_every_step_declares_help_and_bounds(step: type[Chain]) -> None:
    for declaration in declarations(step):
        if declaration.name not in {"use", "bypass"}:
            assert declaration.help
            assert declaration.range_text or declaration.kind not in {int, float, str}
