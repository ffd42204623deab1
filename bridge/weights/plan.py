"""From a recipe to networks: which stems are made, by which models, and which files come of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import RequestError
from bridge.recipes import ResidualPolicy, SplitQuality, SplitRecipe, StemName
from bridge.weights.catalogue import Catalogue, Part, Preset

V, I, D, B, G, P, O = (  # noqa: E741
    StemName.VOCALS,
    StemName.INSTRUMENTAL,
    StemName.DRUMS,
    StemName.BASS,
    StemName.GUITAR,
    StemName.PIANO,
    StemName.OTHER,
)
STEMS_OF: Mapping[int, tuple[StemName, ...]] = {2: (V, I), 4: (V, D, B, O), 5: (V, D, B, P, O), 6: (V, D, B, G, P, O)}
"""What each number of stems stands for, in the order in which they are listed."""
StemsOfModel = Callable[[str], tuple[str, ...]]
"""The stems of a model by name, loaded if only that tells."""


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    outputs: tuple[StemName, ...]
    """The stems that are delivered."""
    made: Mapping[StemName, tuple[Part, ...]]
    """The stems that networks make, each with the parts that are added."""

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that takes part, once."""
        return tuple(dict.fromkeys(part.model for parts in self.made.values() for part in parts))


def plan_of(recipe: SplitRecipe, catalogue: Catalogue, stems_of: StemsOfModel) -> Plan:
    """What the recipe comes to with these models.

    Raises:
        RequestError: its options contradict each other, or the quality or model cannot give such stems.
        ModelError: a model is not known.
    """
    count = _count(recipe)
    outputs = recipe.only or STEMS_OF[count]
    _check_residual(recipe, outputs)
    needed = [name for name in STEMS_OF[6] if name in outputs or (name is V and I in outputs)]
    preset = _preset(recipe, count, catalogue, stems_of)
    if not preset and recipe.model is None:
        known = " or ".join(map(str, catalogue.presets.get(recipe.quality, {})))
        raise RequestError(
            f"Quality {recipe.quality} gives {known or 'no'} stems, not {count}: ask for so many, or take another "
            "quality."
        )
    lacking = [name for name in needed if name not in preset]
    if lacking:
        raise RequestError(f"{_whose(recipe, count)} gives no {' and no '.join(lacking)}: {_cure(recipe)}.")
    return Plan(tuple(dict.fromkeys(outputs)), {name: preset[name] for name in needed})


def own_share(part: Part, stem: StemName, gives: Sequence[str], networks: int) -> float:
    """How much a network of a model adds to `stem`: nothing where others of the model give it."""
    taken = part.stem or stem
    if gives:
        return part.weight if taken in gives else 0.0
    return part.weight / networks


# --- Inside -----------------------------------------------------------------------------------------------------------


def _count(recipe: SplitRecipe) -> int:
    """The number of stems as asked, else the least that holds what is asked for."""
    if recipe.stems is not None:
        return recipe.stems
    if recipe.only:
        return next(count for count in STEMS_OF if set(recipe.only) <= {*STEMS_OF[count], I})
    return 2 if recipe.quality is SplitQuality.DRAFT and recipe.model is None else 4


def _check_residual(recipe: SplitRecipe, outputs: Sequence[StemName]) -> None:
    match recipe.residual:
        case ResidualPolicy.KEEP:
            return
        case ResidualPolicy.SPREAD if recipe.only:
            why = "shares what is left among all stems, and `only` leaves some out"
        case ResidualPolicy.OTHER if O not in outputs:
            why = "adds what is left to the stem `other`, which was not asked for"
        case _:
            return
    raise RequestError(f"`residual: {recipe.residual}` {why}: use `residual: keep`, or ask for all stems.")


def _preset(recipe: SplitRecipe, count: int, catalogue: Catalogue, stems_of: StemsOfModel) -> Preset:
    if recipe.model is None:
        return catalogue.presets.get(recipe.quality, {}).get(count, {})
    own = stems_of(recipe.model)
    preset: Preset = {name: (Part(model=recipe.model),) for name in STEMS_OF[6] if name in own}
    if count in {4, 5} and O in preset:  # what is not asked for stays in `other`, as in a model that has no such stem
        folded = [name for name in (G, P) if name in preset and name not in STEMS_OF[count]]
        preset[O] = (*preset[O], *(Part(model=recipe.model, stem=name) for name in folded))
    return preset


def _whose(recipe: SplitRecipe, count: int) -> str:
    if recipe.model is not None:
        return f"The model `{recipe.model}`"
    return f"Quality {recipe.quality} with {count} stems"


def _cure(recipe: SplitRecipe) -> str:
    if recipe.model is not None:
        return "ask for other stems, or leave `model` out"
    return "take `quality: fast`, or ask for 2 stems" if recipe.quality is SplitQuality.DRAFT else "ask for more stems"
