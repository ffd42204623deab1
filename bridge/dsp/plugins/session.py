"""The plug-ins of one chain in one process, kept loaded from job to job. Child half, or an engine's own process."""

import time
from collections.abc import Callable

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.plugins.exchange import NOBODY
from bridge.dsp.plugins.unit import Unit, UnitKey
from bridge.dsp.plugins.wire import Failure, Prepared, PrepareOrder, Ran, ReadySlot
from bridge.errors import PluginError
from bridge.units import clock

Note = Callable[[int, str], None]
"""Told the slot and what is done with it."""


class SlotError(PluginError):
    """What the plug-in in a slot did, after its name."""

    def __init__(self, slot: int, sentence: str, *, is_refusal: bool = False) -> None:
        super().__init__(sentence)
        self.failure = Failure(slot=slot, sentence=sentence, is_refusal=is_refusal)


class Session:
    """Plug-ins that are made ready and then fed block by block."""

    def __init__(self, note: Note, mark: Callable[[int], None]) -> None:
        """Nothing is loaded yet.

        Args:
            note: told what goes on.
            mark: told the slot that is at work, for whoever finds this process dead.
        """
        self._note = note
        self._mark = mark
        self._kept: dict[UnitKey, list[Unit]] = {}
        self._units: list[Unit] = []
        self._rate_hz = 0
        self._position = 0

    def prepare(self, order: PrepareOrder) -> Prepared:
        """Every plug-in of the order ready for a signal that begins now.

        Raises:
            SlotError: one could not be loaded, or refused its preset or a value.
        """
        self._rate_hz, self._position, self._units = order.sample_rate_hz, 0, []
        taken: dict[UnitKey, int] = {}
        ready: list[ReadySlot] = []
        for index, slot in enumerate(order.slots):
            self._mark(index)
            self._note(index, "loading")
            try:
                key = Unit.key_of(slot, order.channels, order.sample_rate_hz)
                kept = self._kept.setdefault(key, [])
                place = taken.get(key, 0)
                taken[key] = place + 1
                if place < len(kept) and slot.is_reusable:
                    unit = kept[place]
                else:
                    unit = Unit(slot, order.channels)
                    kept.append(unit)
                self._note(index, "setting up")
                ready.append(unit.make_ready(slot, order.sample_rate_hz, order.channels))
            except PluginError as error:
                raise SlotError(index, error.sentence, is_refusal="preset" in error.sentence) from error
            except MemoryError as error:
                raise SlotError(index, "ran out of memory while loading") from error
            except (RuntimeError, ValueError, TypeError) as error:
                raise SlotError(index, f"raised an error while loading: {_first_line(error)}") from error
            self._units.append(unit)
        self._mark(NOBODY)
        return Prepared(slots=tuple(ready))

    def run(self, block: Samples) -> tuple[Samples, Ran]:
        """The next block after all plug-ins, late by the sum of their latencies, and what each did with it.

        Raises:
            SlotError: one raised an error, or gave samples that are not numbers.
        """
        heard, sounding, seconds = [], [], []
        for index, unit in enumerate(self._units):
            self._mark(index)
            heard.append(bool(block.any()))
            started_s = time.perf_counter()
            try:
                made = unit.process(block)
            except MemoryError as error:
                raise SlotError(index, f"ran out of memory at {self._time(0)}") from error
            except (RuntimeError, ValueError, TypeError) as error:
                raise SlotError(index, f"raised an error at {self._time(0)}: {_first_line(error)}") from error
            seconds.append(time.perf_counter() - started_s)
            self._refuse_nonsense(index, block, made)
            sounding.append(bool(made.any()))
            block = made
        self._mark(NOBODY)
        self._position += block.shape[1]
        latencies = tuple(unit.latency_frames for unit in self._units)
        ran = Ran(was_heard=tuple(heard), was_sounding=tuple(sounding), latencies=latencies, seconds=tuple(seconds))
        return block, ran

    def _refuse_nonsense(self, slot: int, given: Samples, made: Samples) -> None:
        if made.shape != given.shape:
            raise SlotError(slot, f"gave {made.shape[0]} channels for {given.shape[0]} at {self._time(0)}")
        if not np.isfinite(made).all():
            first = int(np.argmax(~np.isfinite(made).all(axis=0)))
            raise SlotError(slot, f"gave samples that are not numbers (NaN or infinity) at {self._time(first)}")

    def _time(self, frame: int) -> str:
        return clock((self._position + frame) / max(1, self._rate_hz))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
