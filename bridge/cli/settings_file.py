"""The text of a settings file, and the table of all settings: both made from what the settings declare."""

import textwrap
import typing
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

import yaml
from pydantic import BaseModel

from bridge.declarations import Declaration, declarations
from bridge.recipes import AlbumRecipe, MasterRecipe, SplitRecipe
from bridge.settings import Settings, WatchSettings

HEAD = """\
# Settings of daw-bridge. Everything may be left out but the watch folders; what stands here is the default.
# `dawbridge doctor` checks this file and the folders; `dawbridge run` starts the daemon.
"""
EXAMPLE = WatchSettings(folder=Path("~/Music/MySong/Renders"))
COMMENT_WIDTH = 110


def settings_text(watched: Sequence[Path]) -> str:
    """A whole settings file with a comment on every key; without watch folders it shows one as an example."""
    settings = Settings(watch=tuple(WatchSettings(folder=folder) for folder in watched))
    blocks = [HEAD.rstrip("\n")]
    for declaration in declarations(Settings):
        lines = list(_lines(declaration, getattr(settings, declaration.name)))
        if declaration.name == "watch" and not watched:
            lines += ["# " + line for line in _lines(declaration, (EXAMPLE,)) if not line.startswith("#")]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def settings_rows() -> Iterator[tuple[str, list[tuple[str, Declaration]]]]:
    """Sections of the settings, each with its dotted keys and what is declared about them."""
    plain = [d for d in declarations(Settings) if d.name != "watch" and not _is_model(d.kind)]
    yield "Top level", [(d.name, d) for d in plain]
    yield "watch (one entry a folder)", [(f"watch[].{d.name}", d) for d in declarations(WatchSettings)]
    recipe = [(f"watch[].recipe.{d.name}", d) for d in declarations(MasterRecipe) if d.help]
    yield "watch[].recipe with do: master", recipe
    yield (
        "watch[].recipe with do: split",
        [(f"watch[].recipe.{d.name}", d) for d in declarations(SplitRecipe) if d.help],
    )
    shared = {d.name for d in declarations(MasterRecipe)} - {"chain", "target_lufs"}
    own = [d for d in declarations(AlbumRecipe) if d.help and d.name not in shared]
    yield "watch[].recipe with do: album, besides those of do: master", [(f"watch[].recipe.{d.name}", d) for d in own]
    for section in declarations(Settings):
        if _is_model(section.kind):
            inner = typing.cast("type[BaseModel]", section.kind)
            yield section.name, [(f"{section.name}.{d.name}", d) for d in declarations(inner)]


def default_text(declaration: Declaration) -> str:
    """The default as the file would say it, below `~` where it lies in the home folder; nothing without one."""
    default = declaration.default
    if isinstance(default, Path) and default.is_relative_to(Path.home()):
        return str(Path("~") / default.relative_to(Path.home()))
    if isinstance(default, float) and default.is_integer():
        return f"{default:.0f}"
    if isinstance(default, tuple) and default and not any(isinstance(value, BaseModel) for value in default):
        return _scalar(default)
    return _scalar(default) if _has_default_worth_saying(declaration) else ""


def _has_default_worth_saying(declaration: Declaration) -> bool:
    return isinstance(declaration.default, str | int | float | Enum | Path) and declaration.default != ""


def _lines(declaration: Declaration, value: object) -> Iterator[str]:
    """The lines of one key: what it is, then the key with its value."""
    yield from _comment(declaration)
    name = declaration.name
    if isinstance(value, BaseModel):
        yield f"{name}:"
        yield from _indented(_fields(value))
    elif isinstance(value, tuple) and value and all(isinstance(item, BaseModel) for item in value):
        yield f"{name}:"
        for item in typing.cast("tuple[BaseModel, ...]", value):
            yield from _item(_fields(item))
    elif value is None or (isinstance(value, Path) and value == declaration.default):
        yield f"# {name}:{'' if value is None else ' ' + _scalar(value)}"
    else:
        yield f"{name}: {_scalar(value)}"


def _fields(value: BaseModel) -> Iterator[str]:
    """The lines of every field; what says which branch of a union it is comes first."""
    ordered = sorted(declarations(type(value)), key=lambda declaration: len(declaration.choices) != 1)
    for declaration in ordered:
        yield from _lines(declaration, getattr(value, declaration.name))


def _item(lines: Iterator[str]) -> Iterator[str]:
    """Lines as one entry of a list: the dash stands before the first key."""
    has_dash = False
    for line in lines:
        is_key = not has_dash and not line.startswith("#")
        yield ("  - " if is_key else "    ") + line if has_dash or is_key else "  " + line
        has_dash = has_dash or is_key


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return ("  " + line for line in lines)


def _comment(declaration: Declaration) -> Iterator[str]:
    facts = declaration.range_text if len(declaration.choices) != 1 else ""
    text = f"{declaration.help}{f' ({facts})' if facts else ''}".strip()
    return (f"# {line}" for line in textwrap.wrap(text, COMMENT_WIDTH))


def _scalar(value: object) -> str:
    """The value as YAML writes it on one line."""
    plain: object = value
    match value:
        case Enum():
            plain = value.value
        case Path():
            plain = str(value)
        case tuple():
            plain = [str(item) for item in typing.cast("tuple[object, ...]", value)]
        case _:
            pass
    text: str = yaml.safe_dump(plain, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _is_model(kind: type | None) -> bool:
    return kind is not None and issubclass(kind, BaseModel)
