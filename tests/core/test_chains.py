"""The built-in chains, the schema, and where chains are found."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from bridge.chains import STEPS, Chain, built_in_chains, chain_schema, find_chains, load_chain
from bridge.errors import ChainError

BUILT_IN = sorted(built_in_chains().glob("*.yaml"))


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_every_built_in_chain_loads_and_fits_the_schema(path: Path) -> None:
    chain = load_chain(path.stem)
    assert chain.title
    assert chain.description
    jsonschema.validate(yaml.safe_load(path.read_text()), chain_schema())


def test_streaming_and_loud_come_with_the_bridge() -> None:
    assert {"streaming", "loud"} <= {path.stem for path in BUILT_IN}


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    cases: list[dict[str, object]] = [
        {"steps": []},
        {"title": "x", "steps": [{"use": "peek"}]},
        {"title": "x", "colour": 1},
    ]
    for wrong in cases:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, chain_schema())


def test_an_unknown_chain_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ChainError, match="Did you mean `streaming`"):
        load_chain("streeming")


def test_a_chain_of_the_users_wins_over_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "streaming.yaml").write_text("title: Mine\n")
    assert load_chain("streaming", [tmp_path]).title == "Mine"
    assert find_chains([tmp_path, tmp_path / "missing"])["loud"].parent == built_in_chains()


def test_a_chain_name_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("title: X\n")
    with pytest.raises(ChainError):
        load_chain(str(tmp_path / "x"))


def test_every_step_says_what_it_is_for_and_every_parameter_is_described_with_its_unit() -> None:
    for step in STEPS:
        assert step.help.endswith(".")
        for name, info in step.model_fields.items():
            if name == "use":
                continue
            assert info.description, f"{step.__name__}.{name}"
            extra = info.json_schema_extra
            unit = extra.get("unit") if isinstance(extra, dict) else None
            suffix = name.removesuffix("_max").rsplit("_", 1)[-1]
            wanted = {"hz": "Hz", "db": "dB", "ms": "ms", "lufs": "LUFS", "dbtp": "dBTP"}
            wanted |= {"percent": "%", "oct": "dB/oct", "dbfs": "dBFS", "s": "s", "octaves": "octaves", "depth": "bit"}
            assert unit == wanted.get(suffix), f"{step.__name__}.{name}"


def test_only_words_differ_then_the_content_is_the_same() -> None:
    a = Chain.model_validate({"title": "A", "steps": [{"use": "gain", "gain_db": 1}]})
    b = Chain.model_validate({"title": "B", "description": "x", "steps": [{"use": "gain", "gain_db": 1.0}]})
    c = Chain.model_validate({"title": "A", "steps": [{"use": "gain", "gain_db": 1.5}]})
    assert a.content_digest() == b.content_digest() != c.content_digest()
