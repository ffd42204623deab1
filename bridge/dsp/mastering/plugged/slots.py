"""From a step of a chain to what a plug-in host is told."""

from collections.abc import Mapping

from bridge.audio.signal import Signal
from bridge.chains import Plugin
from bridge.chains.plugin import time_of
from bridge.dsp.plugins.wire import Assigned, Course, Feeding, Slot
from bridge.errors import PluginError
from bridge.plugins.entry import PluginEntry, Setting
from bridge.units import db_to_gain


def slot_of(step: Plugin, entry: PluginEntry, signal: Signal, over: Mapping[str, Setting] | None = None) -> Slot:
    """What the host is told of a step for this signal.

    Args:
        step: already checked against the entry.
        entry: the plug-in.
        signal: what it will get; times of automation are laid onto its frames.
        over: values that win over the step's own.

    Raises:
        PluginError: it does not take so many channels.
    """
    values = {**step.parameters, **(over or {})}
    return Slot(
        path=entry.path,
        name=entry.name,
        is_alone=entry.is_alone,
        is_reusable=entry.is_reusable,
        preset=step.preset,
        assigned=tuple(_assigned(entry, key, value) for key, value in values.items()),
        courses=tuple(_course(step, entry, key, signal) for key in step.automation),
        feeding=feeding_of(step, entry, signal.channels),
        gain=db_to_gain(step.input_gain_db),
    )


def feeding_of(step: Plugin, entry: PluginEntry, channels: int) -> Feeding:
    """How the channels of a signal go into the plug-in.

    Raises:
        PluginError: they cannot.
    """
    if step.channels == "dual_mono":
        if 1 in entry.channels:
            return Feeding.EACH
        raise PluginError(f"The plug-in {entry.name} takes two channels only: leave out `channels: dual_mono`.")
    if channels in entry.channels:
        return Feeding.WHOLE
    if channels == 1:
        return Feeding.DOUBLED
    cure = "add `channels: dual_mono`" if 1 in entry.channels else "use it on stereo signals only"
    raise PluginError(f"The plug-in {entry.name} does not take {channels} channels: {cure}.")


def _assigned(entry: PluginEntry, key: str, value: Setting) -> Assigned:
    parameter = entry.parameter(key)
    if parameter is None:
        raise PluginError(f"The plug-in {entry.name} has no parameter `{key}`: check the chain.")
    return Assigned(parameter=parameter, value=value)


def _course(step: Plugin, entry: PluginEntry, key: str, signal: Signal) -> Course:
    """Points as frames, in their order; shares of the song count from its length."""
    points = sorted(((_frame(time, signal), value) for time, value in step.automation[key]), key=lambda point: point[0])
    return Course(
        parameter=_assigned(entry, key, 0.0).parameter,
        frames=tuple(frame for frame, _ in points),
        values=tuple(value for _, value in points),
    )


def _frame(text: str, signal: Signal) -> int:
    amount, is_share = time_of(text)
    return round(amount * (signal.frames if is_share else signal.sample_rate_hz))
