import html
import re
from pathlib import Path

import numpy as np
import pytest

from bridge.reports import report_html
from tests.reports.browser import Browser, find_browser
from tests.reports.samples import ALL, crowded_report, song_report

POLICY = re.compile(r"<meta http-equiv=[^>]*>")


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return find_browser(tmp_path)


def with_script(page: str, script: str) -> str:
    return page.replace("</body>", f"<script>{script}</script></body>")


def test_the_page_opens_without_a_complaint(browser: Browser) -> None:
    assert browser.console(report_html(crowded_report())) == ""


def test_a_script_that_got_into_the_page_does_not_run(browser: Browser) -> None:
    marks = "document.body.dataset.ran = 'yes'"
    page = with_script(report_html(song_report()), marks)
    assert 'data-ran="yes"' not in browser.dom(page)
    assert 'data-ran="yes"' in browser.dom(POLICY.sub("", page))


MEASURE = """
const frame = document.querySelector('iframe').contentWindow, found = frame.document;
const wide = [...found.querySelectorAll('main *')].filter(
  e => e.getBoundingClientRect().right > frame.innerWidth + 0.5);
const names = wide.filter(e => !e.closest('svg, .spoken, .files thead')).map(e => e.tagName + '.' + e.className);
document.body.dataset.found = [frame.innerWidth, found.documentElement.scrollWidth, ...names].join(' ');
"""


@pytest.mark.parametrize("width", [380, 760])
@pytest.mark.parametrize("name", ["song", "crowded", "silent", "faulty", "mastered"])
def test_nothing_is_wider_than_a_small_screen(browser: Browser, name: str, width: int) -> None:
    page = html.escape(report_html(ALL[name]()))
    holder = f'<body><iframe width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe></body>'
    dom = browser.dom(with_script(holder, f"onload = () => {{ {MEASURE} }}"))
    assert f'data-found="{width} {width}"' in dom, re.findall(r'data-found="[^"]*"', dom)


def test_the_page_is_light_by_day_and_dark_by_night(browser: Browser) -> None:
    page = report_html(song_report())
    day, night = (browser.picture(page, 1200, is_dark=is_dark) for is_dark in (False, True))
    assert day.shape == night.shape == (1400, 1200, 3)
    assert np.median(day) > 0.9
    assert np.median(night) < 0.15
    for picture in (day, night):
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
        lead = (picture[:, :, 2] - picture[:, :, 0]) > 0.5
        assert lead.sum() > 1000, "no line in the colour of the master"
