"""One chain adapted to one mix: the genre it is taken for, and every step decided when its turn comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from bridge.analysis import Analysis
from bridge.audio.signal import Signal
from bridge.chains import NEUTRAL, Chain, Genre, Guards, Playbook, RuleBook, StepBase, Target, is_adaptive, playbook_of
from bridge.dsp.mastering.adaptive.deciding import decide_step
from bridge.dsp.mastering.adaptive.genre import Chosen, choose_genre
from bridge.dsp.mastering.adaptive.situation import Situation
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
    model: Genre | None = None
    """What references have in common; the genre's place is theirs then."""


class Adapter:
    """Decides what the steps of a chain leave open, for one mix."""

    def __init__(self, rules: RuleBook, chosen: Chosen, situation: Situation, messages: tuple[Message, ...]) -> None:
        self.chosen = chosen
        self.messages = messages
        self._rules = rules
        self._situation = situation

    def decide(self, step: Step, signal: Signal) -> tuple[Step, tuple[str, ...]]:
        """The step with nothing left open, for the signal that it will get; and why."""
        return decide_step(step, self._rules, self._situation.at(signal))

    def guards(self, chain: Chain) -> Guards:
        """The chain's own over the genre's."""
        return chain.guards.over(self.chosen.genre.guards)


def adapter_of(chain: Chain, target: Target, mix: Signal, given: Adaptation | None) -> Adapter | None:
    """None for a chain that leaves nothing open: then it does the same to every mix.

    Args:
        chain: as it was read.
        target: as ordered.
        mix: analyzed where no analysis is given.
        given: None goes by the rules and genres that come with us.
    """
    is_asked = given is not None and (given.genre is not None or given.model is not None)
    if not is_adaptive(chain) and not is_asked:
        return None
    if given is None:
        analysis = analyze(mix).analysis
        assert analysis is not None, "a mix whose samples are not numbers is refused when it is read"
        given = Adaptation(analysis, playbook_of(chain))
    name = given.genre or chain.genre
    genres: Mapping[str, Genre] = given.playbook.genres
    first = Situation.of(given.analysis, genres[NEUTRAL], target, mix)
    chosen = Chosen("reference", given.model) if given.model is not None else choose_genre(name, genres, first)
    situation = Situation.of(given.analysis, chosen.genre, target, mix)
    return Adapter(given.playbook.rules, chosen, situation, _told(chosen, name))


def _told(chosen: Chosen, name: str | None) -> tuple[Message, ...]:
    """What `auto` made of the mix."""
    if name != "auto":
        return ()
    if not chosen.signs:
        return (message("genre_open", genre=chosen.genre.title),)
    return (message("genre_chosen", genre=chosen.genre.title, signs=", ".join(chosen.signs)),)
