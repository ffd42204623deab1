import pytest

from bridge.reports import report_text
from tests.reports.samples import ALL, analysis_report, crowded_report, song_report


def test_the_text_holds_verdict_figures_steps_messages_and_files() -> None:
    text = report_text(song_report())
    assert text.startswith("Midnight Drive v7 [streaming]\nReached -14.0 LUFS; ")
    assert "\nIntegrated loudness     -17.9 LUFS  -14.0 LUFS   +3.9 LU\n" in text
    assert "  5. True-peak limiter to -1.0 dBTP" in text
    assert "     ceiling -1 dBTP, lookahead 2 ms, release 80 ms\n" in text
    assert "  info: The song ends with 2.1 s of silence. (3:38.3 to 3:40.4)\n" in text
    assert "Midnight Drive v7 [streaming].wav  58.3 MB\n" in text


def test_errors_stand_before_warnings_before_notes() -> None:
    words = [line.split(":")[0].strip() for line in report_text(crowded_report()).splitlines() if "Finding" in line]
    assert words == ["error"] * 8 + ["warning"] * 16 + ["info"] * 16


def test_an_analysis_has_no_column_for_a_master() -> None:
    assert "Master" not in report_text(analysis_report())


@pytest.mark.parametrize("name", ALL)
def test_no_line_ends_in_blanks(name: str) -> None:
    text = report_text(ALL[name]())
    assert text == "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_a_name_cannot_steer_the_terminal() -> None:
    text = report_text(song_report(name="\x1b[2Jgone\r\n\x07"))
    assert text.startswith("\N{REPLACEMENT CHARACTER}[2Jgone")
    assert all(char.isprintable() or char == "\n" for char in text)
