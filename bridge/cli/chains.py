"""`dawbridge chains`: list, show, check, and the schema for editors."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from pydantic import BaseModel
from rich.table import Table
from rich.text import Text

from bridge.chains import (
    AUTO,
    PLACEMENT,
    STEPS,
    AutoValue,
    Chain,
    StepBase,
    built_in_chains,
    chain_schema,
    find_chains,
    is_adaptive,
    load_chain,
    read_chain,
)
from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import show_faults, shown_path
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.declarations import Declaration, declarations
from bridge.errors import ChainError, Fault
from bridge.units import with_unit
from bridge.value import Value

HERE = "bridge.cli.chains"
COMMANDS = {
    "list": Entry(f"{HERE}:list_chains", "Chains by name, with their targets."),
    "show": Entry(f"{HERE}:show", "One chain: its steps with their parameters, units and bounds."),
    "check": Entry(f"{HERE}:check", "Check chain files; every fault at once, with its line."),
    "schema": Entry(f"{HERE}:schema", "JSON schema of chain files, for editors that complete and check."),
}


class NamedChain(Value):
    """A chain file that was found; `chain` is None where it has faults."""

    name: str
    path: Path
    is_built_in: bool
    chain: Chain | None
    faults: tuple[str, ...] = ()


class CheckedFile(Value):
    """What the check of one file found."""

    path: Path
    faults: tuple[str, ...]


EXAMPLES = (
    ("How a chain file looks, and how an editor helps to write one", "dawbridge help chain-files"),
    ("Every step that a chain may hold", "dawbridge help steps"),
)


@click.group(cls=LazyGroup, entries=COMMANDS, examples=EXAMPLES)
def chains() -> None:
    """Mastering chains: YAML files of ordered steps and a target."""


@click.command("list", cls=PageCommand)
@json_option
@click.pass_context
def list_chains(ctx: click.Context, *, as_json: bool) -> None:
    """List the chains that a watch folder or `master --chain` may name.

    Your own chains are the files in the settings' `chain_folders`; they win over built-in ones of the same name.
    """
    found = [_named(name, path) for name, path in sorted(find_chains(settings_of(ctx).chain_folders).items())]
    if as_json:
        screen.print_json(found)
        return
    table = screen.table("NAME", "TITLE", "TARGET", "CEILING", "STEPS", "NEEDS", "WHERE", right=(2, 3, 4))
    for entry in found:
        where = screen.text("built-in" if entry.is_built_in else shown_path(entry.path), "quiet")
        if entry.chain is None:
            count = f"{len(entry.faults)} fault{'s' if len(entry.faults) > 1 else ''}"
            table.add_row(screen.text(entry.name, "name"), screen.text(count, "bad"), "", "", "", "", where)
            continue
        target = entry.chain.target
        loudness = "" if target.integrated_lufs is None else with_unit(target.integrated_lufs, "LUFS")
        ceiling = with_unit(target.ceiling_dbtp, "dBTP")
        steps = str(len(entry.chain.steps))
        needs = screen.text(_needs(entry.chain), "quiet")
        table.add_row(screen.text(entry.name, "name"), entry.chain.title, loudness, ceiling, steps, needs, where)
    screen.out().print(table)


@click.command(cls=PageCommand, examples=[("What the streaming chain does", "dawbridge chains show streaming")])
@click.argument("name")
@json_option
@click.pass_context
def show(ctx: click.Context, name: str, *, as_json: bool) -> None:
    """Show one chain, by name or file: every step with its parameters, units and bounds."""
    folders = settings_of(ctx).chain_folders
    is_file = Path(name).suffix in {".yaml", ".yml"}
    chain = read_chain(Path(name)) if is_file else load_chain(name, folders)
    if as_json:
        screen.print_json(chain)
        return
    console = screen.out()
    console.print(screen.line((chain.title, "name"), "  ", (Path(name).stem, "quiet")))
    if chain.description:
        console.print(screen.text(chain.description.strip()), width=min(console.width, 100))
    console.print()
    console.print(_target_table(chain))
    if adaptive := _adaptive_words(chain):
        console.print()
        console.print(screen.text(adaptive, "quiet"))
    console.print()
    console.print(_steps_table(chain))


@click.command(cls=PageCommand, examples=[("Every fault of a chain of yours", "dawbridge chains check mine.yaml")])
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@json_option
def check(files: Sequence[Path], *, as_json: bool) -> int:
    """Check chain files before they are used."""
    faults = {path: _faults(path) for path in files}
    is_wrong = any(faults.values())
    if as_json:
        screen.print_json([CheckedFile(path=path, faults=tuple(map(str, found))) for path, found in faults.items()])
        return ExitCode.USAGE if is_wrong else ExitCode.OK
    for path, found in faults.items():
        if found:
            show_faults(found)
        else:
            click.echo(f"{click.style('ok', fg='green')}  {shown_path(path)}")
    return ExitCode.USAGE if is_wrong else ExitCode.OK


@click.command(
    cls=PageCommand, examples=[("Keep it where your editor finds it", "dawbridge chains schema > chain.json")]
)
def schema() -> None:
    """Print the JSON schema of chain files.

    Name it in the first line of a chain and editors complete and check while you type:
    `# yaml-language-server: $schema=chain.json`
    """
    click.echo(json.dumps(chain_schema(), indent=2))


# --- Inside -----------------------------------------------------------------------------------------------------------


def _needs(chain: Chain) -> str:
    """Plug-ins without which it does not run."""
    count = len({step.plugin for step in chain.plugins})
    return f"{count} plug-in{'' if count == 1 else 's'}" if count else ""


def _named(name: str, path: Path) -> NamedChain:
    is_built_in = path.parent == built_in_chains()
    try:
        return NamedChain(name=name, path=path, is_built_in=is_built_in, chain=read_chain(path))
    except ChainError as reason:
        faults = tuple(map(str, reason.faults))
        return NamedChain(name=name, path=path, is_built_in=is_built_in, chain=None, faults=faults)


def _faults(path: Path) -> tuple[Fault, ...]:
    try:
        read_chain(path)
    except ChainError as reason:
        return reason.faults
    return ()


def _adaptive_words(chain: Chain) -> str:
    """By what it adapts to a mix, and what its loudness may cost; nothing for a plain chain without guards."""
    guards = [f"{name} {value:g}" for name, value in chain.guards.model_dump(exclude_none=True).items()]
    parts = [f"genre {chain.genre}"] if chain.genre is not None else []
    parts += [f"rules {chain.rules}, `dawbridge help auto` explains them"] if is_adaptive(chain) else []
    return "; ".join([*parts, *([f"guards {', '.join(guards)}"] if guards else [])])


def _target_table(chain: Chain) -> Table:
    table = screen.table("TARGET", "", "", "", right=(1,))
    _add_parameters(table, chain.target)
    return table


def _steps_table(chain: Chain) -> Table:
    table = screen.table("", "STEP", "", "BOUNDS", "", right=(2,))
    for index, step in enumerate(chain.steps, start=1):
        model = next(model for model in STEPS if isinstance(step, model))
        is_off = step.bypass
        style = "quiet" if is_off else "name"
        table.add_row(
            screen.text(str(index), "quiet"),
            screen.text(step.use, style),
            "",
            "",
            screen.text("bypassed" if is_off else model.help, "quiet"),
        )
        for name, declaration, value in _values(step):
            table.add_row("", *_parameter_cells(declaration, value, name=f"  {name}"))
    return table


def _add_parameters(table: Table, value: BaseModel) -> None:
    for declaration in _parameters(value):
        table.add_row(*_parameter_cells(declaration, getattr(value, declaration.name)))


def _parameters(value: BaseModel) -> list[Declaration]:
    """What is declared, but for `use` and `bypass`; where a step works, last, or not where it has no choice."""
    found = [d for d in declarations(type(value)) if d.name not in {"use", "bypass"}]
    placement = [d for d in found if d.name in PLACEMENT]
    own = [d for d in found if d.name not in PLACEMENT]
    return own if isinstance(value, StepBase) and value.whole_because else own + placement


def _values(value: AutoValue) -> Iterator[tuple[str, Declaration, object]]:
    """Every parameter by name with what it is set to; of values inside it, each by its place: `bands[0].ratio`."""
    for declaration in _parameters(value):
        name = declaration.name
        given: object = AUTO if name in value.auto else getattr(value, name)
        items = given if isinstance(given, tuple) else ()
        inner = [item for item in items if isinstance(item, AutoValue)]
        for index, item in enumerate(inner):
            yield from ((f"{name}[{index}].{deeper}", told, set_to) for deeper, told, set_to in _values(item))
        if not inner and not (name == "rule" and not given):
            yield name, declaration, given


def _parameter_cells(declaration: Declaration, value: object, name: str = "") -> tuple[Text, Text, Text, Text]:
    shown = _shown(value)
    unit = f" {declaration.unit}" if declaration.unit and value is not None and value != AUTO and shown else ""
    return (
        screen.text(name or declaration.name, "key"),
        screen.text(shown + unit, "figure"),
        screen.text(declaration.range_text, "quiet"),
        screen.text(declaration.help, "quiet"),
    )


def _shown(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float() | int():
            return f"{value:g}"
        case tuple():
            return ", ".join(_shown(item) for item in value) or "-"
        case _:
            return str(value)
