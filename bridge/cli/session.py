"""`dawbridge session`: results as a session that a DAW without scripts can open."""

from pathlib import Path

import click

from bridge.cli import screen
from bridge.cli.failures import show_warning, shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.daws.session import write_session
from bridge.delivery import file_name
from bridge.errors import RequestError
from bridge.jobs.looking import find_job
from bridge.jobs.store import STORE_FILE, JobStore

EXAMPLES = (
    ("Master and stems of one mix, side by side", "dawbridge session 1rzcc01qb 1rzcd7wxk --out Sessions"),
    ("In a session where the song begins at one hour", "dawbridge session 1rzcc01qb --start 3600"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the session's folder is made; otherwise in the return folder of the first job.",
)
@click.option(
    "--start",
    "start_s",
    type=click.FloatRange(0, 86_400),
    metavar="SECONDS",
    help="Where the song begins in the session; otherwise as the mix says (BWF time reference), or at 0.",
)
@json_option
@click.pass_context
def session(
    ctx: click.Context, job_ids: tuple[str, ...], *, out: Path | None, start_s: float | None, as_json: bool
) -> None:
    """Write results of jobs as a session: a REAPER project, and a folder of files that know their place.

    Name jobs about the same mix: its masters, its stems. The folder holds copies with a BWF time reference, which
    every DAW can place ("move to origin", "spot to original time stamp"), the project (.rpp) with tracks, folders and
    markers, and the markers as a table. Files that are no WAV cannot hold a time reference; they are named.
    """
    path = settings_of(ctx).data_folder / STORE_FILE
    if not path.exists():
        raise RequestError("There are no jobs yet. `dawbridge run` starts the daemon that takes them.")
    with JobStore(path) as store:
        jobs = list({job.id: job for job in (find_job(store, job_id) for job_id in job_ids)}.values())
    request = jobs[0].request
    folder = (out or request.return_folder) / f"{file_name(request.name)} session"
    written = write_session(jobs, folder, start_s)
    if as_json:
        screen.print_json(written)
        return
    screen.out().print(
        screen.line(
            ("Wrote", "good"),
            f" {len(written.files)} audio files and {written.markers} markers; open ",
            (shown_path(written.project), "name"),
        )
    )
    if written.without_reference:
        names = ", ".join(file.name for file in written.without_reference)
        show_warning(f"{names}: this format cannot say where it begins; place it at the start by hand.")
