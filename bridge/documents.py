"""YAML documents -> checked values: every fault at once, each with file, line, column, key and a "did you mean"."""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.composer import Composer

from bridge.declarations import Declaration, declarations
from bridge.errors import DocumentError, Fault

DOCUMENT_BYTES_MAX = 256_000
NODES_MAX = 20_000
"""Aliases can blow a small file up; nothing that a person writes comes near this."""

BRANCH_KEYS = ("use", "do")
"""Keys that say which branch of a union is meant."""
Loc: TypeAlias = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Place:
    """Where a key stands: a line and column of a file, or the name of a variable or flag."""

    file: Path | None = None
    line: int | None = None
    column: int | None = None
    origin: str | None = None
    """Name of the environment variable or flag that set the value, if no file did."""


@dataclass
class Document:
    """Plain data with the place of each of its keys."""

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[Loc, Place] = field(default_factory=dict[Loc, Place])
    faults: list[Fault] = field(default_factory=list[Fault])
    """Found while reading: duplicate keys."""

    def fault(self, loc: Loc, sentence: str, path: Path | None = None) -> Fault:
        """A fault at a key, or at what is nearest above it in the file."""
        places = (self.places[loc[:length]] for length in range(len(loc), 0, -1) if loc[:length] in self.places)
        place = next(places, Place(file=path))
        return Fault(sentence, _dotted(loc), place.file, place.line, place.column)

    def set(self, loc: Loc, value: object, origin: str) -> None:
        """Put a value from a variable or flag over whatever the file said."""
        node = self.data
        for key in loc[:-1]:
            inner = node.setdefault(str(key), {})
            if not isinstance(inner, dict):
                self.faults.append(Fault(f"{origin} reaches into `{key}`, which is not a section.", key=_dotted(loc)))
                return
            node = typing.cast("dict[str, Any]", inner)
        node[str(loc[-1])] = value
        self.places[loc] = Place(origin=origin)


class _WordKeys(Composer):
    """Keys are words, also those that YAML takes for yes and no: `on: note`."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        node = super().compose_node(parent, index)
        is_key = isinstance(parent, yaml.MappingNode) and index is None
        if is_key and isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:bool":
            node.tag = "tag:yaml.org,2002:str"
        return node


class _Loader(_WordKeys, yaml.SafeLoader):
    """The safe loader in Python: slow, but its words for what is wrong are clearer."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)


if yaml.__with_libyaml__:

    class _QuickLoader(_WordKeys, yaml.CSafeLoader):
        """The safe loader on libyaml's parser: a fifth of the time; nodes are composed in Python, as above."""

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)

else:
    _QuickLoader = _Loader  # type: ignore[assignment, misc]  # PyYAML was built without libyaml


def plain_data(text: str) -> Any:
    """The data in a YAML text that is right: a file of our own, read as quickly as can be.

    Raises:
        yaml.YAMLError: it is not right.
    """
    return yaml.load(text, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)  # noqa: S506 - both are safe


def read_document(path: Path, error: type[DocumentError]) -> Document:
    """The YAML mapping in a file, read with the safe loader.

    Raises:
        DocumentError: of the given kind: missing, unreadable, too large, not YAML, or not a mapping.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise error([Fault("there is no such file.", file=path)]) from None
    except OSError as reason:
        raise error([Fault(f"cannot be read: {reason.strerror}.", file=path)]) from reason
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise error([Fault(f"is larger than {DOCUMENT_BYTES_MAX // 1000} kB: not a file of this kind.", file=path)])
    try:
        return parse_document(raw.decode("utf-8"), path)
    except UnicodeDecodeError as reason:
        raise error([Fault("is not UTF-8 text; save it again as UTF-8.", file=path)]) from reason
    except yaml.YAMLError as reason:
        raise error([_yaml_fault(reason, path)]) from reason


def parse_document(text: str, path: Path | None = None) -> Document:
    """The YAML mapping in a text; an empty text is an empty mapping.

    Raises:
        yaml.YAMLError: it is none.
    """
    try:
        try:
            return _parsed(_QuickLoader(text), path)
        except (yaml.YAMLError, UnicodeEncodeError):
            return _parsed(_Loader(text), path)
    except RecursionError as reason:
        raise yaml.YAMLError("nested too deeply") from reason


def _parsed(loader: "_Loader | _QuickLoader", path: Path | None) -> Document:
    try:
        node = loader.get_single_node()
        document = Document()
        if node is None:
            return document
        if not isinstance(node, yaml.MappingNode):
            raise yaml.MarkedYAMLError(problem="the file must hold `key: value` lines", problem_mark=node.start_mark)
        for count, (loc, key_node, is_duplicate) in enumerate(_walk(node, ())):
            if count > NODES_MAX:
                raise yaml.MarkedYAMLError(problem="too many aliases or entries", problem_mark=node.start_mark)
            mark = key_node.start_mark
            document.places[loc] = place = Place(path, mark.line + 1, mark.column + 1)
            if is_duplicate:
                sentence = "stands here twice; keep one of the two."
                document.faults.append(Fault(sentence, _dotted(loc), path, place.line, place.column))
        data = loader.construct_document(node)
        document.data = typing.cast("dict[str, Any]", data)
        return document
    finally:
        loader.dispose()


def validate(document: Document, model: type[Model], error: type[DocumentError], path: Path | None = None) -> Model:
    """The document as a value of `model`.

    Raises:
        DocumentError: of the given kind, with every fault in the order of the file.
    """
    faults = list(document.faults)
    value: Model | None = None
    try:
        value = model.model_validate(document.data)
    except ValidationError as reason:
        details = reason.errors(include_url=False)
        faults += [_fault(detail, document, model, path) for detail in details if not _follows(detail, details)]
    if faults or value is None:
        raise error(in_order(faults))
    return value


def in_order(faults: Sequence[Fault]) -> list[Fault]:
    """Faults as they follow each other in a file."""
    return sorted(faults, key=lambda fault: (fault.line or 0, fault.column or 0))


def _follows(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Whether a list only counts as too short because its items are wrong, which is said already."""
    loc = detail["loc"]
    is_inside = any(other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in details)
    return detail["type"] == "too_short" and is_inside


