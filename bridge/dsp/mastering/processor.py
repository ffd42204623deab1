"""The seam of the mastering room: what a step becomes before it touches a sample.

A chain's step is a declaration. *Fitting* it to the signal that it will get gives a `Fitted`: the processor that will
do the work, and what the report says about it. A fit may listen to the signal first (loudness matching does; anything
`auto` will), as often as it likes: the signal it is handed already contains all steps before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from bridge.audio.signal import Audio, Samples, Signal
from bridge.chains import PLACEMENT, StepBase
from bridge.model import AppliedStep, Message, ParameterValue

GRAIN_FRAMES = 1024
"""Blocks are cut at multiples of this: within it a processor may do what depends on where a block begins."""


class Processor(Protocol):
    """One step at work on one signal: blocks in, blocks out, with its state carried from block to block."""

    @property
    def latency_frames(self) -> int:
        """By how many frames what comes out lies behind what went in; whoever calls makes up for it."""
        ...

    def process(self, block: Samples) -> Samples:
        """The next block of the result, as long as `block`.

        Args:
            block: float32 (channels, n); not altered. Blocks come in order and without gaps; n is a multiple of
                GRAIN_FRAMES in all but the last. However the signal is cut, the result is the same bit by bit.

        Returns:
            float32 (channels, n), a new array. Silence gives silence (once what came before it has faded).
        """
        ...


@dataclass(frozen=True)
class Fitted:
    """A step made ready for one signal."""

    processor: Processor | None
    """None: it leaves this signal exactly as it is."""
    applied: AppliedStep | None
    """What the report says; None when nothing changes."""
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Changed:
    """A signal, and what was done to it."""

    audio: Audio
    steps: tuple[AppliedStep, ...] = ()
    messages: tuple[Message, ...] = ()
    left_alone: tuple[AppliedStep, ...] = ()
    """Adaptive steps that had nothing to do, with why."""


Fit: TypeAlias = Callable[[Any, Signal], Fitted]
"""Makes a step of one class ready for the signal that it will get."""

UNCHANGED = Fitted(None, None)


UNTOLD = {"use", "bypass", "rule", "branches"}
"""Said otherwise, or (branches) by the steps in them."""


def applied_step(step: StepBase, detail: str | None = None, **parameters: ParameterValue) -> AppliedStep:
    """The line of the report for a step; `parameters` says what was set where the chain left it open."""
    given = flat(step.model_dump(exclude=UNTOLD | (set() if step.is_placed else PLACEMENT)))
    given = {name: value for name, value in given.items() if f"{name}_db" not in parameters}  # `makeup`, told in dB
    return AppliedStep(
        use=str(getattr(step, "use", "")),
        sentence=step.placed_sentence(),
        parameters=given | parameters,
        detail=detail,
    )


def flat(given: Mapping[str, Any]) -> dict[str, ParameterValue]:
    """Parameters in one row: several numbers become a text, values inside `bands` become `band_1_gain_db` and so on."""
    row: dict[str, ParameterValue] = {}
    for name, value in given.items():
        if not isinstance(value, tuple | list):
            row[name] = value
        elif all(isinstance(item, dict) for item in value):
            for number, item in enumerate(value, start=1):
                told = {key: inner for key, inner in flat(item).items() if inner is not None}
                row |= {f"{name.removesuffix('s')}_{number}_{key}": inner for key, inner in told.items()}
        else:
            row[name] = ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value)
    return row
