"""One plug-in of a chain at work: its instances, its moving parameters, and its latency. Child half only."""

import hashlib
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.plugins import dials, loading
from bridge.dsp.plugins.examine import HOSTS_OWN, PROGRAMS
from bridge.dsp.plugins.loading import BUFFER_FRAMES, SETTLE_FRAMES, CppParameter, LoadedPlugin, parameters_of
from bridge.dsp.plugins.numbers import key_of, number_in, resolution_of
from bridge.dsp.plugins.wire import Applied, Assigned, Course, Feeding, ReadySlot, Slot
from bridge.errors import PluginError

NUDGE = 1e-4
NOT_RESTORED = PROGRAMS | frozenset(HOSTS_OWN)
PIECE_FRAMES_MIN = 4
"""Pedalboard takes two frames of two channels, and less, for something else."""
MOVE_FRAMES = 256
"""While a parameter moves, it is set anew every so many frames."""


class Instance:
    """One loaded plug-in, and how it stood when it was loaded and had its preset."""

    def __init__(self, slot: Slot) -> None:
        self.plugin: LoadedPlugin = loading.load(slot.path, slot.name, is_alone=slot.is_alone)
        self._base: list[float] | None = None
        self._preset = slot.preset

    def set_up(self, assigned: Sequence[Assigned], rate_hz: int, channels: int) -> tuple[Applied, ...]:
        """Puts every parameter where it belongs, as if freshly loaded; what the plug-in reads back.

        Raises:
            PluginError: the preset is not its own, or it does not take a value.
        """
        if self._base is None:
            self._load_preset()
            self._settle(rate_hz, channels)
            self._base = [float(dial.raw_value) for dial in parameters_of(self.plugin)]
        self._restore(self._base, rate_hz, channels)
        programs = [one for one in assigned if one.parameter.is_program]
        if programs:
            self._settle(rate_hz, channels)  # what was set back must not come after the program
            for one in programs:
                dials.put(_dial(parameters_of(self.plugin), one), one.parameter, one.value)
            self._settle(rate_hz, channels)
            self._push([float(dial.raw_value) for dial in parameters_of(self.plugin)], rate_hz, channels)
        found = parameters_of(self.plugin)
        for one in assigned:
            if not one.parameter.is_program:
                dials.put(_dial(found, one), one.parameter, one.value)
        self._settle(rate_hz, channels)
        found = parameters_of(self.plugin)
        return tuple(dials.read(_dial(found, one), one.parameter) for one in assigned)

    def preset(self, rate_hz: int, channels: int) -> bytes:
        """Its state as a preset file; what was turned a moment ago arrives only while something is processed.

        Raises:
            RuntimeError: it has none.
        """
        silence = np.zeros((channels, SETTLE_FRAMES), np.float32)
        self.plugin.process(silence, rate_hz, buffer_size=BUFFER_FRAMES, reset=False)
        return self.plugin.preset_data

    def _settle(self, rate_hz: int, channels: int) -> None:
        """Lets it take in what was set; some plug-ins do so only while they process."""
        silence = np.zeros((channels, SETTLE_FRAMES), np.float32)
        self.plugin.process(silence, rate_hz, buffer_size=BUFFER_FRAMES, reset=True)

    def _load_preset(self) -> None:
        if self._preset is None:
            return
        try:
            self.plugin.preset_data = self._preset.read_bytes()
        except (OSError, RuntimeError, ValueError) as error:
            raise PluginError(f"does not take the preset {self._preset.name}: {error}") from error

    def _restore(self, base: Sequence[float], rate_hz: int, channels: int) -> None:
        """Sets everything to what it was, also right after loading; a program first, because it changes the others."""
        changed = [(dial, raw) for dial, raw in self._with_base(base, PROGRAMS) if float(dial.raw_value) != raw]
        for dial, raw in changed:
            dial.raw_value = raw
        if changed:
            self._settle(rate_hz, channels)
        self._push(base, rate_hz, channels)

    def _push(self, raws: Sequence[float], rate_hz: int, channels: int) -> None:
        """Sets every parameter so that it arrives: hosts keep values of their own, which a program leaves behind.

        A program of ZamCompX2 moves what its window shows and not what it does; only setting each parameter does.
        """
        for dial, raw in self._with_base(raws, None):
            _move_by_a_hair(dial, raw)
        self._settle(rate_hz, channels)
        for dial, raw in self._with_base(raws, None):
            if dial.is_automatable or float(dial.raw_value) != raw:
                dial.raw_value = raw

    def _with_base(self, base: Sequence[float], keys: frozenset[str] | None) -> list[tuple[CppParameter, float]]:
        """Parameters of these keys with what they were; with None all but programs and what is the host's."""
        pairs = list(zip(parameters_of(self.plugin), base, strict=True))
        if keys is None:
            return [(dial, raw) for dial, raw in pairs if key_of(dial.name, dial.label) not in NOT_RESTORED]
        return [(dial, raw) for dial, raw in pairs if key_of(dial.name, dial.label) in keys]

    def state_digest(self) -> str:
        """Of its whole state; known after a processed block only."""
        try:
            state = self.plugin.preset_data
        except RuntimeError:  # it has none
            return ""
        return hashlib.blake2b(state, digest_size=16).hexdigest()


