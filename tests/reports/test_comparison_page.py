"""The drawings of a comparison's page."""

import re

import pytest

from bridge.analysis import BandDifference, NullCurve
from bridge.reports.comparison_page import band_plots, null_plots


def texts(plot: str) -> list[str]:
    return re.findall(r">([^<>\n]+)</text>", plot)


@pytest.mark.parametrize("seconds", [3, 60, 7200])
def test_each_drawing_comes_wide_and_narrow_and_the_narrow_one_has_room_for_its_marks(seconds: int) -> None:
    curve = NullCurve(hop_s=seconds / 100, null_db=(-9.0, None) * 50)
    wide, narrow = null_plots(curve, 0.0)
    assert 'class="plot null-wide" viewBox="0 0 928' in wide
    assert 'class="plot null-narrow" viewBox="0 0 380' in narrow
    times = [text for text in texts(narrow) if ":" in text]
    assert 2 <= len(times) <= 6 < len(texts(wide))


def test_bands_are_named_less_often_where_there_is_less_room() -> None:
    bands = tuple(
        BandDifference(centre_hz=20.0 * 2 ** (i / 3), change_db=float(i % 5) - 2.0, null_db=None) for i in range(31)
    )
    wide, narrow = band_plots(bands)
    assert sum("Hz" in text for text in texts(wide)) == 6
    assert sum("Hz" in text for text in texts(narrow)) == 3
