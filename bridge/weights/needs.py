"""Whether a separation can find all that it needs: told before an engine starts, by whoever takes the request."""

from bridge.errors import ModelError
from bridge.recipes import Recipe, SplitRecipe
from bridge.separation_settings import SeparationSettings
from bridge.weights.catalogue import Catalogue, Model, read_catalogue
from bridge.weights.extra import require_packages
from bridge.weights.files import Caches, find_file, is_installed, missing_sentence
from bridge.weights.plan import plan_of


def require_models(recipe: Recipe, settings: SeparationSettings, caches: Caches) -> tuple[str, ...]:
    """The models that a separation will fetch first, because `models.auto_fetch` allows it; otherwise they are here.

    Only looks whether files are there; whether they are whole is found out when they are loaded. Recipes of other kinds
    need none.

    Raises:
        RequestError: the recipe contradicts itself, or its models give no such stems.
        ModelError: packages or weights are missing, or a model is not known; says how to bring them.
    """
    if not isinstance(recipe, SplitRecipe):
        return ()
    require_packages("Separation")
    catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
    missing = [name for name in _models_of(recipe, catalogue) if _lacks(catalogue.model(name), settings, caches)]
    for name in missing:
        model = catalogue.model(name)
        if not (settings.models.auto_fetch and _has_source(model)):
            raise ModelError(_sentence(name, model, settings, caches))
    return tuple(missing)


def _models_of(recipe: SplitRecipe, catalogue: Catalogue) -> tuple[str, ...]:
    """The models that take part; of one whose stems only loading tells, nothing more is known yet."""
    if recipe.model is not None and not catalogue.model(recipe.model).stems:
        return (recipe.model,)
    return plan_of(recipe, catalogue, lambda name: catalogue.model(name).stems).models


def _has_source(model: Model) -> bool:
    return model.url is not None or model.package is not None


def _lacks(model: Model, settings: SeparationSettings, caches: Caches) -> bool:
    return not is_installed(model, settings.models_folder, caches)


def _sentence(name: str, model: Model, settings: SeparationSettings, caches: Caches) -> str:
    folder = settings.models_folder
    network = next(each for each in model.networks if find_file(model, each, folder, caches) is None)
    return missing_sentence(name, model, network, folder)
