"""How a page of the manual looks on a terminal; plain text, with the same lines, where nobody watches."""

import re
from collections.abc import Iterable, Iterator
from typing import assert_never

from rich.console import Console
from rich.text import Text

from bridge.cli import screen
from bridge.cli.lazy import HELP_WIDTH_MAX
from bridge.cli.manual.page import MUST_BE_GIVEN, Block, Code, Heading, Items, ManualPage, Paragraph, Term, Terms

PLAIN_WIDTH = 80
"""Where no terminal says how wide it is, as click does."""
INDENT = 2
TERM_WIDTH_MAX = 30
"""A longer name has a line of its own."""
GAP = 3
MARK = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*")
YAML_LINE = re.compile(r"(\s*(?:- )?)([\w$.-]+:)?(.*)")


def print_page(page: ManualPage) -> None:
    """Prints the page on the console of results."""
    console = screen.out()
    width = min(console.width, HELP_WIDTH_MAX) if console.is_terminal else PLAIN_WIDTH
    for line in _Layout(console, width - 1).page(page):
        console.print(line, soft_wrap=True)


class _Layout:
    """Lines of one width."""

    def __init__(self, console: Console, width: int) -> None:
        self._console = console
        self._width = width
        self._has_styles = console.is_terminal and not console.no_color

    def page(self, page: ManualPage) -> Iterator[Text]:
        """The whole page."""
        yield screen.text(page.title, "name")
        yield from self._wrapped(page.summary)
        for index, block in enumerate(page.blocks):
            before = page.blocks[index - 1] if index else None
            if not isinstance(before, Heading):
                yield Text()
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Text]:
        match block:
            case Heading(text):
                yield self._inline(text if text.endswith("?") else f"{text}:", "bold")
            case Paragraph(text):
                yield from self._wrapped(text, INDENT)
            case Items(texts, is_numbered):
                yield from self._items(texts, is_numbered=is_numbered)
            case Code(text, language):
                yield from (Text(" " * 2 * INDENT) + self._code(line, language) for line in text.splitlines())
            case Terms(rows):
                yield from self._terms(rows)
            case _:
                assert_never(block)

    def _items(self, texts: tuple[str, ...], *, is_numbered: bool) -> Iterator[Text]:
        for number, text in enumerate(texts, start=1):
            mark = f"{number}." if is_numbered else "-"
            body = self._wrapped(text, INDENT + len(mark) + 1)
            yield from _beside(Text(" " * INDENT).append(mark, "quiet"), body)

    def _terms(self, rows: tuple[Term, ...]) -> Iterator[Text]:
        names = [len(row.name) for row in rows if len(row.name) <= TERM_WIDTH_MAX]
        indent = INDENT + GAP + max(names, default=0)
        for row in rows:
            body = [*self._wrapped(row.text, indent), *self._facts(row, indent)]
            name = Text(" " * INDENT).append_text(screen.text(row.name, "key"))
            if name.cell_len + GAP > indent:
                yield name
                yield from body
            else:
                yield from _beside(name, body)

    def _facts(self, row: Term, indent: int) -> Iterator[Text]:
        """Default and bounds of a parameter, below what it is."""
        is_needed = row.default == MUST_BE_GIVEN
        default = screen.text(row.default if is_needed else f"default {row.default}", "warn" if is_needed else "quiet")
        parts = [default] if row.default else []
        parts += [screen.text(("; " if parts else "") + row.bounds, "quiet")] if row.bounds else []
        if parts:
            yield from self._lines(screen.line(*parts), indent)

    def _wrapped(self, text: str, indent: int = 0) -> Iterator[Text]:
        return self._lines(self._inline(text), indent)

    def _lines(self, text: Text, indent: int) -> Iterator[Text]:
        room = max(20, self._width - indent)
        for line in text.wrap(self._console, room):
            line.rstrip()
            yield Text(" " * indent) + line

    def _inline(self, text: str, style: str = "") -> Text:
        """The text with its marks as styles; the marks of code stay where there are no styles."""
        made, end = Text(style=style), 0
        for mark in MARK.finditer(text):
            made.append_text(screen.text(text[end : mark.start()]))
            code, bold, emphasis = mark.groups()
            code_text = code if self._has_styles else f"`{code}`"
            made.append_text(
                screen.text(*((code_text, "key") if code else (bold, "name") if bold else (emphasis, "italic")))
            )
            end = mark.end()
        return made.append_text(screen.text(text[end:]))

    def _code(self, line: str, language: str) -> Text:
        """A line to copy; keys of YAML and comments stand out."""
        if line.lstrip().startswith("#"):
            return screen.text(line, "quiet")
        match = YAML_LINE.fullmatch(line) if language == "yaml" else None
        if match is None:
            return screen.text(line)
        lead, key, rest = match.groups()
        return screen.line(lead, (key or "", "key"), rest)


def _beside(name: Text, body: Iterable[Text]) -> Iterator[Text]:
    """The name in the indentation of the first line of what belongs to it."""
    for index, line in enumerate(body):
        yield line if index else name + line[name.cell_len :]
