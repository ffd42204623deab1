"""`auto` in place of a number or a choice: whoever masters decides it from what the meters read, and says why.

A parameter is declared once, as the number or choice that it is. Where a file says `auto`, the value keeps the
parameter's name in mind and stands in with its default until a rule has decided (`bridge.chains.rules`).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from pydantic import (
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic import model_serializer as serializer
from pydantic import model_validator as validator

from bridge.chains.idle import idle_faults, with_faults
from bridge.declarations import Declaration, declarations
from bridge.value import Value

AUTO = "auto"
NEVER_AUTO = frozenset({"use", "bypass", "channels", "rule"})


def with_auto(schema: dict[str, Any], model: type["AutoValue"]) -> None:
    """Lets a JSON schema take `auto` wherever the model does."""
    for name in model.may_be_auto():
        if name not in schema.get("properties", {}):
            continue
        given = schema["properties"][name]
        words = {key: given.pop(key) for key in ("title", "description", "default") if key in given}
        schema["properties"][name] = {"anyOf": [given, {"const": AUTO}], **words}


_DECIDED = object()
"""Context of values that rules have set."""


class AutoValue(Value):
    """A value of which numbers and choices may be left to be decided."""

    model_config = ConfigDict(json_schema_extra=with_auto)
    _auto: frozenset[str] = PrivateAttr(default=frozenset())

    @classmethod
    def may_be_auto(cls) -> frozenset[str]:
        """Parameters that may be `auto`: numbers, and choices that have no `auto` of their own."""
        return _may_be_auto(cls)

    @property
    def auto(self) -> tuple[str, ...]:
        """Parameters that are left to be decided, in the order of their declaration."""
        return tuple(name for name in type(self).model_fields if name in self._auto)

    @validator(mode="wrap")
    @classmethod
    def _read_auto(cls, given: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Puts stand-ins where `auto` is given, and refuses what would not be read."""
        if not isinstance(given, dict):
            return handler(given)
        names = frozenset(name for name, value in given.items() if value == AUTO and name in cls.may_be_auto())
        idle = [] if info.context is _DECIDED else idle_faults(cls, given, names)
        try:
            made = handler({**given, **{name: _stand_in(cls, name) for name in names}})
        except ValidationError as reason:
            raise with_faults(cls, reason, idle) if idle else reason from None
        if idle:
            raise with_faults(cls, None, idle)
        made._auto = names
        return made

    @serializer(mode="wrap")
    def _write_auto(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Says `auto` again."""
        return {name: AUTO if name in self._auto else value for name, value in handler(self).items()}

    def decided(self, values: Mapping[str, float | int | str | None]) -> Self:
        """The value with these parameters set, within their bounds; what is still `auto` stays so.

        Nobody wrote it, so it may hold what a file may not: the curve of a reference, the gain of what became a notch.

        Raises:
            ValidationError: a value is out of its bounds.
        """
        return type(self).model_validate(self.model_dump() | dict(values), context=_DECIDED)


@cache
def _declared(model: type[AutoValue]) -> dict[str, Declaration]:
    return {declaration.name: declaration for declaration in declarations(model)}


@cache
def _may_be_auto(model: type[AutoValue]) -> frozenset[str]:
    return frozenset(
        name
        for name, declared in _declared(model).items()
        if name not in NEVER_AUTO
        and AUTO not in declared.choices
        and (declared.choices or declared.kind in {int, float})
    )


def _stand_in(model: type[AutoValue], name: str) -> object:
    """What the parameter is until it is decided: its default, or something within its bounds."""
    declared = _declared(model)[name]
    if not declared.is_required:
        return declared.default
    if declared.choices:
        return declared.choices[0]
    low, high = declared.low, declared.high
    if low is not None and high is not None:
        return 0 if low <= 0 <= high else low
    return low if low is not None else high if high is not None else 0


def declaration_of(model: type[AutoValue], name: str) -> Declaration:
    """What is declared of a parameter."""
    return _declared(model)[name]
