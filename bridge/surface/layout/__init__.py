"""Ready pages for tablets, made from the table of addresses: one arrangement, written in each program's own format."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bridge.surface.layout.open_stage_control import open_stage_control
from bridge.surface.layout.page import HEIGHT, WIDTH, Look, Widget, page
from bridge.surface.layout.picture import picture
from bridge.surface.layout.touchosc import touchosc

LAYOUTS: Mapping[str, tuple[str, Callable[[], bytes]]] = MappingProxyType(
    {
        "open-stage-control": (".json", open_stage_control),
        "touchosc": (".tosc", touchosc),
        "svg": (".svg", picture),
    }
)
"""Suffix and writer by the name of the program; `svg` is a picture of the page."""

__all__ = ["HEIGHT", "LAYOUTS", "WIDTH", "Look", "Widget", "page"]
