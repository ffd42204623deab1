"""Genres: what masters of a kind of music have in common, as data with its source; `auto` steps work towards it."""

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from bridge.chains.guards import Guards
from bridge.chains.rules import known_reading
from bridge.value import Value

AUTO_GENRE = "auto"
NEUTRAL = "neutral"


class CurvePoint(Value):
    """A point of a tone curve."""

    hz: float = Field(gt=0, description="Frequency.")
    db: float = Field(description="Level of the third octave there; only differences between points count.")


class Sign(Value):
    """A reading by which a genre is recognised."""

    reading: str = Field(description="What is read; `dawbridge help auto` lists all readings.")
    low_hz: float | None = Field(default=None, gt=0, description="Lower end of the region that is looked at.")
    high_hz: float | None = Field(default=None, gt=0, description="Its upper end.")
    above: float | None = Field(default=None, description="It must lie above this.")
    below: float | None = Field(default=None, description="It must lie below this.")

    _reading_known = field_validator("reading")(known_reading)

    def is_met_by(self, value: float | None) -> bool:
        """Whether a reading is there and lies where it should."""
        if value is None:
            return False
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


class Genre(Value):
    """What masters of one kind have in common."""

    title: str = Field(min_length=1, max_length=80, description="Name for people.")
    source: str = Field(min_length=1, max_length=800, description="Where the figures come from.")
    curve: Annotated[tuple[CurvePoint, ...], Field(min_length=2, max_length=200)] = Field(
        description="Average spectrum in third octaves, rising frequencies."
    )
    side_to_mid_db: float = Field(default=-9.0, ge=-60, le=20, description="Usual side signal against the middle.")
    loudness_range_lu: float = Field(default=7.0, ge=0, le=40, description="Usual loudness range.")
    plr_lu: float = Field(default=13.0, ge=0, le=40, description="Usual PLR of an unmastered mix.")
    guards: Guards = Guards()
    order: int = Field(default=0, ge=0, description="`genre: auto` tries lower numbers first; 0 is never tried.")
    signs: tuple[Sign, ...] = Field(default=(), max_length=12, description="All must be met for `auto` to choose it.")

    @field_validator("curve")
    @classmethod
    def _rises(cls, curve: tuple[CurvePoint, ...]) -> tuple[CurvePoint, ...]:
        if any(high.hz <= low.hz for low, high in pairwise(curve)):
            raise ValueError("must rise in frequency: put the points in order, each of them once.")
        return curve
