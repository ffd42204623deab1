"""How a page of the manual looks as a Markdown file."""

import posixpath
from collections.abc import Iterator, Sequence
from typing import assert_never

from bridge.cli.manual.page import Block, Code, Heading, Items, ManualPage, Paragraph, Term, Terms

MARK = "<!-- Written by `dawbridge manual`; write it again instead of editing it. -->"
"""The first line of every page: what carries it may be replaced."""


def markdown_text(page: ManualPage) -> str:
    """The whole file."""
    parts = [MARK, f"# {page.title}", _prose(page.summary), *(_block(block, page.path) for block in page.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block, here: str) -> str:
    match block:
        case Heading(text):
            return f"## {_prose(text)}"
        case Paragraph(text):
            return _prose(text)
        case Items(texts, is_numbered):
            marks = [f"{number}." if is_numbered else "-" for number in range(1, len(texts) + 1)]
            return "\n".join(f"{mark} {_prose(text)}" for mark, text in zip(marks, texts, strict=True))
        case Code(text, language):
            return f"```{language}\n{text}\n```"
        case Terms(rows, what):
            return "\n".join(_table(rows, what, here))
        case _:
            assert_never(block)


def _table(rows: Sequence[Term], what: str, here: str) -> Iterator[str]:
    """A table; columns that would be empty are left out."""
    has_facts = any(row.default or row.bounds for row in rows)
    headings = [what, "Default", "Bounds", "What it is"] if has_facts else [what, "What it is"]
    yield _row(headings)
    yield _row(["---"] * len(headings))
    for row in rows:
        facts = [row.default, row.bounds] if has_facts else []
        yield _row([_name(row, here), *map(_cell, facts), _cell(row.text)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _name(row: Term, here: str) -> str:
    name = f"`{row.name}`".replace("|", "\\|")
    link = posixpath.relpath(row.page + ".md", posixpath.dirname(here) or ".") if row.page else ""
    return f"[{name}]({link})" if link else name


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")


def _prose(text: str) -> str:
    """The text, with what HTML would take for a tag outside of code made harmless."""
    parts = text.split("`")
    return "`".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts))
