"""Parallel branches: several ways through steps at once, summed."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from pydantic import Field

from bridge.chains.auto import AutoValue
from bridge.chains.declare import StepBase, db, percent
from bridge.chains.idle import only_with

if TYPE_CHECKING:
    from bridge.chains.chain import Step

Change: TypeAlias = "Callable[[Step], Step]"


class Branch(AutoValue):
    """One way through steps of its own."""

    steps: tuple["Step", ...] = Field(min_length=1, max_length=32, description="Done in this order, on this branch.")
    gain_db: float = db(0, -60, 24, "Gain of the branch in the sum.")
    mix_percent: float = percent(100, 0, 100, "How much of its steps is heard; the rest is the signal before them.")


class Parallel(StepBase):
    """Sends the signal through several branches at once and sums them, all in time with each other."""

    help = "Mixes several treatments of the same signal, and the untreated signal: parallel compression, for example."
    use: Literal["parallel"] = "parallel"
    branches: tuple[Branch, ...] = Field(
        min_length=1,
        max_length=8,
        description="Ways that are summed.",
        examples=[[{"steps": [{"use": "compressor", "threshold_db": -36, "ratio": 6}], "gain_db": -8}]],
    )
    dry: bool = Field(default=True, description="Whether the untreated signal is part of the sum.")
    dry_gain_db: float = Field(
        default=0,
        ge=-60,
        le=24,
        description="Gain of the untreated signal.",
        json_schema_extra={"unit": "dB", **only_with("dry", "true")},
    )
    makeup: Literal["none", "auto"] = Field(
        default="none", description="`auto` gives the sum the loudness that the signal had."
    )

    def sentence(self) -> str:
        """What is summed."""
        dry = [f"the untreated signal{_gain_text(self.dry_gain_db)}"] if self.dry else []
        ways = [f"[{_steps_text(branch)}]{_gain_text(branch.gain_db)}" for branch in self.branches]
        return f"Sum of {' and '.join([*dry, *ways])}"


def walk(steps: "Sequence[Step]") -> "Iterator[Step]":
    """Every step, those of branches after the step that has them; bypassed ones too."""
    for step in steps:
        yield step
        if isinstance(step, Parallel):
            for branch in step.branches:
                yield from walk(branch.steps)


def active_steps(steps: "Sequence[StepBase]") -> "Iterator[StepBase]":
    """Every step that does something, those of branches after the step that has them; nothing that is bypassed."""
    for step in steps:
        if step.bypass:
            continue
        yield step
        if isinstance(step, Parallel):
            for branch in step.branches:
                yield from active_steps(branch.steps)


def changed(step: "Step", change: Change) -> "Step":
    """The step after `change`, and all steps inside it likewise."""
    made = change(step)
    if not isinstance(made, Parallel):
        return made
    branches = tuple(
        branch.model_copy(update={"steps": tuple(changed(inner, change) for inner in branch.steps)})
        for branch in made.branches
    )
    return cast("Step", made.model_copy(update={"branches": branches}))


def _steps_text(branch: Branch) -> str:
    share = "" if branch.mix_percent == 100 else f", {branch.mix_percent:g} % wet"
    return "; ".join(step.placed_sentence() for step in branch.steps if not step.bypass) + share


def _gain_text(gain_db: float) -> str:
    return f" at {gain_db:+g} dB" if gain_db else ""
