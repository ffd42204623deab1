"""`dawbridge report`: a report as plain text, and the schema of its JSON."""

import json
from contextlib import suppress
from pathlib import Path

import click

from bridge.cli import screen
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.errors import ReportError, RequestError
from bridge.jobs.looking import find_job
from bridge.jobs.store import STORE_FILE, JobStore
from bridge.report import Report
from bridge.reports.document import read_album, read_comparison, read_report, report_schema
from bridge.reports.text import report_text

EXAMPLES = (
    ("What was done to a song, and why", "dawbridge report 'Returns/MySong/MySong [streaming].report.json'"),
    ("The report of a job, by its id", "dawbridge report 3f2a"),
    ("The schema, for programs that read reports", "dawbridge report --schema > report.schema.json"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("what", metavar="FILE|ID", required=False)
@click.option("--schema", "is_schema", is_flag=True, help="Print the JSON schema of reports instead.")
@json_option
@click.pass_context
def report(ctx: click.Context, what: str | None, *, is_schema: bool, as_json: bool) -> None:
    """Print a report as plain text: figures, steps with their reasons, findings, files.

    FILE is a report's JSON, ID a job of the daemon.
    """
    if is_schema == (what is not None):
        raise RequestError("Name a report file or a job, or ask for the --schema.")
    if what is None:
        click.echo(json.dumps(report_schema(), indent=2))
        return
    found = _report_in(Path(what) if Path(what).is_file() else _path_of_job(ctx, what))
    if as_json:
        screen.print_json(found)
    else:
        click.echo(report_text(found), nl=False)


def _path_of_job(ctx: click.Context, what: str) -> Path:
    """The report that a job has left."""
    store_path = settings_of(ctx).data_folder / STORE_FILE
    if what.endswith(".json") or not store_path.exists():
        raise RequestError(f"There is no file {what}, and no job of that id.")
    with JobStore(store_path) as store:
        job = find_job(store, what)
    for file in job.result.files if job.result else ():
        if file.role == "report":
            return file.path
    raise RequestError(f"Job {job.id} is {job.state}: it has no report.")


def _report_in(path: Path) -> Report:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise ReportError(f"{path} cannot be read as a report: {reason}.") from reason
    for read in (read_comparison, read_album):
        with suppress(ReportError):
            read(text)
            page = path.with_suffix(".html")
            raise RequestError(f"{path} tells of a comparison or an album, which has no plain text: open {page}.")
    return read_report(text)
