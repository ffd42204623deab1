"""The score card: what was lost has a word, what was kept is fine, and page and text show the same."""

from functools import cache

import numpy as np
import pytest

from bridge.analysis import Analysis
from bridge.audio.signal import Audio
from bridge.chains import load_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.measures import analyze
from bridge.model import AppliedStep
from bridge.report import ScoreCard, ScoreLine
from bridge.reports import report_html, report_text
from bridge.reports.score import limits, score_card
from bridge.reports.score_rows import score_shown
from tests.pieces import PIECES
from tests.reports.samples import song_report


def analysis_of(signal: Audio) -> Analysis:
    analysis = analyze(signal).analysis
    assert analysis is not None
    return analysis


SONG = PIECES["a pop song"]


@cache
def mix() -> Analysis:
    return analysis_of(SONG())


def card(after: Analysis, target_lufs: float | None = None) -> ScoreCard:
    made = score_card(mix(), after, target_lufs, None)
    assert made is not None
    return made


def marks(made: ScoreCard) -> dict[str, str]:
    return {line.name: line.mark for line in made.lines}


def test_a_master_that_is_the_mix_itself_lost_nothing() -> None:
    made = card(mix())
    assert set(marks(made).values()) == {"fine"}
    assert made.verdict.startswith("A clean master")
    assert marks(made).keys() == limits().keys()


def test_the_streaming_chain_gives_a_card_without_losses() -> None:
    mastered = master(SONG(), load_chain("streaming"), MasterOrder())
    made = score_card(mix(), analysis_of(mastered.audio), mastered.target_lufs, mastered.ceiling_dbtp)
    assert made is not None
    assert "worse" not in marks(made).values()


def test_a_crushed_master_pays_with_dynamics_and_punch() -> None:
    crushed = Audio(np.clip(SONG().samples * 12, -0.9, 0.9), SONG().sample_rate_hz)
    made = card(analysis_of(crushed))
    assert marks(made)["dynamics"] == "worse"
    assert "dynamics" in made.verdict


def test_the_noise_of_dither_under_music_without_highs_is_no_raggedness_of_the_highs() -> None:
    swell = PIECES["an orchestral swell"]()
    assert analysis_of(swell).tone.spectrum[-1].level_db < -80
    mastered = master(swell, load_chain("cd"), MasterOrder())
    made = score_card(analysis_of(swell), analysis_of(mastered.audio), None, None)
    assert made is not None
    assert marks(made)["smoothness"] == "fine"


def test_a_voice_without_bass_does_not_pay_with_the_stability_of_its_bass() -> None:
    speech = PIECES["speech, mono"]()
    mastered = master(speech, load_chain("podcast"), MasterOrder())
    after = analysis_of(mastered.audio)
    moved = after.dynamics.low_end_modulation_db
    assert moved is not None
    assert moved > 40  # what lies between its sounds, not what sounds
    made = score_card(analysis_of(speech), after, None, None)
    assert made is not None
    assert marks(made)["bass"] == "fine"


def test_a_bass_that_begins_to_waver_is_marked() -> None:
    time_s = np.arange(44100 * 9) / 44100
    bass = 0.3 * np.sin(2 * np.pi * 70 * time_s)
    steady, moved = (
        analysis_of(Audio(np.stack((wave, wave)).astype(np.float32), 44100))
        for wave in (bass, bass * (1 + 0.5 * np.sin(2 * np.pi * 1.5 * time_s)))
    )
    made = score_card(steady, moved, None, None)
    assert made is not None
    assert marks(made)["bass"] == "worse"


def test_a_missed_target_and_a_broken_ceiling_are_marked() -> None:
    made = score_card(mix(), mix(), -6.0, -20.0)
    assert made is not None
    assert marks(made)["loudness"] == marks(made)["true_peak"] == "worse"
    assert "LU under the target" in made.lines[0].words
    assert "pays" not in made.verdict  # a target that was missed is no price


def test_the_card_shows_what_the_sentence_above_it_says() -> None:
    def at(loudness_lufs: float) -> Analysis:
        measurement = mix().measurement.model_copy(update={"integrated_lufs": loudness_lufs})
        return mix().model_copy(update={"measurement": measurement})

    made = score_card(at(-16.04), at(-9.2527), -9.0, None)
    assert made is not None
    report = song_report().model_copy(update={"score": made})
    shown = score_shown(report)
    assert shown is not None
    assert (shown.rows[0].values, shown.rows[0].words) == ("-16.0 to -9.3 LUFS", "0.3 LU under the target")


def test_no_zero_of_the_card_has_a_sign() -> None:
    line = ScoreLine(name="mono", title="Mono", unit="dB", before=-0.04, after=-0.01, mark="fine", words="kept")
    report = song_report().model_copy(update={"score": ScoreCard(lines=(line,), verdict="Fine.")})
    shown = score_shown(report)
    assert shown is not None
    assert shown.rows[0].values == "0.0 to 0.0 dB"


def test_silence_and_old_reports_have_no_card() -> None:
    nothing = analysis_of(Audio(np.zeros((2, 44100), np.float32), 44100))
    assert score_card(nothing, nothing, -14, -1) is None
    assert score_card(None, mix(), -14, -1) is None


def test_mono_has_no_line_for_what_it_loses_in_mono() -> None:
    mono = analysis_of(Audio(SONG().samples[:1], SONG().sample_rate_hz))
    made = score_card(mono, mono, None, None)
    assert made is not None
    assert "mono" not in marks(made)


@pytest.mark.parametrize("shown", [report_html, report_text])
def test_page_and_text_show_card_reasons_and_what_was_left_alone(shown: object) -> None:
    assert callable(shown)
    step = AppliedStep(use="gain", sentence="Gain +1.00 dB", reasons=("it was soft -> +1.0 dB",))
    idle = AppliedStep(use="peak (mud)", sentence="Bell", reasons=("nothing stands out -> nothing to do",))
    report = song_report().model_copy(update={"steps": (step,), "left_alone": (idle,), "score": card(mix())})
    text = str(shown(report))
    for words in ("it was soft", "nothing stands out", "A clean master", "Smoothness of the highs"):
        assert words in text
    assert shown(report.model_copy(update={"score": None})) is not None
