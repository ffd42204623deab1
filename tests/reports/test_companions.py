"""What comes with a master, told on the page, in text and in rows."""

import re

from bridge.reports import report_html, report_json
from bridge.reports.companions import codec_rows, codec_sentence, companion_rows
from bridge.reports.document import read_report
from bridge.reports.text import report_text
from tests.reports.samples import delivery_report, song_report


def test_every_companion_is_a_row_with_its_figures() -> None:
    rows = companion_rows(delivery_report())
    assert [row.title for row in rows] == ["CD 16-44.1", "24-96", "Mix at -13.4 LUFS", "Preview"]
    assert rows[1].done[1] == "Peaks over -2.0 dBTP brought back under it (at most 0.21 dB)"
    assert (rows[0].loudness, rows[0].true_peak) == ("-9.1 LUFS", "-2.03 dBTP")
    assert rows[3].true_peak == "none"


def test_each_encoder_is_told_before_and_after_with_its_room() -> None:
    rows = codec_rows(delivery_report())
    assert (rows[0].before, rows[0].after, rows[0].room) == ("0.41 dBTP", "-1.20 dBTP", "-0.20 dB")
    assert rows[1].after == "none"


def test_a_sentence_says_what_the_trials_came_to() -> None:
    report = delivery_report()
    assert report.codec_safety is not None
    assert "lowered by 1.02 dB" in codec_sentence(report)
    kept = report.codec_safety.model_copy(update={"lowered_db": 0.0})
    assert "could stay" in codec_sentence(delivery_report(codec_safety=kept))
    broken = report.codec_safety.model_copy(update={"is_held": False})
    assert "Not every encoder keeps -1.0 dBTP" in codec_sentence(delivery_report(codec_safety=broken))
    assert codec_sentence(song_report()) == ""


def test_page_and_text_name_every_companion_and_encoder() -> None:
    report = delivery_report()
    page, text = report_html(report), report_text(report)
    for words in ("CD 16-44.1", "FLAC, 24", "Opus (libopus)", "Through encoders"):
        assert words in text
        assert words.replace(" ", "") in re.sub(r"[\s\u00a0]", "", page)


def test_pages_without_companions_have_no_empty_sections() -> None:
    page = report_html(song_report())
    assert "What comes with it" not in page
    assert "Through encoders" not in page


def test_companions_come_back_from_json() -> None:
    report = delivery_report()
    assert read_report(report_json(report)) == report
