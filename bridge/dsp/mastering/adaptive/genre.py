"""Which genre a mix is taken for, by signs that stand in its file."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.chains import NEUTRAL, Genre
from bridge.chains.genres import AUTO_GENRE, Sign
from bridge.chains.readings import READINGS
from bridge.dsp.mastering.adaptive.deciding import frequency_text
from bridge.dsp.mastering.adaptive.situation import Look, Situation
from bridge.dsp.mastering.adaptive.vocabulary import read


@dataclass(frozen=True)
class Chosen:
    """A genre, and by what it was recognised."""

    name: str
    genre: Genre
    signs: tuple[str, ...] = ()
    """Such as "4.2 sounds begin in a second"; none where it was named, or where no other fitted."""


def choose_genre(name: str | None, genres: Mapping[str, Genre], situation: Situation) -> Chosen:
    """The genre of that name; for `auto` the first, in the order that they declare, all of whose signs are met."""
    if name is not None and name != AUTO_GENRE:
        return Chosen(name, genres[name])
    if name == AUTO_GENRE:
        tried = sorted((genre.order, key) for key, genre in genres.items() if genre.order and genre.signs)
        for _, key in tried:
            found = _signs(genres[key], situation)
            if found is not None:
                return Chosen(key, genres[key], found)
    return Chosen(NEUTRAL, genres[NEUTRAL])


def _signs(genre: Genre, situation: Situation) -> tuple[str, ...] | None:
    """The signs as they were read; None where one is not met."""
    told: list[str] = []
    for sign in genre.signs:
        value = read(sign.reading, situation.looking(Look(sign.low_hz, sign.high_hz)))
        if value is None or not sign.is_met_by(value):
            return None
        told.append(_told(sign, value))
    return tuple(told)


def _told(sign: Sign, value: float) -> str:
    """A sign as musicians read it."""
    kind = READINGS[sign.reading]
    ends = {"low": frequency_text(sign.low_hz), "high": frequency_text(sign.high_hz)}
    if kind.sign:
        return kind.sign.format(value=value, **ends)
    where = " from {low} to {high}".format(**ends) if kind.needs_range else ""
    return f"{kind.help[0].lower()}{kind.help[1:].rstrip('.')}{where}: {value:.1f} {kind.unit}".rstrip()