def did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    """The question "Did you mean `x`?" after a blank, or nothing when no known word is near."""
    near = difflib.get_close_matches(word.casefold(), {name.casefold(): name for name in known}, n=1, cutoff=0.6)
    names = {name.casefold(): name for name in known}
    return f" Did you mean `{names[near[0]]}`?" if near else ""


# --- Places -----------------------------------------------------------------------------------------------------------


def _walk(node: yaml.Node, loc: Loc, depth: int = 0) -> Iterator[tuple[Loc, yaml.Node, bool]]:
    """Each key and item below `node`, with the node that marks its place and whether the key stands twice."""
    if depth > 50:
        raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for merged in _merged(node):  # what the mapping says itself comes after, and counts
            yield from ((place, marking, False) for place, marking, _ in _walk(merged, loc, depth + 1))
        for key_node, value_node in node.value:
            key = str(key_node.value)
            yield (*loc, key), key_node, key in seen
            seen.add(key)
            yield from _walk(value_node, (*loc, key), depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*loc, index), item, False
            yield from _walk(item, (*loc, index), depth + 1)


def _merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """The mappings that `<<` brings in, the one that counts most last."""
    for key_node, value_node in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            given = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
            yield from (one for one in reversed(given) if isinstance(one, yaml.MappingNode))


def _yaml_fault(reason: yaml.YAMLError, path: Path | None) -> Fault:
    if isinstance(reason, yaml.MarkedYAMLError) and reason.problem_mark is not None:
        mark = reason.problem_mark
        sentence = f"is not readable as YAML: {reason.problem}. Check indentation, colons and quotes near here."
        return Fault(sentence, "", path, mark.line + 1, mark.column + 1)
    return Fault(f"is not readable as YAML: {reason}.", file=path)


def _dotted(loc: Loc) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


# --- Faults -----------------------------------------------------------------------------------------------------------


