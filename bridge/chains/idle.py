"""Parameters that are read only while another one has a certain value: `only_with` in a declaration.

Whoever writes `curve` beside `towards: genre` believes in the one or the other; silence would leave one unused.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

ONLY_WITH = "only_with"


class Condition(NamedTuple):
    """When a parameter is read."""

    name: str
    other: str
    values: tuple[str, ...]
    """Of the other, as YAML writes them; none of them means that it must be given at all."""

    def is_met_by(self, value: object) -> bool:
        """Whether the parameter is read beside this value of the other."""
        return _text(value) in self.values if self.values else value is not None

    def sentence(self, value: object) -> str:
        """What is wrong beside this value of the other, and how to put it right."""
        if not self.values:
            return f"is only read with `{self.other}`, which is not given: give that too, or leave this out."
        *most, last = self.values
        wanted = f"{', '.join(most)} or {last}" if most else last
        return (
            f"is only read with `{self.other}: {wanted}`, and `{self.other}` is {_text(value)}: "
            "change that, or leave this out."
        )


def only_with(other: str, *values: str) -> dict[str, Any]:
    """Part of a field's `json_schema_extra`: it is read only while `other` has one of these values, or any at all."""
    return {ONLY_WITH: {"key": other, "values": list(values)}}


def idle_faults(
    model: type[BaseModel], given: Mapping[str, object], undecided: frozenset[str]
) -> list[InitErrorDetails]:
    """A fault for each parameter that is given, says something, and would not be read.

    Args:
        model: what `given` shall become.
        given: as it stands in the file.
        undecided: parameters that are `auto`: whether others are read is not known yet.
    """
    return [
        InitErrorDetails(
            type=PydanticCustomError("value_error", "{error}", {"error": condition.sentence(value)}),
            loc=(condition.name,),
            input=given[condition.name],
        )
        for condition, value in _broken(model, given)
        if condition.other not in undecided
    ]


def with_faults(
    model: type[BaseModel], reason: ValidationError | None, more: list[InitErrorDetails]
) -> ValidationError:
    """One error of both; a model that is checked in two layers tells each fault once."""
    told = reason.errors(include_url=False) if reason is not None else []
    known = {detail["loc"] for detail in told if detail["type"] == "value_error"}
    new = [detail for detail in more if detail.get("loc") not in known]
    return ValidationError.from_exception_data(model.__name__, [*map(_again, told), *new])


def _again(detail: ErrorDetails) -> InitErrorDetails:
    kind = PydanticCustomError(cast("Any", detail["type"]), cast("Any", detail["msg"]), detail.get("ctx"))
    return InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"])


def _broken(model: type[BaseModel], given: Mapping[str, object]) -> Iterator[tuple[Condition, object]]:
    for condition in _conditions(model):
        if not _says_something(model, condition.name, given.get(condition.name)):
            continue
        value = given.get(condition.other, model.model_fields[condition.other].default)
        if not condition.is_met_by(value):
            yield condition, value


def _says_something(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether a value was meant: not left out, nor what leaving it out means."""
    return bool(value is not None and value not in ((), []) and value != model.model_fields[name].default)


@cache
def _conditions(model: type[BaseModel]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        declared = extra.get(ONLY_WITH) if isinstance(extra, dict) else None
        if isinstance(declared, dict):
            values = cast("list[str]", declared["values"])
            found.append(Condition(name, str(declared["key"]), tuple(values)))
    return tuple(found)


def _text(value: object) -> str:
    return str(value).casefold() if isinstance(value, bool) else str(value)
