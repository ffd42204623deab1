"""`dawbridge jobs`: what waits, runs and has ended, read from the job store; works with and without the daemon."""

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from types import FrameType

import click
from click.shell_completion import CompletionItem
from rich.console import RenderableType
from rich.text import Text

from bridge.checkup.running import running_daemon
from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode, exit_code_named
from bridge.cli.failures import show_warning, shown_path
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import (
    STATE_STYLES,
    JobBars,
    ago,
    figures_table,
    files_of,
    outcome_text,
    recipe_text,
)
from bridge.errors import RequestError
from bridge.jobs.looking import find_job, follow
from bridge.jobs.problems import FileProblem, ProblemBook
from bridge.jobs.store import STORE_FILE, JobStore
from bridge.model import Job, JobState
from bridge.units import bytes_text
from bridge.value import Value

HERE = "bridge.cli.jobs"
COMMANDS = {
    "list": Entry(f"{HERE}:list_jobs", "Jobs, the newest first; --failed shows what needs a look."),
    "show": Entry(f"{HERE}:show", "One job: request, progress, figures, files, or why it failed."),
    "watch": Entry(f"{HERE}:watch", "Progress as it happens."),
    "cancel": Entry(f"{HERE}:cancel", "Take jobs out of the queue, or stop them."),
    "retry": Entry(f"{HERE}:retry", "Queue failed or cancelled jobs again."),
    "pause": Entry(f"{HERE}:pause", "Start no more jobs until they are resumed."),
    "resume": Entry(f"{HERE}:resume", "Start jobs again."),
}


class NeedsALook(Value):
    """What somebody has to look at."""

    jobs: tuple[Job, ...]
    files: tuple[FileProblem, ...]
    """Files in watch folders that cannot become a job."""


@click.group(cls=LazyGroup, entries=COMMANDS)
def jobs() -> None:
    """Jobs of the daemon. An id may be shortened to its beginning or its end while only one job fits."""


def _complete_id(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with _store(ctx) as store:
        found = store.list() if store else ()
    return [CompletionItem(job.id, help=job.request.name) for job in found if job.id.startswith(incomplete)]


@click.command("list", cls=PageCommand, examples=[("What failed, and why", "dawbridge jobs list --failed")])
@click.option(
    "--failed", is_flag=True, help="Jobs that failed for good and files that cannot become a job, with the reasons."
)
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in JobState]),
    multiple=True,
    help="Only this state; may be repeated.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@click.pass_context
