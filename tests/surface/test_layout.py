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
    assert (root["type"], len(root["widgets"])) == ("root", len(WIDGETS))
    assert len({widget["id"] for widget in root["widgets"]}) == len(WIDGETS)
    kinds = {widget["type"] for widget in root["widgets"]}
    assert kinds == {"text", "button", "fader"}
    target = next(w for w in root["widgets"] if w["address"] == "/bridge/master/fader/target_lufs")
    assert target["range"] == {"min": 0, "max": 1}


def test_the_layout_of_touchosc_is_packed_xml_with_an_osc_message_for_each_widget() -> None:
    root = ElementTree.fromstring(zlib.decompress(LAYOUTS["touchosc"][1]()))
    assert (root.tag, root.get("version")) == ("lexml", "3")
    nodes = root.findall(".//children/node")
    paths = {path.text for path in root.findall(".//osc/path/partial/value")}
    assert {"/bridge" + widget.address for widget in WIDGETS if widget.address} <= paths
    assert {node.get("type") for node in nodes} == {"BUTTON", "FADER", "LABEL"}
    assert len({node.get("ID") for node in nodes}) == len(nodes)
    for node in nodes:
        keys = {key.text for key in node.findall("properties/property/key")}
        assert {"name", "frame", "visible"} <= keys


@pytest.mark.parametrize("program", LAYOUTS)
def test_the_examples_are_what_the_table_gives(program: str) -> None:
    suffix, make = LAYOUTS[program]
    assert (EXAMPLES / f"dawbridge{suffix}").read_bytes() == make(), (
        f"write it anew: dawbridge osc layout --for {program} --out examples/control_surfaces/dawbridge{suffix} --force"
    )
