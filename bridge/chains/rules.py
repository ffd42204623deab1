"""Rules: how a reading becomes the value of an `auto` parameter, as data in YAML that anybody may edit.

No rule computes anything but value + slope * (reading - threshold), kept between two bounds; nothing is evaluated.
"""

import math
import re
import string
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from bridge.chains.readings import READINGS
from bridge.documents import did_you_mean
from bridge.value import Value

WORDS = frozenset({"reading", "value", "threshold", "at", "q", "genre", "low", "high", "change"})
"""What a sentence may hold in braces."""
FORMAT = re.compile(r"^([+]?\.\df|)$")


def sentence_fault(sentence: str) -> str | None:
    """What is wrong with the braces of a sentence; None when nothing is."""
    try:
        parts = list(string.Formatter().parse(sentence))
    except ValueError as reason:
        return f"cannot be read: {reason}."
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in WORDS:
            return f"does not know {{{name}}}.{did_you_mean(name, WORDS)} Known: {', '.join(sorted(WORDS))}."
        if conversion or not FORMAT.match(spec or ""):
            return f"may format {{{name}}} only like {{{name}:.1f}} or {{{name}:+.1f}}."
    return None


def known_reading(name: str) -> str:
    """The name, if there is such a reading."""
    if name not in READINGS:
        raise ValueError(f"there is no reading `{name}`.{did_you_mean(name, READINGS)}")
    return name


class Rung(Value):
    """A choice that is made above a reading."""

    above: float = Field(description="The reading must lie above it.")
    value: float | str = Field(description="What is then set.")


class Rule(Value):
    """From a reading to the value of a parameter."""

    reading: str = Field(description="What is read; `dawbridge help auto` lists all readings.")
    low_hz: float | None = Field(default=None, gt=0, description="Lower end of the region that is looked at.")
    high_hz: float | None = Field(default=None, gt=0, description="Its upper end.")
    above: float | None = Field(default=None, description="The rule acts only where the reading lies above this.")
    below: float | None = Field(default=None, description="The rule acts only where the reading lies below this.")
    beyond: float | None = Field(
        default=None, ge=0, description="The rule acts only where the reading lies further than this from zero."
    )
    value: float = Field(default=0.0, description="The value at the threshold (`above`, `below`, `beyond`, or zero).")
    slope: float = Field(default=0.0, description="How much is added for each unit beyond the threshold.")
    least: float | None = Field(default=None, description="The value is never lower.")
    most: float | None = Field(default=None, description="The value is never higher.")
    ladder: tuple[Rung, ...] = Field(default=(), description="Choices instead of a slope, the highest `above` first.")
    otherwise: float | str | None = Field(
        default=None, description="The value where the rule does not act, or there is no such reading."
    )
    say: str = Field(max_length=240, description="The reason, with {reading:.1f}, {value:+.1f}, {at} ...")
    otherwise_say: str = Field(default="", max_length=240, description="The reason where the rule does not act.")
    source: str = Field(default="", max_length=400, description="Where its figures come from, if not from all rules'.")

    _reading_known = field_validator("reading")(known_reading)

    @field_validator("say", "otherwise_say")
    @classmethod
    def _can_be_said(cls, sentence: str) -> str:
        if (fault := sentence_fault(sentence)) is not None:
            raise ValueError(fault)
        return sentence

    @model_validator(mode="after")
    def _is_whole(self) -> "Rule":
        if READINGS[self.reading].needs_range and (self.low_hz is None) != (self.high_hz is None):
            raise ValueError("needs both `low_hz` and `high_hz`, or neither of them.")
        if sum(limit is not None for limit in (self.above, self.below, self.beyond)) > 1:
            raise ValueError("may have one of `above`, `below` and `beyond`.")
        if self.ladder and (self.value or self.slope or self.least is not None or self.most is not None):
            raise ValueError(
                "has a `ladder`, beside which `value`, `slope`, `least` and `most` are not read: keep one."
            )
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"`least` ({self.least:g}) must not lie above `most` ({self.most:g}).")
        return self

    @property
    def threshold(self) -> float:
        """From where the slope counts; for `beyond`, on both sides of zero."""
        return next((limit for limit in (self.above, self.below, self.beyond) if limit is not None), 0.0)

    def acts_on(self, reading: float | None) -> bool:
        """Whether the reading is there and beyond the threshold."""
        if reading is None:
            return False
        is_above = self.above is None or reading > self.above
        is_below = self.below is None or reading < self.below
        return is_above and is_below and (self.beyond is None or abs(reading) > self.beyond)

    def value_for(self, reading: float) -> float | str:
        """What a reading that the rule acts on gives."""
        for rung in self.ladder:
            if reading > rung.above:
                return rung.value
        threshold = self.threshold if self.beyond is None else math.copysign(self.beyond, reading)
        value = self.value + self.slope * (reading - threshold)
        value = value if self.least is None else max(self.least, value)
        return value if self.most is None else min(self.most, value)


RuleName = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
"""Whose rule for which parameter: `peak.gain_db`, `multiband.bands.threshold_db`, or `mud.gain_db` for `rule: mud`."""


class RuleBook(Value):
    """The rules of one file."""

    title: str = Field(min_length=1, max_length=80, description="Name for people.")
    description: str = Field(default="", max_length=600, description="What it is for.")
    source: str = Field(default="", max_length=800, description="Where thresholds, slopes and bounds come from.")
    rules: dict[RuleName, Rule] = Field(default_factory=dict[str, Rule], description="By whose parameter they set.")

    def over(self, other: "RuleBook") -> "RuleBook":
        """The other's rules with these put over them."""
        merged = {**other.rules, **self.rules}
        return self.model_copy(update={"rules": merged, "source": self.source or other.source})
