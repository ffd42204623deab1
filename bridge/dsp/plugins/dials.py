"""Reading and setting parameters exactly. Child half only.

Pedalboard guesses types from 1001 texts and rounds most values to 1/1000 of their range. We ask the plug-in itself what
a text means, check the answer by reading it back, and search where the plug-in cannot read.
"""

from collections.abc import Iterator, Sequence

from bridge.dsp.plugins.loading import CppParameter
from bridge.dsp.plugins.numbers import number_in, resolution_of
from bridge.dsp.plugins.wire import Applied
from bridge.errors import PluginError
from bridge.plugins.entry import ParameterKind, PluginParameter, Setting

MISS_MAX = 1e-3
"""Share of its range by which a value may miss what was asked."""
BISECTIONS = 40
GRID = 1000


def put(dial: CppParameter, parameter: PluginParameter, value: Setting) -> Applied:
    """Sets a parameter; what the plug-in reads back.

    Raises:
        PluginError: it does not take the value.
    """
    dial.raw_value = raw_for(dial, parameter, value)
    applied = read(dial, parameter)
    if not _is_what_was_asked(parameter, value, applied):
        raise PluginError(f"does not take {value!r} for {parameter.key}: it reads back {applied.text!r}")
    return applied


def read(dial: CppParameter, parameter: PluginParameter) -> Applied:
    """A parameter as it stands."""
    raw, text = float(dial.raw_value), dial.string_value
    value: Setting = text
    if parameter.kind is ParameterKind.SWITCH:
        value = raw >= 0.5
    elif parameter.kind is ParameterKind.NUMBER and (number := number_in(text)) is not None:
        value = number
    return Applied(key=parameter.key, text=text, value=value, raw=raw)


def raw_for(dial: CppParameter, parameter: PluginParameter, value: Setting) -> float:
    """The raw value (0..1) that means a value."""
    match parameter.kind:
        case ParameterKind.SWITCH:
            is_on = value == parameter.choices[1] if isinstance(value, str) else bool(value)
            return 1.0 if is_on else 0.0
        case ParameterKind.CHOICE:
            return _raw_of_text(dial, str(value))
        case ParameterKind.NUMBER:
            return _raw_of_text(dial, value) if isinstance(value, str) else raw_of_number(dial, parameter, value)


def raw_of_number(dial: CppParameter, parameter: PluginParameter, number: float) -> float:
    """The raw value whose text is nearest to a number, of what the plug-in reads, a straight line and a search."""
    best, best_miss = 0.0, float("inf")
    for raw in _candidates(dial, parameter, number):
        if not 0.0 <= raw <= 1.0:
            continue
        text = dial.get_text_for_raw_value(raw)
        shown = number_in(text)
        miss = float("inf") if shown is None else abs(shown - number)
        if miss < best_miss:
            best, best_miss = raw, miss
        if miss <= 0.51 * resolution_of(text):
            break
    return best


def _candidates(dial: CppParameter, parameter: PluginParameter, number: float) -> Iterator[float]:
    yield float(dial.get_raw_value_for_text(repr(number)))
    if parameter.unit:
        yield float(dial.get_raw_value_for_text(f"{number!r} {parameter.unit}"))
    assert parameter.low is not None
    assert parameter.high is not None
    span = parameter.high - parameter.low
    yield (number - parameter.low) / span if span else 0.0
    yield _searched(dial, number)


def _searched(dial: CppParameter, number: float) -> float:
    """By bisection, for texts that rise or fall all the way."""
    ends = [number_in(dial.get_text_for_raw_value(raw)) for raw in (0.0, 1.0)]
    rises = ends[0] is None or ends[1] is None or ends[0] <= ends[1]
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        shown = number_in(dial.get_text_for_raw_value(middle))
        if shown is None or (shown < number) == rises:
            low = middle
        else:
            high = middle
    return high


def _raw_of_text(dial: CppParameter, text: str) -> float:
    raw = float(dial.get_raw_value_for_text(text))
    if 0.0 <= raw <= 1.0 and text_at(dial, raw, is_slow=False) == text:
        return raw
    for is_slow in (False, True):
        found = [raw for raw in grid_of(dial) if text_at(dial, raw, is_slow=is_slow) == text]
        if found:
            return (found[0] + found[-1]) / 2 if len(found) > 1 else found[0]
    raise PluginError(f"does not know {text!r} for {dial.name}")


def grid_of(dial: CppParameter) -> Sequence[float]:
    """Raw values that between them meet every text."""
    steps = dial.num_steps
    count = steps if 2 <= steps <= GRID else GRID + 1
    return [index / (count - 1) for index in range(count)]


def text_at(dial: CppParameter, raw: float, *, is_slow: bool) -> str:
    """How a raw value is shown; slowly, by setting it, where a plug-in shows only what is set."""
    if not is_slow:
        return dial.get_text_for_raw_value(raw)
    before = dial.raw_value
    dial.raw_value = raw
    text = dial.string_value
    dial.raw_value = before
    return text


def _is_what_was_asked(parameter: PluginParameter, value: Setting, applied: Applied) -> bool:
    match parameter.kind:
        case ParameterKind.SWITCH:
            is_on = value == parameter.choices[1] if isinstance(value, str) else bool(value)
            return applied.value is is_on
        case ParameterKind.CHOICE:
            return applied.text == value
        case ParameterKind.NUMBER:
            if isinstance(value, str):
                return applied.text == value
            if not isinstance(applied.value, float) or parameter.low is None or parameter.high is None:
                return False
            miss_max = max(MISS_MAX * (parameter.high - parameter.low), resolution_of(applied.text))
            return abs(applied.value - value) <= miss_max
