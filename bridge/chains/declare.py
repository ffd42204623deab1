"""How a step is declared: once, as a class, with id (`use`), parameters, units, bounds, defaults and help."""

from typing import Any, ClassVar

from pydantic import Field

from bridge.model import Value


def hz(default: float | None, low: float, high: float, text: str) -> Any:
    """A frequency; without a default it must be given."""
    return number(default, low, high, text, "Hz")


def db(default: float | None, low: float, high: float, text: str) -> Any:
    """A gain or a threshold in decibels; without a default it must be given."""
    return number(default, low, high, text, "dB")


def number(default: float | None, low: float, high: float, text: str, unit: str) -> Any:
    """A bounded number with its unit; without a default it must be given."""
    given = ... if default is None else default
    return Field(default=given, ge=low, le=high, description=text, json_schema_extra={"unit": unit})


class StepBase(Value):
    """What every step has."""

    help: ClassVar[str]
    """One sentence for musicians."""
    bypass: bool = Field(default=False, description="Leave the signal exactly as it is.")

    def sentence(self) -> str:
        """What it does with these parameters, in one line."""
        raise NotImplementedError
