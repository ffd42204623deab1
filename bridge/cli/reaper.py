"""`dawbridge reaper`: scripts into REAPER, and a check of the road to it and back."""

from pathlib import Path

import click

from bridge.checkup.finding import Verdict
from bridge.checkup.reaper import check_reaper
from bridge.cli import screen
from bridge.cli.doctor import print_findings
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import shown_path
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import config_of, json_option, settings_of
from bridge.daws.reaper import (
    PACKAGE,
    Installed,
    ScriptSettings,
    dawbridge_program,
    install,
    resource_folder,
    start_command,
)
from bridge.errors import RequestError
from bridge.settings import process_environment

HERE = "bridge.cli.reaper"
COMMANDS = {
    "install": Entry(f"{HERE}:install_scripts", "Put the scripts into REAPER and tell them where the daemon is."),
    "doctor": Entry(f"{HERE}:doctor", "Check scripts, ticket folder and daemon; say what to put right."),
}
EXAMPLES = (
    ("Into the REAPER of this user", "dawbridge reaper install"),
    ("Into a portable REAPER", "dawbridge reaper install --resource-path /media/stick/REAPER"),
)

resource_option = click.option(
    "--resource-path",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="REAPER's resource folder; otherwise that of this user. In REAPER: Options > Show REAPER resource path.",
)


@click.group(cls=LazyGroup, entries=COMMANDS)
def reaper() -> None:
    """REAPER: split and master with one key, results back on the timeline.

    `dawbridge help reaper-scripts` tells how to begin.
    """


@click.command("install", cls=PageCommand, examples=EXAMPLES)
@resource_option
@click.pass_context
def install_scripts(ctx: click.Context, *, resource_path: Path | None) -> None:
    """Put the scripts into REAPER and tell them where the daemon is.

    May be run again at any time; scripts of an earlier version are replaced, other files are left alone.
    """
    settings = settings_of(ctx)
    if not settings.ticket_folders:
        raise RequestError("`tickets.is_on` is off in the settings: the scripts could not reach the daemon.")
    resources = _resources(resource_path)
    config = config_of(ctx)
    start = start_command(dawbridge_program(), None if config is None else config.absolute())
    done = install(resources, ScriptSettings(tickets=str(settings.ticket_folders[0]), start=start))
    _print_installed(done)


def _print_installed(done: Installed) -> None:
    console = screen.out()
    place = (shown_path(done.folder), "name")
    if not done.written:
        removed = f"; {done.removed} second copies removed" if done.removed else ""
        about = "; ReaPack looks after the scripts in "
        console.print(screen.line(("Settings written", "good"), about, place, removed))
        console.print("\nOnce, in REAPER: run the action Bridge: Set up and diagnose.")
        return
    removed = f", {done.removed} of an earlier version removed" if done.removed else ""
    console.print(screen.line(("Installed", "good"), f" {done.written} files in ", place, removed))
    console.print("\nOnce, in REAPER:")
    console.print("  1. Actions > Show action list > New action > Load ReaScript")
    console.print(screen.line("  2. choose ", (shown_path(done.folder / PACKAGE), "key")))
    console.print("  3. run it: it adds the other actions and says whether everything is in order")


@click.command(cls=PageCommand, examples=[("As data", "dawbridge reaper doctor --json")])
@resource_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, resource_path: Path | None, as_json: bool) -> int:
    """Check scripts, ticket folder and daemon; nothing is changed.

    Ends with 1 when something is bad, with 0 when everything is well or will do.
    """
    findings = list(check_reaper(_resources(resource_path), settings_of(ctx)))
    is_bad = any(finding.verdict is Verdict.BAD for finding in findings)
    if as_json:
        screen.print_json(findings)
    else:
        print_findings(findings)
    return ExitCode.FAILED if is_bad else ExitCode.OK


def _resources(explicit: Path | None) -> Path:
    return explicit.absolute() if explicit is not None else resource_folder(process_environment())
