"""Whether a separation can find all that it needs: told before an engine starts, by whoever takes the request."""

from bridge.errors import ModelError
from bridge.recipes import Recipe, SplitRecipe
from bridge.separation_settings import SeparationSettings
from bridge.weights.catalogue import Catalogue, Model, read_catalogue
from bridge.weights.extra import require_packages
from bridge.weights.files import Caches, find_file, missing_sentence
from bridge.weights.plan import plan_of


def require_models(recipe: Recipe, settings: SeparationSettings, caches: Caches) -> None:
    """Does nothing where the recipe is no separation, or everything that it needs is here or may be fetched.

    Only looks whether files are there; whether they are whole is found out when they are loaded.

    Raises:
        RequestError: the recipe contradicts itself, or its models give no such stems.
        ModelError: packages or weights are missing, or a model is not known; says how to bring them.
    """
    if not isinstance(recipe, SplitRecipe):
        return
    require_packages("Separation")
    catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
    for name in _models_of(recipe, catalogue):
        model = catalogue.model(name)
        if not (settings.models.auto_fetch and _has_source(model)):
            _require_files(name, model, settings, caches)


def _models_of(recipe: SplitRecipe, catalogue: Catalogue) -> tuple[str, ...]:
    """The models that take part; of one whose stems only loading tells, nothing more is known yet."""
    if recipe.model is not None and not catalogue.model(recipe.model).stems:
        return (recipe.model,)
    return plan_of(recipe, catalogue, lambda name: catalogue.model(name).stems).models


def _has_source(model: Model) -> bool:
    return model.url is not None or model.package is not None


def _require_files(name: str, model: Model, settings: SeparationSettings, caches: Caches) -> None:
    for network in model.networks:
        if find_file(model, network, settings.models_folder, caches) is None:
            raise ModelError(missing_sentence(name, model, network, settings.models_folder))
