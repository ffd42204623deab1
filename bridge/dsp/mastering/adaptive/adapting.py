"""One chain adapted to one mix: the genre it is taken for, and every step decided when its turn comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bridge.analysis import Analysis
from bridge.audio.signal import Signal
from bridge.chains import (
    NEUTRAL,
    Chain,
    Genre,
    Guards,
    MatchEq,
    Playbook,
    RuleBook,
    StepBase,
    Target,
    is_adaptive,
    playbook_of,
)
from bridge.dsp.mastering.adaptive.deciding import decide_step
from bridge.dsp.mastering.adaptive.genre import Chosen, choose_genre
from bridge.dsp.mastering.adaptive.situation import WHOLLY, Shares, Situation
from bridge.dsp.mastering.reference import Reference, blended
from bridge.dsp.measures import analyze
from bridge.messages import message
from bridge.model import Message

Step = TypeVar("Step", bound=StepBase)


@dataclass(frozen=True)
class Adaptation:
    """What a chain may go by, beyond its own steps."""

    analysis: Analysis
    """Of the mix."""
    playbook: Playbook
    genre: str | None = None
    """Ordered; None leaves it to the chain."""
    shares: Shares = WHOLLY
    """How far it goes towards references."""


class Adapter:
    """Decides what the steps of a chain leave open, for one mix."""

    def __init__(self, rules: RuleBook, chosen: Chosen, situation: Situation, messages: tuple[Message, ...]) -> None:
        self.chosen = chosen
        self.messages = messages
        self._rules = rules
        self._situation = situation

    def decide(self, step: Step, signal: Signal) -> tuple[Step, tuple[str, ...]]:
        """The step with nothing left open, for the signal that it will get; and why."""
        decided, reasons = decide_step(step, self._rules, self._situation.at(signal))
        if isinstance(decided, MatchEq) and decided.towards == "genre" and not decided.curve:
            return decided.model_copy(update={"curve": self.chosen.genre.curve}), reasons
        return decided, reasons

    def guards(self, chain: Chain) -> Guards:
        """The chain's own over the genre's."""
        return chain.guards.over(self.chosen.genre.guards)


def adapter_of(
    chain: Chain, target: Target, mix: Signal, given: Adaptation | None, references: Sequence[Reference] = ()
) -> Adapter | None:
    """None for a chain that leaves nothing open: then it does the same to every mix.

    Args:
        chain: as it was read.
        target: as ordered.
        mix: analyzed where no analysis is given.
        given: None goes by the rules and genres that come with us.
        references: their blend takes the place of the genre.
    """
    is_asked = bool(references) or (given is not None and given.genre is not None)
    if not is_adaptive(chain) and not is_asked:
        return None
    if given is None:
        analysis = analyze(mix).analysis
        assert analysis is not None, "a mix whose samples are not numbers is refused when it is read"
        given = Adaptation(analysis, playbook_of(chain))
    name = given.genre or chain.genre
    first = Situation.of(given.analysis, given.playbook.genres[NEUTRAL], target, mix)
    if references:
        chosen = Chosen("reference", model_of(references, first.genre))
    else:
        chosen = choose_genre(name, given.playbook.genres, first)
    situation = replace(Situation.of(given.analysis, chosen.genre, target, mix), shares=given.shares)
    return Adapter(given.playbook.rules, chosen, situation, () if references else _told(chosen, name))


def model_of(references: Sequence[Reference], neutral: Genre) -> Genre:
    """What references have in common, as a genre; what they do not tell is neutral's."""
    return neutral.model_copy(
        update={
            "title": "the reference" if len(references) == 1 else "the references",
            "curve": blended(references),
            "side_to_mid_db": _mean(references, lambda one: one.side_to_mid_db, neutral.side_to_mid_db),
            "loudness_range_lu": _mean(references, lambda one: one.loudness_range_lu, neutral.loudness_range_lu),
            "plr_lu": _mean(references, lambda one: one.plr_lu, neutral.plr_lu),
        }
    )


def _mean(references: Sequence[Reference], figure: Callable[[Reference], float | None], otherwise: float) -> float:
    """By weight, of those that have the figure."""
    found = [(value, one.weight) for one in references if (value := figure(one)) is not None]
    return sum(value * weight for value, weight in found) / sum(weight for _, weight in found) if found else otherwise


def _told(chosen: Chosen, name: str | None) -> tuple[Message, ...]:
    """What `auto` made of the mix."""
    if name != "auto":
        return ()
    if not chosen.signs:
        return (message("genre_open", genre=chosen.genre.title),)
    return (message("genre_chosen", genre=chosen.genre.title, signs=", ".join(chosen.signs)),)
