"""matplotlib figures -> SVG that lives inside a page: its fonts, its colours, no ids of its own, no links.

Only the object-oriented API is used; settings hold inside one `rc_context` and nothing else is global.
"""

import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, Transform

from bridge.reports.palette import LIGHT

_PLACEHOLDERS = {name: f"#fe01{index:02x}" for index, name in enumerate(LIGHT)}
_POINTS_PER_INCH = 72
"""At 72 dots an inch one point of matplotlib is one unit of the SVG's view box."""
MARK_PAD = 6.0
"""Between the plotting area and the marks along it."""


@dataclass(frozen=True)
class Frame:
    """A plot's size in CSS pixels and what is left free around its axes."""

    name: str
    """Class of the picture and prefix of its ids, unique in the page."""
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    font_px: float

    @property
    def axes_width(self) -> float:
        """Width of the plotting area."""
        return self.width - self.left - self.right

    @property
    def axes_height(self) -> float:
        """Height of the plotting area."""
        return self.height - self.top - self.bottom


def colour(name: str) -> str:
    """A stand-in for a colour of the palette, which becomes a CSS variable in the page."""
    return _PLACEHOLDERS[name]


def new_axes(frame: Frame) -> Axes:
    """Bare axes in a figure of that size, with nothing but what is drawn into them.

    Their own ticks are off: they took two thirds of the time that a page took to draw.
    """
    figure = Figure(figsize=(frame.width / _POINTS_PER_INCH, frame.height / _POINTS_PER_INCH), dpi=_POINTS_PER_INCH)
    figure.patch.set_visible(False)
    axes = figure.add_axes(
        (
            frame.left / frame.width,
            frame.bottom / frame.height,
            frame.axes_width / frame.width,
            frame.axes_height / frame.height,
        )
    )
    axes.set_axis_off()
    return axes


def mark_bottom(axes: Axes, frame: Frame, marks: Mapping[float, str]) -> None:
    """Writes what the places along the bottom are called."""
    below = _moved(axes, axes.get_xaxis_transform(which="grid"), 0.0, -MARK_PAD)
    for place, name in marks.items():
        axes.text(
            place, 0.0, name, transform=below, fontsize=frame.font_px, color=colour("soft"), ha="center", va="top"
        )


def mark_levels(axes: Axes, frame: Frame, marks: Mapping[float, str]) -> None:
    """Writes what levels are called, at the left, and draws a hairline at each, below all else."""
    left = _moved(axes, axes.get_yaxis_transform(which="grid"), -MARK_PAD, 0.0)
    for level, name in marks.items():
        axes.text(
            0.0, level, name, transform=left, fontsize=frame.font_px, color=colour("soft"),
            ha="right", va="center_baseline",
        )  # fmt: skip
    across = axes.get_yaxis_transform(which="grid")
    axes.hlines(list(marks), 0.0, 1.0, transform=across, color=colour("hairline"), linewidth=1, zorder=0.5)


def _moved(axes: Axes, places: Transform, right_px: float, up_px: float) -> Transform:
    """The same places, moved by so many pixels."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    by = ScaledTranslation(right_px / _POINTS_PER_INCH, up_px / _POINTS_PER_INCH, figure.dpi_scale_trans)
    return places + by


def inline_svg(axes: Axes, frame: Frame, description: str) -> str:
    """The axes' figure as one `<svg>` element for a page; the same figure gives the same text."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": frame.name, "axes.unicode_minus": True}):
        no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(text, metadata=no_metadata)  # type: ignore[no-untyped-call]
    drawing = text.getvalue()
    body = _at_home(drawing[drawing.index("<g id=") : drawing.rindex("</svg>")], frame.name)
    return (
        f'<svg class="plot {frame.name}" viewBox="0 0 {frame.width:g} {frame.height:g}" role="img" '
        f'aria-label="{html.escape(description)}">{body}</svg>'
    )


def _at_home(body: str, prefix: str) -> str:
    """A drawing with the page's colours and fonts, ids that cannot clash, and no more digits than a screen shows."""
    for name, placeholder in _PLACEHOLDERS.items():
        body = body.replace(placeholder, f"var(--{name})")
    body = body.replace("xlink:href", "href")
    body = re.sub(r"font-family: [^;\"]+;? ?", "", body)
    body = re.sub(r"font: [^;\"]*?([\d.]+px)[^;\"]*", r"font-size: \1", body)  # matplotlib before 3.10
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    body = re.sub(r" (?:d|x|y)=\"[^\"]+\"", lambda places: re.sub(r"(\d\.\d)\d+", r"\1", places[0]), body)
    used = set(re.findall(r"#([\w.-]+)", body))
    body = re.sub(r' id="([^"]+)"', lambda tag: f' id="{prefix}-{tag[1]}"' if tag[1] in used else "", body)
    body = re.sub(r"(href=\"|url\()#", rf"\1#{prefix}-", body)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"<g ?/>", "", body))
