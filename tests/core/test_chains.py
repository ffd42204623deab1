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


CURVE = [{"hz": 100, "db": 0}, {"hz": 1000, "db": 1}]
GAIN = {"use": "gain", "gain_db": 1}
IDLE: dict[str, tuple[dict[str, object], str, str]] = {
    "a curve towards the genre": ({"use": "match_eq", "curve": CURVE}, "steps[0].curve", "`towards: curve`"),
    "a curve and a reference": (
        {"use": "match_eq", "towards": "reference", "reference": "a.wav", "curve": CURVE},
        "steps[0].curve",
        "`towards: curve`",
    ),
    "a reference towards a curve": (
        {"use": "match_eq", "towards": "curve", "reference": "a.wav", "curve": CURVE},
        "steps[0].reference",
        "`towards: reference`",
    ),
    "a gain of a notch": (
        {"use": "eq", "bands": [{"type": "notch", "frequency_hz": 50, "gain_db": 3}]},
        "steps[0].bands[0].gain_db",
        "`type` is notch",
    ),
    "a Q of a tilt": (
        {"use": "eq", "bands": [{"type": "tilt", "frequency_hz": 700, "gain_db": 1, "q": 2}]},
        "steps[0].bands[0].q",
        "`type` is tilt",
    ),
    "a ratio below no threshold": (
        {"use": "multiband", "crossovers_hz": [200], "bands": [{"below_ratio": 3}, {}]},
        "steps[0].bands[0].below_ratio",
        "`below_threshold_db`, which is not given",
    ),
    "a gain of what is not in the sum": (
        {"use": "parallel", "dry": False, "dry_gain_db": -3, "branches": [{"steps": [GAIN]}]},
        "steps[0].dry_gain_db",
        "`dry` is false",
    ),
    "a gain of a band on a branch": (
        {"use": "parallel", "branches": [{"steps": [{"use": "match_eq", "curve": CURVE}]}]},
        "steps[0].branches[0].steps[0].curve",
        "`towards` is genre",
    ),
    "shaped noise at 24 bit": (
        {"use": "dither", "bit_depth": 24, "kind": "noise_shaped"},
        "steps[0].kind",
        "`bit_depth` is 24",
    ),
}


def faults_of(content: dict[str, object], folder: Path) -> dict[str, str]:
    path = folder / "wrong.yaml"
    path.write_text(yaml.safe_dump({"title": "Wrong", **content}, sort_keys=False))
    with pytest.raises(ChainError) as raised:
        load_chain("wrong", [folder])
    assert all(fault.line for fault in raised.value.faults)
    return {fault.key: fault.sentence for fault in raised.value.faults}


@pytest.mark.parametrize("case", IDLE)
def test_what_would_not_be_read_beside_another_option_is_refused_and_both_are_named(case: str, tmp_path: Path) -> None:
    step, key, other = IDLE[case]
    sentence = faults_of({"steps": [step]}, tmp_path)[key]
    assert other in sentence
    assert sentence.endswith("leave this out.")


def test_what_is_read_or_may_be_once_it_is_decided_is_accepted() -> None:
    accepted: list[dict[str, object]] = [
        {"use": "match_eq", "towards": "curve", "curve": CURVE},
        {"use": "match_eq", "towards": "auto", "curve": CURVE},
        {"use": "match_eq", "curve": [], "reference": None},
        {"use": "eq", "bands": [{"type": "notch", "frequency_hz": 50, "gain_db": 0}]},
        {"use": "parallel", "dry": True, "dry_gain_db": -3, "branches": [{"steps": [GAIN]}]},
    ]
    for step in accepted:
        chain = Chain.model_validate({"title": "Right", "steps": [step]})
        assert Chain.model_validate_json(chain.model_dump_json()) == chain


def test_a_fault_beside_what_would_not_be_read_is_told_too(tmp_path: Path) -> None:
    wrong = {"use": "match_eq", "curve": CURVE, "boost_db_max": 99}
    assert faults_of({"steps": [wrong]}, tmp_path).keys() == {"steps[0].curve", "steps[0].boost_db_max"}
