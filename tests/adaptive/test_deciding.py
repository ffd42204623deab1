"""From a reading to a value with its reason: what stands out is turned down by as much as the rule says."""

import re
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from bridge.audio.signal import Audio, in_memory
from bridge.chains import NEUTRAL, Chain, Peak, Target, playbook_of
from bridge.chains.genres import Sign
from bridge.chains.readings import READINGS
from bridge.dsp.mastering import Mastered, MasterOrder, master
from bridge.dsp.mastering.adaptive.genre import choose_genre
from bridge.dsp.mastering.adaptive.situation import Look, Situation
from bridge.dsp.mastering.adaptive.vocabulary import READERS, read
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.measures import analyze
from bridge.model import AppliedStep
from tests.pieces import NOTHING, PIECES

PLAYBOOK = playbook_of(Chain(title="Any"))


def chain_with(*steps: Mapping[str, object], genre: str | None = None) -> Chain:
    return Chain.model_validate({"title": "Test", "steps": list(steps), "genre": genre})


def situation_of(mix: Audio) -> Situation:
    analysis = analyze(mix).analysis
    assert analysis is not None
    return Situation.of(analysis, PLAYBOOK.genres[NEUTRAL], Target(integrated_lufs=-14), mix)


@cache
def of_piece(name: str) -> Situation:
    return situation_of((PIECES[name] if name in PIECES else NOTHING[name])())


def with_bell(mix: Audio, frequency_hz: float, gain_db: float) -> Audio:
    return run_steps(mix, (Peak(frequency_hz=frequency_hz, gain_db=gain_db, q=1.4),), in_memory, to_nobody).audio


def only(mastered: Mastered, use: str) -> AppliedStep:
    (step,) = [step for step in mastered.steps if step.use == use]
    return step


def test_what_stands_above_the_curve_is_cut_where_it_stands_and_the_reason_says_how_far() -> None:
    song = PIECES["a pop song"]()
    harsh = with_bell(song, 4000, 9.0)
    chain = chain_with({"use": "dynamic_eq", "rule": "harsh", "frequency_hz": "auto", "gain_db_max": "auto"})
    step = only(master(harsh, chain, MasterOrder(bit_depth="32f")), "dynamic_eq")
    assert 3000 < float(step.parameters["frequency_hz"] or 0) < 5200
    assert -4 <= float(step.parameters["gain_db_max"] or 0) < -2
    (reason,) = step.reasons
    found = re.fullmatch(
        r"(\d\.?\d?) kHz stands (\d+\.\d) dB above the curve -> dynamic cut, at most (\d\.\d) dB", reason
    )
    assert found is not None
    assert float(found[2]) > 5


def test_the_same_song_without_the_bump_is_left_alone_and_the_reason_says_so() -> None:
    chain = chain_with({"use": "dynamic_eq", "rule": "harsh", "frequency_hz": "auto", "gain_db_max": "auto"})
    mastered = master(PIECES["a pop song"](), chain, MasterOrder(bit_depth="32f"))
    assert mastered.steps == ()
    (left,) = mastered.left_alone
    assert left.use == "dynamic_eq (harsh)"
    assert "nothing to do" in left.reasons[0]


@pytest.mark.parametrize("gain_db", [-9.0, 9.0])
def test_a_bell_set_by_itself_works_against_what_is_off_at_its_own_frequency(gain_db: float) -> None:
    mix = with_bell(PIECES["a pop song"](), 1000, gain_db)
    before = situation_of(mix).looking(Look(frequency_hz=1000, q=1.0))
    mastered = master(
        mix, chain_with({"use": "peak", "frequency_hz": 1000, "gain_db": "auto", "q": 1.0}), MasterOrder()
    )
    step = only(mastered, "peak")
    reading = read("tone.excess_db", before)
    assert reading is not None
    assert np.sign(reading) == np.sign(gain_db)
    assert np.sign(float(step.parameters["gain_db"] or 0)) == -np.sign(gain_db)


