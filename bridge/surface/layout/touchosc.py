"""A layout of TouchOSC (2nd generation): XML of nodes, packed with zlib, as its editor writes it.

A button of TouchOSC has no text, so a label lies over each and lets touches through; a fader sends its value `x` from
0 to 1.
"""

import uuid
import zlib
from collections.abc import Iterator
from typing import TypeAlias
from xml.sax.saxutils import escape

from bridge.surface.layout.page import HEIGHT, WIDTH, Frame, Look, Widget, page
from bridge.surface.nodes import ROOT

Colour: TypeAlias = tuple[float, float, float]
NAMESPACE = uuid.UUID("b2d9a3c4-9a39-4f6e-9d1c-0d5c1e2f7a10")
"""Ids are made from names in it, so that the same table gives the same file."""
COLOURS = {
    "plain": (0.42, 0.45, 0.50), "main": (0.29, 0.64, 0.87), "good": (0.31, 0.70, 0.42), "warn": (0.88, 0.65, 0.24),
    "bad": (0.84, 0.36, 0.36),
}  # fmt: skip
WHITE = (0.93, 0.94, 0.96)
ALL_CONNECTIONS = "1111111111"
MOMENTARY, TOGGLE = 0, 1


def touchosc() -> bytes:
    """The page as a layout file."""
    children = "".join(part for number, widget in enumerate(page(), 1) for part in _nodes(f"w{number}", widget))
    properties = [_name("daw-bridge"), _frame_of(Frame(0, 0, WIDTH, HEIGHT)), _colour((0.09, 0.10, 0.12))]
    root = _node("GROUP", "root", properties, f"<values/><messages/><children>{children}</children>")
    xml = f"<?xml version='1.0' encoding='UTF-8'?><lexml version='3'>{root}</lexml>"
    return zlib.compress(xml.encode(), 9)


def _nodes(name: str, widget: Widget) -> Iterator[str]:
    address, frame, colour = ROOT + widget.address, widget.frame, COLOURS[widget.tone]
    match widget.look:
        case Look.HEADING:
            yield _label(name, frame, widget.label, size=14)
        case Look.BUTTON | Look.TOGGLE:
            kind = TOGGLE if widget.look is Look.TOGGLE else MOMENTARY
            yield _control("BUTTON", name, frame, colour, (address, {"buttonType": kind}))
            shown = ROOT + widget.label_address if widget.label_address else ""
            yield _label(f"{name}_label", frame, widget.label, shown, size=16)
        case Look.LAMP:
            yield _control("BUTTON", name, frame, colour, (address, {"interactive": 0}))
            yield _label(f"{name}_label", frame, widget.label, size=14)
        case Look.FADER | Look.METER:
            flags = {"interactive": int(widget.look is Look.FADER), "orientation": 1}
            yield _control("FADER", name, frame, colour, (address, flags))
            if widget.label:
                yield _label(f"{name}_label", Frame(frame.x, frame.y, frame.w, 22), widget.label, size=13)
        case Look.TEXT:
            caption_h = 18 if widget.label else 0
            if widget.label:
                yield _label(f"{name}_label", Frame(frame.x, frame.y, frame.w, caption_h), widget.label, size=12)
            inner = Frame(frame.x, frame.y + caption_h, frame.w, frame.h - caption_h)
            yield _label(name, inner, "", address, size=20 if frame.w > 100 else 15)


def _control(kind: str, name: str, frame: Frame, colour: Colour, sent: tuple[str, dict[str, int]]) -> str:
    """A control that sends its value to an address, with properties of its kind."""
    address, flags = sent[0], dict(sent[1])
    properties = [_name(name), _frame_of(frame), _colour(colour), _flag("background", 1), _flag("outline", 1),
                  _flag("interactive", flags.pop("interactive", 1)), _flag("visible", 1)]  # fmt: skip
    properties += [_whole(key, value) for key, value in flags.items()]
    values = _value("x", "0") + _value("touch", "false")
    message = _message(address, "x", "FLOAT")
    return _node(kind, name, properties, f"<values>{values}</values><messages>{message}</messages>")


def _label(name: str, frame: Frame, text: str, address: str = "", *, size: int) -> str:
    properties = [_name(name), _frame_of(frame), _colour((0.16, 0.18, 0.21)), _colour(WHITE, "textColor"),
                  _whole("textSize", size), _flag("background", int(bool(address) and not name.endswith("_label"))),
                  _flag("interactive", 0), _flag("visible", 1), _flag("outline", 0)]  # fmt: skip
    message = _message(address, "text", "STRING", is_sent=False) if address else ""
    values = _value("text", text) + _value("touch", "false")
    return _node("LABEL", name, properties, f"<values>{values}</values><messages>{message}</messages>")


def _node(kind: str, name: str, properties: list[str], content: str) -> str:
    made = uuid.uuid5(NAMESPACE, name)
    return f"<node ID='{made}' type='{kind}'><properties>{''.join(properties)}</properties>{content}</node>"


def _message(address: str, variable: str, conversion: str, *, is_sent: bool = True) -> str:
    return (
        f"<osc><enabled>1</enabled><send>{int(is_sent)}</send><receive>1</receive><feedback>0</feedback>"
        f"<noDuplicates>0</noDuplicates><connections>{ALL_CONNECTIONS}</connections>"
        f"<triggers><trigger><var>{variable}</var><condition>ANY</condition></trigger></triggers>"
        f"<path>{_partial('CONSTANT', 'STRING', address)}</path>"
        f"<arguments>{_partial('VALUE', conversion, variable)}</arguments></osc>"
    )


def _partial(kind: str, conversion: str, value: str) -> str:
    return (
        f"<partial><type>{kind}</type><conversion>{conversion}</conversion><value>{escape(value)}</value>"
        "<scaleMin>0</scaleMin><scaleMax>1</scaleMax></partial>"
    )


def _value(key: str, default: str) -> str:
    return (
        f"<value><key>{key}</key><locked>0</locked><lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{escape(default)}</default><defaultPull>0</defaultPull></value>"
    )


def _property(kind: str, key: str, value: str) -> str:
    return f"<property type='{kind}'><key>{key}</key><value>{value}</value></property>"


def _name(name: str) -> str:
    return _property("s", "name", escape(name))


def _flag(key: str, value: int) -> str:
    return _property("b", key, str(value))


def _whole(key: str, value: int) -> str:
    return _property("i", key, str(value))


def _frame_of(frame: Frame) -> str:
    return _property("r", "frame", f"<x>{frame.x}</x><y>{frame.y}</y><w>{frame.w}</w><h>{frame.h}</h>")


def _colour(rgb: Colour, key: str = "color") -> str:
    red, green, blue = rgb
    return _property("c", key, f"<r>{red}</r><g>{green}</g><b>{blue}</b><a>1</a>")