@dataclass(frozen=True)
class UnitKey:
    """What makes two loaded plug-ins exchangeable."""

    path: Path
    name: str
    preset_digest: str
    instances: int
    channels: int
    sample_rate_hz: int


class Unit:
    """The instances of one slot, ready for a signal."""

    def __init__(self, slot: Slot, channels: int) -> None:
        started_s = time.perf_counter()
        self.load_s = 0.0
        count = channels if slot.feeding is Feeding.EACH else 1
        self.instances = tuple(Instance(slot) for _ in range(count))
        self.load_s = time.perf_counter() - started_s
        self._feeding, self._gain = slot.feeding, slot.gain
        self._courses: tuple[_Moving, ...] = ()
        self._rate_hz = 0
        self._position = 0

    @staticmethod
    def key_of(slot: Slot, channels: int, sample_rate_hz: int) -> UnitKey:
        """What a loaded unit must be to serve this slot."""
        preset = ""
        if slot.preset is not None and slot.preset.is_file():
            preset = hashlib.blake2b(slot.preset.read_bytes(), digest_size=16).hexdigest()
        count = channels if slot.feeding is Feeding.EACH else 1
        return UnitKey(slot.path, slot.name, preset, count, _width(slot.feeding, channels), sample_rate_hz)

    def make_ready(self, slot: Slot, sample_rate_hz: int, channels: int) -> ReadySlot:
        """Sets everything up for a signal that begins now."""
        self._feeding, self._gain = slot.feeding, slot.gain
        self._rate_hz, self._position = sample_rate_hz, 0
        width = _width(slot.feeding, channels)
        starts = tuple(Assigned(parameter=course.parameter, value=course.values[0]) for course in slot.courses)
        moved = {course.parameter.key for course in slot.courses}
        still = tuple(one for one in slot.assigned if one.parameter.key not in moved)
        applied: tuple[Applied, ...] = ()
        for instance in self.instances:
            applied = instance.set_up((*still, *starts), sample_rate_hz, width)
        digest = self.instances[0].state_digest()
        for instance in self.instances:
            instance.plugin.reset()
        self._courses = tuple(_Moving(course, self._dials_of(course)) for course in slot.courses)
        load_s, self.load_s = self.load_s, 0.0
        return ReadySlot(latency_frames=self.latency_frames, applied=applied, state_digest=digest, load_s=load_s)

    @property
    def latency_frames(self) -> int:
        """As the plug-in reports it now."""
        return max(0, int(self.instances[0].plugin.reported_latency_samples))

    def process(self, block: Samples) -> Samples:
        """The next block (channels, n) of the result, which is `latency_frames` late; blocks come without gaps."""
        if self._gain != 1.0:
            block = block * np.float32(self._gain)
        match self._feeding:
            case Feeding.EACH:
                rows = [block[index : index + 1] for index in range(block.shape[0])]
                made = [self._one(instance, row) for instance, row in zip(self.instances, rows, strict=True)]
                result = np.concatenate(made, axis=0)
            case Feeding.DOUBLED:
                result = self._one(self.instances[0], np.repeat(block, 2, axis=0))[:1]
            case Feeding.WHOLE:
                result = self._one(self.instances[0], block)
        self._position += block.shape[1]
        return result

    def _one(self, instance: Instance, block: Samples) -> Samples:
        given = np.ascontiguousarray(block)
        if not self._courses or block.shape[1] < PIECE_FRAMES_MIN:
            return self._through(instance, given)
        index = self.instances.index(instance)
        parts: list[Samples] = []
        for begin, end in self._pieces(given.shape[1]):
            for moving in self._courses:
                moving.go_to(self._position + begin, index)
            parts.append(self._through(instance, np.ascontiguousarray(given[:, begin:end])))
        return np.concatenate(parts, axis=1)

    def _through(self, instance: Instance, block: Samples) -> Samples:
        """As long as the block: what Pedalboard holds back for latency is silence before what it gives."""
        frames = block.shape[1]
        if frames < PIECE_FRAMES_MIN:  # the end of a song
            block = np.pad(block, ((0, 0), (0, PIECE_FRAMES_MIN - frames)))
        made = instance.plugin.process(block, self._rate_hz, buffer_size=BUFFER_FRAMES, reset=False)
        missing = block.shape[1] - made.shape[1]
        return (np.pad(made, ((0, 0), (missing, 0))) if missing else made)[:, :frames]

    def _pieces(self, frames: int) -> Iterator[tuple[int, int]]:
        """Where a block is cut so that parameters move in time: at points, while moving often, and at buffers."""
        begin, end = self._position, self._position + frames
        cuts = {begin, end, *range(_up(begin, BUFFER_FRAMES), end, BUFFER_FRAMES)}
        for moving in self._courses:
            cuts.update(moving.cuts(begin, end))
        ordered = _apart(sorted(cuts))
        yield from ((a - begin, b - begin) for a, b in pairwise(ordered))

    def _dials_of(self, course: Course) -> list[CppParameter]:
        return [parameters_of(instance.plugin)[course.parameter.index] for instance in self.instances]


