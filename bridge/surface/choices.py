"""What is chosen on the surfaces: a chain, a render, options of recipes. One state for all surfaces."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from pydantic import ValidationError

from bridge.desk import SeenRender
from bridge.recipes import MasterRecipe, MixRecipe
from bridge.surface.arguments import OWN, ArgumentError, WireValue
from bridge.surface.nodes import RECIPES, option_arguments
from bridge.surface.table import Argument, Kind

OPTIONS: Mapping[str, Mapping[str, Argument]] = MappingProxyType({name: option_arguments(name) for name in RECIPES})


class Choices:
    """What the next press of a button will do. Used by one thread."""

    def __init__(self) -> None:
        self.chain: str = MasterRecipe().chain
        self.render: SeenRender | None = None
        """The chosen one; None is always the newest."""
        self._options: dict[str, dict[str, object]] = {name: {} for name in RECIPES}
        self._made: dict[str, MixRecipe] = {name: RECIPES[name]() for name in RECIPES}

    def recipe(self, name: str, chain: str | None = None) -> MixRecipe:
        """The recipe with everything that was chosen for it."""
        chained = {"chain": chain or self.chain} if name == "master" else {}
        return RECIPES[name].model_validate(self._options[name] | chained)

    def set(self, recipe: str, option: str, value: WireValue) -> None:
        """Chooses an option.

        Raises:
            ArgumentError: the recipe does not take it.
        """
        options = dict(self._options[recipe])
        options.pop(option, None)
        if value != OWN:
            options[option] = _meant(OPTIONS[recipe][option], RECIPES[recipe], value)
        try:
            self._made[recipe] = RECIPES[recipe].model_validate(options)
        except ValidationError as reason:
            fault = reason.errors()[0]
            sentence = fault["msg"].removeprefix("Value error, ")
            raise ArgumentError(
                f"/bridge/{recipe}/option/{option}: {sentence} ({fault['input']!r} was sent)"
            ) from reason
        self._options[recipe] = options

    def reset(self, recipe: str) -> None:
        """Sets every option of a recipe back to its default."""
        self._options[recipe] = {}
        self._made[recipe] = RECIPES[recipe]()

    def value(self, recipe: str, option: str, own: Mapping[str, float]) -> WireValue:
        """What an option of a recipe is, as a wire shows it.

        Args:
            recipe: name of it.
            option: name of it.
            own: what the chosen chain gives where nothing was chosen.
        """
        return _shown(getattr(self._made[recipe], option), OPTIONS[recipe][option], own)


def _shown(value: object, argument: Argument, own: Mapping[str, float]) -> WireValue:
    match value:
        case None:
            return OWN if argument.kind is Kind.TEXT else own.get(argument.name, 0)
        case tuple():
            return ", ".join(map(_text, value))
        case Enum():
            return _text(value)
        case bool() | int() | float():
            return str(value) if argument.kind is Kind.TEXT else value
        case _:
            return str(value)


def _meant(argument: Argument, recipe: type[MixRecipe], value: WireValue) -> object:
    """The value as the recipe's own check takes it: several in one text become a list."""
    is_several = argument.kind is Kind.TEXT and isinstance(recipe.model_fields[argument.name].default, tuple)
    if is_several:
        return [word for word in str(value).replace(",", " ").split() if word]
    return int(value) if argument.kind is Kind.INT else value


def _text(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def fader_position(argument: Argument, value: WireValue) -> float:
    """Where a fader (0 to 1) stands for a value."""
    if argument.choices:
        steps = max(1, len(argument.choices) - 1)
        return argument.choices.index(str(value)) / steps if str(value) in argument.choices else 0.0
    assert argument.low is not None
    assert argument.high is not None
    span = argument.high - argument.low
    return min(1.0, max(0.0, (float(value) - argument.low) / span))


def fader_value(argument: Argument, position: float) -> WireValue:
    """The value for a fader's position (0 to 1), in steps that make sense to the ear or the reader."""
    if argument.choices:
        return argument.choices[round(position * (len(argument.choices) - 1))]
    assert argument.low is not None
    assert argument.high is not None
    value = argument.low + position * (argument.high - argument.low)
    return round(value) if argument.kind is Kind.INT else round(value, 1)
