"""`auto` stands in a chain like a number: it is kept, written again, and in the schema; decided values are checked."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.chains import STEPS, Chain, Compressor, MatchEq, Multiband, Peak, StepBase, chain_schema
from bridge.chains.genres import CurvePoint
from bridge.chains.playbook import is_adaptive, open_parameters

OPEN: dict[str, Any] = {
    "title": "Open",
    "steps": [
        {"use": "peak", "frequency_hz": "auto", "gain_db": "auto"},
        {"use": "compressor", "threshold_db": "auto", "detector": "auto", "makeup": "auto"},
        {"use": "multiband", "crossovers_hz": [200], "bands": [{"ratio": "auto"}, {}]},
        {"use": "limiter"},
    ],
}


def test_what_is_auto_is_remembered_and_written_again() -> None:
    chain = Chain.model_validate(OPEN)
    again = Chain.model_validate_json(chain.model_dump_json())
    assert again == chain
    assert again.content_digest() == chain.content_digest()
    assert chain.steps[0].auto == ("frequency_hz", "gain_db")
    assert chain.steps[1].auto == ("threshold_db", "detector")
    assert [path for _, path in open_parameters(chain.steps[2])] == [("bands", 0, "ratio")]


def test_a_word_that_a_choice_has_itself_is_that_choice() -> None:
    step = Chain.model_validate(OPEN).steps[1]
    assert isinstance(step, Compressor)
    assert step.makeup == "auto"
    assert "makeup" not in step.auto


def test_auto_is_another_chain_than_the_number_that_stands_in_for_it() -> None:
    chain = Chain.model_validate(OPEN)
    step = chain.steps[0]
    assert isinstance(step, Peak)
    fixed = chain.model_copy(
        update={"steps": (Peak(frequency_hz=step.frequency_hz, gain_db=step.gain_db), *chain.steps[1:])}
    )
    assert fixed != chain
    assert fixed.content_digest() != chain.content_digest()


def test_a_chain_is_adaptive_only_where_something_is_open() -> None:
    assert is_adaptive(Chain.model_validate(OPEN))
    assert is_adaptive(Chain(title="A genre", genre="pop"))
    assert not is_adaptive(Chain(title="Plain", steps=(Peak(frequency_hz=100, gain_db=1),)))
    bypassed = {"title": "Off", "steps": [{"use": "peak", "frequency_hz": "auto", "gain_db": 1, "bypass": True}]}
    assert not is_adaptive(Chain.model_validate(bypassed))


def test_decided_values_are_checked_like_given_ones() -> None:
    step = Chain.model_validate(OPEN).steps[0]
    decided = step.decided({"frequency_hz": 300.0})
    assert decided.auto == ("gain_db",)
    assert decided.decided({"gain_db": 2.0}) == Peak(frequency_hz=300, gain_db=2)
    with pytest.raises(ValidationError):
        step.decided({"gain_db": 99.0})


def test_values_inside_a_step_may_be_open() -> None:
    step = Chain.model_validate(OPEN).steps[2]
    assert isinstance(step, Multiband)
    assert step.bands[0].auto == ("ratio",)
    assert step.bands[1].auto == ()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.model_fields["use"].default)
def test_every_number_and_choice_of_every_step_may_be_auto_and_the_schema_says_so(step: type[StepBase]) -> None:
    schema = chain_schema()["$defs"][step.__name__]["properties"]
    for name in step.may_be_auto():
        if name in schema:
            assert {"const": "auto"} in schema[name]["anyOf"], f"{step.__name__}.{name}"
    assert not {"use", "bypass", "channels", "rule"} & step.may_be_auto()


def test_a_step_that_was_given_the_curve_of_its_reference_is_still_decided() -> None:
    step = MatchEq.model_validate({"towards": "reference", "amount_percent": "auto"})
    closed = step.model_copy(update={"curve": (CurvePoint(hz=100, db=0), CurvePoint(hz=1000, db=-3))})
    assert closed.decided({"amount_percent": 70.0}).amount_percent == 70.0
    with pytest.raises(ValidationError):
        MatchEq.model_validate({"towards": "reference", "curve": [{"hz": 100, "db": 0}, {"hz": 1000, "db": -3}]})
