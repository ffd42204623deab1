"""Flags made from the fields of a model: name, type, bounds, choices, default and help are declared there, once."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem
from pydantic import BaseModel

from bridge.cli.lazy import SectionOption
from bridge.declarations import Declaration, declarations
from bridge.documents import Document, validate
from bridge.errors import DocumentError

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=BaseModel)
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def flags_of(
    model: type[BaseModel],
    metavars: Mapping[str, str] | None = None,
    complete: Mapping[str, Complete] | None = None,
) -> Callable[[F], F]:
    """A decorator that gives a command one flag for each field of `model`; a flag that is not given passes None."""

    def decorate(function: F) -> F:
        for declaration in reversed(declarations(model)):
            name = declaration.name
            for alias in declaration.aliases:
                function = click.option(_flag(alias), alias, hidden=True, type=_type(declaration))(function)
            option = _option(declaration, (metavars or {}).get(name), (complete or {}).get(name))
            function = option(function)
        return function

    return decorate


def given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in flags.items() if value not in (None, ())}


def checked(model: type[M], flags: Mapping[str, Any]) -> M:
    """The flags that were given, as a value of the model.

    Raises:
        click.UsageError: what only the model can tell is wrong, each with its flag.
    """
    names = {declaration.name: _flag(declaration.flag or declaration.name) for declaration in declarations(model)}
    document = Document()
    for name, value in given(flags).items():
        document.set((name,), list(value) if isinstance(value, tuple) else value, names.get(name, _flag(name)))
    try:
        return validate(document, model, DocumentError)
    except DocumentError as reason:
        raise click.UsageError("\n".join(fault.sentence for fault in reason.faults)) from reason


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _option(declaration: Declaration, metavar: str | None, complete: Complete | None) -> Callable[[F], F]:
    flag = _flag(declaration.flag or declaration.name)
    if declaration.kind is bool:
        return click.option(
            flag,
            declaration.name,
            cls=SectionOption,
            section=declaration.section,
            is_flag=True,
            default=None,
            help=declaration.help,
        )
    return click.option(
        flag,
        declaration.name,
        cls=SectionOption,
        section=declaration.section,
        type=_type(declaration),
        multiple=declaration.is_several,
        metavar=metavar or ("" if declaration.choices else declaration.unit) or None,
        help=_help(declaration),
        shell_complete=complete,
    )


def _type(declaration: Declaration) -> click.ParamType[Any, Any]:
    if declaration.is_several:
        return click.STRING
    if declaration.choices:
        return click.Choice(declaration.choices)
    return BoundedNumber(declaration) if declaration.kind in {int, float} else click.STRING


class BoundedNumber(click.ParamType[float, Any]):
    """A number within the bounds of its declaration; an answer to a wrong one says them, with the unit."""

    name = "number"

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        is_whole = self._declaration.kind is int
        try:
            number = int(value) if is_whole else float(value)
        except ValueError:
            number = math.nan
        if not self._declaration.admits(number):
            kind = "a whole number" if is_whole else "a number"
            self.fail(f"must be {kind}, {self._declaration.range_text}; not {value!r}.", param, ctx)
        return number


def _help(declaration: Declaration) -> str:
    facts = [f"or {_flag(alias)}" for alias in declaration.aliases]
    facts += [f"default: {declaration.default}"] if declaration.default not in (None, ()) else []
    is_shown = declaration.is_several == bool(declaration.choices)  # choices of one value stand beside the flag
    facts += [declaration.range_text] if declaration.range_text and is_shown else []
    facts += ["may be repeated"] if declaration.is_several else []
    return f"{declaration.help}{'  [' + '; '.join(facts) + ']' if facts else ''}"
