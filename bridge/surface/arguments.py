"""Arguments as clients send them -> arguments as nodes want them.

Clients differ: JavaScript sends -14.0 as the integer -14, Pure Data sends every number as a float, buttons send 1.0,
people type numbers as text. Whatever means the same is taken; what does not is answered with a sentence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from bridge.documents import did_you_mean
from bridge.errors import RequestError
from bridge.surface.table import Argument, Kind, Node

WireValue: TypeAlias = float | str | bool
"""What goes over a wire; int is a float here, as everywhere in Python's types."""
OWN = "own"
"""As a value: leave it to the chain, or to the mix."""
TEXT_MAX = 1024
"""Longest text, in characters."""
ID_MAX = 128
ID_PREFIX = "id:"
WORDS_OF_TRUTH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


@dataclass(frozen=True)
class Given:
    """What a command brings to a node."""

    values: tuple[WireValue, ...]
    client_id: str | None = None
    is_released: bool = False
    """A button that was let go."""


class ArgumentError(RequestError):
    """An argument that a node cannot take."""

    code = "wrong_argument"


def given_to(node: Node, arguments: Sequence[object]) -> Given:
    """The arguments of a command, as its node wants them.

    Raises:
        ArgumentError: too few, too many, of a kind that cannot be meant, or out of range.
    """
    rest = list(arguments)
    client_id = client_id_in(rest)
    if client_id is not None:
        rest.pop()
        if len(client_id) > ID_MAX:
            raise ArgumentError(f"{node.address}: a client id has at most {ID_MAX} characters.")
    is_released = bool(node.is_press and rest) and not _truth(node.address, "press", rest.pop(0))
    values = tuple(_value(node, argument, rest) for argument in (() if node.is_press else node.arguments))
    if rest:
        raise ArgumentError(f"{node.address}: {_shown(rest[0])} is one argument too many. Usage: {node.usage}")
    return Given(values, client_id, is_released)


def client_id_in(arguments: Sequence[object]) -> str | None:
    """The client id that a command brings as its last argument: `id:` and any text; None without one."""
    last = arguments[-1] if arguments else None
    return last.removeprefix(ID_PREFIX) if isinstance(last, str) and last.startswith(ID_PREFIX) else None


def is_bare(arguments: Sequence[object]) -> bool:
    """Whether a command brings nothing, but perhaps a client id."""
    return not arguments or (len(arguments) == 1 and client_id_in(arguments) is not None)


def _value(node: Node, argument: Argument, rest: list[object]) -> WireValue:
    """The next of the rest as that argument, taken off it; its default where nothing is left."""
    if rest:
        return coerced(node.address, argument, rest.pop(0))
    if argument.default is None:
        raise ArgumentError(f"{node.address} needs `{argument.name}`. Usage: {node.usage}")
    return argument.default


def coerced(address: str, argument: Argument, value: object) -> WireValue:
    """The value as the kind that an argument has.

    Raises:
        ArgumentError: it cannot be meant, or lies outside the bounds.
    """
    if argument.can_be_own and value == OWN:
        return OWN
    match argument.kind:
        case Kind.INT:
            number = _as_number(address, argument, value)
            if abs(number - round(number)) > 1e-4:
                raise ArgumentError(f"{address}: `{argument.name}` is a whole number, not {number:g}.")
            return _bounded(address, argument, round(number))
        case Kind.FLOAT:
            return _bounded(address, argument, _as_number(address, argument, value))
        case Kind.TEXT:
            return _as_text(address, argument, value)
        case Kind.BOOL:
            return _truth(address, argument.name, value)
        case _ as never:
            assert_never(never)


def _as_number(address: str, argument: Argument, value: object) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) and len(str(value)) <= ID_MAX else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentError(f"{address}: `{argument.name}` is a number, not {_shown(value)}.")
    return number


def _bounded(address: str, argument: Argument, number: float) -> float:
    low, high = argument.low, argument.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise ArgumentError(f"{address}: `{argument.name}` is {argument.range_text}, not {number:g}.")
    return number


def _as_text(address: str, argument: Argument, value: object) -> str:
    match value:
        case str():
            text = value
        case bool() | None:
            text = ""
        case int():
            text = str(value)
        case float() if value.is_integer():
            text = str(int(value))
        case float() if math.isfinite(value):
            text = f"{value:g}"
        case _:
            raise ArgumentError(f"{address}: `{argument.name}` is text, not {_shown(value)}.")
    if len(text) > TEXT_MAX:
        raise ArgumentError(f"{address}: `{argument.name}` has at most {TEXT_MAX} characters.")
    if argument.choices and text not in argument.choices:
        hint = did_you_mean(text, argument.choices)
        raise ArgumentError(f"{address}: `{argument.name}` is {argument.range_text}, not {_shown(text)}.{hint}")
    return text


def _truth(address: str, name: str, value: object) -> bool:
    match value:
        case bool():
            return value
        case int() | float() if math.isfinite(value):
            return value != 0
        case str() if value.casefold() in WORDS_OF_TRUTH:
            return WORDS_OF_TRUTH[value.casefold()]
        case str() if value in {"0", "1"}:
            return value == "1"
        case _:
            raise ArgumentError(f"{address}: `{name}` is on or off (1 or 0), not {_shown(value)}.")


def _shown(value: object) -> str:
    """The value as a sentence may show it: short, and on one line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
