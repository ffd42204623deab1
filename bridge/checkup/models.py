"""Models for separation: which are here, and whether the watch folders' own are among them."""

from collections.abc import Iterator
from pathlib import Path

from bridge.checkup.finding import Area, Finding, ok, warn
from bridge.errors import ModelError
from bridge.recipes import SplitRecipe
from bridge.settings import Settings, process_environment
from bridge.weights.catalogue import Catalogue, read_catalogue
from bridge.weights.extra import INSTALL, missing_packages
from bridge.weights.files import Caches, is_installed, usual_caches

HERE = Area.MODELS


def check_models(settings: Settings) -> Iterator[Finding]:
    """Findings about the packages and weights that separation needs."""
    recipes = [watch.recipe for watch in settings.watch if isinstance(watch.recipe, SplitRecipe)]
    if missing := missing_packages():
        said = f"separation is not installed ({', '.join(missing)} missing); mastering needs none of it"
        yield warn(HERE, "separation", said, f"Install it: {INSTALL}") if recipes else ok(HERE, "separation", said)
        return
    separation = settings.separation
    try:
        catalogue = read_catalogue(separation.models_folder, separation.models.repositories)
    except ModelError as reason:
        yield warn(HERE, "models", reason.sentence, "Correct it: dawbridge models list")
        return
    caches = usual_caches(Path.home(), process_environment())
    here = [name for name, model in catalogue.models.items() if is_installed(model, separation.models_folder, caches)]
    listed = ", ".join(here) if here else "none yet; `dawbridge models fetch spleeter-2stems` brings the smallest"
    yield ok(HERE, "models", f"{listed} (folder {separation.models_folder})")
    for recipe in recipes:
        yield from _lacking(recipe, catalogue, separation.models_folder, caches)


def _lacking(recipe: SplitRecipe, catalogue: Catalogue, folder: Path, caches: Caches) -> Iterator[Finding]:
    """What a watch folder's recipe needs and this machine does not have."""
    presets = catalogue.presets.get(recipe.quality, {})
    preset = presets.get(recipe.stems or (4 if 4 in presets else 2), {})
    names = {recipe.model} if recipe.model else {part.model for parts in preset.values() for part in parts}
    for name in sorted(names):
        if name not in catalogue.models:
            yield warn(HERE, f"model {name}", "is not known", "See `dawbridge models list`.")
        elif not is_installed(catalogue.models[name], folder, caches):
            cure = f"Fetch it: dawbridge models fetch {name}"
            yield warn(HERE, f"model {name}", "a watch folder needs it, and it is not here", cure)
