"""`dawbridge plugins check` and `doctor`."""

from collections.abc import Sequence
from pathlib import Path

import click

from bridge.chains import find_chains, load_chain, read_chain
from bridge.checkup.finding import Verdict
from bridge.checkup.plugins import check_up_plugins
from bridge.cli import screen
from bridge.cli.chains import CheckedFile
from bridge.cli.doctor import print_findings
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import show_faults, shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.plugins.shelves import scan_of
from bridge.errors import ChainError, Fault
from bridge.plugins.checking import check_plugins, with_plugin_faults
from bridge.settings import Settings


@click.command(cls=PageCommand, examples=[("Before a session", "dawbridge plugins check mine.yaml zam_glue")])
@click.argument("chains", nargs=-1, required=True, metavar="CHAIN...")
@json_option
@click.pass_context
def check(ctx: click.Context, chains: Sequence[str], *, as_json: bool) -> int:
    """Check chains, by name or file, against what is installed: plug-ins, parameters, presets, channels."""
    settings = settings_of(ctx)
    found = {name: _faults(name, settings) for name in chains}
    is_wrong = any(found.values())
    if as_json:
        screen.print_json(
            [CheckedFile(path=Path(name), faults=tuple(map(str, faults))) for name, faults in found.items()]
        )
        return ExitCode.USAGE if is_wrong else ExitCode.OK
    for name, faults in found.items():
        if faults:
            show_faults(faults)
        else:
            click.echo(f"{click.style('ok', fg='green')}  {shown_path(Path(name))}")
    return ExitCode.USAGE if is_wrong else ExitCode.OK


def _faults(name: str, settings: Settings) -> tuple[Fault, ...]:
    is_file = Path(name).suffix in {".yaml", ".yml"}
    path = Path(name) if is_file else find_chains(settings.chain_folders).get(name)
    learn = scan_of(settings.plugin_place).named
    try:
        chain = load_chain(name, settings.chain_folders) if path is None else read_chain(path, settings.chain_folders)
    except ChainError as reason:
        return reason.faults if path is None else with_plugin_faults(reason, path, learn).faults
    try:
        check_plugins(chain, path or Path(name), learn([step.plugin for step in chain.plugins]))
    except ChainError as reason:
        return reason.faults
    return ()


@click.command(cls=PageCommand, examples=[("What to put right", "dawbridge plugins doctor")])
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> int:
    """Check folders, the catalogue, the quarantine, failures in jobs, and the chains that name plug-ins."""
    findings = list(check_up_plugins(settings_of(ctx)))
    if as_json:
        screen.print_json(findings)
    else:
        print_findings(findings)
    return ExitCode.FAILED if any(one.verdict is Verdict.BAD for one in findings) else ExitCode.OK
