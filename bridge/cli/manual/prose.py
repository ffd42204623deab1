"""Docstrings that are meant for users, as blocks of a page."""

import inspect
import re
import textwrap
from collections.abc import Iterator

from bridge.cli.manual.page import Block, Code, Heading, Items, Paragraph

KEEP_LINES = "\b"
"""Click's mark before a paragraph whose lines stay as they are."""
LEAD = re.compile(r"\*\*(.+?)\*\*\s*(\([^)]*\)\.?)?\s*(.*)")
"""A paragraph that begins with what it is about: a heading on a page."""
ENTRY = re.compile(r"(?:\*|-|\d+\.)\s+")


def blocks_of(text: str) -> tuple[Block, ...]:
    """Headings, paragraphs, lists and code of a docstring, in order."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return tuple(block for part in parts if part.strip() for block in _part(part))


def _part(part: str) -> Iterator[Block]:
    lines = part.splitlines()
    if lines[0].strip() == KEEP_LINES:
        yield from _kept_lines(lines[1:])
    elif ENTRY.match(lines[0]):
        entries = tuple(" ".join(entry.split()) for entry in _entries(lines))
        yield Items(entries, is_numbered=lines[0][0].isdigit())
    else:
        yield from _paragraph(" ".join(part.split()))


def _kept_lines(lines: list[str]) -> Iterator[Block]:
    """The unindented lines are said, the indented ones are copied."""
    said = [line for line in lines if not line.startswith(" ")]
    kept = [line for line in lines if line.startswith(" ")]
    yield Paragraph(" ".join(said))
    yield Code(textwrap.dedent("\n".join(kept)), "sh")


def _entries(lines: list[str]) -> list[str]:
    """The entries of a list, without their marks; a line that has no mark goes on with the one before."""
    entries: list[str] = []
    for line in lines:
        mark = ENTRY.match(line)
        if mark:
            entries.append(line[mark.end() :])
        else:
            entries[-1] += " " + line
    return entries


def _paragraph(text: str) -> Iterator[Block]:
    lead = LEAD.fullmatch(text)
    if lead is None:
        yield Paragraph(text)
        return
    title, remark, rest = lead.group(1).removesuffix("."), (lead.group(2) or "").removesuffix("."), lead.group(3)
    yield Heading(f"{title} {remark}".strip())
    if rest:
        yield Paragraph(rest[0].upper() + rest[1:])
