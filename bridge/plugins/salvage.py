"""Plug-in steps of a chain file that has faults of its own, so that what is wrong with plug-ins is told with them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from bridge.chains import Plugin
from bridge.documents import Loc, read_document
from bridge.errors import ChainError

INNER = frozenset({"parameters", "automation"})
"""Of these, only the keys with faults are left out."""


def salvaged(path: Path) -> tuple[tuple[Loc, Plugin], ...]:
    """Plug-in steps, each with its place and without the keys that have faults; none where the file is no YAML."""
    try:
        data = read_document(path, ChainError).data
    except ChainError:
        return ()
    return tuple(_in_steps(data.get("steps"), ("steps",), path.absolute().parent))


def _in_steps(steps: object, loc: Loc, folder: Path) -> Iterator[tuple[Loc, Plugin]]:
    for index, step in enumerate(_listed(steps)):
        if not isinstance(step, Mapping) or step.get("bypass") is True:
            continue
        given = cast("Mapping[str, Any]", step)
        if given.get("use") == "plugin" and (made := _without_faults(given)) is not None:
            preset = None if made.preset is None else folder / made.preset
            yield (*loc, index), made.model_copy(update={"preset": preset})
        for number, branch in enumerate(_listed(given.get("branches"))):
            inner = cast("Mapping[str, Any]", branch).get("steps") if isinstance(branch, Mapping) else None
            yield from _in_steps(inner, (*loc, index, "branches", number, "steps"), folder)


def _without_faults(given: Mapping[str, Any]) -> Plugin | None:
    """The step, as far as it can be understood; None where not even that is left which says which plug-in it is."""
    left: dict[str, Any] = {key: dict(value) if key in INNER and isinstance(value, dict) else value
                            for key, value in given.items()}  # fmt: skip
    while left:
        try:
            return Plugin.model_validate(left)
        except ValidationError as error:
            if not _drop(left, [one["loc"] for one in error.errors(include_url=False)]):
                return None
    return None


def _drop(left: dict[str, Any], places: Sequence[tuple[int | str, ...]]) -> bool:
    """Takes what is at fault out of a step; whether there was something to take, other than the plug-in's name."""
    has_dropped = False
    for first, *rest in (place for place in places if place and place[0] != "plugin"):
        inner = left.get(str(first))
        if first in INNER and rest and isinstance(inner, dict):
            has_dropped = cast("dict[str, Any]", inner).pop(str(rest[0]), None) is not None or has_dropped
        else:
            has_dropped = left.pop(str(first), None) is not None or has_dropped
    return has_dropped


def _listed(value: object) -> Sequence[object]:
    return cast("list[object]", value) if isinstance(value, list) else ()
