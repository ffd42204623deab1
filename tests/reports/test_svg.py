import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.reports.svg import Fill, Frame, Lettering, Plot, Points, Scale, Stroke

FRAME = Frame("test-wide", width=120, height=60, left=10, right=10, top=5, bottom=5, font_px=10)
VALUES = st.lists(st.just(math.nan) | st.floats(-1e6, 1e6), min_size=1, max_size=60)


def new_plot() -> Plot:
    return Plot(FRAME, Scale(0, 100), Scale(0, 10))


def points(values: list[float]) -> Points:
    return np.array((np.arange(len(values)), values), np.float64)


def paths(plot: Plot) -> list[str]:
    """Of what is drawn inside the axes."""
    inside = re.search(r"<svg x=.*?</svg>", plot.svg(""), re.DOTALL)
    assert inside
    return re.findall(r' d="([^"]*)"', inside[0])


def test_the_corners_of_the_axes_are_the_ends_of_the_scales() -> None:
    plot = new_plot()
    assert (plot.x(0), plot.x(100), plot.y(0), plot.y(10)) == (10, 110, 55, 5)
    upside_down = Plot(FRAME, Scale(0, 1), Scale(4, 0))
    assert (upside_down.y(4), upside_down.y(0)) == (55, 5)


def test_octaves_are_as_wide_as_each_other() -> None:
    plot = Plot(FRAME, Scale(20, 20000, is_log=True), Scale(0, 1))
    assert plot.x(20) == pytest.approx(10)
    assert plot.x(20000) == pytest.approx(110)
    assert plot.x(200) - plot.x(100) == pytest.approx(plot.x(8000) - plot.x(4000))


def test_a_line_is_broken_at_gaps_and_a_lonely_point_is_no_line() -> None:
    plot = new_plot()
    plot.line(points([0, 10, math.nan, 5, math.nan, 0, 0, 0]), Stroke("after"))
    assert paths(plot) == ["M10 55L11 5M15 55L16 55L17 55"]


def test_an_area_lies_between_line_and_base_and_only_there() -> None:
    plot = new_plot()
    plot.area(points([1, 2, math.nan, 3]), 0, Fill("after"))
    assert paths(plot) == ["M10 50L11 45L11 55L10 55z"]
    band = new_plot()
    band.area(points([2, 2]), np.array([0, 1]), Fill("after"))
    assert paths(band) == ["M10 45L11 45L11 50L10 55z"]


@given(VALUES)
def test_whatever_is_drawn_is_well_formed_finite_and_the_same_again(values: list[float]) -> None:
    def drawn() -> str:
        plot = new_plot()
        plot.line(points(values), Stroke("after", 1.6, 0.5, (4, 2)))
        plot.area(points(values), 0, Fill("before", 0.2))
        plot.dots(points(values)[:, ~np.isnan(values)], 4, Fill("after"))
        plot.write("<Mix> & 'master'", (3, 4), Lettering("soft", 10))
        return plot.svg("\"Loudness\" < 'target' & more")

    picture = drawn()
    ElementTree.fromstring(picture)
    assert picture == drawn()
    assert not re.search(r"\b(nan|inf)\b|\de[+-]?\d| id=|href|url", picture)


def test_words_stand_in_front_of_lines_and_scales_behind_them() -> None:
    plot = new_plot()
    plot.write("Mix", (3, 4), Lettering("soft", 10))
    plot.line(points([0, 10]), Stroke("after"))
    plot.mark_up([5.0], ["5"])
    picture = plot.svg("")
    assert picture.index(">5<") < picture.index("var(--after)") < picture.index(">Mix<")


def test_only_what_is_inside_is_cut_off_at_the_axes() -> None:
    plot = new_plot()
    plot.ring((100, 10), 8, "after")
    plot.dots(points([0]), 4, Fill("before"))
    outside = re.sub(r"<svg x=.*?</svg>", "", plot.svg(""), flags=re.DOTALL)
    assert "var(--after)" in outside
    assert "var(--before)" not in outside
