"""The table of addresses as OSCQuery's JSON."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from bridge.surface import NODES, Access, Argument, Entry, Kind, Node
from bridge.surface.arguments import WireValue
from bridge.surface.table import Verb
from bridge.surface.wire import typed

Json: TypeAlias = dict[str, Any]
ReadValues: TypeAlias = Callable[[Node], tuple[WireValue, ...]]
ATTRIBUTES = ("FULL_PATH", "CONTENTS", "DESCRIPTION", "ACCESS", "TYPE", "RANGE", "UNIT", "VALUE", "CRITICAL")
EXTENSIONS: Mapping[str, bool] = MappingProxyType(
    {
        "ACCESS": True, "VALUE": True, "RANGE": True, "DESCRIPTION": True, "UNIT": True, "CRITICAL": True,
        "LISTEN": True, "TAGS": False, "EXTENDED_TYPE": False, "CLIPMODE": False, "PATH_CHANGED": False,
    }
)  # fmt: skip
IMPULSE = "I"
CRITICAL_VERBS = frozenset({Verb.RUN, Verb.RUN_FILE, Verb.RUN_RECENT, Verb.CANCEL, Verb.RETRY, Verb.RERUN})
"""What a lost packet would spoil."""


class Reply(NamedTuple):
    """What an HTTP request gets."""

    code: HTTPStatus
    content: Json | None = None


def answer(path: str, query: str, read: ReadValues, host_info: Json) -> Reply:
    """What OSCQuery says to `GET path?query`."""
    address = "/" + path.strip("/")
    if query == "HOST_INFO":
        return Reply(HTTPStatus.OK, host_info)
    if address not in NODES and not NODES.below(address):
        return Reply(HTTPStatus.NOT_FOUND)
    if query and query not in ATTRIBUTES:
        return Reply(HTTPStatus.BAD_REQUEST)
    described = described_at(address, read)
    if not query:
        return Reply(HTTPStatus.OK, described)
    if query not in described:
        return Reply(HTTPStatus.NO_CONTENT)
    return Reply(HTTPStatus.OK, {query: described[query]})


def described_at(address: str, read: ReadValues) -> Json:
    """An address with everything below it."""
    if address in NODES:
        return _described(NODES[address], read)
    contents: Json = {}
    prefix = address.rstrip("/") + "/"
    for node in NODES.below(address):
        name = node.address.removeprefix(prefix).partition("/")[0]
        if name not in contents:
            contents[name] = described_at(prefix + name, read)
    return {
        "FULL_PATH": address,
        "ACCESS": int(Access.CONTAINER),
        "DESCRIPTION": "daw-bridge" if address == "/" else "",
        "CONTENTS": contents,
    }


def _described(node: Node, read: ReadValues) -> Json:
    arguments = node.arguments
    described: Json = {
        "FULL_PATH": node.address,
        "DESCRIPTION": node.help,
        "ACCESS": int(node.access),
        "TYPE": "".join(argument.kind.value for argument in arguments) or IMPULSE,
    }
    if any(argument.choices or argument.low is not None for argument in arguments):
        described["RANGE"] = [_range(argument) for argument in arguments]
    if any(argument.unit for argument in arguments):
        described["UNIT"] = [argument.unit for argument in arguments]
    if node.verb in CRITICAL_VERBS:
        described["CRITICAL"] = True
    if node.is_readable and not node.is_event and (values := read(node)):
        described["VALUE"] = list(typed(Entry(node.address, values)))
    return described


def _range(argument: Argument) -> Json:
    if argument.choices:
        return {"VALS": list(argument.choices)}
    number = int if argument.kind is Kind.INT else float
    bounds = {"MIN": argument.low, "MAX": argument.high}
    return {name: number(bound) for name, bound in bounds.items() if bound is not None}


def host_info(name: str, osc_port: int | None, own_port: int) -> Json:
    """Where and how the bridge is reached."""
    osc = {} if osc_port is None else {"OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP"}
    return {"NAME": name, **osc, "WS_PORT": own_port, "EXTENSIONS": dict(EXTENSIONS)}
