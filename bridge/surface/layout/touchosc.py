"""A layout of TouchOSC (2nd generation): XML of nodes, packed with zlib, as its editor writes it.

Version 3 of the format: every TouchOSC reads it. A button of TouchOSC has no text, so a label lies over each and lets
touches through. A button shows its own value, which letting go sets back to 0: where the bridge says what is lit, a
lamp lies under a button that shows nothing. A fader sends its value `x` from 0 to 1.
"""

import uuid
import zlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from bridge.surface.layout.page import HEIGHT, WIDTH, Frame, Look, Widget, page
from bridge.surface.nodes import ROOT

Colour: TypeAlias = tuple[float, float, float]
NAMESPACE = uuid.UUID("b2d9a3c4-9a39-4f6e-9d1c-0d5c1e2f7a10")
"""Ids are made from names in it, so that the same table gives the same file."""
COLOURS = {
    "plain": (0.42, 0.45, 0.50), "main": (0.29, 0.64, 0.87), "good": (0.31, 0.70, 0.42), "warn": (0.88, 0.65, 0.24),
    "bad": (0.84, 0.36, 0.36),
}  # fmt: skip
SWITCHES = frozenset({"background", "outline", "interactive", "visible"})
WHITE = (0.93, 0.94, 0.96)
ALL_CONNECTIONS = "11111"
MOMENTARY, TOGGLE_ON_PRESS = 0, 2
EAST = 1
LEFT, CENTRE = 1, 2
SCRIPT = f"function init() sendOSC('{ROOT}/heartbeat') end"
"""A tablet that comes gets everything: any packet of a target that was silent brings that."""


def touchosc() -> bytes:
    """The page as a layout file."""
    children = "".join(part for number, widget in enumerate(page(), 1) for part in _nodes(f"w{number}", widget))
    properties = {
        "name": _text("daw-bridge"), "frame": _frame(Frame(0, 0, WIDTH, HEIGHT)), "color": _colour((0.09, 0.10, 0.12)),
        "script": _text(SCRIPT),
    }  # fmt: skip
    root = _node("GROUP", "root", properties, f"<children>{children}</children>")
    xml = f"<?xml version='1.0' encoding='UTF-8'?><lexml version='3'>{root}</lexml>"
    return zlib.compress(xml.encode(), 9)


def _nodes(name: str, widget: Widget) -> Iterator[str]:
    address, frame, colour = ROOT + widget.address, widget.frame, COLOURS[widget.tone]
    label_address = ROOT + widget.label_address if widget.label_address else ""
    match widget.look:
        case Look.HEADING:
            yield _label(name, frame, widget.label, textSize=14, textAlignH=LEFT)
        case Look.BUTTON | Look.TOGGLE:
            kind = TOGGLE_ON_PRESS if widget.look is Look.TOGGLE else MOMENTARY
            shown = _message(address, "x", "FLOAT", is_received=widget.look is Look.TOGGLE)
            yield _control("BUTTON", name, frame, colour, shown, buttonType=kind)
            yield _label(f"{name}_label", frame, widget.label, textSize=16)
        case Look.CHOICE:
            yield _lamp(f"{name}_lamp", frame, colour, address)
            pressed = _message(address, "x", "FLOAT", is_received=False)
            yield _control("BUTTON", name, frame, colour, pressed, buttonType=MOMENTARY, background=0)
            yield _label(f"{name}_label", frame, widget.label, label_address, textSize=16)
        case Look.LAMP:
            yield _lamp(name, frame, colour, address)
            yield _label(f"{name}_label", frame, widget.label, textSize=14)
        case Look.FADER | Look.METER:
            is_fader = widget.look is Look.FADER
            message = _message(address, "x", "FLOAT", is_sent=is_fader)
            yield _control("FADER", name, frame, colour, message, orientation=EAST, interactive=int(is_fader))
            if widget.label:
                yield _label(f"{name}_label", Frame(frame.x, frame.y, frame.w, 22), widget.label, textSize=13)
        case Look.TEXT:
            caption_h = 18 if widget.label else 0
            if widget.label:
                yield _label(f"{name}_label", Frame(frame.x, frame.y, frame.w, caption_h), widget.label, textSize=12)
            inner = Frame(frame.x, frame.y + caption_h, frame.w, frame.h - caption_h)
            yield _label(name, inner, "", address, textSize=20 if frame.w > 100 else 15)