def _fault(detail: ErrorDetails, document: Document, model: type[BaseModel], path: Path | None) -> Fault:
    """One pydantic error as a sentence with its place."""
    item = detail.get("ctx", {}).get("index")  # of a list, where a rule over the whole list names one
    loc = _document_loc(detail["loc"] if item is None else (*detail["loc"], item), document.data)
    top = Place() if path is None else Place(path, 1, 1)
    place = next((document.places[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in document.places), top)
    sentence = _number_sentence(detail, model) or _sentence(detail, _known_keys(model, detail["loc"][:-1]))
    if place.origin is not None:
        sentence = f"{sentence} (set by {place.origin})"
    return Fault(sentence, _dotted(loc), place.file, place.line, place.column)


def _document_loc(loc: Loc, data: Any) -> Loc:
    """`loc` without the names of union branches, which pydantic puts in and the document has not."""
    kept: list[int | str] = []
    is_told_apart = False
    for position, part in enumerate(loc):
        if not is_told_apart and _is_branch(data, part):  # a key of the same name may follow (`use: plugin`)
            is_told_apart = True
            continue
        if _holds(data, part):
            data, is_told_apart = data[part], False
        elif position < len(loc) - 1 or not isinstance(data, dict):
            continue
        kept.append(part)
    return tuple(kept)


def _is_branch(data: object, part: int | str) -> bool:
    """Whether `part` is what the document says its branch of a union is."""
    return isinstance(data, dict) and part in {data.get(key) for key in BRANCH_KEYS if isinstance(data.get(key), str)}


def _holds(data: object, part: int | str) -> bool:
    """Whether `part` is a key or an index of `data`."""
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


BEYOND = {
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "less than {lt:g}",
}
NO_NUMBER = {
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
}


def _number_sentence(detail: ErrorDetails, model: type[BaseModel]) -> str | None:
    """What is wrong with a number, with all that is allowed: "must be -40 to -4 LUFS, not -2."; None for others."""
    kind, given = detail["type"], detail["input"]
    if kind not in BEYOND and kind not in NO_NUMBER:
        return None
    declared = _declared(model, detail["loc"])
    allowed = "" if declared is None else declared.value_text
    if kind in BEYOND:
        return f"must be {allowed or BEYOND[kind].format(**detail.get('ctx', {}))}, not {given!r}."
    shown = "" if isinstance(given, dict | list) else f"; not {given!r}"
    return f"must be {NO_NUMBER[kind]}{f', {allowed}' if allowed else ''}{shown}."


def _sentence(detail: ErrorDetails, known: list[str]) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    given = detail["input"]
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            return "is missing; add it."
        case "extra_forbidden":
            return f"is not a known key.{did_you_mean(key, known) or _listed(known)}"
        case "literal_error" | "enum":
            wanted = [part.strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(", ")]
            return f"must be one of {', '.join(wanted)}; not {given!r}.{did_you_mean(str(given), wanted)}"
        case "union_tag_invalid":
            wanted = [part.strip("'") for part in str(context["expected_tags"]).split(", ")]
            tag = str(context["tag"])
            return f"`{tag}` is not known here.{did_you_mean(tag, wanted)} Known: {', '.join(wanted)}."
        case "union_tag_not_found":
            return f"needs a line `{str(context['discriminator']).strip(chr(39))}: ...` that says what it is."
        case "too_short" | "too_long" as kind:
            word, bound = ("at least", "min_length") if kind == "too_short" else ("at most", "max_length")
            return f"needs {word} {context[bound]} of them, not {context['actual_length']}."
        case "string_too_short" | "string_too_long" as kind:
            word, bound = ("at least", "min_length") if kind == "string_too_short" else ("at most", "max_length")
            count = context[bound]
            length = len(given) if isinstance(given, str) else 0
            return f"needs {word} {count} character{'' if count == 1 else 's'}, and has {length or 'none'}."
        case "bool_type" | "bool_parsing":
            return f"must be true or false, not {given!r}."
        case "value_error":
            return str(context["error"])
        case _:
            shown = "" if isinstance(given, dict | list) else f", not {given!r}"
            return f"{detail['msg'].replace('Input should be', 'must be')}{shown}."


def _listed(known: list[str]) -> str:
    return f" Known here: {', '.join(known)}." if known else ""


def _known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """Names of the fields of the model that `loc` leads to."""
    here: object = model
    for part in loc:
        here = _inner(here, part)
    options = [option for option in _models(here) if not loc or _tag(option) in {None, *loc[-1:]}]
    return sorted({name for option in options or _models(here) for name in option.model_fields})


def _declared(model: type[BaseModel], loc: Loc) -> Declaration | None:
    """What the field that `loc` leads to declares; of several values what each may be."""
    names = list(loc)
    while names and isinstance(names[-1], int):
        names.pop()
    here: object = model
    for part in names[:-1]:
        here = _inner(here, part)
    options = [option for option in _models(here) if len(names) < 2 or _tag(option) in {None, names[-2]}]
    declared = (one for option in options or _models(here) for one in declarations(option) if one.name == names[-1])
    return next(declared, None)


def _inner(annotation: object, part: int | str) -> object:
    """The type one step further down."""
    options = _models(annotation)
    if len(options) > 1 and (branch := next((one for one in options if _tag(one) == part), None)) is not None:
        return branch
    for option in options:
        if part in option.model_fields:
            return option.model_fields[str(part)].annotation
        if _tag(option) == part:
            return option
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1]
    if isinstance(part, int):
        items = [arg for arg in typing.get_args(annotation) if arg is not Ellipsis]
        return items[0] if items else None
    return annotation


def _models(annotation: object) -> list[type[BaseModel]]:
    """The models that an annotation admits: itself, or the branches of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in {typing.Annotated, typing.Union, types.UnionType}:
        return [model for arg in typing.get_args(annotation) for model in _models(arg)]
    return []


def _tag(model: type[BaseModel]) -> str | None:
    """The literal that tells this branch of a discriminated union from the others."""
    for name in BRANCH_KEYS:
        info = model.model_fields.get(name)
        if info is not None and typing.get_origin(info.annotation) is Literal:
            return str(typing.get_args(info.annotation)[0])
    return None
