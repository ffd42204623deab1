"""What a page of the manual is made of, whatever it will look like.

Texts are one line of Markdown: `code`, **bold** and *emphasis* mean the same on a terminal and in a file.
"""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from bridge.cli.settings_file import default_text
from bridge.declarations import Declaration

MUST_BE_GIVEN = "must be given"


@dataclass(frozen=True)
class Heading:
    """What the blocks after it are about."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Items:
    """Entries of a list."""

    texts: tuple[str, ...]
    is_numbered: bool = False


@dataclass(frozen=True)
class Code:
    """Lines to copy as they are."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Term:
    """A name and what is to be said about it."""

    name: str
    text: str
    default: str = ""
    bounds: str = ""
    page: str = ""
    """The page that says more."""


@dataclass(frozen=True)
class Terms:
    """Names, each explained."""

    rows: tuple[Term, ...]
    what: str = "Name"
    """What the names are, for the head of a table."""


Block: TypeAlias = Heading | Paragraph | Items | Code | Terms


@dataclass(frozen=True)
class ManualPage:
    """One page."""

    path: str
    """Where it lies in the manual, without extension: "steps/limiter"."""
    title: str
    summary: str
    blocks: tuple[Block, ...]


def declared(rows: Iterable[tuple[str, Declaration]], what: str) -> Terms:
    """Parameters or keys by the name that people write, each with default, unit and bounds."""
    return Terms(tuple(_term(name, declaration) for name, declaration in rows), what)


def _term(name: str, declaration: Declaration) -> Term:
    default = MUST_BE_GIVEN if declaration.is_required else default_text(declaration)
    kind = declaration.kind
    of_kind = (inspect.getdoc(kind) or "") if kind is not None and issubclass(kind, BaseModel) else ""
    text = declaration.help or of_kind.partition("\n")[0]
    also = "".join(f" Also `{alias}`." for alias in declaration.aliases)
    return Term(name, text + also, default, declaration.range_text)
