"""Plots as SVG that lives inside a page: the page's fonts and colours, no ids, no links; and the same bytes each time.

Drawn by hand: a plotting library takes half a second to load and a third of one to draw what a few kinds of marks say.
Coordinates are CSS pixels of the picture, y downwards; numbers have one decimal, which is more than a screen shows.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points: TypeAlias = NDArray[np.float64]
"""Shape (2, points): places across and up, in the units of their scales; NaN is a gap."""
Range: TypeAlias = tuple[float, float]

MARK_GAP_PX = 6.0
"""Between the axes and the marks of their scales."""
DESCENT, ASCENT = 0.38, 0.75
"""Of the font size: from the middle of figures, or from their top, to the line that they stand on."""


@dataclass(frozen=True)
class Frame:
    """A plot's size in CSS pixels and what is left free around its axes."""

    name: str
    """Class of the picture."""
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


@dataclass(frozen=True)
class Scale:
    """What lies from one end of an axis to the other."""

    low: float
    high: float
    is_log: bool = False

    def shares(self, values: ArrayLike) -> NDArray[np.float64]:
        """How far along the axis values lie, 0 to 1; beyond its ends less or more."""
        given = np.asarray(values, np.float64)
        low, high = self.low, self.high
        if self.is_log:
            given, low, high = np.log(given), float(np.log(low)), float(np.log(high))
        return (given - low) / (high - low)


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn."""

    colour: str
    """Name in the palette."""
    width: float = 1.0
    opacity: float = 1.0
    dashes: Sequence[float] = ()
    """Lengths of dash and gap, in widths of the line."""

    @property
    def style(self) -> str:
        """As CSS."""
        dashes = ",".join(_number(self.width * length) for length in self.dashes)
        cap = f"stroke-dasharray: {dashes}; " if dashes else "stroke-linecap: square; "
        faint = f"; stroke-opacity: {self.opacity:g}" if self.opacity < 1 else ""
        colour = f"stroke: var(--{self.colour}); stroke-width: {self.width:g}"
        return f"fill: none; stroke-linejoin: round; {cap}{colour}{faint}"


@dataclass(frozen=True)
class Fill:
    """How an area is drawn."""

    colour: str
    opacity: float = 1.0

    @property
    def style(self) -> str:
        """As CSS."""
        faint = f"; fill-opacity: {self.opacity:g}" if self.opacity < 1 else ""
        return f"fill: var(--{self.colour}){faint}"


@dataclass(frozen=True)
class Lettering:
    """How words are set."""

    colour: str
    font_px: float
    anchor: Literal["start", "middle", "end"] = "start"
    is_bold: bool = False

    @property
    def style(self) -> str:
        """As CSS."""
        weight = "font-weight: 700; " if self.is_bold else ""
        return f"{weight}font-size: {self.font_px:g}px; text-anchor: {self.anchor}; fill: var(--{self.colour})"


class Plot:
    """A picture that is being drawn; what is drawn later lies above."""

    def __init__(self, frame: Frame, across: Scale, up: Scale) -> None:
        self.frame = frame
        self.across = across
        self.up = up
        self._behind: list[str] = []
        self._inside: list[str] = []
        self._above: list[str] = []

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return self.frame.left + self.frame.axes_width * float(self.across.shares(value))

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return self.frame.top + self.frame.axes_height * (1.0 - float(self.up.shares(value)))

    # --- Scales, behind all else --------------------------------------------------------------------------------------

    def mark_across(self, values: Sequence[float], words: Sequence[str]) -> None:
        """Words below the axes."""
        floor = self.frame.top + self.frame.axes_height + MARK_GAP_PX + ASCENT * self.frame.font_px
        look = Lettering("soft", self.frame.font_px, "middle")
        self._behind += [_text(word, (self.x(value), floor), look) for value, word in zip(values, words, strict=True)]

    def mark_up(self, values: Sequence[float], words: Sequence[str]) -> None:
        """Words to the left of the axes, each with a hairline."""
        look, left = Lettering("soft", self.frame.font_px, "end"), self.frame.left
        for value, word in zip(values, words, strict=True):
            height = self.y(value)
            self._behind.append(_line((left, height), (left + self.frame.axes_width, height), Stroke("hairline")))
            beside = (left - MARK_GAP_PX, height + DESCENT * self.frame.font_px)
            self._behind.append(_text(word, beside, look))

    def floor(self) -> None:
        """The line on which all stands."""
        left, height = self.frame.left, self.frame.top + self.frame.axes_height
        stroke = Stroke("soft", opacity=0.6)
        self._behind.append(_line((left, height), (left + self.frame.axes_width, height), stroke))

    # --- Inside the axes, and cut off there ---------------------------------------------------------------------------

    def line(self, points: Points, stroke: Stroke) -> None:
        """A line from point to point, broken at gaps."""
        runs = [_path(run) for run in _runs(self._pixels(points)) if run.shape[1] > 1]
        if runs:
            self._inside.append(f'<path d="{"".join(runs)}" style="{stroke.style}"/>')

    def area(self, points: Points, base: ArrayLike, fill: Fill) -> None:
        """What lies between a line and a base, one value or one for each point; nothing in gaps."""
        edge = np.where(np.isnan(points[1]), np.nan, base)
        tops, bases = self._pixels(points), self._pixels(np.stack((points[0], edge)))
        shapes = [
            _path(np.concatenate((top, base_line[:, ::-1]), axis=1)) + "z"
            for top, base_line in zip(_runs(tops), _runs(bases), strict=True)
            if top.shape[1] > 1
        ]
        if shapes:
            self._inside.append(f'<path d="{"".join(shapes)}" style="{fill.style}"/>')

    def box(self, across: Range, up: Range, fill: Fill) -> None:
        """A rectangle."""
        left, right = sorted(map(self.x, across))
        top, bottom = sorted(map(self.y, up))
        size = f'width="{_number(right - left)}" height="{_number(bottom - top)}"'
        self._inside.append(f'<rect x="{_number(left)}" y="{_number(top)}" {size} style="{fill.style}"/>')

    def level(self, value: float, stroke: Stroke) -> None:
        """A horizontal line."""
        self.line(np.array([[self.across.low, self.across.high], [value, value]]), stroke)

    def place(self, value: float, stroke: Stroke) -> None:
        """A vertical line."""
        self.line(np.array([[value, value], [self.up.low, self.up.high]]), stroke)

    def dots(self, points: Points, size_px: float, fill: Fill) -> None:
        """A disc at each point."""
        self._inside += _discs(self._pixels(points), size_px, fill.style)

    # --- Above all else, also beyond the axes -------------------------------------------------------------------------

    def disc(self, at: Range, size_px: float, fill: Fill) -> None:
        """A disc, whole even where it reaches beyond the axes."""
        self._above += _discs(self._pixels(np.array(at)[:, np.newaxis]), size_px, fill.style)

    def ring(self, at: Range, size_px: float, colour: str) -> None:
        """A ring through which the page is seen."""
        style = f"fill: var(--card); stroke: var(--{colour}); stroke-width: 2"
        self._above += _discs(self._pixels(np.array(at)[:, np.newaxis]), size_px, style)

    def write(self, words: str, at_px: Range, look: Lettering) -> None:
        """Words that begin, are centred or end at a place, and stand on its height."""
        self._above.append(_text(words, at_px, look))

    def write_beside(self, words: str, value: float, look: Lettering) -> None:
        """Words to the right of the axes, in the middle of their height at a value."""
        right = self.frame.left + self.frame.axes_width + 10
        self._above.append(_text(words, (right, self.y(value) + DESCENT * look.font_px), look))

    # --- Whole --------------------------------------------------------------------------------------------------------

    def svg(self, description: str) -> str:
        """The picture as one element for a page."""
        frame = self.frame
        box = [_number(side) for side in (frame.left, frame.top, frame.axes_width, frame.axes_height)]
        size = f'x="{box[0]}" y="{box[1]}" width="{box[2]}" height="{box[3]}"'
        inside = f'<svg {size} viewBox="{" ".join(box)}" aria-hidden="true">'  # cuts off what lies beyond it
        body = "\n".join((*self._behind, inside, *self._inside, "</svg>", *self._above))
        return (
            f'<svg class="plot {frame.name}" viewBox="0 0 {frame.width:g} {frame.height:g}" role="img" '
            f'aria-label="{html.escape(description)}">\n{body}\n</svg>'
        )

    def _pixels(self, points: Points) -> Points:
        frame = self.frame
        across = frame.left + frame.axes_width * self.across.shares(points[0])
        return np.stack((across, frame.top + frame.axes_height * (1.0 - self.up.shares(points[1]))))


def _runs(points: Points) -> Iterator[Points]:
    """The stretches between gaps."""
    is_there = np.concatenate(([False], ~np.isnan(points).any(axis=0), [False]))
    edges = np.flatnonzero(is_there[1:] != is_there[:-1])
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield points[:, start:end]


def _path(pixels: Points) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in zip(*pixels.tolist(), strict=True))


def _line(start: Range, end: Range, stroke: Stroke) -> str:
    return f'<path d="{_path(np.array((start, end)).T)}" style="{stroke.style}"/>'


def _discs(pixels: Points, size_px: float, style: str) -> list[str]:
    radius = f"{size_px / 2:g}"
    places = zip(*pixels.tolist(), strict=True)
    return [f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{radius}" style="{style}"/>' for x, y in places]


def _text(words: str, at: Range, look: Lettering) -> str:
    x, y = at
    return f'<text style="{look.style}" x="{_number(x)}" y="{_number(y)}">{html.escape(words, quote=False)}</text>'


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
