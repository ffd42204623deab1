"""A session of Open Stage Control (version 1): JSON with a root widget, as its documentation describes it."""

import json
from typing import Any

from bridge.surface.layout.page import HEIGHT, WIDTH, Look, Widget, page
from bridge.surface.nodes import ROOT

VERSION = "1.26.0"
COLOURS = {"plain": "auto", "main": "#4aa3df", "good": "#4fb36b", "warn": "#e0a63c", "bad": "#d65c5c"}
"""Of widgets; `auto` is the theme's own."""


def open_stage_control() -> bytes:
    """The page as a session file."""
    root: dict[str, Any] = {
        "type": "root", "id": "root", "width": WIDTH, "height": HEIGHT, "layout": "default", "scroll": True,
        "widgets": [_widget(number, widget) for number, widget in enumerate(page(), 1)], "tabs": [],
    }  # fmt: skip
    session = {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}
    return json.dumps(session, indent=2, ensure_ascii=False).encode() + b"\n"


def _widget(number: int, widget: Widget) -> dict[str, Any]:
    frame = widget.frame
    common: dict[str, Any] = {
        "id": f"bridge_{number}", "left": frame.x, "top": frame.y, "width": frame.w, "height": frame.h,
        "colorWidget": COLOURS[widget.tone], "bypass": False,
    }  # fmt: skip
    if widget.look is Look.HEADING:
        return {**common, "type": "text", "value": widget.label, "address": "auto", "bypass": True, "align": "left"}
    return {**common, "address": ROOT + widget.address, **_particular(widget)}


def _particular(widget: Widget) -> dict[str, Any]:
    match widget.look:
        case Look.BUTTON:
            label = f"OSC{{{ROOT}{widget.label_address}, , false}}" if widget.label_address else widget.label
            # `tap` sends `on` when pressed and nothing when let go
            return {"type": "button", "mode": "tap", "on": 1, "off": 0, "label": label, "typeTags": "i"}
        case Look.TOGGLE:
            return {"type": "button", "mode": "toggle", "on": 1, "off": 0, "label": widget.label, "typeTags": "i"}
        case Look.LAMP:
            return {"type": "button", "mode": "toggle", "on": 1, "off": 0, "label": widget.label, "interaction": False}
        case Look.FADER:
            return {"type": "fader", "horizontal": True, "range": _range(widget), "snap": False, "typeTags": "f",
                    "html": _caption(widget)}  # fmt: skip
        case Look.METER:
            return {"type": "fader", "horizontal": True, "range": _range(widget), "design": "compact",
                    "interaction": False}  # fmt: skip
        case _:
            return {"type": "text", "value": "", "wrap": True, "html": _caption(widget)}


def _caption(widget: Widget) -> str:
    return f'<div class="label">{widget.label}</div>' if widget.label else ""


def _range(widget: Widget) -> dict[str, float]:
    argument = widget.node.arguments[0]
    assert argument.low is not None
    assert argument.high is not None
    return {"min": argument.low, "max": argument.high}
