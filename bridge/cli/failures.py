"""One readable block on stderr for whatever went wrong, and the exit code that goes with it; never a traceback."""

import os
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import click

from bridge.cli.exit_codes import ExitCode, exit_code_of
from bridge.errors import BridgeError, DocumentError, Fault


class Cancelled(Exception):  # noqa: N818 - not an error: what was asked for has happened
    """The user stopped the work; everything is cleared away."""


def guarded(command: Callable[[], object]) -> int:
    """The exit code of a command; what it raises is shown as a block on stderr."""
    try:
        code = command()
    except click.exceptions.Exit as reason:
        return reason.exit_code
    except click.UsageError as reason:
        _show_usage(reason)
        return ExitCode.USAGE
    except click.ClickException as reason:
        show_error(reason.format_message())
        return reason.exit_code
    except (Cancelled, click.Abort, KeyboardInterrupt):
        click.secho("Cancelled.", fg="yellow", err=True)
        return ExitCode.CANCELLED
    except DocumentError as reason:
        show_faults(reason.faults)
        return exit_code_of(type(reason))
    except BridgeError as reason:
        show_error(reason.sentence)
        return exit_code_of(type(reason))
    except BrokenPipeError:
        _let_the_reader_go()
        return ExitCode.OK
    except OSError as reason:
        show_error(f"{reason.filename or 'A file'} cannot be used: {reason.strerror or reason}.")
        return ExitCode.AUDIO
    except Exception:  # noqa: BLE001 - the process boundary: people get a sentence, developers the file
        details = kept(traceback.format_exc())
        show_error(f"This is a fault in daw-bridge itself. Please report it with the file {details}.")
        return ExitCode.BUG
    return int(code) if isinstance(code, int) else ExitCode.OK


def show_error(sentence: str) -> None:
    """Prints one sentence as an error."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(sentence)}", err=True)


def show_warning(sentence: str) -> None:
    """Prints one sentence as a warning."""
    click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {printable(sentence)}", err=True)


def printable(text: str) -> str:
    """The text without what could steer a terminal: names of files may hold anything."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


def show_faults(faults: Sequence[Fault]) -> None:
    """Prints every fault of a document, with the line it is in."""
    if len(faults) == 1 and faults[0].line is None:
        show_error(_placed(faults[0]))
        return
    for file, group in groupby(faults, lambda fault: fault.file):
        here = list(group)
        count = "1 fault" if len(here) == 1 else f"{len(here)} faults"
        show_error(f"{count} in {shown_path(file) if file else 'the settings'}")
        for fault in here:
            click.echo("\n" + _fault_block(fault), err=True)
        click.echo(err=True)


def shown_path(path: Path) -> str:
    """A path as people would type it: relative where it lies below the working folder."""
    try:
        return printable(str(path.absolute().relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(str(path))


def _placed(fault: Fault) -> str:
    place = shown_path(fault.file) if fault.file else ""
    return ": ".join(part for part in (place, fault.key, fault.sentence) if part)


def _fault_block(fault: Fault) -> str:
    at = [str(part) for part in (fault.line, fault.column) if part is not None]
    place = ":".join([shown_path(fault.file), *at] if at and fault.file is not None else at)
    key = click.style(printable(fault.key), fg="cyan") if fault.key else ""
    head = "  ".join(part for part in (click.style(place, dim=True) if place else "", key) if part)
    lines = [f"  {head}" if head else "", f"    {printable(fault.sentence)}", *_excerpt(fault)]
    return "\n".join(line for line in lines if line)


def _excerpt(fault: Fault) -> list[str]:
    """The line that the fault is in, with a mark below the place."""
    if fault.file is None or fault.line is None:
        return []
    try:
        line = fault.file.read_text(encoding="utf-8").splitlines()[fault.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return []
    column = fault.column or 1
    word = line[column - 1 :].split(":")[0].split()
    number = str(fault.line)
    bar = click.style("|", dim=True)
    mark = click.style(" " * (column - 1) + "^" * max(1, len(word[0]) if word else 1), fg="red")
    return [
        f"    {click.style(number, dim=True)} {bar} {printable(line[:160])}",
        f"    {' ' * len(number)} {bar} {mark}",
    ]


def _show_usage(reason: click.UsageError) -> None:
    if isinstance(reason, click.exceptions.NoArgsIsHelpError):
        click.echo(reason.format_message(), err=True)
        return
    show_error(reason.format_message())
    if reason.ctx is not None:
        click.echo(f"\n{reason.ctx.get_usage()}", err=True)
        click.echo(f"Try {click.style(f'{reason.ctx.command_path} --help', bold=True)}.", err=True)


def kept(details: str) -> Path:
    """The file in which the details of a failure now are."""
    handle, name = tempfile.mkstemp(prefix=f"dawbridge-fault-{time.strftime('%Y%m%d-%H%M%S')}-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(details)
    return Path(name)


def _let_the_reader_go() -> None:
    """Points stdout at nothing, so that the interpreter does not complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
