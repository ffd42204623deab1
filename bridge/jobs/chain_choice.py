"""The chain of a request on the command line, by name or by file."""

from pathlib import Path
from typing import TypeVar

from bridge.chains import load_chain
from bridge.errors import ChainError, Fault
from bridge.recipes import AlbumRecipe, MasterRecipe
from bridge.settings import Settings

AnyRecipe = TypeVar("AnyRecipe", MasterRecipe, AlbumRecipe)
CHAIN_SUFFIX = ".yaml"


def with_chain(recipe: AnyRecipe, settings: Settings) -> tuple[AnyRecipe, Settings]:
    """Recipe and settings by which a chain is found by its name, also where the recipe names a file.

    Raises:
        ChainError: there is no such chain, or it has faults.
    """
    path = Path(recipe.chain)
    if not path.suffix and path.name == recipe.chain:
        load_chain(recipe.chain, settings.chain_folders)
        return recipe, settings
    if path.suffix != CHAIN_SUFFIX:
        raise ChainError([Fault(f"is not named like a chain: chain files end in {CHAIN_SUFFIX}.", file=path)])
    if not path.is_file():
        raise ChainError([Fault("there is no such file.", file=path)])
    folders = (path.absolute().parent, *settings.chain_folders)
    load_chain(path.stem, folders)
    return recipe.model_copy(update={"chain": path.stem}), settings.model_copy(update={"chain_folders": folders})
