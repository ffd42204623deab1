"""What a pydantic model declares about its fields, read back: flags, the settings file and tables are made from it.

An option is declared once, in its model: name, type, bounds, choices, unit, default, help. Nothing here adds to that.
"""

import math
import types
import typing
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Declaration:
    """One field of a model."""

    name: str
    kind: type | None
    """bool, int, float, str, Path or a model; None for what one type does not say (unions of models, tuples)."""
    help: str
    default: object
    """None also where there is none."""
    is_required: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    is_low_open: bool = False
    """Whether `low` itself is not allowed."""
    count_min: int | None = None
    """Fewest values, where there may be several; bounds and unit are those of each."""
    count_max: int | None = None
    choices: tuple[str, ...] = ()
    """Of each value, where there may be several."""
    is_several: bool = False
    """Whether it holds any number of values."""
    aliases: tuple[str, ...] = ()
    """Second names by which it may be given."""
    section: str = ""
    """Under which it is listed, where there are many."""
    flag: str = ""
    """Name of its flag, where that is another (of one value, where there may be several)."""

    @property
    def range_text(self) -> str:
        """What is allowed, with the unit: "-40 to -4 LUFS", "wav, aiff or flac", "1 to 4 values, 20 to 20000 Hz"."""
        count = ""
        if self.count_max is not None and self.count_min is None:
            count = f"at most {self.count_max} {'characters' if self.kind is str else 'values'}"
        elif self.count_min is not None and self.count_max is not None:
            count = f"{self.count_min} to {self.count_max} {'characters' if self.kind is str else 'values'}"
        return ", ".join(part for part in (count, self.value_text) if part)

    @property
    def value_text(self) -> str:
        """What one value may be: "20 to 20000 Hz"."""
        if self.choices:
            return " or ".join(part for part in (", ".join(self.choices[:-1]), self.choices[-1]) if part)
        match self.low, self.high:
            case None, None:
                text = ""
            case low, None:
                text = f"{'more than' if self.is_low_open else 'at least'} {low:g}"
            case None, high:
                text = f"at most {high:g}"
            case low, high:
                text = f"{low:g} to {high:g}"
        return f"{text} {self.unit}".strip()

    def admits(self, number: float) -> bool:
        """Whether a number lies within the bounds; NaN and infinities never do."""
        is_low_kept = self.low is None or number > self.low or (number == self.low and not self.is_low_open)
        return math.isfinite(number) and is_low_kept and (self.high is None or number <= self.high)


def declarations(model: type[BaseModel]) -> tuple[Declaration, ...]:
    """Every field of a model, in the order of the class."""
    return tuple(_declaration(name, info) for name, info in model.model_fields.items())


def _declaration(name: str, info: FieldInfo) -> Declaration:
    extra: object = info.json_schema_extra
    marks: dict[str, Any] = dict(extra) if isinstance(extra, dict) else {}
    plain = _plain(info.annotation)
    bounded = _each(plain) or info
    above = _bound(bounded, annotated_types.Gt)
    return Declaration(
        name=name,
        kind=_kind(plain),
        help=info.description or "",
        default=None if info.is_required() else info.get_default(call_default_factory=True, validated_data={}),
        is_required=info.is_required(),
        unit=str(marks.get("unit", "")),
        low=_bound(bounded, annotated_types.Ge) if above is None else above,
        high=_bound(bounded, annotated_types.Le),
        is_low_open=above is not None,
        choices=_choices(item_of(plain) or plain),
        is_several=item_of(plain) is not None,
        aliases=tuple(marks.get("aliases", ())),
        section=str(marks.get("section", "")),
        flag=str(marks.get("flag", "")),
        count_min=next((mark.min_length for mark in info.metadata if isinstance(mark, annotated_types.MinLen)), None),
        count_max=next((mark.max_length for mark in info.metadata if isinstance(mark, annotated_types.MaxLen)), None),
    )


def item_of(annotation: Any) -> Any:
    """The type of each value where there may be several (`tuple[X, ...] | None`); None where there is one."""
    plain = _plain(annotation)
    return typing.get_args(plain)[0] if typing.get_origin(plain) is tuple else None


def _each(plain: Any) -> FieldInfo | None:
    """What is declared about each of several values."""
    item = item_of(plain)
    return None if item is None else FieldInfo.from_annotation(item)


def _plain(annotation: Any) -> Any:
    """The annotation without `| None` and without `Annotated`."""
    if typing.get_origin(annotation) is Annotated:
        return _plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {Union, types.UnionType}:
        options = [option for option in typing.get_args(annotation) if option is not types.NoneType]
        return _plain(options[0]) if len(options) == 1 else annotation
    return annotation


def _kind(plain: Any) -> type | None:
    if typing.get_origin(plain) is Literal:
        return str
    return plain if isinstance(plain, type) and typing.get_origin(plain) is None else None


def _choices(plain: Any) -> tuple[str, ...]:
    if typing.get_origin(plain) is Literal:
        return tuple(str(value) for value in typing.get_args(plain))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return tuple(str(member.value) for member in plain)
    return ()


def _bound(info: FieldInfo, kind: type[annotated_types.BaseMetadata]) -> float | None:
    """The bound of that kind."""
    mark = next((mark for mark in info.metadata if isinstance(mark, kind)), None)
    return None if mark is None else float(getattr(mark, kind.__name__.casefold()))