class _Moving:
    """A parameter on its course."""

    def __init__(self, course: Course, dials_of: list[CppParameter]) -> None:
        self._course = course
        self._dials = dials_of
        self._raws = [dials.raw_of_number(dials_of[0], course.parameter, value) for value in course.values]
        self._is_linear = _is_linear(dials_of[0], course)

    def cuts(self, begin: int, end: int) -> set[int]:
        """Frames at which it is set."""
        frames, values = self._course.frames, self._course.values
        found = {frame for frame in frames if begin < frame < end}
        for index in range(len(frames) - 1):
            if values[index] != values[index + 1]:
                low, high = max(begin, frames[index]), min(end, frames[index + 1])
                found.update(range(_up(low, MOVE_FRAMES), high, MOVE_FRAMES))
        return found

    def go_to(self, frame: int, instance: int) -> None:
        """Sets the value of this frame."""
        self._dials[instance].raw_value = self._raw_at(frame)

    def _raw_at(self, frame: int) -> float:
        frames, values = self._course.frames, self._course.values
        after = bisect_right(frames, frame)
        if after in {0, len(frames)}:
            return self._raws[min(after, len(frames) - 1)]
        share = (frame - frames[after - 1]) / (frames[after] - frames[after - 1])
        if share == 0.0 or values[after - 1] == values[after]:
            return self._raws[after - 1]
        if self._is_linear:
            return self._raws[after - 1] + share * (self._raws[after] - self._raws[after - 1])
        value = values[after - 1] + share * (values[after] - values[after - 1])
        return dials.raw_of_number(self._dials[0], self._course.parameter, value)


def _is_linear(dial: CppParameter, course: Course) -> bool:
    low, high = course.parameter.low or 0.0, course.parameter.high or 0.0
    for raw in (0.25, 0.5, 0.75):
        text = dial.get_text_for_raw_value(raw)
        shown = number_in(text)
        if shown is None or abs(shown - (low + raw * (high - low))) > resolution_of(text):
            return False
    return True


def _move_by_a_hair(dial: CppParameter, raw: float) -> None:
    """Sets a parameter just above a value, so that setting it afterwards is not taken for no change at all.

    Hosts keep values of their own, which a program leaves behind, and a plug-in may begin with 0 dB and understand the
    raw value of 0 dB as 0.000001. Above, because choices are often rounded down.
    """
    if dial.is_automatable:
        dial.raw_value = raw + NUDGE if raw + NUDGE <= 1.0 else raw - NUDGE


def _dial(found: Sequence[CppParameter], one: Assigned) -> CppParameter:
    dial = found[one.parameter.index] if one.parameter.index < len(found) else None
    if dial is None or dial.name != one.parameter.name:
        raise PluginError(f"has no parameter {one.parameter.name!r} any more: scan it again")
    return dial


def _apart(cuts: Sequence[int]) -> list[int]:
    """The cuts without those that are too near to the one before, or to the end."""
    kept = [cuts[0]]
    for cut in cuts[1:-1]:
        if cut - kept[-1] >= PIECE_FRAMES_MIN and cuts[-1] - cut >= PIECE_FRAMES_MIN:
            kept.append(cut)
    return [*kept, cuts[-1]]


def _width(feeding: Feeding, channels: int) -> int:
    """Channels that one instance gets."""
    return {Feeding.WHOLE: channels, Feeding.EACH: 1, Feeding.DOUBLED: 2}[feeding]


def _up(frame: int, grid: int) -> int:
    """The first multiple of `grid` at or after a frame."""
    return -(-frame // grid) * grid
