"""An example of each step that a chain would take, made from what the step declares."""

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import annotated_types
import yaml
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from bridge.chains import StepBase, find_chains, read_chain
from bridge.chains.playbook import open_parameters
from bridge.declarations import Declaration, declarations, item_of
from bridge.errors import ChainError

NEAR_CEILING = 0.3
"""Where an example lies in a range that ends at or below zero, from above: a threshold, a loudness."""
GENTLE = 0.1
"""Where it lies between zero and the highest in a range on both sides of zero: a gain."""
WIDE_RATIO = 50


class _AsWritten(yaml.SafeDumper):
    """YAML as people write it: entries of a list are indented, plain values stand on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indents the entries of a list, too."""
        super().increase_indent(flow, indentless=False)

    def represent_list(self, data: Iterable[Any]) -> yaml.SequenceNode:
        """On one line, unless an entry has keys of its own."""
        entries = list(data)
        is_plain = not any(isinstance(entry, dict | list) for entry in entries)
        return self.represent_sequence("tag:yaml.org,2002:seq", entries, flow_style=is_plain)


_AsWritten.add_representer(list, _AsWritten.represent_list)


def snippet(step: type[StepBase]) -> str:
    """YAML of the step as it stands in a chain file, with every parameter that has a value."""
    steps = {"steps": [_plain(_told(example(step).model_dump(mode="json", exclude_none=True)))]}
    text: str = yaml.dump(steps, Dumper=_AsWritten, sort_keys=False, width=100, allow_unicode=True)
    return text.rstrip("\n")


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """What a step says of itself, `use` first; steps inside it likewise, and no lists that are empty."""
    own = {name: value for name, value in fields.items() if name not in {"use", *StepBase.model_fields}}
    told = {name: _told_items(value) for name, value in own.items() if value != []}
    return {"use": fields["use"], **told}


def _told_items(value: Any) -> Any:
    match value:
        case list():
            return [_told_items(item) for item in value]
        case {"use": _}:
            return _told(value)
        case dict():
            return {name: _told_items(item) for name, item in value.items()}
        case _:
            return value


def example(step: type[StepBase]) -> StepBase:
    """The step as the first chain that comes with us uses it, with nothing `auto`; otherwise from what it declares."""
    used = next((one for _, one in _built_in_steps() if type(one) is step and not open_parameters(one)), None)
    return used or step.model_validate(_values(step))


def chains_with(step: type[StepBase]) -> tuple[str, ...]:
    """Names of the chains that come with us and use the step."""
    return tuple(dict.fromkeys(name for name, one in _built_in_steps() if type(one) is step))


@cache
def _built_in_steps() -> tuple[tuple[str, StepBase], ...]:
    """Every step of every chain that comes with us, with the name of the chain."""
    return tuple(_read_steps())


def _read_steps() -> Iterator[tuple[str, StepBase]]:
    for name, path in sorted(find_chains(()).items()):
        with suppress(ChainError):
            yield from ((name, step) for step in read_chain(path).steps)


def _values(model: type[BaseModel]) -> dict[str, Any]:
    """Values of the fields that must be given, and of those without which the example would do nothing."""
    needed = [one for one in declarations(model) if one.is_required or model.model_fields[one.name].examples]
    return {declaration.name: _value(declaration, model.model_fields[declaration.name]) for declaration in needed}


def _value(declaration: Declaration, info: FieldInfo) -> object:
    if info.examples:
        return info.examples[0]
    if declaration.choices:
        return declaration.choices[0]
    if declaration.kind is None:
        return _several(info)
    if issubclass(declaration.kind, BaseModel):
        return _values(declaration.kind)
    if declaration.kind in {int, float}:
        number = _number(declaration)
        return round(number) if declaration.kind is int else number
    return declaration.kind() if declaration.kind is bool else f"my-{declaration.name}"


def _several(info: FieldInfo) -> list[object]:
    """As many values as must be there; numbers rise."""
    least = next((mark.min_length for mark in info.metadata if isinstance(mark, annotated_types.MinLen)), 1)
    one = create_model("Item", item=(item_of(info.annotation), ...))
    (declaration,) = declarations(one)
    if least > 1 and declaration.low is not None and declaration.high is not None:
        step = (declaration.high - declaration.low) / (least + 1)
        return [declaration.low + step * number for number in range(1, least + 1)]
    return [_value(declaration, one.model_fields["item"]) for _ in range(max(1, least))]


def _number(declaration: Declaration) -> float:
    """A number that somebody might really want, within the bounds."""
    low, high = declaration.low, declaration.high
    if low is None:
        return 1.0 if high is None else min(high, 1.0)
    if high is None:
        return low + 1
    return min(max(_rounded(_between(low, high)), low), high)


def _between(low: float, high: float) -> float:
    if high <= 0:
        return high - NEAR_CEILING * (high - low)
    if low <= 0:
        return GENTLE * high
    return math.sqrt(low * high) if high / low >= WIDE_RATIO else (low + high) / 2


def _rounded(number: float) -> float:
    """Two digits say enough."""
    return float(f"{number:.2g}")


def _plain(value: Any) -> Any:
    """The same with whole numbers written as such: 80, not 80.0."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case Path():
            return str(value)
        case _:
            return value
