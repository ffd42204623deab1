"""`dawbridge run`: the daemon."""

import logging
import sys
from collections.abc import Iterator, Sequence

import click
import yaml

from bridge import __version__
from bridge.cli import screen
from bridge.cli.direct_work import PREPARING, is_engine_cold
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import settings_of
from bridge.cli.results import JobBars, recipe_text
from bridge.daemon import LOG_FORMAT, Daemon
from bridge.errors import RequestError
from bridge.model import Job
from bridge.settings import Settings

REMARKS = {
    "daemon_ready": "Ready. Ctrl-C stops.",
    "engine_preparing": f"{PREPARING}; a bounce that comes before it is done waits for it.",
    "daemon_stopping": "Stopping; a job that runs is done again at the next start.",
}
EXAMPLES = (
    ("With the settings file of this folder, or your own", "dawbridge run"),
    ("Two jobs at a time, this once", "dawbridge run --set engines.slots=2"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.option(
    "--set",
    "assigned",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the settings for this run, such as engines.slots=2; may be repeated.",
)
@click.pass_context
def run(ctx: click.Context, assigned: Sequence[str]) -> int:
    """Watch the folders of the settings and answer every bounce with a master and a report.

    Ctrl-C stops it; a job that is running goes back to the queue and is done at the next start.
    """
    settings = settings_of(ctx, dict(map(_assignment, assigned)))
    if not settings.watch and not settings.ticket_folders and not settings.has_surfaces:
        raise RequestError(
            "No folder is watched and no ticket is read: write settings with `dawbridge init --watch FOLDER`, or name "
            "a settings file with `dawbridge --config FILE run`."
        )
    if sys.stdout.isatty():
        _serve_on_a_terminal(settings)
    else:
        _serve_in_lines(settings)
    return ExitCode.OK


def _assignment(text: str) -> tuple[str, object]:
    key, is_there, value = text.partition("=")
    if not is_there or not key:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE, such as engines.slots=2.", param_hint="--set")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        return key, value


def _serve_on_a_terminal(settings: Settings) -> None:
    """A bar for each running job, a line for each that has ended."""
    _print_folders(settings)
    jobs = JobBars()
    handler = _Remarks(jobs)
    logging.getLogger("bridge").addHandler(handler)
    try:
        Daemon(settings, notifiers=(_Live(jobs),), is_engine_cold=is_engine_cold(settings)).serve()
    finally:
        jobs.close()
        logging.getLogger("bridge").removeHandler(handler)


def _serve_in_lines(settings: Settings) -> None:
    """The lines of the log, for a service manager or a file."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logging.getLogger("bridge").addHandler(handler)
    try:
        Daemon(settings, is_engine_cold=is_engine_cold(settings)).serve()
    finally:
        logging.getLogger("bridge").removeHandler(handler)


class _Live:
    """Shows each change of each job."""

    def __init__(self, jobs: JobBars) -> None:
        self._jobs = jobs

    def job_changed(self, job: Job) -> None:
        """Told by the worker."""
        self._jobs.show(job)


class _Remarks(logging.Handler):
    """What somebody who sits before the terminal wants to know besides jobs: ready, stopping, and what goes wrong."""

    def __init__(self, jobs: JobBars) -> None:
        super().__init__()
        self._jobs = jobs

    def emit(self, record: logging.LogRecord) -> None:
        """Prints the record, if it is one of these; what becomes of jobs is shown as such."""
        remark = REMARKS.get(getattr(record, "action", ""))
        if remark is not None:
            self._jobs.remark(remark)
        elif record.levelno >= logging.WARNING and not hasattr(record, "job"):
            style = "bad" if record.levelno >= logging.ERROR else "warn"
            self._jobs.remark(f"{record.levelname.lower()}: {record.getMessage()}", style)


def _print_folders(settings: Settings) -> None:
    console = screen.out()
    console.print(screen.line(("daw-bridge", "name"), f" {__version__}"))
    table = screen.table("", "", "")
    for watch in settings.watch:
        table.add_row(
            screen.text("watches", "quiet"),
            screen.text(shown_path(watch.folder)),
            screen.text(recipe_text(watch.recipe), "key"),
        )
        table.add_row(screen.text("returns", "quiet"), screen.text(shown_path(settings.return_folder(watch))), "")
    for folder in settings.ticket_folders:
        table.add_row(screen.text("tickets", "quiet"), screen.text(shown_path(folder)), "")
    for name, place in _surfaces(settings):
        table.add_row(screen.text(name, "quiet"), screen.text(place), "")
    console.print(screen.indented(table))


def _surfaces(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where control surfaces reach the bridge."""
    if settings.osc.is_enabled:
        yield "OSC", f"{settings.osc.host}:{settings.osc.port}"
    if settings.oscquery.is_enabled:
        yield "OSCQuery", f"http://{settings.oscquery.host}:{settings.oscquery.port}"
    if settings.midi.is_enabled:
        yield "MIDI", f"{', '.join(settings.midi.inputs) or 'network'}; {len(settings.midi.bindings)} bindings"
