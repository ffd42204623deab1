"""A session of Open Stage Control (version 1): JSON with a root widget, as its documentation describes it.

Opened in version 1.29.2: everything is drawn, sends, and follows what comes.
"""

import json
from typing import Any

from bridge.surface.layout.page import HEIGHT, WIDTH, Look, Widget, page
from bridge.surface.nodes import ROOT
from bridge.surface.table import Kind

VERSION = "1.26.0"
LARGE = "font-size: 120%;"
ALIVE_MS = 20_000
SUBSCRIBE = f"send('{ROOT}/subscribe'); setInterval(() => send('{ROOT}/subscribe'), {ALIVE_MS})"
"""A page that opens shows at once what is, and goes on doing so after a restart of the bridge."""
COLOURS = {"plain": "#717a87", "main": "#4aa3df", "good": "#4fb36b", "warn": "#e0a63c", "bad": "#d65c5c"}
"""Of widgets."""


def open_stage_control() -> bytes:
    """The page as a session file."""
    root: dict[str, Any] = {
        "type": "root", "id": "root", "width": WIDTH, "height": HEIGHT, "layout": "default", "scroll": True,
        "hideMenu": True, "colorBg": "#16191e", "padding": 0,
        "widgets": [_subscriber(), *(_widget(number, widget) for number, widget in enumerate(page(), 1))], "tabs": [],
    }  # fmt: skip
    session = {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}
    return json.dumps(session, indent=2, ensure_ascii=False).encode() + b"\n"


def _subscriber() -> dict[str, Any]:
    return {"type": "script", "id": "bridge_subscribe", "onCreate": SUBSCRIBE}


def _widget(number: int, widget: Widget) -> dict[str, Any]:
    frame = widget.frame
    common: dict[str, Any] = {
        "id": f"bridge_{number}", "left": frame.x, "top": frame.y, "width": frame.w, "height": frame.h,
        "colorWidget": COLOURS[widget.tone], "bypass": False,
    }  # fmt: skip
    if widget.look is Look.HEADING:
        return {**common, "type": "text", "value": widget.label, "address": "auto", "bypass": True, "align": "left",
                "alphaFillOff": 0}  # fmt: skip
    return {**common, "address": ROOT + widget.address, **_particular(widget)}


def _particular(widget: Widget) -> dict[str, Any]:
    match widget.look:
        case Look.BUTTON:
            # `tap` sends `on` when pressed and nothing when let go
            return {"type": "button", "mode": "tap", "on": 1, "off": 0, "label": widget.label, "typeTags": "i",
                    "alphaFillOff": 0.5, "css": LARGE}  # fmt: skip
        case Look.CHOICE | Look.TOGGLE:
            label = f"OSC{{{ROOT}{widget.label_address}, , false}}" if widget.label_address else widget.label
            # `decoupled` is lit by what comes, not by the touch
            return {
                "type": "button",
                "mode": "toggle",
                "decoupled": True,
                **_ends(widget),
                "label": label,
                "css": LARGE,
            }
        case Look.LAMP:
            return {"type": "button", "mode": "toggle", "decoupled": True, "on": 1, "off": 0, "label": widget.label,
                    "interaction": False, "css": LARGE}  # fmt: skip
        case Look.FADER:
            return {"type": "fader", "horizontal": True, "range": _range(widget), "snap": False, "typeTags": "f",
                    "design": "compact", "html": _caption(widget)}  # fmt: skip
        case Look.METER:
            return {"type": "fader", "horizontal": True, "range": _range(widget), "design": "compact",
                    "interaction": False}  # fmt: skip
        case _:
            return {"type": "text", "value": "", "wrap": "soft", "html": _caption(widget),
                    "css": LARGE if widget.frame.w < WIDTH / 2 else ""}  # fmt: skip


def _ends(widget: Widget) -> dict[str, Any]:
    """What the button sends when on and off, and is lit by."""
    if widget.node.arguments[0].kind is Kind.BOOL:
        return {"on": True, "off": False}
    return {"on": 1, "off": 0, "typeTags": "i"}


def _caption(widget: Widget) -> str:
    return f'<div class="label">{widget.label}</div>' if widget.label else ""


def _range(widget: Widget) -> dict[str, float]:
    argument = widget.node.arguments[0]
    assert argument.low is not None
    assert argument.high is not None
    return {"min": argument.low, "max": argument.high}
