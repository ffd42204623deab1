"""Which parameters a plug-in has: keys, kinds, ranges, texts. Child half only; nothing is changed."""

import re
from collections.abc import Sequence

from bridge.dsp.plugins import dials
from bridge.dsp.plugins.loading import CppParameter
from bridge.dsp.plugins.numbers import key_of, number_in, unit_in
from bridge.plugins.entry import ParameterKind, PluginParameter, Setting

LEFT_OUT = re.compile(r"^(MIDI (Ch\. \d+ )?CC |P\d\d\d$)")
"""Every MIDI controller as a parameter: thousands, and nobody means them."""
HOSTS_OWN = {
    "buffer_size_frames": "it is the host's",
    "sample_rate_frames": "it is the host's",
    "latency_frames": "it is what the plug-in reports",
    "bypass": "use `bypass` of the step",
}
PROGRAMS = frozenset({"current_program", "program"})
CHOICES_MAX = 128
SAMPLES = 32
"""A range is looked at in so many places, besides its ends."""
STEPS_MAX = 100_000
ON_TEXTS = frozenset({"on", "yes", "true", "enabled"})
OFF_TEXTS = frozenset({"off", "no", "false", "disabled"})


def examine_parameters(found: Sequence[CppParameter]) -> tuple[PluginParameter, ...]:
    """Every parameter that chains may be interested in, as it stands now."""
    parameters: list[PluginParameter] = []
    taken: dict[str, int] = {}
    for index, dial in enumerate(found):
        if LEFT_OUT.match(dial.name):
            continue
        label = (dial.label or "").strip()
        key = key_of(dial.name, label)
        if not key:
            continue
        taken[key] = taken.get(key, 0) + 1
        unique = key if taken[key] == 1 else f"{key}_{taken[key]}"
        parameters.append(_examined(dial, index, unique, label))
    return tuple(parameters)


def _examined(dial: CppParameter, index: int, key: str, label: str) -> PluginParameter:
    texts, is_slow = _texts(dial)
    numbers = [number_in(text) for text in texts]
    plain = PluginParameter(
        key=key,
        index=index,
        name=dial.name,
        kind=ParameterKind.CHOICE,
        unit=label,
        default=dial.string_value,
        fixed_because=HOSTS_OWN.get(key, ""),
        is_program=key in PROGRAMS,
    )
    if dial.num_steps == 2 and _is_switch(texts):
        ends = (texts[0], texts[-1])
        return plain.model_copy(
            update={"kind": ParameterKind.SWITCH, "choices": ends, "default": float(dial.raw_value) >= 0.5}
        )
    if sum(number is not None for number in numbers) > len(texts) / 2 and len(set(texts)) > 1:
        return plain.model_copy(update=_number_facts(dial, texts, label))
    choices = _choices(dial, is_slow=is_slow)
    alone = "it has one value only" if len(choices) == 1 else ""
    return plain.model_copy(update={"choices": choices[:CHOICES_MAX], "fixed_because": plain.fixed_because or alone})


def _texts(dial: CppParameter) -> tuple[list[str], bool]:
    """Texts along the range; by setting the parameter where the plug-in tells only what is set."""
    steps = dial.num_steps
    count = steps if 2 <= steps <= SAMPLES else SAMPLES + 1
    texts = [dial.get_text_for_raw_value(index / (count - 1)) for index in range(count)]
    if len(set(texts)) > 1 or key_of(dial.name, "") in PROGRAMS:
        return texts, False
    slow = [dials.text_at(dial, index / (count - 1), is_slow=True) for index in range(count)]
    return (slow, True) if len(set(slow)) > 1 else (texts, False)


def _is_switch(texts: Sequence[str]) -> bool:
    low, high = texts[0].casefold().strip(), texts[-1].casefold().strip()
    is_words = low in OFF_TEXTS and high in ON_TEXTS
    return is_words or (number_in(low) == 0.0 and number_in(high) == 1.0)


def _number_facts(dial: CppParameter, texts: Sequence[str], label: str) -> dict[str, object]:
    numbers = [number for text in texts if (number := number_in(text)) is not None]
    words = tuple(dict.fromkeys(text for text in texts if number_in(text) is None))
    low, high = min(numbers), max(numbers)
    step = None
    if 2 < dial.num_steps <= STEPS_MAX and not words:
        even = (high - low) / (dial.num_steps - 1)
        middle = number_in(dial.get_text_for_raw_value((dial.num_steps // 2) / (dial.num_steps - 1)))
        is_even = middle is not None and abs(middle - (low + even * (dial.num_steps // 2))) <= even / 2
        step = even if even > 0 and is_even else None
    default: Setting = number if (number := number_in(dial.string_value)) is not None else dial.string_value
    return {
        "kind": ParameterKind.NUMBER,
        "unit": label or unit_in(texts[0]),
        "low": low,
        "high": high,
        "step": step,
        "choices": words,
        "default": default,
    }


def _choices(dial: CppParameter, *, is_slow: bool) -> tuple[str, ...]:
    return tuple(dict.fromkeys(dials.text_at(dial, raw, is_slow=is_slow) for raw in dials.grid_of(dial)))
