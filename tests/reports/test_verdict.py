from hypothesis import given, settings

from bridge.model import Message, Severity
from bridge.report import Report
from bridge.reports import verdict
from bridge.reports.view import no_plot
from tests.reports.samples import SILENT, analysis_report, measurement, silent_report, song_report
from tests.reports.strategies import REPORTS


def test_a_master_that_met_its_target_says_so_in_one_sentence() -> None:
    result = verdict(song_report())
    assert result.sentence == (
        "Reached -14.0 LUFS; true peak -1.02 dBTP, 0.02 dB under the ceiling; 3.9 dB louder than the mix."
    )
    assert result.is_target_met
    assert result.is_ceiling_held


def test_a_master_that_stopped_early_and_broke_its_ceiling_says_so() -> None:
    result = verdict(song_report(after=measurement(-9.84, -0.8), target_lufs=-9.5))
    assert result.sentence == (
        "Stopped at -9.8 LUFS, 0.3 LU under the target of -9.5 LUFS; "
        "true peak -0.80 dBTP, 0.20 dB over the ceiling; 8.1 dB louder than the mix."
    )
    assert result.is_target_met is False
    assert result.is_ceiling_held is False


def test_a_master_louder_than_its_target_says_so() -> None:
    sentence = verdict(song_report(after=measurement(-13.5, -1.0))).sentence
    assert sentence.startswith("Came out at -13.5 LUFS, 0.5 LU over the target of -14.0 LUFS; ")
    assert "true peak -1.00 dBTP, exactly at the ceiling" in sentence


def test_without_target_and_ceiling_nothing_is_claimed() -> None:
    result = verdict(song_report(target_lufs=None, ceiling_dbtp=None, after=measurement(-17.9, -0.6)))
    assert result.sentence == "-17.9 LUFS integrated; true peak -0.60 dBTP; as loud as the mix."
    assert result.is_target_met is None
    assert result.is_ceiling_held is None


def test_an_analysis_names_what_the_meters_read() -> None:
    assert verdict(analysis_report()).sentence == (
        "-17.9 LUFS integrated; true peak -0.60 dBTP; loudness range 6.8 LU."
    )


def test_silence_is_called_silence() -> None:
    assert verdict(silent_report()).sentence == "The mix is digital silence. It was left as it is."


def test_a_master_that_lost_its_sound_is_not_praised() -> None:
    result = verdict(song_report(after=SILENT))
    assert result.sentence == "The master is digital silence, although the mix is not."
    assert result.is_target_met is False


def test_a_blip_is_called_too_short() -> None:
    blip = measurement(duration_s=0.2).model_copy(
        update=dict.fromkeys(("integrated_lufs", "plr_lu", "loudness_range_lu"))
    )
    assert verdict(analysis_report(before=blip)).sentence == "Too short for a loudness; true peak -0.60 dBTP."


def test_samples_that_are_not_numbers_are_not_called_silence() -> None:
    broken = Message(code="not_a_number", severity=Severity.ERROR, sentence="...")
    report = analysis_report(before=SILENT, messages=(broken,))
    assert verdict(report).sentence == "The mix holds samples that are not numbers: nothing can be measured."
    assert no_plot(report) == "The samples are not numbers: there is no loudness to draw."


@given(REPORTS)
@settings(max_examples=150)
def test_there_is_always_one_sentence(report: Report) -> None:
    sentence = verdict(report).sentence
    assert sentence.endswith(".")
    assert "None" not in sentence
    assert ".." not in sentence
