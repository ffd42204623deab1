"""`dawbridge models`: which models there are, and bring, check or drop their weights."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import show_error, shown_path
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.errors import ModelError
from bridge.model import Progress
from bridge.separation_settings import SeparationSettings
from bridge.settings import process_environment
from bridge.value import Value
from bridge.weights.catalogue import Catalogue, Model, read_catalogue
from bridge.weights.fetch import fetch as fetch_weights
from bridge.weights.files import Caches, find_file, installed, is_installed, usual_caches

HERE = "bridge.cli.models"
COMMANDS = {
    "list": Entry(f"{HERE}:list_models", "Models by name: stems, licence, size, and whether they are here."),
    "fetch": Entry(f"{HERE}:fetch", "Bring the weights of models onto this machine."),
    "verify": Entry(f"{HERE}:verify", "Compare weights with their digests."),
    "remove": Entry(f"{HERE}:remove", "Delete the weights of models."),
}
EXAMPLES = (
    ("Quick vocals and instrumental, 39 MB", "dawbridge models fetch spleeter-2stems"),
    ("Drums, bass, other, vocals", "dawbridge models fetch htdemucs"),
)


class KnownModel(Value):
    """A model as it is listed."""

    name: str
    title: str
    stems: tuple[str, ...]
    licence: str
    by: str
    size_mb: float | None
    is_installed: bool
    files: tuple[Path, ...]
    """Where its weights lie, as far as they are here."""
    digests: tuple[str, ...] = ()
    """SHA-256 of each file; only `verify` reads them."""


@click.group(cls=LazyGroup, entries=COMMANDS, examples=EXAMPLES)
def models() -> None:
    """Models for separation: names, licences, sizes, where their weights are.

    Weights are fetched by `models fetch` and by nothing else, unless `models.auto_fetch` allows it. Models of your own
    are Demucs repositories named under `models.repositories`; a `models.yaml` in the models folder says which model
    gives which stem, and may add several, each with its weight:
    `presets: {best: {2: {vocals: [{model: htdemucs_ft, weight: 0.5}, {model: mine, weight: 0.5}]}}}`.
    """


class _Shelf:
    """The catalogue of the settings, and where files lie."""

    def __init__(self, settings: SeparationSettings) -> None:
        self.folder = settings.models_folder
        self.catalogue: Catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
        self.caches: Caches = usual_caches(Path.home(), process_environment())

    def known(self, name: str) -> KnownModel:
        """A model as it is listed."""
        model = self.catalogue.model(name)
        found = [find_file(model, network, self.folder, self.caches) for network in model.networks]
        return KnownModel(
            name=name,
            title=model.title,
            stems=model.stems,
            licence=model.licence,
            by=model.by,
            size_mb=model.size_mb,
            is_installed=is_installed(model, self.folder, self.caches),
            files=tuple(path for path in found if path is not None),
        )

    def own_files(self, name: str, model: Model) -> list[Path]:
        """Files that `fetch` brought: those in the models folder."""
        return [path for network in model.networks if (path := self.folder / name / network.file).is_file()]


def _shelf(ctx: click.Context) -> _Shelf:
    return _Shelf(settings_of(ctx).separation)


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in _shelf(ctx).catalogue.models if name.startswith(incomplete)]


NAMES = click.argument("names", nargs=-1, required=True, metavar="MODEL...", shell_complete=_complete)


@click.command("list", cls=PageCommand)
@json_option
@click.pass_context
def list_models(ctx: click.Context, *, as_json: bool) -> None:
    """List all models that are known, with what they need and where they lie."""
    shelf = _shelf(ctx)
    known = [shelf.known(name) for name in shelf.catalogue.models]
    if as_json:
        screen.print_json(known)
        return
    table = screen.table("NAME", "STEMS", "LICENCE", "SIZE", "HERE", right=(3,))
    for model in known:
        here = screen.text("no", "quiet")
        if model.is_installed:
            is_ours = shelf.folder in model.files[0].parents
            here = screen.text("yes" if is_ours else shown_path(model.files[0].parent), "good")
        size = "" if model.size_mb is None else f"{model.size_mb:.0f} MB"
        table.add_row(
            screen.text(model.name, "name"),
            screen.text(", ".join(model.stems) or "told when loaded"),
            screen.text(" ".join(part for part in (model.licence, model.by and f"({model.by})") if part)),
            screen.text(size),
            here,
        )
    screen.out().print(table)
    screen.out().print(screen.line(("\nModels folder: ", "quiet"), shown_path(shelf.folder)))


@click.command(cls=PageCommand, examples=EXAMPLES)
@NAMES
@click.pass_context
def fetch(ctx: click.Context, names: Sequence[str]) -> None:
    """Fetch models, verify them by digest, and keep them in the models folder.

    What broke off goes on from where it stopped. What is here already is only verified.
    """
    shelf = _shelf(ctx)
    steps = screen.Steps()
    for name in names:
        model = shelf.catalogue.model(name)
        with steps.bar(name, f"{name} is here and whole") as show:

            def on_progress(what: str, fraction: float | None) -> None:
                show(Progress(stage=what, fraction=fraction or 0.0))

            fetch_weights(name, model, shelf.folder, on_progress, shelf.caches)


@click.command(cls=PageCommand)
@click.argument("names", nargs=-1, metavar="[MODEL...]", shell_complete=_complete)
@json_option
@click.pass_context
def verify(ctx: click.Context, names: Sequence[str], *, as_json: bool) -> int:
    """Compare the weights that are here with their published digests; all models when none is named."""
    shelf = _shelf(ctx)
    wanted = names or [name for name in shelf.catalogue.models if shelf.known(name).is_installed]
    good: list[KnownModel] = []
    code = ExitCode.OK
    for name in wanted:
        try:
            weights = installed(name, shelf.catalogue, shelf.folder, shelf.caches)
        except ModelError as reason:
            show_error(reason.sentence)
            code = ExitCode.FAILED
            continue
        good.append(shelf.known(name).model_copy(update={"digests": tuple(w.sha256 for w in weights)}))
        if not as_json:
            text = "  ".join(w.sha256[:16] for w in weights)
            screen.out().print(screen.line(("whole  ", "good"), (name, "name"), f"  {text}"))
    if as_json:
        screen.print_json(good)
    elif not wanted:
        screen.out().print(screen.text("No weights are here yet: `dawbridge models list` shows what there is."))
    return code


@click.command(cls=PageCommand)
@NAMES
@click.pass_context
def remove(ctx: click.Context, names: Sequence[str]) -> None:
    """Delete weights from the models folder; those of your own repositories and of other programs stay."""
    shelf = _shelf(ctx)
    for name in names:
        files = shelf.own_files(name, shelf.catalogue.model(name))
        if not files:
            raise ModelError(f"The models folder {shelf.folder} holds no weights of `{name}`: nothing was deleted.")
        size_mb = sum(path.stat().st_size for path in files) / 1e6
        shutil.rmtree(shelf.folder / name)
        screen.out().print(screen.line(("removed  ", "quiet"), (name, "name"), f"  {size_mb:.0f} MB"))
