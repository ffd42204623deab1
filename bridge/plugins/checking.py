"""Chains against what is installed: every fault at once, before a job starts, each with its line and its cure."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bridge.chains import Chain, Parallel, Plugin
from bridge.documents import Loc, read_document
from bridge.errors import ChainError, Fault
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.choosing import chosen
from bridge.plugins.entry import ParameterKind, PluginEntry
from bridge.plugins.presets import preset_fault
from bridge.plugins.salvage import salvaged
from bridge.plugins.values import parameter_fault, unknown_parameter

Place = tuple[Loc, str]
"""Where a fault is, and its sentence."""
Learn = Callable[[Sequence[str]], Catalogue]
"""Gives the catalogue, with what these names may mean examined."""


def check_plugins(chain: Chain, path: Path, catalogue: Catalogue) -> None:
    """Does nothing where every plug-in of the chain is there and takes what it is given.

    Raises:
        ChainError: every fault, each with line and key.
    """
    faults = _faults(tuple(_plugins(chain.steps, ("steps",))), path, catalogue)
    if faults:
        raise ChainError(faults)


def with_plugin_faults(reason: ChainError, path: Path, learn: Learn) -> ChainError:
    """What is wrong with a chain file, and with the plug-ins that it names as well: all of it at once."""
    steps = salvaged(path)
    if not steps:
        return reason
    told = {fault.key for fault in reason.faults}
    more = _faults(steps, path, learn([step.plugin for _, step in steps]))
    return ChainError([*reason.faults, *(fault for fault in more if fault.key not in told)])


def _faults(steps: Sequence[tuple[Loc, Plugin]], path: Path, catalogue: Catalogue) -> list[Fault]:
    document = read_document(path, ChainError)
    return [
        document.fault(loc, sentence, path)
        for place, step in steps
        for loc, sentence in _step_faults(place, step, catalogue)
    ]


def _plugins(steps: Sequence[object], loc: Loc) -> Iterator[tuple[Loc, Plugin]]:
    for index, step in enumerate(steps):
        if isinstance(step, Plugin) and not step.bypass:
            yield (*loc, index), step
        elif isinstance(step, Parallel) and not step.bypass:
            for number, branch in enumerate(step.branches):
                yield from _plugins(branch.steps, (*loc, index, "branches", number, "steps"))


def _step_faults(place: Loc, step: Plugin, catalogue: Catalogue) -> Iterator[Place]:
    entry, fault = chosen(catalogue, step.plugin)
    if entry is None:
        yield (*place, "plugin"), f"`{step.plugin}` {fault}"
        return
    for key, value in step.parameters.items():
        if (wrong := parameter_fault(entry, key, value)) is not None:
            yield (*place, "parameters", key), wrong
    for key, points in step.automation.items():
        yield from _automation_faults((*place, "automation", key), entry, key, [value for _, value in points])
    yield from _tune_faults(place, step, entry)
    if step.preset is not None and (wrong := preset_fault(step.preset, entry, catalogue)) is not None:
        yield (*place, "preset"), wrong
    yield from _channel_faults(place, step, entry)


def _automation_faults(loc: Loc, entry: PluginEntry, key: str, values: Sequence[float]) -> Iterator[Place]:
    parameter = entry.parameter(key)
    if parameter is not None and parameter.kind is not ParameterKind.NUMBER:
        yield loc, "is no number, so it cannot move in lines; set it in `parameters`."
        return
    faults = (parameter_fault(entry, key, value) for value in values)
    yield from ((loc, fault) for fault in dict.fromkeys(fault for fault in faults if fault is not None))


def _tune_faults(place: Loc, step: Plugin, entry: PluginEntry) -> Iterator[Place]:
    tune = step.tune
    if tune is None:
        return
    parameter = entry.parameter(tune.parameter)
    if parameter is None:
        yield (*place, "tune", "parameter"), unknown_parameter(entry, tune.parameter)
    elif parameter.kind is not ParameterKind.NUMBER or parameter.fixed_because:
        yield (*place, "tune", "parameter"), "is no number that can be set, so it cannot be searched."
    else:
        for value in tune.range:
            if (wrong := parameter_fault(entry, tune.parameter, value)) is not None:
                yield (*place, "tune", "range"), wrong


def _channel_faults(place: Loc, step: Plugin, entry: PluginEntry) -> Iterator[Place]:
    loc = (*place, "channels")
    if step.channels == "stereo" and 2 not in entry.channels:
        yield loc, f"{entry.name} takes one channel only: write `channels: dual_mono`, or mid, side, left or right."
    if step.channels == "dual_mono" and 1 not in entry.channels:
        yield loc, f"{entry.name} takes two channels only: write `channels: stereo`."