def test_readings_of_the_signal_at_hand_hear_what_earlier_steps_did() -> None:
    step = {"use": "compressor", "threshold_db": "auto", "ratio": 2}
    song = PIECES["a pop song"]()
    plain = only(master(song, chain_with(step), MasterOrder()), "compressor")
    softer = only(master(song, chain_with({"use": "gain", "gain_db": -12}, step), MasterOrder()), "compressor")
    change = float(softer.parameters["threshold_db"] or 0) - float(plain.parameters["threshold_db"] or 0)
    assert change == pytest.approx(-12, abs=0.15)


def test_each_band_of_a_multiband_is_decided_from_what_is_in_it() -> None:
    bands = [{"threshold_db": "auto", "ratio": "auto"}] * 3
    chain = chain_with({"use": "multiband", "crossovers_hz": [150, 3000], "bands": bands})
    step = only(master(PIECES["a pop song"](), chain, MasterOrder()), "multiband")
    told = [reason for reason in step.reasons if "threshold" in reason]
    assert [reason.partition(" lies")[0] for reason in told] == [
        "20 Hz to 150 Hz",
        "150 Hz to 3 kHz",
        "3 kHz to 20 kHz",
    ]


def test_steps_inside_parallel_branches_go_by_their_own_rules() -> None:
    branch = {"steps": [{"use": "compressor", "threshold_db": "auto", "ratio": 4}], "gain_db": -6}
    mastered = master(PIECES["a pop song"](), chain_with({"use": "parallel", "branches": [branch]}), MasterOrder())
    assert "threshold" in only(mastered, "parallel").reasons[0]


@pytest.mark.parametrize("name", sorted(READINGS))
def test_every_reading_is_a_number_or_nothing_on_every_kind_of_signal(name: str) -> None:
    for situation in (of_piece(piece) for piece in ("a guitar alone", "a soft mono mix", *NOTHING)):
        value = read(name, situation.looking(Look(200, 4000, 1000)))
        assert value is None or np.isfinite(value)
    assert name in READERS


@pytest.mark.parametrize(
    ("piece", "genre"),
    [
        ("speech, mono", "podcast"),
        ("speech on two channels", "podcast"),
        ("hip-hop with an 808", "rap_trap"),
        ("an orchestral swell", "jazz_classical"),
        ("a guitar alone", "acoustic"),
        ("a pop song", "neutral"),
        ("pink noise", "neutral"),
        ("percussion", "neutral"),
    ],
)
def test_auto_takes_a_piece_for_what_its_signs_say_and_for_nothing_in_particular_without_them(
    piece: str, genre: str
) -> None:
    chosen = choose_genre("auto", PLAYBOOK.genres, situation_of(PIECES[piece]()))
    assert chosen.name == genre
    assert bool(chosen.signs) == (genre != "neutral")
    assert not any(reading in sign for sign in chosen.signs for reading in READINGS)


def test_a_sign_without_words_of_its_own_is_told_by_its_help() -> None:
    song = situation_of(PIECES["a pop song"]())
    sign = Sign(reading="peaks.true_peak_dbtp", below=100)
    mine = PLAYBOOK.genres["pop"].model_copy(update={"order": 1, "signs": (sign,)})
    (told,) = choose_genre("auto", {**PLAYBOOK.genres, "mine": mine, "neutral": mine}, song).signs
    assert re.fullmatch(r"true peak of the mix: -?\d+\.\d dBTP", told)


def test_a_genre_that_is_ordered_is_not_argued_with() -> None:
    chosen = choose_genre("rock", PLAYBOOK.genres, of_piece("a guitar alone"))
    assert (chosen.name, chosen.signs) == ("rock", ())


@pytest.mark.parametrize("name", sorted(PLAYBOOK.genres))
def test_every_genre_says_where_its_figures_come_from_and_has_a_sane_curve(name: str) -> None:
    genre = PLAYBOOK.genres[name]
    assert "(" in genre.source
    levels = [point.db for point in genre.curve]
    assert max(levels) - min(levels) < 45
    assert genre.curve[0].hz <= 63
    assert genre.curve[-1].hz >= 16000
