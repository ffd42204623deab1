"""`dawbridge demo`: a song through the real daemon, from the bounce to the report."""

import sys
import tempfile
from pathlib import Path

import click

from bridge.cli import screen
from bridge.cli.demo_session import DemoError, DemoSession
from bridge.cli.direct_work import PREPARING, is_engine_cold
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import Cancelled, printable, show_error, shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option
from bridge.cli.results import figures_table, files_of
from bridge.jobs.direct import report_of
from bridge.model import Job, JobState
from bridge.reports.verdict import verdict
from bridge.settings import Settings

EXAMPLES = (
    ("Leave the daemon running, to drop bounces of your own", "dawbridge demo --keep"),
    ("Keep everything in a folder of your choice", "dawbridge demo --folder ~/bridge-demo"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.option("--keep", is_flag=True, help="Leave the daemon running.")
@click.option("--seconds", type=click.IntRange(5, 600), default=30, show_default=True, help="Length of the song.")
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="DIR", help="Play there; otherwise in a new temporary folder."
)
@json_option
def demo(*, keep: bool, seconds: int, folder: Path | None, as_json: bool) -> int:
    """Hear it work on a song that it makes itself.

    A scratch session gets a daemon of its own. A song is bounced into its render folder as a DAW would do it, and
    comes back mastered, with a report. Nothing of yours is touched.
    """
    session = DemoSession((folder or Path(tempfile.mkdtemp(prefix="dawbridge-demo-"))).absolute())
    is_running_on = False
    try:
        job = _play(session, seconds)
        is_running_on = keep and job.state is JobState.DONE
    except KeyboardInterrupt:
        raise Cancelled from None
    except DemoError as error:
        show_error(error.sentence)
        _show_log(session)
        return ExitCode.FAILED
    finally:
        if not is_running_on:
            session.stop_daemon()
    if as_json:
        screen.print_json(job)
    elif job.state is JobState.DONE:
        _show_result(session, job, is_running_on=is_running_on)
    if job.state is not JobState.DONE:
        show_error(job.error.sentence if job.error else f"The job was {job.state.value}.")
        _show_log(session)
        return ExitCode.FAILED
    return ExitCode.OK


def _play(session: DemoSession, seconds: int) -> Job:
    """The job of the demo, ended."""
    steps = screen.Steps()
    steps.remark(f"Scratch session in {shown_path(session.folder)}")
    with steps.step("Starting the daemon", "Daemon started"):
        session.start_daemon()
    with session.daw(seconds) as daw:
        with steps.step("Composing a song", f"Song composed, {seconds} s long"):
            daw.compose()
        with steps.bar(session.mix.stem, "Bounced as a DAW does it") as on_progress:
            daw.finish(on_progress)
    if is_engine_cold(Settings()):
        steps.remark(PREPARING)
    with steps.bar(session.mix.stem, "Mastered and returned") as on_progress:
        return session.finished_job(lambda job: on_progress(job.progress))


def _show_result(session: DemoSession, job: Job, *, is_running_on: bool) -> None:
    result = job.result
    assert result is not None
    files = {file.role: file.path for file in result.files}
    report = report_of(result)
    console = screen.out()
    console.print()
    console.print(screen.text(job.request.name, "name"))
    console.print(screen.text(verdict(report).sentence))
    console.print()
    console.print(figures_table(report.before, report.after))
    console.print()
    console.print(files_of(result))
    console.print()
    paths = (("Mix", session.mix), ("Master", files["master"]), ("Report", files["report_html"]))
    screen.print_pairs([(label, screen.text(str(path))) for label, path in paths])
    console.print()
    _say_what_next(session, is_running_on=is_running_on)


def _say_what_next(session: DemoSession, *, is_running_on: bool) -> None:
    console = screen.out()
    if not is_running_on:
        console.print(screen.text("Open the report in a browser, and listen to both files. Then, with your own DAW:"))
        screen.print_pairs([("Watch it", screen.text("dawbridge init --watch RENDER_FOLDER && dawbridge run", "key"))])
        return
    stop = f"taskkill /PID {session.daemon_pid}" if sys.platform == "win32" else f"kill {session.daemon_pid}"
    console.print(screen.text("The daemon still runs. Open the report in a browser; bounce something of your own."))
    screen.print_pairs(
        [
            ("Bounce into", screen.text(str(session.renders))),
            ("See its jobs", screen.text(f"dawbridge --config {session.config} jobs watch", "key")),
            ("Stop it", screen.text(stop, "key")),
        ]
    )


def _show_log(session: DemoSession) -> None:
    click.echo(f"The daemon's last lines ({session.folder}):", err=True)
    click.secho(printable(session.log_tail()), dim=True, err=True)
