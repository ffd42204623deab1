"""Layouts for tablets: every widget means a real address, and the files are what the programs read."""

import json
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bridge.surface import NODES
from bridge.surface.layout import HEIGHT, LAYOUTS, WIDTH, Look, Widget, page

EXAMPLES = Path(__file__).parents[2] / "examples" / "control_surfaces"
WIDGETS = page()


@pytest.mark.parametrize("widget", [w for w in WIDGETS if w.look is not Look.HEADING], ids=lambda w: w.address)
def test_every_widget_means_an_address_that_fits_it(widget: Widget) -> None:
    node = widget.node
    match widget.look:
        case Look.CHOICE:
            assert node.is_writable
            assert node.is_readable
        case Look.BUTTON | Look.TOGGLE | Look.FADER:
            assert node.is_writable
        case _:
            assert node.is_readable
    assert not widget.label_address or NODES["/bridge" + widget.label_address].is_readable


def test_nothing_overlaps_or_leaves_the_page() -> None:
    for index, one in enumerate(WIDGETS):
        a = one.frame
        assert a.x >= 0
        assert a.y >= 0
        assert a.x + a.w <= WIDTH
        assert a.y + a.h <= HEIGHT
        for other in WIDGETS[index + 1 :]:
            b = other.frame
            is_apart = a.x + a.w <= b.x or b.x + b.w <= a.x or a.y + a.h <= b.y or b.y + b.h <= a.y
            assert is_apart, (one, other)


def test_the_session_of_open_stage_control_has_a_root_with_every_widget() -> None:
    session: dict[str, Any] = json.loads(LAYOUTS["open-stage-control"][1]())
    assert (session["createdWith"], session["type"]) == ("Open Stage Control", "session")
    root = session["content"]
    assert (root["type"], len(root["widgets"])) == ("root", len(WIDGETS) + 1)  # and the one that subscribes
    assert len({widget["id"] for widget in root["widgets"]}) == len(WIDGETS) + 1
    kinds = {widget["type"] for widget in root["widgets"]}
    assert kinds == {"script", "text", "button", "fader"}
    target = next(w for w in root["widgets"] if w.get("address") == "/bridge/master/fader/target_lufs")
    assert target["range"] == {"min": 0, "max": 1}


TOUCHOSC_KEYS = {
    "GROUP": {"color", "frame", "name", "script"},
    "BUTTON": {"background", "buttonType", "color", "frame", "interactive", "name", "outline", "visible"},
    "FADER": {"background", "color", "frame", "interactive", "name", "orientation", "outline", "visible"},
    "LABEL": {"background", "color", "frame", "interactive", "name", "outline", "textAlignH", "textColor", "textSize",
              "visible"},
}  # fmt: skip
"""Of the properties that TouchOSC's manual names for each kind of control."""
TOUCHOSC_TYPES = {"color": "c", "textColor": "c", "frame": "r", "name": "s", "script": "s", "buttonType": "i",
                  "orientation": "i", "textAlignH": "i", "textSize": "i"}  # fmt: skip


def test_the_layout_of_touchosc_is_packed_xml_with_an_osc_message_for_each_widget() -> None:
    root = ElementTree.fromstring(zlib.decompress(LAYOUTS["touchosc"][1]()))
    assert (root.tag, root.get("version")) == ("lexml", "3")
    nodes = root.findall(".//children/node")
    paths = {path.text for path in root.findall(".//osc/path/partial/value")}
    assert {"/bridge" + widget.address for widget in WIDGETS if widget.address} <= paths
    assert {node.get("type") for node in nodes} == {"BUTTON", "FADER", "LABEL"}
    assert len({node.get("ID") for node in nodes}) == len(nodes)


OPEN_STAGE_CONTROL_KEYS = {
    "root": {"id", "type", "width", "height", "layout", "scroll", "hideMenu", "colorBg", "padding", "widgets", "tabs"},
    "script": {"id", "type", "onCreate"},
    "text": {"id", "type", "left", "top", "width", "height", "colorWidget", "alphaFillOff", "html", "css", "wrap",
             "align", "value", "address", "bypass"},
    "button": {"id", "type", "interaction", "left", "top", "width", "height", "colorWidget", "alphaFillOff", "html",
               "css", "label", "on", "off", "mode", "decoupled", "address", "typeTags", "bypass"},
    "fader": {"id", "type", "interaction", "left", "top", "width", "height", "colorWidget", "html", "design",
              "horizontal", "snap", "range", "address", "typeTags", "bypass"},
}  # fmt: skip
"""Those that version 1.29.2 declares for each kind of widget, as far as we use them."""


def test_every_widget_of_open_stage_control_has_properties_of_its_kind() -> None:
    root: dict[str, Any] = json.loads(LAYOUTS["open-stage-control"][1]())["content"]
    for widget in (root, *root["widgets"]):
        assert set(widget) <= OPEN_STAGE_CONTROL_KEYS[widget["type"]], widget


def test_every_node_for_touchosc_has_properties_of_its_kind_in_the_order_of_its_editor() -> None:
    root = ElementTree.fromstring(zlib.decompress(LAYOUTS["touchosc"][1]()))
    for node in root.iter("node"):
        found = {str(each.findtext("key")): each.get("type") for each in node.findall("properties/property")}
        assert set(found) <= TOUCHOSC_KEYS[str(node.get("type"))]
        assert list(found) == sorted(found)
        assert found == {key: TOUCHOSC_TYPES.get(key, "b") for key in found}
        for part in ("values", "messages", "children"):
            assert node.find(part) is None or len(node.findall(f"{part}/*"))  # its editor leaves empty parts out
        assert all(len(str(osc.findtext("connections"))) == 5 for osc in node.findall("messages/osc"))


def test_what_touchosc_lights_is_what_the_bridge_says_and_not_the_finger() -> None:
    root = ElementTree.fromstring(zlib.decompress(LAYOUTS["touchosc"][1]()))
    ways: dict[str, set[tuple[str, str]]] = {}
    for osc in root.iter("osc"):
        path = str(osc.findtext("path/partial/value"))
        ways.setdefault(path, set()).add((str(osc.findtext("send")), str(osc.findtext("receive"))))
    assert ways["/bridge/chain/pick/1"] == {("0", "1"), ("1", "0")}  # a lamp, and a button over it
    assert ways["/bridge/master/run"] == {("1", "0")}
    assert ways["/bridge/lamp/done"] == {("0", "1")}
    assert ways["/bridge/queue/paused"] == {("1", "1")}


@pytest.mark.parametrize("program", LAYOUTS)
def test_the_examples_are_what_the_table_gives(program: str) -> None:
    suffix, make = LAYOUTS[program]
    assert (EXAMPLES / f"dawbridge{suffix}").read_bytes() == make(), (
        f"write it anew: dawbridge osc layout --for {program} --out examples/control_surfaces/dawbridge{suffix} --force"
    )
