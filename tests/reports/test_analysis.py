"""The sections of a page that tell what is read off a mix."""

import re

import pytest

from bridge.analysis import Band, TimeRange
from bridge.reports import report_html
from bridge.reports.analysis import panels
from bridge.reports.analysis.sections import sections
from bridge.reports.analysis.song_plot import correlation_plots, song_plots, song_rows
from bridge.reports.analysis.tone_plot import target_curve, tone_plots
from bridge.reports.analysis.words import balance_text, hz_text, is_outside, range_text, span_text, summary_rows
from tests.reports.samples import ALL, analysed_report, analysis_report, mastered_report

BAND = Band(name="low_mid", low_hz=200, high_hz=500, level_db=-2.0, target_db=-6.9, tolerance_db=4.0)


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="(\w+)"', page)


def test_an_analysis_has_all_its_sections_and_a_report_without_one_has_none() -> None:
    of_analysis = {"structure", "tone", "stereo", "dynamics", "translation"}
    assert of_analysis <= set(headings(report_html(analysed_report())))
    assert not of_analysis & set(headings(report_html(analysis_report())))


def test_silence_has_no_sections_and_one_channel_no_stereo() -> None:
    assert sections(analysed_report("silent")) is None
    page = report_html(analysed_report("mono"))
    assert "stereo" not in headings(page)
    assert "tone" in headings(page)


def test_both_sides_the_same_is_said_and_not_drawn() -> None:
    page = report_html(analysed_report("dual"))
    assert "both sides are the same" in page
    assert "correlation-wide" not in page.partition("</style>")[2]


def test_faults_are_marked_where_they_are() -> None:
    analysis = analysed_report("faulty").analysis_before
    assert analysis is not None
    assert [row.label for row in song_rows(analysis)] == [
        "Sections", "Loudest", "Typical", "Clipped", "Overs", "Inverted",
    ]  # fmt: skip
    assert "4.1" in tone_plots(analysis.tone)[0]
    assert analysis.stereo is not None
    assert "polarity is wrong at 0:20 to 0:26" in correlation_plots(analysis.stereo, 60.0)[0]


def test_what_is_clean_carries_no_marks() -> None:
    analysis = analysed_report().analysis_before
    assert analysis is not None
    assert [row.label for row in song_rows(analysis)] == ["Sections", "Loudest", "Typical"]
    assert "var(--warning)" not in tone_plots(analysis.tone)[0]


def test_a_master_is_drawn_over_its_mix() -> None:
    report = mastered_report()
    assert report.analysis_after is not None
    assert report.analysis_before is not None
    both = tone_plots(report.analysis_after.tone, report.analysis_before.tone)[0]
    assert "var(--before)" in both
    assert "stroke-dasharray" in both
    assert "dashed the mix" in report_html(report)


@pytest.mark.parametrize("name", ["analysed", "faulty", "mono"])
def test_plots_take_their_colours_from_the_page_and_differ_in_no_byte(name: str) -> None:
    analysis = ALL[name]().analysis_before
    assert analysis is not None
    for plot in (*tone_plots(analysis.tone), *song_plots(analysis)):
        assert not re.search(r"#[0-9a-fA-F]{6}", plot)
    assert song_plots(analysis) == song_plots(analysis)


def test_a_band_beyond_its_tolerance_stands_out() -> None:
    assert is_outside(BAND)
    assert not is_outside(BAND.model_copy(update={"level_db": -6.0}))
    assert not is_outside(BAND.model_copy(update={"level_db": None}))


def test_the_usual_is_drawn_as_it_is_with_the_tolerance_of_the_nearest_bands() -> None:
    analysis = analysed_report().analysis_before
    assert analysis is not None
    tone = analysis.tone.model_copy(update={"bands": (BAND,)})
    (hertz, levels), tolerance = target_curve(tone)
    assert [*zip(hertz, levels, strict=True)] == [
        (point.frequency_hz, point.level_db) for point in tone.target if 20 <= point.frequency_hz <= 20000
    ]
    assert set(tolerance) == {4.0}
    assert target_curve(tone.model_copy(update={"target": ()}))[0].shape == (2, 0)  # reports of earlier versions


def test_services_say_why_a_gain_is_what_it_is() -> None:
    analysis = analysed_report().analysis_before
    assert analysis is not None
    remarks = {row.title: row.remark for row in panels.service_rows(analysis.translation.services)}
    assert remarks["Bandcamp"] == "as uploaded"
    assert remarks["Spotify, Loud"].startswith("its limiter takes ")


def test_words_for_frequencies_times_and_sides() -> None:
    assert [hz_text(85), hz_text(999.7), hz_text(4123), hz_text(16000)] == ["85 Hz", "1 kHz", "4.12 kHz", "16 kHz"]
    assert [range_text(60, 200), range_text(500, 2000)] == ["60 to 200 Hz", "500 Hz to 2 kHz"]
    assert span_text(TimeRange(start_s=61.6, end_s=91.6)) == "1:02 to 1:32"
    assert [balance_text(0.3), balance_text(-2.0), balance_text(0.01)] == ["0.3 dB left", "2.0 dB right", "even"]


def test_each_part_is_told_in_one_line() -> None:
    analysis = analysed_report("faulty").analysis_before
    assert analysis is not None
    lines = dict(summary_rows(analysis))
    assert list(lines) == ["Tone", "Stereo", "Dynamics", "Structure"]
    assert "resonances at 4.1" in lines["Tone"]
    assert "polarity wrong at 0:20 to 0:26" in lines["Stereo"]
    silent = analysed_report("silent").analysis_before
    assert silent is None or "Tone" not in dict(summary_rows(silent))
