"""How jobs and what they brought back are shown."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.progress import TaskID
from rich.table import Table
from rich.text import Text

from bridge.cli import screen
from bridge.cli.failures import printable, shown_path
from bridge.model import Job, JobResult, JobState, Measurement, Message, Severity
from bridge.recipes import MasterRecipe, Recipe
from bridge.report import Report
from bridge.reports.companions import codec_rows, companion_rows
from bridge.reports.figures import INTEGRATED, figure_rows, figure_text
from bridge.reports.text import time_range
from bridge.units import bytes_text

STATE_STYLES = {
    JobState.QUEUED: "quiet",
    JobState.RUNNING: "key",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "warn",
}
SEVERITY_STYLES = {Severity.INFO: "quiet", Severity.WARNING: "warn", Severity.ERROR: "bad"}
HEADLINES = frozenset({"Integrated loudness", "True peak"})
WAITING = "waiting"


def figures_table(before: Measurement, after: Measurement | None) -> Table:
    """What the meters read: before, after and change; one column where there is no after."""
    rows = figure_rows(before, after)
    if after is None:
        single = screen.table("", "", right=(1,))
        for row in rows:
            single.add_row(screen.text(row.label), screen.text(row.before, "figure" if row.label in HEADLINES else ""))
        return single
    table = screen.table("", "BEFORE", "AFTER", "CHANGE", right=(1, 2, 3))
    for row in rows:
        style = "figure" if row.label in HEADLINES else ""
        table.add_row(
            screen.text(row.label),
            screen.text(row.before),
            screen.text(row.after, style),
            screen.text(row.change, "quiet"),
        )
    return table


def companions_table(report: Report) -> Table:
    """What comes with a master, each file with its figures."""
    table = screen.table("ALSO", "", "LOUDNESS", "TRUE PEAK", right=(2, 3))
    for row in companion_rows(report):
        cells = (row.title, row.encoding, row.loudness, row.true_peak)
        table.add_row(*(screen.text(cell, "quiet" if cell is row.encoding else "") for cell in cells))
    return table


def codecs_table(report: Report) -> Table:
    """The true peak after each encoder, at first and now."""
    table = screen.table("ENCODER", "AT FIRST", "NOW", right=(1, 2))
    for row in codec_rows(report):
        table.add_row(screen.text(row.settings), screen.text(row.before, "quiet"), screen.text(row.after, "figure"))
    return table


def files_of(result: JobResult) -> RenderableType:
    """The delivered files, as a tree below the folder that holds them all."""
    paths = [file.path for file in result.files]
    root = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
    return screen.file_tree(root, [(file.path, bytes_text(file.size_bytes)) for file in result.files])


def messages_table(messages: Sequence[Message]) -> Table:
    """Findings, the grave ones coloured, with their times where any has one."""
    has_times = any(message.start_s is not None for message in messages)
    table = screen.table(*[""] * (3 if has_times else 2))
    for message in messages:
        cells = [screen.text(message.severity.value, SEVERITY_STYLES[message.severity])]
        cells += [screen.text(time_range(message), "quiet")] * has_times
        table.add_row(*cells, screen.text(message.sentence))
    return table


def recipe_text(recipe: Recipe) -> str:
    """What is done, in a word: the chain, "analyze" or "compare"."""
    return recipe.chain if isinstance(recipe, MasterRecipe) else recipe.do


def outcome_text(job: Job) -> Text:
    """How far a job has come, or what became of it, in one line."""
    match job.state:
        case JobState.QUEUED:
            return screen.text(job.error.sentence if job.error else WAITING, "quiet")
        case JobState.RUNNING:
            stopping = "stopping" if job.is_cancel_requested else job.progress.stage
            return screen.line((stopping, "key"), (f" {job.progress.fraction:.0%}", "quiet"))
        case JobState.DONE:
            return loudness_text(job.result) if job.result else Text()
        case JobState.FAILED | JobState.CANCELLED:
            style = "bad" if job.state is JobState.FAILED else "quiet"
            return screen.text(job.error.sentence if job.error else "", style)


def loudness_text(result: JobResult) -> Text:
    """Loudness before and after, and how long it took."""
    figures = [_loudness_of(m) for m in (result.before, result.after) if m is not None]
    figures[:-1] = [figure.removesuffix(" LUFS") for figure in figures[:-1]]
    took = "from cache" if result.is_from_cache else f"{result.runtime_s:.1f} s"
    return screen.line((" -> ".join(figures), "figure"), (f"  {took}", "quiet"))


def _loudness_of(measurement: Measurement) -> str:
    """Its loudness, or why it has none."""
    if measurement.sample_peak_dbfs is None:
        return "silence"
    return figure_text(INTEGRATED, measurement)


def ended_line(job: Job) -> Text:
    """The line that stays on the screen when a job has ended."""
    state = (job.state.value.ljust(9), STATE_STYLES[job.state])
    name = (job.request.name, "name")
    recipe = (f"  {recipe_text(job.request.recipe)}  ", "quiet")
    where = f"  {shown_path(job.result.files[0].path.parent)}" if job.result and job.result.files else ""
    return screen.line(state, " ", (job.id, "quiet"), "  ", name, recipe, outcome_text(job), (where, "quiet"))


def ago(then_s: float, now_s: float) -> str:
    """How long ago, as people say it."""
    seconds = max(0.0, now_s - then_s)
    if seconds < 60:
        return f"{seconds:.0f} s ago"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86_400:
        return f"{seconds / 3600:.0f} h ago"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(then_s))


class JobBars:
    """A bar for each running job while any runs, and a line that stays for each that has ended."""

    def __init__(self) -> None:
        self._bars = screen.progress_bars()
        self._tasks: dict[str, TaskID] = {}
        self._ended: set[tuple[str, int]] = set()

    def show(self, job: Job) -> None:
        """Takes note of how a job now is."""
        if job.state is JobState.RUNNING:
            self._move(job)
            return
        if job.id in self._tasks:
            self._bars.remove_task(self._tasks.pop(job.id))
        if job.state.is_final and (job.id, job.attempt) not in self._ended:
            self._ended.add((job.id, job.attempt))
            console = screen.out() if self._bars.disable else self._bars.console
            console.print(ended_line(job), soft_wrap=True)
        if not self._tasks:
            self.close()

    def remark(self, sentence: str, style: str = "quiet") -> None:
        """Prints a line above the bars."""
        self._bars.console.print(screen.text(sentence, style), soft_wrap=True)

    def close(self) -> None:
        """Takes the bars off the screen; the next running job brings them back."""
        if self._bars.live.is_started:
            self._bars.stop()

    def _move(self, job: Job) -> None:
        if job.id not in self._tasks:
            self._bars.start()
            self._tasks[job.id] = self._bars.add_task(printable(job.request.name), total=None, stage="", eta_s=None)
        stopping = job.progress.model_copy(update={"stage": "stopping"})
        progress = stopping if job.is_cancel_requested else job.progress
        screen.show_progress(self._bars, self._tasks[job.id], progress)
