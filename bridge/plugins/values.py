"""Whether a value fits a parameter, and how values are written."""

import math

from bridge.documents import did_you_mean
from bridge.plugins.entry import ParameterKind, PluginEntry, PluginParameter, Setting

STEP_SLACK = 1e-6
"""Share of a step by which a number may miss it: how YAML writes 1/3."""
CHOICES_SHOWN = 12
DIGITS = 6


def parameter_fault(entry: PluginEntry, key: str, value: Setting) -> str | None:
    """What is wrong with a value for a parameter, as a sentence with the cure; None where it fits."""
    parameter = entry.parameter(key)
    if parameter is None:
        return unknown_parameter(entry, key)
    if parameter.fixed_because:
        return f"cannot be set: {parameter.fixed_because}; leave it out."
    return value_fault(parameter, value)


def unknown_parameter(entry: PluginEntry, key: str) -> str:
    """That a plug-in has no such parameter, with the nearest names."""
    keys = [parameter.key for parameter in entry.parameters if not parameter.fixed_because]
    meant = did_you_mean(key, keys)
    more = f" `dawbridge plugins show {entry.name}` lists them."
    return f"is no parameter of {entry.name}.{meant or f' Known: {_some(keys)}.'}{more}"


def value_fault(parameter: PluginParameter, value: Setting) -> str | None:
    """What is wrong with a value; None where it fits."""
    match parameter.kind:
        case ParameterKind.NUMBER:
            return _number_fault(parameter, value)
        case ParameterKind.SWITCH:
            if isinstance(value, bool) or value in {0, 1} or _is_text_of(parameter, value):
                return None
            return f"must be on or off, not {_shown(value)}."
        case ParameterKind.CHOICE:
            if _is_text_of(parameter, value):
                return None
            meant = did_you_mean(str(value), parameter.choices)
            return f"must be one of {_some(parameter.choices)}; not {_shown(value)}.{meant}"


def _number_fault(parameter: PluginParameter, value: Setting) -> str | None:
    if _is_text_of(parameter, value):
        return None
    if isinstance(value, bool | str) or not math.isfinite(value):
        return f"must be a number{_bounds(parameter)}, not {_shown(value)}."
    assert parameter.low is not None
    assert parameter.high is not None
    if not parameter.low <= value <= parameter.high:
        return f"must be{_bounds(parameter)}, not {value:g}."
    if parameter.step is not None:
        steps = (value - parameter.low) / parameter.step
        if abs(steps - round(steps)) > STEP_SLACK:
            below = parameter.low + math.floor(steps) * parameter.step
            return f"moves in steps of {parameter.step:g}: {below:g} or {below + parameter.step:g}, not {value:g}."
    return None


def _is_text_of(parameter: PluginParameter, value: Setting) -> bool:
    return isinstance(value, str) and value in parameter.choices


def _bounds(parameter: PluginParameter) -> str:
    if parameter.low is None or parameter.high is None:
        return ""
    return f" {bounds_text(parameter)}"


def bounds_text(parameter: PluginParameter) -> str:
    """What a parameter takes: "-80 to 0 dB", "off or on", "Zero, PoppySnare, VocalLeveller"; every text there is."""
    if parameter.kind is ParameterKind.SWITCH:
        return "off or on"
    if parameter.kind is ParameterKind.CHOICE:
        return ", ".join(parameter.choices)
    steps = "" if parameter.step is None else f", in steps of {parameter.step:g}"
    texts = f", or {', '.join(parameter.choices)}" if parameter.choices else ""
    return f"{parameter.low:g} to {parameter.high:g} {parameter.unit}".strip() + steps + texts


def setting_text(parameter: PluginParameter, value: Setting) -> str:
    """A value as people read it: "-18 dB", "on"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    return f"{rounded(parameter, value):.6g} {parameter.unit}".strip()


def rounded(parameter: PluginParameter, value: float) -> float:
    """A number without the dust of float32, which is what plug-ins hold: to a millionth of the range."""
    if parameter.low is None or parameter.high is None or parameter.high <= parameter.low:
        return float(f"{value:.6g}")
    decimals = DIGITS - math.floor(math.log10(parameter.high - parameter.low)) - 1
    return round(value, max(0, decimals)) + 0.0


def _shown(value: Setting) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _some(texts: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(texts[:CHOICES_SHOWN])
    return f"{shown} and {len(texts) - CHOICES_SHOWN} more" if len(texts) > CHOICES_SHOWN else shown