def list_jobs(ctx: click.Context, *, failed: bool, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List jobs, the newest first.

    `--json` prints a list of jobs; with `--failed` an object with two lists: `jobs`, and `files` that cannot become a
    job.
    """
    wanted = (JobState.FAILED,) if failed else tuple(map(JobState, states)) or tuple(JobState)
    with _store(ctx) as store:
        found = store.list(wanted, limit) if store else ()
        is_paused = store is not None and store.is_paused()
    files = ProblemBook(settings_of(ctx).data_folder).list()
    if as_json:
        screen.print_json(NeedsALook(jobs=found, files=files) if failed else found)
        return
    if found:
        _print_list(found)
    elif not (failed and files):
        screen.out().print(screen.text("No jobs." if wanted == tuple(JobState) else "No such jobs.", "quiet"))
    if is_paused:
        show_warning("The queue is paused: `dawbridge jobs resume` starts it again.")
    if failed:
        _print_files(files, is_first=not found)
    else:
        _point_at(files, is_first=not found)


@click.command(cls=PageCommand)
@click.argument("job_id", metavar="ID", shell_complete=_complete_id)
@json_option
@click.pass_context
def show(ctx: click.Context, job_id: str, *, as_json: bool) -> None:
    """Show one job."""
    with _existing_store(ctx, job_id) as store:
        job = find_job(store, job_id)
    if as_json:
        screen.print_json(job)
    else:
        _print_job(job)


@click.command(cls=PageCommand)
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True, shell_complete=_complete_id)
@json_option
@click.pass_context
def cancel(ctx: click.Context, job_ids: tuple[str, ...], *, as_json: bool) -> None:
    """Take jobs out of the queue; running ones are stopped by the daemon, and nothing of them is delivered."""
    _change(ctx, job_ids, lambda store, job: store.cancel(job.id, time.time()), as_json=as_json)


@click.command(cls=PageCommand)
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True, shell_complete=_complete_id)
@json_option
@click.pass_context
def retry(ctx: click.Context, job_ids: tuple[str, ...], *, as_json: bool) -> None:
    """Queue failed or cancelled jobs again; the daemon does them when their turn comes."""
    _warn_without_daemon(ctx)
    _change(ctx, job_ids, lambda store, job: store.retry(job.id), as_json=as_json)


@click.command(cls=PageCommand)
@click.pass_context
def pause(ctx: click.Context) -> None:
    """Start no more jobs; those that run go on. Holds until `dawbridge jobs resume`, across restarts of the daemon."""
    with JobStore(settings_of(ctx).data_folder / STORE_FILE) as store:
        store.pause()
    screen.out().print(screen.line(("paused", "warn"), "  waiting jobs stay where they are: dawbridge jobs resume"))


@click.command(cls=PageCommand)
@click.pass_context
def resume(ctx: click.Context) -> None:
    """Start jobs again."""
    with JobStore(settings_of(ctx).data_folder / STORE_FILE) as store:
        store.resume()
    screen.out().print(screen.text("resumed", "good"))


@click.command(cls=PageCommand)
@click.argument("job_id", metavar="[ID]", required=False, shell_complete=_complete_id)
@click.pass_context
def watch(ctx: click.Context, job_id: str | None) -> int:
    """Show progress as it happens, of one job until it has ended, or of all until Ctrl-C."""
    shown, seen = JobBars(), None
    with _existing_store(ctx, job_id or "") as store, _until_interrupted() as pause, closing(shown):
        wanted = find_job(store, job_id).id if job_id else None
        if wanted is None or not store.get(wanted).state.is_final:
            _warn_without_daemon(ctx)
        for seen in _states(store, wanted, pause):
            shown.show(seen)
    return _exit_code(seen) if seen and wanted else ExitCode.OK


def _states(store: JobStore, wanted: str | None, pause: Callable[[float], bool]) -> Iterator[Job]:
    """How a job is and becomes until it has ended; without an id, how all jobs do until `pause` says to stop."""
    after = store.revision()
    now = (store.get(wanted),) if wanted else reversed(store.list((JobState.RUNNING,)))
    for job in chain(now, follow(store, after, pause)):
        if wanted in {None, job.id}:
            yield job
            if wanted and job.state.is_final:
                return


# --- Store ------------------------------------------------------------------------------------------------------------


@contextmanager
def _store(ctx: click.Context) -> Generator[JobStore | None]:
    """The job store of the settings; None where no daemon has made one yet."""
    path = settings_of(ctx).data_folder / STORE_FILE
    if not path.exists():
        yield None
        return
    with JobStore(path) as store:
        yield store


@contextmanager
def _existing_store(ctx: click.Context, job_id: str) -> Generator[JobStore]:
    with _store(ctx) as store:
        if store is None:
            about = f"There is no job {job_id}: there" if job_id else "There"
            raise RequestError(f"{about} are no jobs yet. `dawbridge run` starts the daemon that takes them.")
        yield store


def _warn_without_daemon(ctx: click.Context) -> None:
    """Says why nothing moves."""
    if running_daemon(settings_of(ctx).data_folder) is None:
        show_warning("No daemon runs, so jobs wait. `dawbridge run` starts it.")


def _change(ctx: click.Context, ids: Sequence[str], change: Callable[[JobStore, Job], Job], *, as_json: bool) -> None:
    """Makes a change to each of the jobs; all ids are looked up before the first change."""
    with _existing_store(ctx, ids[0]) as store:
        found = [find_job(store, job_id) for job_id in ids]
        changed = [change(store, job) for job in found]
    if as_json:
        screen.print_json(changed)
        return
    console = screen.out()
    for job in changed:
        state = "stopping" if job.is_cancel_requested else job.state.value
        console.print(screen.line((state, STATE_STYLES[job.state]), f"  {job.id}  ", (job.request.name, "name")))


@contextmanager
def _until_interrupted() -> Generator[Callable[[float], bool]]:
    """A pause that tells whether Ctrl-C was pressed; while the block runs, Ctrl-C does nothing else."""
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopping.wait
    finally:
        signal.signal(signal.SIGINT, before)


def _exit_code(job: Job) -> ExitCode:
    match job.state:
        case JobState.FAILED:
            return exit_code_named(job.error.code if job.error else "")
        case JobState.CANCELLED:
            return ExitCode.CANCELLED
        case JobState.QUEUED | JobState.RUNNING | JobState.DONE:
            return ExitCode.OK


# --- Printing ---------------------------------------------------------------------------------------------------------


def _print_list(found: Sequence[Job]) -> None:
    now_s = time.time()
    table = screen.table("ID", "STATE", "NAME", "CHAIN", "WHEN", "")
    for job in found:
        table.add_row(
            screen.text(job.id, "key"),
            screen.text(job.state.value, STATE_STYLES[job.state]),
            screen.text(job.request.name, "name"),
            screen.text(recipe_text(job.request.recipe)),
            screen.text(ago(job.finished_s or job.started_s or job.created_s, now_s), "quiet"),
            outcome_text(job),
        )
    screen.out().print(table)


def _print_files(files: Sequence[FileProblem], *, is_first: bool) -> None:
    """The table of files that cannot become a job; nothing without any."""
    if not files:
        return
    now_s = time.time()
    table = screen.table("FILE", "WHEN", "WHY")
    for problem in files:
        table.add_row(
            screen.text(shown_path(problem.path), "name"),
            screen.text(ago(problem.at_s, now_s), "quiet"),
            screen.text(problem.sentence, "warn"),
        )
    console = screen.out()
    if not is_first:
        console.print()
    console.print(screen.text("Files that cannot become a job; one that is bounced again is taken again.", "quiet"))
    console.print(table)


def _point_at(files: Sequence[FileProblem], *, is_first: bool) -> None:
    if not files:
        return
    count = "1 file needs a look: " if len(files) == 1 else f"{len(files)} files need a look: "
    console = screen.out()
    if not is_first:
        console.print()
    console.print(screen.line((count, "warn"), ("dawbridge jobs list --failed", "key")))


def _print_job(job: Job) -> None:
    console = screen.out()
    console.print(screen.line((job.request.name, "name"), "  ", (job.id, "quiet")))
    console.print()
    console.print(screen.indented(_facts(job)))
    if job.error:
        console.print()
        console.print(screen.text(job.error.sentence, "bad" if job.state is JobState.FAILED else "warn"))
        if job.error.traceback:
            console.print(screen.indented(screen.text(job.error.traceback.rstrip(), "quiet")))
    if job.result and job.result.before:
        console.print()
        console.print(figures_table(job.result.before, job.result.after))
    if job.result and job.result.files:
        console.print()
        console.print(files_of(job.result))
    for warning in job.result.warnings if job.result else ():
        console.print(screen.line(("warning: ", "warn"), warning))


def _facts(job: Job) -> RenderableType:
    now_s = time.time()
    table = screen.table("", "")
    request = job.request
    rows: list[tuple[str, Text]] = [("state", screen.text(job.state.value, STATE_STYLES[job.state]))]
    rows += [("progress", outcome_text(job))] if job.state is not JobState.FAILED else []
    rows += [("render", screen.text(f"{render.path}  {bytes_text(render.size_bytes)}")) for render in request.renders]
    rows += [
        ("chain", screen.text(recipe_text(request.recipe))),
        ("return folder", screen.text(str(request.return_folder))),
    ]
    rows += [
        ("asked by", screen.text(" ".join(part for part in (request.origin.listener, request.origin.client) if part)))
    ]
    rows += [("asked", screen.text(ago(job.created_s, now_s)))]
    rows += [("started", screen.text(ago(job.started_s, now_s)))] if job.started_s else []
    rows += [("ended", screen.text(ago(job.finished_s, now_s)))] if job.finished_s else []
    rows += [("attempts", screen.text(str(job.attempt)))]
    for label, value in rows:
        table.add_row(screen.text(label, "quiet"), value)
    return table
