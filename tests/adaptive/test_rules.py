"""Rules are data: what they give lies in bounds, what they say can be said, and wrong ones are refused with a place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chains import STEPS, Chain, playbook_of, read_chain
from bridge.chains.auto import AutoValue, declaration_of
from bridge.chains.dynamics import BandDynamics
from bridge.chains.playbook import load_playbook
from bridge.chains.readings import READINGS
from bridge.chains.rules import WORDS, Rule, sentence_fault
from bridge.errors import ChainError

PLAYBOOK = playbook_of(Chain(title="Any"))
NUMBERS = st.floats(-100, 100)


@given(reading=NUMBERS, value=NUMBERS, slope=st.floats(-5, 5), limits=st.tuples(NUMBERS, NUMBERS))
def test_a_value_stays_between_its_bounds(
    reading: float, value: float, slope: float, limits: tuple[float, float]
) -> None:
    rule = Rule(
        reading="peaks.plr_lu", value=value, slope=slope, least=min(limits), most=max(limits), say="{reading:.1f}"
    )
    decided = rule.value_for(reading)
    assert isinstance(decided, float)
    assert min(limits) <= decided <= max(limits)


@given(reading=NUMBERS, beyond=st.floats(0, 10))
def test_a_rule_for_both_sides_of_zero_is_odd(reading: float, beyond: float) -> None:
    rule = Rule(reading="tone.region_db", beyond=beyond, slope=-0.5, say="{value:+.1f}")
    assert rule.acts_on(reading) == (abs(reading) > beyond)
    there, back = rule.value_for(reading), rule.value_for(-reading)
    assert isinstance(there, float)
    assert isinstance(back, float)
    assert there == pytest.approx(-back)


def test_a_rule_acts_only_beyond_its_threshold_and_never_on_nothing() -> None:
    rule = Rule(reading="tone.peak_db", above=2.0, slope=-0.5, say="")
    assert [rule.acts_on(reading) for reading in (None, 1.9, 2.0, 2.1)] == [False, False, False, True]
    assert rule.value_for(6.2) == pytest.approx(-2.1)


def test_the_highest_rung_of_a_ladder_wins() -> None:
    rule = Rule.model_validate(
        {"reading": "peaks.plr_lu", "ladder": [{"above": 15, "value": "rms"}, {"above": 5, "value": "peak"}], "say": ""}
    )
    assert [rule.value_for(reading) for reading in (20.0, 10.0, 1.0)] == ["rms", "peak", 0.0]


@pytest.mark.parametrize(
    ("sentence", "is_fine"),
    [
        ("{reading:.1f} dB -> {value:+.1f} dB at {at}", True),
        ("{reading.__class__}", False),
        ("{reading[0]}", False),
        ("{reading!r}", False),
        ("{reading:>100000}", False),
        ("{}", False),
        ("{valu:.1f}", False),
        ("{reading", False),
    ],
)
def test_a_sentence_may_name_what_is_known_and_nothing_else(sentence: str, *, is_fine: bool) -> None:
    assert (sentence_fault(sentence) is None) == is_fine


def test_a_wrong_word_is_answered_with_the_right_one() -> None:
    assert "Did you mean `value`?" in (sentence_fault("{valu:.1f}") or "")


def _parameters() -> dict[str, list[tuple[type[AutoValue], str]]]:
    """Models that have a parameter of a name, by the end of a rule's name."""
    found: dict[str, list[tuple[type[AutoValue], str]]] = {}
    models: tuple[type[AutoValue], ...] = (*STEPS, BandDynamics)
    for model in models:
        for name in model.may_be_auto():
            found.setdefault(name, []).append((model, name))
    return found


