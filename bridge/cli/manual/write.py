"""`dawbridge manual`: every page of `dawbridge help` as a Markdown file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from bridge import __version__
from bridge.cli.failures import shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.manual.commands import command_pages, command_terms
from bridge.cli.manual.markdown import MARK, markdown_text
from bridge.cli.manual.page import Heading, ManualPage, Paragraph, Term, Terms
from bridge.cli.manual.steps import step_names, step_page
from bridge.cli.manual.topics import TOPICS
from bridge.delivery import delivery_errors, write_whole
from bridge.errors import RequestError

NAMED_MAX = 5
EXAMPLES = (("Read it in your editor, or put it on a page of your own", "dawbridge manual --out Manual"),)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where the pages go."
)
@click.option("--force", is_flag=True, help="Replace files that are not pages of this manual, too.")
@click.pass_context
def manual(ctx: click.Context, folder: Path, *, force: bool) -> None:
    """Write the manual as Markdown files: the pages of `dawbridge help`, and one for each step and command.

    Pages that were written before are replaced; other files of the same names are not, unless you say so.
    """
    texts = {folder / f"{page.path}.md": markdown_text(page) for page in manual_pages(ctx.find_root().command)}
    foreign = [] if force else [path for path in texts if path.exists() and not _is_ours(path)]
    if foreign:
        raise RequestError(f"{_listed(foreign)} would be replaced: choose another folder, or say --force.")
    _write(folder, texts)
    click.echo(
        f"{click.style('Wrote', fg='green')} {len(texts)} pages; begin with "
        f"{click.style(shown_path(folder / 'index.md'), bold=True)}"
    )


def manual_pages(command: click.Command) -> Iterator[ManualPage]:
    """Every page, the index first; `command` is what `dawbridge` runs."""
    root = command.make_context("dawbridge", [], resilient_parsing=True)
    yield _index(root)
    for topic in TOPICS.values():
        yield topic.make()
    yield from map(step_page, step_names())
    yield from command_pages(root)


def _index(root: click.Context) -> ManualPage:
    topics = tuple(Term(name, topic.about, page=name) for name, topic in TOPICS.items())
    blocks = (
        Paragraph(f"This is the manual of version {__version__}; `dawbridge help` shows the same pages."),
        Heading("Topics"),
        Terms(topics, "Page"),
        Heading("Commands"),
        command_terms(root),
    )
    return ManualPage("index", "daw-bridge", root.command.help or "", blocks)


def _write(folder: Path, texts: Mapping[Path, str]) -> None:
    with delivery_errors(folder):
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())


def _is_ours(path: Path) -> bool:
    """Whether a file is a page that an earlier call wrote."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline().rstrip() == MARK.encode()


def _listed(paths: Sequence[Path]) -> str:
    shown = ", ".join(map(shown_path, paths[:NAMED_MAX]))
    more = len(paths) - NAMED_MAX
    return f"{shown} and {more} more" if more > 0 else shown
