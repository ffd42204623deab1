"""The page of an album, and its words."""

import re
from pathlib import Path

import pytest

from bridge.album import AlbumReport, AlbumSong
from bridge.analysis import SpectrumPoint
from bridge.messages import message
from bridge.model import EngineInfo, Measurement
from bridge.recipes import AlbumRecipe
from bridge.reports.album import album_sentence, song_rows
from bridge.reports.album_page import album_html
from bridge.reports.document import read_album, report_json
from tests.reports.browser import Browser, find_browser
from tests.reports.samples import SILENT, measurement

TONE = tuple(SpectrumPoint(frequency_hz=50.0 * 2 ** (n / 3), level_db=-n / 2) for n in range(25))


def read(lufs: float | None) -> Measurement:
    return SILENT if lufs is None else measurement(integrated_lufs=lufs)


def song(number: int, before: float | None, after: float | None, **more: object) -> AlbumSong:
    loudest = -12.0
    given: dict[str, object] = {
        "number": number,
        "name": f"0{number} Song",
        "path": Path(f"/x/0{number} Song.wav"),
        "before": read(before),
        "after": read(after),
        "below_loudest_lu": None if before is None else loudest - before,
        "below_loudest_after_lu": None if after is None else -14.0 - after,
        "target_lufs": after,
        "tone_before": TONE,
        "tone_after": TONE,
        "tone_off_before_db": 1.2,
        "tone_off_after_db": 0.8,
        "page": Path(f"/out/0{number} Song [album].report.html"),
    }
    return AlbumSong.model_validate(given | more)


def album(*songs: AlbumSong, **more: object) -> AlbumReport:
    given: dict[str, object] = {
        "job_id": "abc",
        "name": "Record",
        "made_at": "2026-11-23T10:00:00Z",
        "recipe": AlbumRecipe(),
        "inputs": (),
        "engine": EngineInfo(version="1", runtime_s=1.0),
        "target_lufs": -14.0,
        "reached_target_lufs": -14.0,
        "songs": songs,
        "shared_tone": TONE,
    }
    return AlbumReport.model_validate(given | more)


PLAIN = album(song(1, -12, -14), song(2, -15, -17), song(3, None, None))


def test_the_page_shows_each_song_with_a_link_to_its_report_and_reads_back_from_its_json() -> None:
    page = album_html(PLAIN)
    assert page.count('<a href="0') == 3
    assert 'href="01%20Song%20%5Balbum%5D.report.html"' in page
    assert "every other as far below it as its mix was" in page
    assert "Distances kept" in page
    assert page == album_html(PLAIN)
    assert read_album(report_json(PLAIN)) == PLAIN


def test_each_tone_is_drawn_over_the_shared_one_and_without_one_there_are_no_drawings() -> None:
    assert len(re.findall(r'class="plot tone-\d+"', album_html(PLAIN))) == 3
    assert 'id="tone"' not in album_html(PLAIN.model_copy(update={"shared_tone": ()}))


def test_a_song_that_moved_and_one_that_stands_out_are_named() -> None:
    moved = song(2, -45, -40, remarks=("is 33.0 LU softer than the loudest",))
    report = album(song(1, -12, -14), moved, messages=(message("album_outlier", song="02 Song", remark="is soft"),))
    assert "02 Song by 7.0 LU" in album_sentence(report)
    assert "02 Song stands out" in album_sentence(report)
    assert song_rows(report)[1].remarks == ("Is 33.0 LU softer than the loudest.",)
    page = album_html(report)
    assert "1 song out of place" in page
    assert "1 song to listen to" in page
    assert 'id="messages"' not in page  # what stands out is said beside the song


def test_an_album_that_came_down_says_from_where() -> None:
    down = PLAIN.model_copy(update={"reached_target_lufs": -15.5})
    assert "loudest at \N{MINUS SIGN}15.5" in album_html(down)
    assert "instead of" in album_html(down)


def test_names_cannot_break_the_page() -> None:
    page = album_html(album(song(1, -12, -14, name="<script>alert(1)</script>"), name="</title><b>x"))
    assert "<script>" not in page
    assert "<b>x" not in page


def test_songs_without_loudness_have_a_page_too() -> None:
    report = album(song(1, None, None, tone_before=(), tone_after=(), tone_off_before_db=None), shared_tone=())
    assert "none of which has a loudness" in album_html(report)
    assert "NaN" not in album_html(report)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return find_browser(tmp_path_factory.mktemp("browser"))


def test_a_browser_has_nothing_to_complain_about_and_draws_it_light_and_dark(browser: Browser) -> None:
    page = album_html(PLAIN)
    assert browser.console(page) == ""
    light, dark = (browser.picture(page, 390, is_dark=is_dark) for is_dark in (False, True))
    assert light.mean() > 0.8
    assert dark.mean() < 0.4
