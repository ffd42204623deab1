"""How results look: one console, one set of styles, plain text where nobody watches, JSON where a program does.

Imported by commands only, never for `--help`: it brings rich.
"""

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

import click
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text
from rich.theme import Theme
from rich.tree import Tree

from bridge.cli.failures import printable, shown_path
from bridge.model import Progress as JobProgress
from bridge.units import clock

THEME = Theme(
    {
        "good": "green",
        "warn": "yellow",
        "bad": "red",
        "quiet": "dim",
        "name": "bold",
        "key": "cyan",
        "figure": "bold",
        "bar.complete": "cyan",
        "bar.finished": "green",
        "bar.pulse": "cyan",
        "tree.line": "dim",
    }
)
PLAIN_WIDTH = 4096
"""Where nobody watches, lines are not broken."""


class _ReadConsole(Console):
    """A console whose reader may go away (`| head`): that is no error, as everywhere in the command line."""

    def on_broken_pipe(self) -> None:
        """Leaves the answer to `failures.guarded`."""
        raise BrokenPipeError


def out() -> Console:
    """The console of results (stdout)."""
    return _console(sys.stdout)


def err() -> Console:
    """The console of progress and remarks (stderr)."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    context = click.get_current_context(silent=True)
    is_plain = context is not None and context.color is False
    return _ReadConsole(
        file=stream,
        theme=THEME,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=True if is_plain else None,
        width=None if stream.isatty() else PLAIN_WIDTH,
    )


def print_json(values: BaseModel | Sequence[BaseModel]) -> None:
    """Prints a value, or a list of values, with the field names of the model and nothing else."""
    if isinstance(values, BaseModel):
        click.echo(values.model_dump_json(indent=2))
    else:
        data = [value.model_dump(mode="json") for value in values]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))


# --- Text and tables --------------------------------------------------------------------------------------------------


def text(content: str, style: str = "") -> Text:
    """Text that cannot steer the terminal, whatever a file is called."""
    return Text(printable(content), style)


def line(*parts: tuple[str, str] | str | Text) -> Text:
    """A line of parts, each plain or (text, style)."""
    whole = Text()
    for part in parts:
        whole.append_text(part if isinstance(part, Text) else text(part) if isinstance(part, str) else text(*part))
    return whole


def table(*headings: str, right: Iterable[int] = ()) -> Table:
    """An empty table without lines; columns numbered in `right` are aligned to the right."""
    made = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="quiet", show_header=any(headings))
    for index, heading in enumerate(headings):
        is_right = index in set(right)
        made.add_column(heading, justify="right" if is_right else "left", no_wrap=is_right, overflow="fold")
    return made


def print_pairs(pairs: Sequence[tuple[str, Text]]) -> None:
    """Prints labels and what belongs to them; long paths and commands stay whole, so that they can be copied."""
    width = max(len(label) for label, _ in pairs)
    for label, content in pairs:
        out().print(line((label.ljust(width + 3), "quiet"), content), soft_wrap=True)


def indented(renderable: RenderableType, columns: int = 2) -> RenderableType:
    """The same, moved to the right."""
    return Padding(renderable, (0, 0, 0, columns), expand=False)


def file_tree(root: Path, files: Sequence[tuple[Path, str]]) -> Tree:
    """Files below a folder as a tree, each with a remark."""
    tree = Tree(text(shown_path(root) + "/", "name"), guide_style="tree.line")
    folders: dict[Path, Tree] = {root: tree}
    width = max((len(path.name) for path, _ in files), default=0)
    for path, remark in files:
        folder = _branch(folders, path.parent)
        folder.add(line(path.name.ljust(width), "   ", (remark, "quiet")))
    return tree


def _branch(folders: dict[Path, Tree], folder: Path) -> Tree:
    if folder not in folders and folder != folder.parent:
        folders[folder] = _branch(folders, folder.parent).add(text(folder.name + "/"))
    return folders.get(folder) or next(iter(folders.values()))


class TimeLeft(ProgressColumn):
    """Seconds left as the job's own estimate says; nothing while there is none."""

    def render(self, task: Task) -> Text:
        """The time, or blank."""
        eta_s: float | None = task.fields.get("eta_s")
        return Text("" if eta_s is None or task.finished else f"{clock(eta_s).partition('.')[0]} left", "quiet")


def progress_bars() -> Progress:
    """Bars on stderr that vanish when they end: name, bar, percent, stage, time left; none without a terminal."""
    console = err()
    return Progress(
        SpinnerColumn(style="key"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %", style="figure", markup=False),
        TextColumn("{task.fields[stage]}", style="quiet", markup=False),
        TimeLeft(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        refresh_per_second=12,
    )


def show_progress(bars: Progress, task: TaskID, progress: JobProgress) -> None:
    """Moves a bar to where a job is; while nothing can be said about that, it pulses."""
    total = 1.0 if progress.fraction > 0 else None
    bars.update(task, total=total, completed=progress.fraction, stage=progress.stage, eta_s=progress.eta_s)


def working(sentence: str) -> AbstractContextManager[object]:
    """A spinner with a sentence on stderr, while the block runs; nothing without a terminal."""
    console = err()
    if not console.is_terminal:
        return nullcontext()
    return console.status(text(sentence), spinner="dots", spinner_style="key")


class Steps:
    """A list of steps on stderr: a spinner while one goes on, a mark with its duration when it has ended."""

    def __init__(self) -> None:
        self._console = err()
        self._mark = "\N{CHECK MARK}" if self._console.encoding.startswith("utf") else "ok"

    def remark(self, sentence: str) -> None:
        """Prints a line between the steps."""
        self._console.print(text(sentence, "quiet"))

    @contextmanager
    def step(self, doing: str, done: str) -> Generator[None]:
        """A step without a bar."""
        started_s = time.monotonic()
        with working(doing):
            yield
        self._print(done, started_s)

    @contextmanager
    def bar(self, name: str, done: str) -> Generator[Callable[[JobProgress], None]]:
        """A step that is told its progress."""
        started_s = time.monotonic()
        with progress_bars() as bars:
            task = bars.add_task(printable(name), total=None, stage="", eta_s=None)
            yield lambda progress: show_progress(bars, task, progress)
        self._print(done, started_s)

    def _print(self, done: str, started_s: float) -> None:
        took = f"  {time.monotonic() - started_s:.1f} s"
        self._console.print(line((self._mark, "good"), f" {done}", (took, "quiet")))
