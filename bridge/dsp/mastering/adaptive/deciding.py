"""`auto` parameters set by their rules, each with its reason."""

from dataclasses import dataclass
from typing import TypeVar

from bridge.chains import AutoValue, RuleBook, StepBase
from bridge.chains.auto import declaration_of
from bridge.chains.playbook import owner_of
from bridge.chains.rules import Rule
from bridge.dsp.mastering.adaptive.situation import Look, Situation
from bridge.dsp.mastering.adaptive.vocabulary import read

Parameters = TypeVar("Parameters", bound=AutoValue)
Step = TypeVar("Step", bound=StepBase)


@dataclass(frozen=True)
class Decided:
    """A value for a parameter, and why."""

    value: float | int | str | None
    reason: str


def decide_step(step: Step, rules: RuleBook, situation: Situation) -> tuple[Step, tuple[str, ...]]:
    """The step with nothing left open, and a reason for each parameter that was decided.

    Raises:
        KeyError: a rule is missing; chains are checked for that when they are read.
    """
    return _decide(step, "", rules, situation)


def _decide(value: Parameters, owner: str, rules: RuleBook, situation: Situation) -> tuple[Parameters, tuple[str, ...]]:
    """In the order of declaration: a frequency is decided before the gain at it."""
    owner = owner_of(value, owner)
    reasons: list[str] = []
    for name in value.auto:
        rule = rules.rules[f"{owner}.{name}"]
        decided = _apply(rule, value, name, situation)
        value = value.decided({name: decided.value})
        reasons += [decided.reason] if decided.reason else []
    for name in type(value).model_fields:
        items = getattr(value, name)
        if isinstance(items, tuple) and any(isinstance(item, AutoValue) for item in items):
            whole: list[AutoValue] = []
            for index, item in enumerate(items):
                inside = situation.looking(_band_look(value, index))
                made, why = _decide(item, f"{owner}.{name}", rules, inside)
                whole.append(made)
                reasons += why
            value = value.model_copy(update={name: tuple(whole)})
    return value, tuple(dict.fromkeys(reasons))


def _band_look(value: AutoValue, index: int) -> Look:
    """The region of a band of a step that has crossovers."""
    edges = (20.0, *getattr(value, "crossovers_hz", ()), 20000.0)
    return Look(edges[index], edges[index + 1]) if index + 1 < len(edges) else Look()


def _apply(rule: Rule, owner: AutoValue, name: str, situation: Situation) -> Decided:
    """One rule on one parameter, kept within the parameter's own bounds."""
    look = Look(
        rule.low_hz or situation.look.low_hz,
        rule.high_hz or situation.look.high_hz,
        getattr(owner, "frequency_hz", None),
        getattr(owner, "q", None) or 1.0,
    )
    now = situation.looking(look)
    reading = read(rule.reading, now)
    acts = reading is not None and rule.acts_on(reading)
    value = rule.value_for(reading) if acts and reading is not None else rule.otherwise
    value = _within(owner, name, value)
    is_idle = not acts or (bool(rule.otherwise_say) and value == rule.otherwise)
    sentence = rule.otherwise_say if is_idle else rule.say
    words = _words(rule, reading, value, look)
    return Decided(value, sentence.format(**(words | {"genre": situation.genre.title})))


def _within(owner: AutoValue, name: str, value: float | str | None) -> float | int | str | None:
    """The value as the parameter takes it; its default where the rule leaves it open."""
    declared = declaration_of(type(owner), name)
    if value is None and declared.default is None:
        return None
    given: object = declared.default if value is None else value
    if declared.choices:
        text = f"{given:g}" if isinstance(given, float | int) else str(given)
        chosen = text if text in declared.choices else declared.choices[0]
        return int(chosen) if chosen.isdigit() else chosen
    number = float(str(given))
    number = number if declared.low is None else max(declared.low, number)
    number = number if declared.high is None else min(declared.high, number)
    return round(number) if declared.kind is int else _rounded(number, 1 if declared.unit == "dB" else 2)


def _rounded(number: float, decimals: int) -> float:
    """As people would set it; above a hundred, whole numbers. No zero has a sign."""
    return round(number, 0 if abs(number) >= 100.0 else 1 if abs(number) >= 10.0 else decimals) + 0.0


def _words(rule: Rule, reading: float | None, value: float | str | None, look: Look) -> dict[str, object]:
    """What the braces of a sentence stand for."""
    number = value if isinstance(value, float | int) else 0.0
    return {
        "reading": _unsigned_zero(reading),
        "value": value if isinstance(value, str) else _unsigned_zero(number),
        "change": abs(number),
        "threshold": rule.threshold,
        "at": frequency_text(look.frequency_hz),
        "q": look.q,
        "low": frequency_text(look.low_hz),
        "high": frequency_text(look.high_hz),
    }


def _unsigned_zero(number: float | None) -> float:
    """The number, without the sign of what would be shown as zero."""
    return 0.0 if number is None or abs(number) < 0.005 else number


def frequency_text(frequency_hz: float | None) -> str:
    """As people say it: "280 Hz", "4.1 kHz"."""
    if frequency_hz is None:
        return ""
    if frequency_hz < 1000.0:
        return f"{frequency_hz:.0f} Hz"
    return f"{frequency_hz / 1000.0:.1f} kHz".replace(".0 kHz", " kHz")