def _lamp(name: str, frame: Frame, colour: Colour, address: str) -> str:
    """A button that nobody can touch: it is as bright as its value."""
    message = _message(address, "x", "FLOAT", is_sent=False)
    return _control("BUTTON", name, frame, colour, message, interactive=0)


def _control(kind: str, name: str, frame: Frame, colour: Colour, message: str, **flags: int) -> str:
    """A control with a value from 0 to 1, and properties of its kind."""
    properties = {"name": _text(name), "frame": _frame(frame), "color": _colour(colour)}
    values = _value("x", "0") + _value("touch", "false")
    return _node(kind, name, properties | _flags(flags), f"<values>{values}</values><messages>{message}</messages>")


def _label(name: str, frame: Frame, text: str, address: str = "", **flags: int) -> str:
    is_field = bool(address) and not name.endswith("_label")
    properties = {
        "name": _text(name), "frame": _frame(frame), "color": _colour((0.16, 0.18, 0.21)), "textColor": _colour(WHITE),
    }  # fmt: skip
    flags = {"textAlignH": CENTRE, "background": int(is_field), "interactive": 0, "outline": 0} | flags
    message = f"<messages>{_message(address, 'text', 'STRING', is_sent=False)}</messages>" if address else ""
    values = _value("text", text) + _value("touch", "false")
    return _node("LABEL", name, properties | _flags(flags), f"<values>{values}</values>{message}")


def _node(kind: str, name: str, properties: Mapping[str, tuple[str, str]], content: str) -> str:
    """A node; its properties stand in the order of the alphabet."""
    made = uuid.uuid5(NAMESPACE, name)
    written = "".join(
        f"<property type='{sort}'><key>{_words(key)}</key><value>{value}</value></property>"
        for key, (sort, value) in sorted(properties.items())
    )
    return f"<node ID='{made}' type='{kind}'><properties>{written}</properties>{content}</node>"


def _message(address: str, variable: str, conversion: str, *, is_sent: bool = True, is_received: bool = True) -> str:
    trigger = f"<triggers><trigger><var>{_words(variable)}</var><condition>ANY</condition></trigger></triggers>"
    return (
        f"<osc><enabled>1</enabled><send>{int(is_sent)}</send><receive>{int(is_received)}</receive>"
        f"<feedback>0</feedback><connections>{ALL_CONNECTIONS}</connections>{trigger}"
        f"<path>{_partial('CONSTANT', 'STRING', address)}</path>"
        f"<arguments>{_partial('VALUE', conversion, variable)}</arguments></osc>"
    )


def _partial(kind: str, conversion: str, value: str) -> str:
    return (
        f"<partial><type>{kind}</type><conversion>{conversion}</conversion><value>{_words(value)}</value>"
        "<scaleMin>0</scaleMin><scaleMax>1</scaleMax></partial>"
    )


def _value(key: str, default: str) -> str:
    return (
        f"<value><key>{_words(key)}</key><locked>0</locked><lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{_words(default)}</default><defaultPull>0</defaultPull></value>"
    )


def _words(text: str) -> str:
    return f"<![CDATA[{text}]]>"


# --- Values of properties, each with the letter of its kind -----------------------------------------------------------


def _text(text: str) -> tuple[str, str]:
    return "s", _words(text)


def _frame(frame: Frame) -> tuple[str, str]:
    return "r", f"<x>{frame.x}</x><y>{frame.y}</y><w>{frame.w}</w><h>{frame.h}</h>"


def _colour(rgb: Colour) -> tuple[str, str]:
    red, green, blue = rgb
    return "c", f"<r>{red}</r><g>{green}</g><b>{blue}</b><a>1</a>"


def _flags(given: Mapping[str, int]) -> dict[str, tuple[str, str]]:
    """Switches, and numbers that stand for words."""
    flags = {"background": 1, "outline": 1, "interactive": 1, "visible": 1} | dict(given)
    return {key: ("b" if key in SWITCHES else "i", str(value)) for key, value in flags.items()}
