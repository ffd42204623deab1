"""Settings at the bounds of what steps declare, for hypothesis: whatever a chain may say, drawn from the declarations.

A new step is covered by itself; only what depends on another parameter (bands on crossovers) is told here.
"""

import operator
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.chains import (
    PLACEMENT,
    STEPS,
    BandDynamics,
    Dither,
    Eq,
    EqBand,
    Limiter,
    MatchEq,
    Plugin,
    Resample,
    StepBase,
)
from bridge.chains.auto import AutoValue
from bridge.declarations import Declaration, declarations

Settings = dict[str, Any]
EXTREME_STEPS: tuple[type[StepBase], ...] = tuple(step for step in STEPS if step not in {Plugin, Resample, Dither})
"""All that touch samples by themselves; plug-ins are somebody else's, the last two belong to the end of a chain."""
UNDRAWN = frozenset({"use", "bypass", "rule", "reference", "towards", "curve"})
CURVES: tuple[Settings, ...] = (
    {"towards": "genre"},
    {"towards": "curve", "curve": [{"hz": 20, "db": -60}, {"hz": 21, "db": 60}, {"hz": 20000, "db": -60}]},
)
CROSSOVERS = st.lists(
    st.sampled_from([20.0, 21.0, 150.0, 3000.0, 19999.0, 20000.0]), min_size=1, max_size=5, unique=True
)


def steps_at_their_bounds(kind: type[StepBase]) -> st.SearchStrategy[StepBase]:
    """Steps of a class whose parameters stand at a bound, at their default or somewhere between."""
    return allowed(kind).map(kind.model_validate)


def allowed(model: type[AutoValue]) -> st.SearchStrategy[Settings]:
    """What may be said of a model, without what one parameter forbids another."""
    return settings_of(model).filter(lambda given: _is_allowed(model, given))


def _is_allowed(model: type[AutoValue], given: Settings) -> bool:
    try:
        model.model_validate(given)
    except ValidationError:
        return False
    return True


def settings_of(model: type[AutoValue]) -> st.SearchStrategy[Settings]:
    """Values of all parameters, each by itself."""
    left_out = UNDRAWN | (PLACEMENT if getattr(model, "whole_because", "") else frozenset())
    drawn = {declared.name: value_of(declared) for declared in declarations(model) if declared.name not in left_out}
    if model is Limiter:
        drawn["ceiling_dbtp"] = st.sampled_from([-12.0, -1.0, 0.0])  # open only at the end of a chain
    names = set(drawn)
    if "crossovers_hz" in names:
        return st.fixed_dictionaries(drawn).flatmap(lambda given: CROSSOVERS.flatmap(_with_bands(given)))
    if model is MatchEq:
        return st.builds(operator.or_, st.fixed_dictionaries(drawn), st.sampled_from(CURVES))
    if model is Eq:
        drawn["bands"] = st.lists(allowed(EqBand), min_size=1, max_size=3)
    if "branches" in names:
        drawn["branches"] = st.lists(BRANCHES, min_size=1, max_size=2)
    return st.fixed_dictionaries(drawn)


def value_of(declared: Declaration) -> st.SearchStrategy[Any]:
    """A value at or between the bounds of a parameter, or its default."""
    usual = [] if declared.is_required else [declared.default]
    if declared.choices:
        is_number = isinstance(declared.default, int)
        return st.sampled_from([int(choice) if is_number else choice for choice in declared.choices])
    if declared.kind is bool:
        return st.booleans()
    if declared.low is None or declared.high is None:
        return st.sampled_from(usual or [()])
    bounds = [declared.low, declared.high, (declared.low + declared.high) / 2, *usual]
    return st.sampled_from(bounds) | st.floats(declared.low, declared.high)


def _with_bands(given: Settings) -> Callable[[list[float]], st.SearchStrategy[Settings]]:
    """Rising crossovers, and as many bands or widths as they make."""

    def draw(crossovers_hz: list[float]) -> st.SearchStrategy[Settings]:
        count = len(crossovers_hz) + 1
        several: st.SearchStrategy[Settings]
        if "bands" in given:
            bands = st.lists(allowed(BandDynamics), min_size=count, max_size=count)
            several = bands.map(lambda drawn: {"bands": drawn})
        else:
            widths = st.lists(st.sampled_from([0.0, 100.0, 200.0]), min_size=count, max_size=count)
            several = widths.map(lambda drawn: {"widths_percent": drawn})
        return several.map(lambda drawn: given | {"crossovers_hz": sorted(crossovers_hz)} | drawn)

    return draw


BRANCHES = st.deferred(
    lambda: st.fixed_dictionaries(
        {
            "steps": st.sampled_from([step for step in EXTREME_STEPS if "branches" not in step.model_fields])
            .flatmap(steps_at_their_bounds)
            .map(lambda step: [step.model_dump()]),
            "gain_db": st.sampled_from([-60.0, 0.0, 24.0]),
            "mix_percent": st.sampled_from([0.0, 50.0, 100.0]),
        }
    )
)
