"""What a plug-in is and does: loaded, listened to, and loaded once more. Child half only.

The test sound is half a second of noise; every reading is at 44.1 kHz and at the plug-in's defaults.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.plugins.diagnosis import why_not_loaded
from bridge.dsp.plugins.examine import examine_parameters
from bridge.dsp.plugins.loading import (
    BUFFER_FRAMES,
    SETTLE_FRAMES,
    LoadedPlugin,
    class_id_of,
    clears_on_reset,
    load,
    names_in,
    parameters_of,
)
from bridge.dsp.plugins.wire import Probed
from bridge.errors import PluginError
from bridge.plugins.entry import FileMark, ParameterKind, PluginEntry, PluginParameter
from bridge.plugins.folders import mark_of

RATE_HZ = 44100
SOUND_FRAMES = RATE_HZ // 2
OTHER_BUFFER_FRAMES = 256
IMPULSE_AT = 10_000
TAIL_S_MAX = 5.0
TAIL_FLOOR = 1e-4
"""A tail ends when it is 80 dB below the loudest."""
NUDGE = 0.1
METER_NAME = re.compile(r"(?i)\b(reduction|level|meter|peak|vu|rms)s?\b")
"""Of parameters that hosts may not automate: some meters move only while there is something to show."""
REDUCTION_NAME = re.compile(r"(?i)^gain reduction\b")
SIDE_NAME = re.compile(r"(?i)^(input|output)\b")
QUIET_DB = -20.0
"""A control of what goes in or out that stands at its lowest, below this, would let nothing through."""
METER = "it is a meter, which the plug-in moves itself"
NO_MARK = FileMark(size_bytes=0, mtime_ns=0, digest="")
Probing = tuple[PluginEntry, str]
"""What is known of a plug-in, and the digest of what it made of the test sound."""


def probe(path: Path) -> Probed:
    """Everything about each plug-in of a file.

    Raises:
        PluginError: it cannot be used, and why.
    """
    mark, started_s = mark_of(path), time.perf_counter()
    try:
        names = names_in(path)
    except PluginError as error:
        raise PluginError(why_not_loaded(path)) from error
    if mark is None or not names:
        raise PluginError(why_not_loaded(path))
    opened_s = time.perf_counter() - started_s
    probings = [_probe_one(path, name, is_alone=len(names) == 1) for name in names]
    entries = tuple(
        entry.model_copy(update={"mark": mark, "load_s": round(opened_s + entry.load_s, 4)}) for entry, _ in probings
    )
    return Probed(entries=entries, digests=tuple(digest for _, digest in probings))


def verify(path: Path, name: str, *, is_alone: bool) -> str:
    """Digest of what a plug-in makes of the test sound, freshly loaded."""
    plugin = load(path, name, is_alone=is_alone)
    if plugin.is_instrument:
        return ""
    channels = _channels_of(plugin)
    return _digest(_heard(plugin, test_sound(max(channels)))) if channels else ""


def test_sound(channels: int) -> Samples:
    """Noise at -12 dBFS, the same everywhere."""
    noise = np.random.default_rng(20).uniform(-0.25, 0.25, (channels, SOUND_FRAMES))
    return noise.astype(np.float32)


def _probe_one(path: Path, name: str, *, is_alone: bool) -> Probing:
    started_s = time.perf_counter()
    try:
        plugin = load(path, name, is_alone=is_alone)
    except PluginError as error:
        raise PluginError(why_not_loaded(path)) from error
    load_s = time.perf_counter() - started_s
    plain = PluginEntry(
        name=plugin.name,
        vendor=plugin.manufacturer_name.strip(),
        version=plugin.version,
        format="VST3" if path.suffix.casefold() == ".vst3" else "AudioUnit",
        category=plugin.category,
        identity=class_id_of(plugin),
        path=path,
        is_alone=is_alone,
        mark=mark_of(path) or NO_MARK,
        is_instrument=plugin.is_instrument,
        load_s=load_s,
    )
    if plugin.is_instrument:
        return plain, ""
    channels = _channels_of(plugin)
    if not channels:
        return plain, ""
    parameters = examine_parameters(parameters_of(plugin))
    return _listened(plugin, plain.model_copy(update={"channels": channels, "parameters": parameters}))


def _listened(plugin: LoadedPlugin, entry: PluginEntry) -> Probing:
    """What is known of a plug-in after listening to it."""
    sound = test_sound(max(entry.channels))
    loaded = [float(dial.raw_value) for dial in parameters_of(plugin)]
    first = _heard(plugin, sound)
    _heard(plugin, np.sin(np.arange(sound.size, dtype=np.float32)).reshape(sound.shape))
    again = _heard(plugin, sound)
    other = load(entry.path, entry.name, is_alone=entry.is_alone)
    elsewhere = _heard(other, sound)
    latency, late, tail_s = _times(other, max(entry.channels))
    cut = _heard(other, sound, OTHER_BUFFER_FRAMES)
    is_same = clears_on_reset(plugin) and np.array_equal(first, again) and np.array_equal(first, elsewhere)
    facts: dict[str, object] = {
        "parameters": _with_meters(plugin, entry, loaded),
        "latency_frames": latency,
        "measured_latency_frames": late,
        "tail_s": tail_s,
        "is_deterministic": is_same,
        "is_reusable": is_same,
        "depends_on_blocks": is_same and not np.array_equal(first, cut),
        "is_silent": not first.any(),
    }
    return entry.model_copy(update=facts), _digest(first)


def _channels_of(plugin: LoadedPlugin) -> tuple[int, ...]:
    return tuple(channels for channels in (1, 2) if _takes(plugin, channels))


def _takes(plugin: LoadedPlugin, channels: int) -> bool:
    silence = np.zeros((channels, BUFFER_FRAMES), np.float32)
    try:
        made = plugin.process(silence, RATE_HZ, buffer_size=BUFFER_FRAMES, reset=True)
    except (ValueError, RuntimeError):
        return False
    return bool(made.shape[0] == channels)


def _heard(plugin: LoadedPlugin, sound: Samples, buffer_frames: int = BUFFER_FRAMES) -> Samples:
    """The sound after the plug-in, which has forgotten everything before; latency made up for by Pedalboard."""
    silence = np.zeros((sound.shape[0], SETTLE_FRAMES), np.float32)
    plugin.process(silence, RATE_HZ, buffer_size=buffer_frames, reset=True)
    return plugin.process(sound, RATE_HZ, buffer_size=buffer_frames, reset=True).copy()


def _with_meters(plugin: LoadedPlugin, entry: PluginEntry, loaded: Sequence[float]) -> tuple[PluginParameter, ...]:
    """The parameters, with those marked that move by themselves while sound goes through, or do not stay where set.

    Pedalboard does not tell which parameters are read-only. Those that hosts may automate are not touched.
    """
    before = [float(dial.raw_value) for dial in parameters_of(plugin)]
    nudged = {
        one.index: before[one.index] + (NUDGE if before[one.index] < 0.5 else -NUDGE)
        for one in entry.parameters
        if not parameters_of(plugin)[one.index].is_automatable and not one.fixed_because
    }
    for index, raw in nudged.items():
        parameters_of(plugin)[index].raw_value = raw
    _heard(plugin, test_sound(max(entry.channels)))
    after = [float(dial.raw_value) for dial in parameters_of(plugin)]
    meters = {index for index, raw in enumerate(before) if index not in nudged and raw != loaded[index]}
    meters |= {index for index, raw in nudged.items() if abs(after[index] - raw) > NUDGE / 100}
    meters |= {one.index for one in entry.parameters if one.index in nudged and METER_NAME.search(one.name)}
    meters |= {one.index for one in entry.parameters if is_resting_meter(one)}
    return tuple(
        one.model_copy(update={"fixed_because": METER}) if one.index in meters and not one.fixed_because else one
        for one in entry.parameters
    )


def is_resting_meter(one: PluginParameter) -> bool:
    """Whether it can only be a meter at rest, though hosts may automate it: no gain reduction, or nothing in or out."""
    if one.kind is not ParameterKind.NUMBER or one.unit.casefold() != "db" or one.low is None or one.default != one.low:
        return False
    is_side = SIDE_NAME.search(one.name) is not None and one.low <= QUIET_DB
    return is_side or REDUCTION_NAME.search(one.name) is not None


def _times(plugin: LoadedPlugin, channels: int) -> tuple[int, int | None, float]:
    """Latency as reported, by how much later an impulse comes out, and how long it sounds on in seconds."""
    frames = IMPULSE_AT + round(TAIL_S_MAX * RATE_HZ)
    impulse = np.zeros((channels, frames), np.float32)
    impulse[:, IMPULSE_AT] = 1.0
    made = np.abs(_heard(plugin, impulse)).max(axis=0)
    latency = max(0, int(plugin.reported_latency_samples))
    if not made.any():
        return latency, None, 0.0
    late = int(made.argmax()) - IMPULSE_AT
    last = int(np.flatnonzero(made > TAIL_FLOOR * made.max())[-1])
    return latency, late, round(max(0, last - IMPULSE_AT - max(0, late)) / RATE_HZ, 3)


def _digest(samples: Samples) -> str:
    return hashlib.blake2b(np.ascontiguousarray(samples).tobytes(), digest_size=16).hexdigest()
