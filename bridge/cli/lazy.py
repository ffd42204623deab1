"""Groups whose commands are imported only when they are called, and help pages that read well.

`dawbridge --help` must not wait for libraries that it does not need: a group knows the name, the one-line summary and
the module of each command, and imports that module when the command runs or asks for its own help.
"""

import importlib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from bridge.processes.garbage import uncollected
from bridge.processes.readiness import Readiness

HELP_WIDTH_MAX: Final = 100


@dataclass(frozen=True)
class Entry:
    """One command of a group: where it is, and its line in the group's help."""

    place: str
    """Module and attribute: `bridge.cli.master:master`."""
    summary: str
    section: str = "Commands"
    readiness: Readiness | None = None
    """Of the engine that the command works with, if it does; it is started before the command is imported."""


class Page(click.HelpFormatter):
    """A help page with quiet colours; click strips them where the terminal has none."""

    def write_heading(self, heading: str) -> None:
        """A bold heading."""
        self.write(f"{'':>{self.current_indent}}{click.style(heading + ':', bold=True)}\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that shows how a command is called."""
        super().write_usage(prog, args, prefix or click.style("Usage: ", bold=True))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 32, col_spacing: int = 3) -> None:
        """Terms in colour, explanations aligned beside them."""
        super().write_dl([(click.style(term, fg="cyan"), text) for term, text in rows], col_max, col_spacing)

    def write_examples(self, examples: Sequence[tuple[str, str]]) -> None:
        """Lines to copy, each under the sentence that says what it does."""
        with self.section("Examples"):
            for index, (sentence, line) in enumerate(examples):
                self.write("\n" if index else "")
                self.write(f"{'':>{self.current_indent}}{click.style('# ' + sentence, dim=True)}\n")
                self.write(f"{'':>{self.current_indent}}{line}\n")


class PageContext(click.Context):
    """A context that writes its help as a `Page`."""

    formatter_class = Page


class SectionOption(click.Option):
    """An option that is listed under a heading of its own kind."""

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class PageCommand(click.Command):
    """A command whose help ends with examples."""

    context_class = PageContext

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {}).setdefault("max_content_width", HELP_WIDTH_MAX)
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options by section, those without one last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None:
                sections.setdefault(getattr(parameter, "section", ""), []).append(record)
        rest = sections.pop("", [])
        for section, rows in [*sections.items(), ("More options" if sections else "Options", rest)]:
            with formatter.section(section):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, then whatever else was to be said."""
        if self.examples and isinstance(formatter, Page):
            formatter.write_examples(self.examples)
        super().format_epilog(ctx, formatter)


class LazyGroup(PageCommand, click.Group):
    """A group that imports a command's module only when that command is called."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **kwargs: Any) -> None:
        kwargs.setdefault("subcommand_metavar", "COMMAND ...")
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names, in the order of the help page."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if cmd_name not in self.entries:
            return None
        module, _, attribute = self.entries[cmd_name].place.partition(":")
        with uncollected():
            command = typing.cast("click.Command", getattr(importlib.import_module(module), attribute))
        command.short_help = self.entries[cmd_name].summary
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; a near miss is answered with its name."""
        if args[0] not in self.entries and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=self.entries, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands first: they are what a reader looks for."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Sections of commands, without importing any of them."""
        width = max(len(name) for name in self.entries)
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            sections.setdefault(entry.section, []).append((name.ljust(width), entry.summary))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names that begin like this, without importing any command."""
        names = [name for name in self.entries if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self.entries[name].summary) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)
