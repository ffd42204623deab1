"""Third-party plug-ins: run in a host that may die, judged by what came out, replaced or left out where that was asked.

Consecutive plug-ins of a chain go through one host together. A plug-in that fails has spoilt nothing, because what it
made lies in an array of its own: the run is repeated without it, or the job ends, as the chain says.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat

from bridge.audio.signal import Allocate, Audio, OnProgress, Signal
from bridge.chains import Plugin, StepBase, Tune
from bridge.dsp.mastering.equal_loudness import lost_db
from bridge.dsp.mastering.placement import fit_placed
from bridge.dsp.mastering.played import Played
from bridge.dsp.mastering.plugged.passing import Passed, Watch, pass_through
from bridge.dsp.mastering.plugged.slots import slot_of
from bridge.dsp.mastering.plugged.told import failed_step, plugin_step, use_of
from bridge.dsp.mastering.plugged.tuning import Tuned, search
from bridge.dsp.mastering.processor import Fitted
from bridge.dsp.mastering.progress import rounds, to_nobody
from bridge.dsp.mastering.steps.parallel import whole
from bridge.dsp.measures import measure
from bridge.dsp.plugins.host import HostError
from bridge.dsp.plugins.rack import Rack, rack
from bridge.dsp.plugins.wire import ReadySlot
from bridge.dsp.resample import resample
from bridge.errors import PluginError
from bridge.messages import message
from bridge.model import AppliedStep, Message
from bridge.plugins.entry import PluginEntry, Setting
from bridge.units import Db, db_to_gain

FitOther = Callable[[StepBase, Signal, Allocate], Fitted]
"""Fits a built-in step: what stands in for a plug-in that failed."""


def fit_plugin(
    step: Plugin, signal: Signal, allocate: Allocate, fit_other: FitOther, on_progress: OnProgress = to_nobody
) -> Fitted:
    """One plug-in in its place, fitted by running it.

    Raises:
        PluginError: it failed, and the chain does not say what then.
    """
    if step.on_failure == "substitute":
        return _fit_or_substitute(step, signal, allocate, fit_other, on_progress)
    return fit_placed(step, signal, partial(_fit_one, allocate=allocate, on_progress=on_progress))


def fit_plugins(
    steps: Sequence[Plugin], signal: Signal, allocate: Allocate, on_progress: OnProgress
) -> tuple[Fitted, ...]:
    """Plain plug-ins that follow each other, run together; the last that worked brings what all of them made.

    Raises:
        PluginError: one failed, and the chain does not say what then.
    """
    shelf = rack()
    entries = [shelf.entry(step.plugin) for step in steps]
    fitted: dict[int, Fitted] = {}
    left = list(range(len(steps)))
    while left:
        slots = [slot_of(steps[index], entries[index], signal) for index in left]
        try:
            runner = shelf.runner([entries[index] for index in left], signal.channels, is_isolated=True)
            passed = pass_through(runner, slots, signal, allocate, _watch(shelf, on_progress))
        except HostError as error:
            index = left[error.failure.slot]
            fitted[index] = _failed(shelf, steps[index], entries[index], error)
            left.remove(index)
            continue
        for place, index in enumerate(left):
            fitted[index] = _worked(shelf, steps[index], entries[index], passed, place)
        break
    return tuple(fitted[index] for index in range(len(steps)))


def _worked(shelf: Rack, step: Plugin, entry: PluginEntry, passed: Passed, place: int) -> Fitted:
    ready, is_last = passed.prepared.slots[place], place == len(passed.prepared.slots) - 1
    shelf.note_success(entry)
    applied = plugin_step(step, use_of(entry, ready, passed.seconds[place]), ready, None, _remarks(step, entry))
    processor = Played(passed.samples, 1.0) if is_last else None
    return Fitted(processor, applied, _notes(entry, passed) if is_last else ())


def _fit_one(step: Plugin, signal: Signal, allocate: Allocate, on_progress: OnProgress) -> Fitted:
    """A plug-in that is heard by itself: tuned, matched, oversampled or placed."""
    shelf = rack()
    entry = shelf.entry(step.plugin)
    try:
        return _heard_alone(step, entry, whole(signal, allocate), allocate, on_progress)
    except HostError as error:
        return _failed(shelf, step, entry, error)


def _heard_alone(
    step: Plugin, entry: PluginEntry, source: Audio, allocate: Allocate, on_progress: OnProgress
) -> Fitted:
    shelf = rack()
    told = repeat(on_progress) if step.tune is None else rounds(on_progress)
    ready_for = _oversampled(source, step.oversample, allocate)

    def make(values: dict[str, Setting]) -> tuple[Passed, Audio]:
        slot = slot_of(step, entry, ready_for, values)
        runner = shelf.runner([entry], ready_for.channels, is_isolated=step.isolate)
        passed = pass_through(runner, [slot], ready_for, allocate, _watch(shelf, next(told)))
        made = Audio(passed.samples, ready_for.sample_rate_hz)
        return passed, made if step.oversample == 1 else resample(made, source.sample_rate_hz, allocate, to_nobody)

    values, notes, remarks = _tuned(step, make)
    passed, made = make(values)
    match_db = _match_db(step, source, made)
    shelf.note_success(entry)
    ready: ReadySlot = passed.prepared.slots[0]
    applied = plugin_step(
        step, use_of(entry, ready, passed.seconds[0]), ready, match_db, (*_remarks(step, entry), *remarks)
    )
    return Fitted(Played(made.samples, db_to_gain(match_db or 0.0)), applied, (*_notes(entry, passed), *notes))


def _tuned(
    step: Plugin, make: Callable[[dict[str, Setting]], tuple[Passed, Audio]]
) -> tuple[dict[str, Setting], tuple[Message, ...], tuple[str, ...]]:
    """The value that was searched, what people should know of it, and what the report says of it."""
    tune = step.tune
    if tune is None:
        return {}, (), ()
    ((measure_name, goal),) = tune.goal.items()

    def hear(value: float) -> float | None:
        made = make({tune.parameter: value})[1]
        reading: float | None = getattr(measure(made).measurement, measure_name)
        return reading

    found = search(tune, hear)
    if found is None:
        return {}, (message("tune_no_reading", plugin=step.plugin, parameter=tune.parameter, measure=measure_name),), ()
    notes = () if found.is_reached else (_missed(step, tune, found, goal),)
    remark = f"{tune.parameter} found at {found.best.value:.4g} in {found.tries} tries: {measure_name} "
    return {tune.parameter: found.best.value}, notes, (f"{remark}{found.best.reading:.2f} (goal {goal:g})",)


def _missed(step: Plugin, tune: Tune, found: Tuned, goal: float) -> Message:
    return message(
        "tune_missed",
        plugin=step.plugin,
        parameter=tune.parameter,
        measure=next(iter(tune.goal)),
        value=found.best.reading,
        threshold=goal,
    )


def _match_db(step: Plugin, source: Audio, made: Audio) -> Db | None:
    return (lost_db(source, made) or 0.0) if step.output_match == "loudness" else None


def _oversampled(source: Audio, factor: int, allocate: Allocate) -> Audio:
    return source if factor == 1 else resample(source, factor * source.sample_rate_hz, allocate, to_nobody)


def _fit_or_substitute(
    step: Plugin, signal: Signal, allocate: Allocate, fit_other: FitOther, on_progress: OnProgress
) -> Fitted:
    assert step.substitute is not None
    failing = step.model_copy(update={"on_failure": "bypass"})
    fitted = fit_placed(failing, signal, partial(_fit_one, allocate=allocate, on_progress=on_progress))
    if fitted.applied is None or fitted.applied.plugin is None or fitted.applied.plugin.failure is None:
        return fitted
    instead = fit_other(step.substitute, signal, allocate)
    told = message("plugin_substituted", plugin=fitted.applied.plugin.name, what=fitted.applied.plugin.failure)
    sentence = f"{step.substitute.placed_sentence()}, instead of {fitted.applied.plugin.name}, which failed"
    plain = instead.applied or AppliedStep(use=str(getattr(step.substitute, "use", "")), sentence=sentence)
    applied = plain.model_copy(update={"sentence": sentence, "plugin": fitted.applied.plugin})
    return Fitted(instead.processor, applied, (told, *instead.messages))


def _failed(shelf: Rack, step: Plugin, entry: PluginEntry, error: HostError) -> Fitted:
    """The step left out, where the chain allows that; the failure is on the plug-in's record in any case."""
    failure = error.failure
    if failure.is_refusal:
        raise PluginError(f"The plug-in {entry.name} {failure.sentence}.") from error
    shelf.note_failure(entry, failure.sentence)
    if step.on_failure == "fail":
        raise PluginError(
            f"The plug-in {entry.name} {failure.sentence}, so nothing was delivered: retry, leave it out, or say "
            f"`on_failure: bypass` in the chain."
        ) from error
    told = message("plugin_bypassed", plugin=entry.name, what=failure.sentence)
    return Fitted(None, failed_step(step, entry, failure.sentence), (told,))


def _notes(entry: PluginEntry, passed: Passed) -> tuple[Message, ...]:
    return (message("plugin_latency_moved", plugin=entry.name),) if passed.has_moved else ()


def _remarks(step: Plugin, entry: PluginEntry) -> tuple[str, ...]:
    """What is unusual about how it was fed."""
    is_doubled = step.channels in {"mid", "side", "left", "right"} and 1 not in entry.channels
    doubled = ("fed on both of its channels alike",) if is_doubled else ()
    return doubled if step.isolate else (*doubled, "not isolated, as the chain wants it")


def _watch(shelf: Rack, on_progress: OnProgress) -> Watch:
    return Watch(shelf.place.settings.total_timeout_s, time.monotonic, time.monotonic(), on_progress)
