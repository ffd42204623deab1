import math
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model import LoudnessCurve
from bridge.report import Report
from bridge.reports.loudness_plot import (
    averaged,
    envelope,
    loudness_plots,
    placed,
    spread,
    time_step_s,
    time_text,
)
from tests.reports.samples import ALL, analysis_report, blip_report, hour_report, silent_report, song_report

VALUES = st.lists(st.none() | st.floats(-70, 0), min_size=1, max_size=400)


@given(VALUES, st.integers(2, 60))
@settings(max_examples=150)
def test_thinning_keeps_the_loudest_and_the_softest(values: list[float | None], points_max: int) -> None:
    points = placed(values, 0.1, len(values) * 0.1)
    thin = envelope(points, points_max)
    assert thin.shape[1] <= max(points_max, 2)
    assert np.all(np.diff(thin[0]) > 0)
    heard = points[1][~np.isnan(points[1])]
    if len(heard):
        assert np.nanmax(thin[1]) == heard.max()
        assert np.nanmin(thin[1]) == heard.min()


@given(VALUES, st.integers(1, 60))
@settings(max_examples=100)
def test_averaging_stays_between_softest_and_loudest(values: list[float | None], points_max: int) -> None:
    points = placed(values, 0.1, len(values) * 0.1)
    thin = averaged(points, points_max)
    assert thin.shape[1] <= points_max
    heard = points[1][~np.isnan(points[1])]
    if len(heard):
        assert heard.min() - 1e-9 <= np.nanmin(thin[1]) <= np.nanmax(thin[1]) <= heard.max() + 1e-9


def test_a_curve_that_is_shown_whole_is_not_touched() -> None:
    points = placed((-20.0, None, -18.0), 0.1, 0.3)
    assert envelope(points, 3) is points
    assert averaged(points, 3) is points


def test_the_last_value_ends_the_song() -> None:
    assert placed((-20.0, -19.0), 0.1, 3.1)[0] == pytest.approx([3.0, 3.1])
    assert placed((-20.0, -19.0), 0.1, 0.2)[0] == pytest.approx([0.1, 0.2])


@given(st.lists(st.floats(-40, 0), min_size=1, max_size=4))
def test_labels_never_cover_each_other(places: list[float]) -> None:
    moved = spread(places, gap=4, low=-40, high=0)
    ordered = sorted(moved)
    assert all(b - a >= 4 - 1e-9 for a, b in pairwise(ordered))
    assert min(moved) >= -40 - 1e-9
    assert max(moved) <= 1e-9
    assert all(
        (a < b) <= (x < y) for a, x in zip(places, moved, strict=True) for b, y in zip(places, moved, strict=True)
    )


@pytest.mark.parametrize("seconds", [0.4, 3, 31, 220.4, 3720, 14400])
@pytest.mark.parametrize("marks_max", [3, 11])
def test_there_are_some_time_marks_but_not_too_many(seconds: float, marks_max: int) -> None:
    marks = seconds / time_step_s(seconds, marks_max)
    assert 0.9 < marks <= marks_max


def test_time_marks_read_as_on_a_transport() -> None:
    texts = [time_text(0, 30), time_text(90, 30), time_text(3600, 600), time_text(0.3, 0.1), time_text(7322, 1)]
    assert texts == ["0:00", "1:30", "1:00:00", "0:00.3", "2:02:02"]


@pytest.mark.parametrize("name", [name for name in ALL if name not in {"silent", "no_sound"}])
def test_plots_take_all_their_colours_from_the_page(name: str) -> None:
    wide, narrow = loudness_plots(ALL[name]())
    for plot in (wide, narrow):
        assert not re.search(r"#[0-9a-fA-F]{6}", plot)
        assert "var(--after)" in plot
        assert "font-family" not in plot
    assert len(narrow) < len(wide)


def test_mix_and_master_differ_in_line_style_too() -> None:
    plot = loudness_plots(song_report())[0]
    dashed = re.findall(r"stroke-dasharray[^\"]*stroke: var\(--(\w+)\)", plot)
    assert "before" in dashed
    assert "after" not in dashed


def test_curves_are_labelled_where_they_are() -> None:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", loudness_plots(song_report())[0])
    assert {"Mix", "Master", "Target \N{MINUS SIGN}14.0", "0:00", "3:30", "\N{MINUS SIGN}18"} <= set(texts)
    assert "Master" not in loudness_plots(analysis_report())[0]


def test_the_plot_is_told_in_words() -> None:
    words = re.search(r'aria-label="([^"]*)"', loudness_plots(song_report())[0])
    assert words
    assert words[1].startswith("Loudness over time. Mix between ")
    assert "target \N{MINUS SIGN}14.0\N{NO-BREAK SPACE}LUFS" in words[1]


def test_silence_has_no_plot() -> None:
    assert loudness_plots(silent_report()) == ()


def test_a_single_value_is_a_dot() -> None:
    plot = loudness_plots(blip_report())[0]
    assert plot.count("<use ") == 2


def test_an_hour_weighs_no_more_than_a_song() -> None:
    hour, song = loudness_plots(hour_report())[0], loudness_plots(song_report())[0]
    assert len(hour) < 1.2 * len(song)


def with_curve(values: tuple[float | None, ...]) -> Report:
    curve = LoudnessCurve(hop_s=0.1, short_term_lufs=values, momentary_lufs=values)
    return analysis_report(loudness_before=curve)


@pytest.mark.parametrize(
    "values",
    [(-14.0,) * 50, (-70.0, -3.0) * 40, (None, -14.0, None), (-14.0, None) * 30, (5.0, 6.0), (-120.0,)],
    ids=["constant", "wild", "lonely", "dotted", "over", "faint"],
)
def test_strange_curves_are_drawn_without_infinities(values: tuple[float | None, ...]) -> None:
    for plot in loudness_plots(with_curve(values)):
        assert "nan" not in plot.replace("dominant", "")
        assert "inf" not in plot
        assert math.isfinite(len(plot))
