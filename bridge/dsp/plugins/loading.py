"""Loading a plug-in with Pedalboard: the one place that calls it. Child half only: any of this may end the process.

Pedalboard sweeps every parameter over 1001 values while loading, and once more at the first look at one; that takes
ZamVerb a minute and wipes presets. We read parameters ourselves, so the sweep is switched off where this version of
Pedalboard lets us (it is private); elsewhere loading is slow, and nothing else changes.
"""

import contextlib
import threading
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pedalboard

from bridge.audio.signal import Samples
from bridge.errors import PluginError

SWEEP = "__set_initial_parameter_values__"
BUFFER_FRAMES = 1024
"""Longest buffer that a plug-in gets, always cut at the same frames: it is part of the result. Pedalboard promises 8192
to plug-ins and does not keep to it beyond."""
SETTLE_FRAMES = 8 * BUFFER_FRAMES
"""Silence after which latency and state say what was set."""


_never_let_go: list[object] = []
"""Every plug-in that was loaded: destructors may crash after good work, so they never run."""


@runtime_checkable
class CppParameter(Protocol):
    """What Pedalboard tells of one parameter."""

    name: str
    label: str
    num_steps: int
    is_automatable: bool
    raw_value: float
    string_value: str

    def get_text_for_raw_value(self, raw: float) -> str:
        """How the plug-in would write it."""
        ...

    def get_raw_value_for_text(self, text: str) -> float:
        """How the plug-in reads a text; anything where it cannot."""
        ...


class LoadedPlugin(Protocol):
    """What we use of a loaded plug-in; Pedalboard's VST3Plugin and AudioUnitPlugin have it."""

    name: str
    version: str
    manufacturer_name: str
    category: str
    identifier: str
    is_instrument: bool
    reported_latency_samples: int
    preset_data: bytes

    def process(self, block: Samples, sample_rate: float, buffer_size: int, reset: bool) -> Samples:  # noqa: FBT001
        """The block after the plug-in."""
        ...

    def reset(self) -> None:
        """Forgets all sound."""
        ...

    def show_editor(self, close_event: threading.Event) -> None:
        """Opens its window until it is closed, or the event is set."""
        ...


def load(path: Path, name: str, *, is_alone: bool) -> LoadedPlugin:
    """The plug-in, loaded.

    Raises:
        PluginError: it cannot be loaded, in the words of Pedalboard.
    """
    mixin = getattr(getattr(pedalboard, "_pedalboard", None), "_PythonExternalPluginMixin", None)
    if hasattr(mixin, SWEEP):
        setattr(mixin, SWEEP, _no_sweep)
    try:
        library: Any = pedalboard
        plugin: Any = library.load_plugin(str(path), plugin_name=None if is_alone else name)
    except (ImportError, ValueError, RuntimeError) as error:
        raise PluginError(f"could not be loaded: {error}") from error
    _never_let_go.append(plugin)
    return plugin  # type: ignore[no-any-return]  # Any from Pedalboard


def _no_sweep(plugin: object, values: object) -> None:
    """Stands in for Pedalboard's sweep; values are set by us."""
    del plugin, values


def names_in(path: Path) -> tuple[str, ...]:
    """Names of the plug-ins in a file; the library is loaded for it.

    Raises:
        PluginError: there are none.
    """
    kind: Any = getattr(pedalboard, "VST3Plugin" if path.suffix.casefold() == ".vst3" else "AudioUnitPlugin", None)
    if kind is None:
        raise PluginError("is an Audio Unit, which only macOS can load")
    try:
        return tuple(kind.get_plugin_names_for_file(str(path)))
    except (ImportError, ValueError, RuntimeError) as error:
        raise PluginError(f"could not be loaded: {error}") from error


def parameters_of(plugin: LoadedPlugin) -> list[CppParameter]:
    """All parameters, in the plug-in's order; to be asked for anew after a reset, which may make a new instance."""
    return list(getattr(plugin, "_parameters"))  # noqa: B009 - private, and the only way without the sweep


def class_id_of(plugin: LoadedPlugin) -> str:
    """The class id in a VST3 preset's header, which names the plug-in on every machine; else Pedalboard's unique id."""
    with contextlib.suppress(RuntimeError):
        data = plugin.preset_data
        if data[:4] == b"VST3":
            return data[8:40].decode("ascii", errors="replace")
    return plugin.identifier.rpartition("-")[2]


def clears_on_reset(plugin: LoadedPlugin) -> bool:
    """Whether a reset forgets sound; others are made anew by it, which ZamTube does differently now and then."""
    return str(getattr(plugin, "_reload_type", "")).endswith("ClearsAudioOnReset")
