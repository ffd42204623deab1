"""A picture of the page (SVG), with example values: for documentation, and to look at an arrangement."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from bridge.surface.layout.page import HEIGHT, WIDTH, Frame, Look, Widget, page

COLOURS = {"plain": "#3a404a", "main": "#2f80b9", "good": "#3d8b54", "warn": "#a87722", "bad": "#a84444"}
BACKGROUND, PANEL, TEXT, QUIET = "#16191e", "#22262d", "#edeff3", "#98a1ad"


def picture() -> bytes:
    """The page as an SVG."""
    parts = "".join(part for widget in page() for part in _drawn(widget))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Helvetica, Arial, sans-serif">'
        f'<rect width="100%" height="100%" fill="{BACKGROUND}"/>{parts}</svg>'
    ).encode()


def _drawn(widget: Widget) -> Iterator[str]:
    frame, colour = widget.frame, COLOURS[widget.tone]
    match widget.look:
        case Look.HEADING:
            yield _text((frame.x, frame.y + 16), widget.label.upper(), 12, QUIET)
        case Look.BUTTON | Look.TOGGLE:
            yield _box(frame, colour if widget.look is Look.BUTTON else PANEL, stroke=colour)
            yield _centred(frame, widget.label or widget.example, 16)
        case Look.CHOICE:
            yield _box(frame, colour if widget.is_lit else COLOURS["plain"])
            yield _centred(frame, widget.label or widget.example, 16)
        case Look.LAMP:
            yield _box(frame, colour if widget.is_lit else PANEL, stroke=colour)
            yield _centred(frame, widget.label, 14)
        case Look.FADER | Look.METER:
            yield _box(frame, PANEL)
            filled = round(frame.w * float(widget.example or 0))
            yield _box(Frame(frame.x, frame.y, filled, frame.h), COLOURS["main"])
            yield _text((frame.x + 10, frame.y + 20), widget.label, 13)
        case Look.TEXT:
            yield _box(frame, PANEL)
            if widget.label:
                yield _text((frame.x + 10, frame.y + 18), widget.label, 12, QUIET)
                yield _text((frame.x + frame.w // 2, frame.y + frame.h // 2 + 16), widget.example, 20, anchor="middle")
            else:
                yield _centred(frame, widget.example, 15)


def _box(frame: Frame, fill: str, stroke: str = "none") -> str:
    place = f'x="{frame.x}" y="{frame.y}" width="{frame.w}" height="{frame.h}"'
    return f'<rect {place} rx="6" fill="{fill}" stroke="{stroke}"/>'


def _centred(frame: Frame, text: str, size: int) -> str:
    return _text((frame.x + frame.w // 2, frame.y + frame.h // 2 + size // 3), text, size, anchor="middle")


def _text(place: tuple[int, int], text: str, size: int, fill: str = TEXT, *, anchor: str = "start") -> str:
    x, y = place
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{escape(text)}</text>'
