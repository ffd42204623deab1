"""`dawbridge init`: a commented settings file."""

import tempfile
from pathlib import Path

import click

from bridge.cli.failures import show_warning, shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import config_of
from bridge.cli.settings_file import settings_text
from bridge.delivery import delivery_errors, write_whole
from bridge.errors import RequestError
from bridge.places import FILE_NAME, user_settings_path
from bridge.settings import load_settings

EXAMPLES = (
    ("Watch the render folder of one session", "dawbridge init --watch ~/Music/MySong/Renders"),
    ("Write the file into this folder", "dawbridge init ."),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--watch",
    "watched",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FOLDER",
    help="Watch this render folder; may be given several times.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@click.pass_context
def init(ctx: click.Context, path: Path | None, watched: tuple[Path, ...], *, force: bool) -> None:
    """Write a settings file with a comment on every key.

    PATH is a file or a folder; without it the file goes where daw-bridge looks for your settings.
    """
    target = _target(path or config_of(ctx))
    if target.exists() and not force:
        raise RequestError(f"{shown_path(target)} is there already: edit it, or replace it with --force.")
    folders = [folder.expanduser().absolute() for folder in watched]
    text = settings_text(folders)
    _check(text)
    with delivery_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode())
    click.echo(f"{click.style('Wrote', fg='green')} {click.style(shown_path(target), bold=True)}")
    for folder in folders:
        if not folder.is_dir():
            show_warning(f"{folder} is not there yet: the daemon waits for it, or correct `watch` in the file.")
    _say_what_next(target, has_watch=bool(folders))


def _target(path: Path | None) -> Path:
    if path is None:
        return user_settings_path()
    return path / FILE_NAME if path.is_dir() else path


def _check(text: str) -> None:
    """Lets the settings speak up before anything is written: the file must load."""
    with tempfile.TemporaryDirectory(prefix="dawbridge-") as folder:
        draft = Path(folder) / FILE_NAME
        draft.write_text(text, encoding="utf-8")
        load_settings(draft, environment={})


def _say_what_next(target: Path, *, has_watch: bool) -> None:
    is_found = target == user_settings_path() or target.absolute() == Path(FILE_NAME).absolute()
    run = "dawbridge run" if is_found else f"dawbridge --config {shown_path(target)} run"
    first = "" if has_watch else "Fill in your render folder under `watch`, then s"
    click.echo(f"\n{first or 'S'}tart with {click.style(run, bold=True)}")
