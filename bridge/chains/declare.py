"""How a step is declared: once, as a class, with id (`use`), parameters, units, bounds, defaults and help."""

from itertools import pairwise
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from bridge.chains.auto import AutoValue, with_auto

StepChannels: TypeAlias = Literal["stereo", "mid", "side", "left", "right"]
"""What a step works on; `stereo` is every channel there is."""
PLACEMENT = frozenset({"channels", "mix_percent"})
"""Parameters of every step that say where, and how much of it, is heard."""


def hz(default: float | None, low: float, high: float, text: str) -> Any:
    """A frequency; without a default it must be given."""
    return number(default, low, high, text, "Hz")


def db(default: float | None, low: float, high: float, text: str, *examples: float) -> Any:
    """A gain or a threshold in decibels; without a default it must be given."""
    return number(default, low, high, text, "dB", *examples)


def number(default: float | None, low: float, high: float, text: str, unit: str, *examples: float) -> Any:
    """A bounded number with its unit; without a default it must be given. `examples`: what the manual's page shows."""
    given = ... if default is None else default
    shown = list(examples) or None
    return Field(default=given, ge=low, le=high, description=text, examples=shown, json_schema_extra={"unit": unit})


def percent(default: float | None, low: float, high: float, text: str) -> Any:
    """A share in percent; without a default it must be given."""
    return number(default, low, high, text, "%")


def rising(crossovers_hz: tuple[float, ...]) -> tuple[float, ...]:
    """Crossovers in order, each of them once."""
    if any(high <= low for low, high in pairwise(crossovers_hz)):
        raise ValueError("must rise: put the frequencies in order, each of them once.")
    return crossovers_hz


def _as_checked(schema: dict[str, Any], step: type["StepBase"]) -> None:
    """Lets a JSON schema take `auto`, and takes out of it what a step on the whole signal refuses."""
    with_auto(schema, step)
    if step.whole_because:
        for name in PLACEMENT:
            schema["properties"].pop(name, None)


class StepBase(AutoValue):
    """What every step has."""

    model_config = ConfigDict(json_schema_extra=_as_checked)

    help: ClassVar[str]
    """One sentence for musicians."""
    whole_because: ClassVar[str] = ""
    """Why it works on the whole signal only ("it ..."); empty where it may be placed on a part, or mixed in."""
    bypass: bool = Field(default=False, description="Leave the signal exactly as it is.")
    channels: StepChannels = Field(default="stereo", description="What it works on; the rest is left as it is.")
    mix_percent: float = percent(100, 0, 100, "How much of it is heard; the rest is the signal before it.")
    rule: str = Field(
        default="",
        max_length=40,
        pattern="^[a-z0-9_]*$",
        description="Whose rules decide what is `auto`; left out, those of the step's own kind.",
    )

    @field_validator("channels", "mix_percent")
    @classmethod
    def _has_its_place(cls, given: float | str, info: ValidationInfo) -> float | str:
        """Refuses placement where it makes no sense."""
        if cls.whole_because and given != cls.model_fields[str(info.field_name)].default:
            raise ValueError(f"is not for this step, because {cls.whole_because}; leave it out.")
        return given

    @property
    def is_placed(self) -> bool:
        """Whether anything but the whole of the signal is meant."""
        return self.channels != "stereo" or self.mix_percent != 100

    def sentence(self) -> str:
        """What it does with these parameters, in one line."""
        raise NotImplementedError

    def placed_sentence(self) -> str:
        """The sentence, and where and how much of it is heard: "..., on mid, 50 % wet"."""
        where = "" if self.channels == "stereo" else f", on {self.channels}"
        share = "" if self.mix_percent == 100 else f", {self.mix_percent:g} % wet"
        return f"{self.sentence()}{where}{share}"
