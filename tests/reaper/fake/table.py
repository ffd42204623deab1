"""The table of REAPER's functions, and the checks that every call goes through."""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Signature:
    """How often a function may be given arguments, and how much it answers."""

    least: int
    most: int
    results: int


def read_table() -> dict[str, Signature]:
    """Every native function by name."""
    text = (Path(__file__).parent / "reaper_api.tsv").read_text(encoding="ascii")
    rows = (line.split("\t") for line in text.splitlines())
    return {name: Signature(*map(int, rest)) for name, *rest in rows}


TABLE = read_table()


class CallFault(AssertionError):  # noqa: N818 - it is what a test fails by
    """A call that REAPER would not take, or that the fake does not model."""


def checked(name: str, body: Callable[..., Any] | None, signature: Signature | None = None) -> Callable[..., Any]:
    """A function that refuses what REAPER would refuse; `body` None: not modelled here.

    Args:
        name: of the function.
        body: what it does.
        signature: otherwise that of REAPER's own function of that name.
    """
    signature = signature or TABLE[name]
    wanted = [] if body is None else _annotations(body)

    def call(*arguments: Any) -> Any:
        if not signature.least <= len(arguments) <= signature.most:
            raise CallFault(f"{name} was given {len(arguments)} arguments, it takes {signature.least}-{signature.most}")
        if body is None:
            raise CallFault(f"{name} is not modelled by the fake")
        for position, (value, kinds) in enumerate(zip(arguments, wanted, strict=False), start=1):
            if kinds and not _fits(value, kinds):
                raise CallFault(f"{name}: argument {position} is {value!r}, wanted {kinds}")
        answer = body(*arguments)
        count = 0 if answer is None else len(answer) if isinstance(answer, tuple) else 1
        if answer is not None and count != signature.results:
            raise CallFault(f"the fake's {name} gave {count} results, REAPER gives {signature.results}")
        return answer

    return call


def _annotations(body: Callable[..., Any]) -> list[tuple[type, ...]]:
    hints = typing.get_type_hints(body)
    return [_kinds(hints.get(name)) for name in inspect.signature(body).parameters]


def _kinds(hint: Any) -> tuple[type, ...]:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return tuple(kind for part in typing.get_args(hint) for kind in _kinds(part))
    return (hint,) if isinstance(hint, type) else ()


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, float):
        return float in kinds or (int in kinds and value.is_integer())
    if isinstance(value, int):
        return int in kinds or float in kinds
    return isinstance(value, kinds)
