"""The pages about commands, made from the commands themselves: what `--help` prints, as pages."""

import re
from collections.abc import Iterator

import click

from bridge.cli.lazy import LazyGroup, PageCommand
from bridge.cli.manual.page import Block, Code, Heading, ManualPage, Paragraph, Term, Terms
from bridge.cli.manual.prose import blocks_of

FOLDER = "commands"


def command_pages(root: click.Context) -> Iterator[ManualPage]:
    """A page for each command below `root`, groups before their commands."""
    group = root.command
    assert isinstance(group, LazyGroup)
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        assert command is not None
        context = command.context_class(command, info_name=name, parent=root)
        yield _page(context)
        if isinstance(command, LazyGroup):
            yield from command_pages(context)


def command_terms(root: click.Context) -> Terms:
    """The commands of a group, each with the page that says more."""
    group = root.command
    assert isinstance(group, LazyGroup)
    rows = (
        Term(f"{root.command_path} {name}", entry.summary, page=f"{_path(root)}-{name}" if root.parent else _top(name))
        for name, entry in group.entries.items()
    )
    return Terms(tuple(rows), "Command")


def _path(context: click.Context) -> str:
    """Path of a command's page: commands/jobs-list for `dawbridge jobs list`."""
    return _top("-".join(context.command_path.split()[1:]))


def _top(name: str) -> str:
    return f"{FOLDER}/{name}"


def _page(context: click.Context) -> ManualPage:
    said = blocks_of(context.command.help or "")
    first = said[0] if said and isinstance(said[0], Paragraph) else Paragraph("")
    usage = Code(" ".join([context.command_path, *context.command.collect_usage_pieces(context)]), "sh")
    rest = (block for block in said if block is not first)
    return ManualPage(_path(context), context.command_path, first.text, (usage, *rest, *_lists(context)))


def _lists(context: click.Context) -> Iterator[Block]:
    command = context.command
    if isinstance(command, LazyGroup):
        yield Heading("Commands")
        yield command_terms(context)
    yield Heading("Options")
    yield Terms(tuple(_options(context)), "Option")
    if isinstance(command, PageCommand) and command.examples:
        yield Heading("Examples")
        yield Code("\n\n".join(f"# {sentence}\n{line}" for sentence, line in command.examples), "sh")


def _options(context: click.Context) -> Iterator[Term]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            flags, text = record
            yield Term(flags, re.sub(r"\s+", " ", text).strip())