@pytest.mark.parametrize("name", sorted(PLAYBOOK.rules.rules))
def test_every_rule_that_comes_with_us_is_for_a_parameter_and_ends_within_its_bounds(name: str) -> None:
    rule = PLAYBOOK.rules.rules[name]
    owners = _parameters()[name.rpartition(".")[2]]
    for limit in (rule.least, rule.most, rule.otherwise if isinstance(rule.otherwise, float) else None):
        assert limit is None or any(declaration_of(*owner).admits(limit) for owner in owners), name
    is_optional = any(model.model_fields[key].default is None for model, key in owners)
    assert rule.otherwise is not None or is_optional
    assert rule.reading in READINGS
    assert WORDS


def test_rules_of_ones_own_replace_single_rules(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "default.yaml").write_text(
        "title: Mine\nrules:\n  mud.gain_db: {reading: tone.peak_db, value: -9, say: always}\n"
    )
    mine = playbook_of(Chain(title="Any"), (tmp_path,))
    assert mine.rules.rules["mud.gain_db"].value == -9
    assert mine.rules.rules["air.gain_db"] == PLAYBOOK.rules.rules["air.gain_db"]
    assert mine.digest() != PLAYBOOK.digest()


def test_every_fault_of_a_rules_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "default.yaml").write_text(
        "title: Mine\n"
        "rules:\n"
        "  a.gain_db: {reading: tone.peek_db, say: x}\n"
        "  b.gain_db: {reading: tone.peak_db, say: '{valu}'}\n"
        "  c.gain_db: {reading: tone.peak_db, abov: 3, say: x}\n"
        "  d.gain_db: {reading: tone.peak_db, least: 3, most: 2, say: x}\n"
    )
    with pytest.raises(ChainError) as caught:
        load_playbook("default", (tmp_path,))
    assert [fault.line for fault in caught.value.faults] == [3, 4, 5, 6]
    assert "Did you mean `tone.peak_db`?" in caught.value.faults[0].sentence
    assert "Did you mean `above`?" in caught.value.faults[2].sentence


def test_an_auto_without_a_rule_and_a_genre_that_is_not_there_are_faults_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: Mine\n"
        "genre: popp\n"
        "steps:\n"
        "  - use: gain\n"
        "    gain_db: auto\n"
        "  - use: multiband\n"
        "    crossovers_hz: [200]\n"
        "    bands:\n"
        "      - {gain_db: auto}\n"
        "      - {ratio: auto}\n"
    )
    with pytest.raises(ChainError) as caught:
        read_chain(path)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [
        (2, "genre"),
        (5, "steps[0].gain_db"),
        (9, "steps[1].bands[0].gain_db"),
    ]
    assert "Did you mean `pop`?" in caught.value.faults[0].sentence


def test_unknown_names_of_a_genre_and_of_rules_are_told_together_with_all_other_faults(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\nrules: defalt\ngenre: popp\nsteps:\n  - {use: gain, gain_db: 90}\n")
    with pytest.raises(ChainError) as caught:
        read_chain(path)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [
        (2, "rules"),
        (3, "genre"),
        (5, "steps[0].gain_db"),
    ]
    assert "Did you mean `default`?" in caught.value.faults[0].sentence


def test_a_chain_wrong_in_ten_places_is_answered_with_ten_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "titel: Mine\n"
        "target:\n"
        "  integrated_lufs: 14\n"
        "  ceiling: -1\n"
        "guards:\n"
        "  plr_lu_min: -3\n"
        "  punch_los_db_max: 3\n"
        "steps:\n"
        "  - use: peak\n"
        "    frequency_hz: 99999\n"
        "    gain_db: autoo\n"
        "    qq: 3\n"
        "  - use: limitr\n"
        "  - use: compressor\n"
        "    threshold_db: auto\n"
        "    ratio: 0\n"
        "    detector: rsm\n"
    )
    with pytest.raises(ChainError) as caught:
        read_chain(path)
    faults = caught.value.faults
    assert len({fault.line for fault in faults}) >= 10
    assert len(str(caught.value).splitlines()) == len(faults)
    for word in ("`title`", "`ceiling_dbtp`", "`punch_loss_db_max`", "`q`", "`limiter`", "`rms`"):
        assert any(word in fault.sentence for fault in faults), word
