"""What is ordered of a mastering, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.audio.signal import Audio
from bridge.chains import Chain, Limiter, MatchEq, Step, Target, changed, form_of
from bridge.chains.form import DitherKind
from bridge.dsp.mastering.adaptive.adapting import Adaptation
from bridge.dsp.mastering.finish import Ending, Finished
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.reference import Reference, blended
from bridge.model import AppliedStep, Message
from bridge.recipes import OutputBitDepth
from bridge.units import Dbtp, Lufs


@dataclass(frozen=True)
class MasterOrder:
    """What a user may say over the chain's head; None leaves it to the chain."""

    target_lufs: Lufs | None = None
    ceiling_dbtp: Dbtp | None = None
    sample_rate_hz: int | None = None
    """Resample to it; None keeps the mix's own."""
    bit_depth: OutputBitDepth = "24"
    seed: int = 0
    """Of the dither: the same seed gives the same bytes."""
    references: tuple[Reference, ...] = ()
    """What `match_eq` works towards: by name where a step names one, otherwise all of them by their weights."""
    adaptation: Adaptation | None = field(default=None, repr=False)
    """By what `auto` is decided; None measures the mix and goes by what comes with us."""

    @property
    def bits(self) -> int | None:
        """Bits of a fixed-point sample; None for floating point."""
        return None if self.bit_depth == "32f" else int(self.bit_depth)


@dataclass(frozen=True)
class Mastered:
    """A master, and what was done for it."""

    lead: Changed
    """What came to the end of the chain: the mix after its steps, at the ordered rate."""
    ending: Ending
    finished: Finished

    @property
    def audio(self) -> Audio:
        """On its grid, nothing above the ceiling. The mix itself where nothing had to change."""
        return self.finished.changed.audio

    @property
    def steps(self) -> tuple[AppliedStep, ...]:
        """Every change of samples, in order."""
        return self.lead.steps + self.finished.changed.steps

    @property
    def left_alone(self) -> tuple[AppliedStep, ...]:
        """Adaptive steps that had nothing to do, with why."""
        return self.lead.left_alone

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was found on the way."""
        return self.lead.messages + self.finished.changed.messages

    @property
    def target_lufs(self) -> Lufs | None:
        """What was aimed at; None: loudness was left to itself."""
        return self.ending.target.integrated_lufs

    @property
    def ceiling_dbtp(self) -> Dbtp:
        """What no true peak exceeds."""
        return self.ending.target.ceiling_dbtp


@dataclass(frozen=True)
class Course:
    """A chain as ordered: the steps on the way, and how it ends."""

    steps: tuple[Step, ...]
    limiter: Limiter | None
    """The one that ends the chain and takes part in the loudness loop."""
    target: Target
    sample_rate_hz: int | None = None
    """At which the chain ends; None: as it began."""
    dither: DitherKind = "auto"


def course_of(chain: Chain, order: MasterOrder) -> Course:
    """The chain without bypassed steps, with the order's target and ceiling, and no ceiling left open."""
    steps = tuple(step for step in chain.steps if not step.bypass)
    count, form = form_of(steps)
    resample, last, _ = form
    target = _ordered_target(chain.target, order, last)
    on_the_way = tuple(changed(step, lambda one: _closed(one, target, order.references)) for step in steps[:count])
    limiter = last.model_copy(update={"ceiling_dbtp": target.ceiling_dbtp}) if last else None
    own_rate_hz = resample.sample_rate_hz if resample else None
    return Course(on_the_way, limiter, target, order.sample_rate_hz or own_rate_hz, form.dither_kind)


def _ordered_target(target: Target, order: MasterOrder, limiter: Limiter | None) -> Target:
    """An ordered ceiling counts alone; without one, the lower of the target's and the last limiter's."""
    own = target.ceiling_dbtp if limiter is None or limiter.ceiling_dbtp is None else limiter.ceiling_dbtp
    return target.model_copy(
        update={
            "integrated_lufs": target.integrated_lufs if order.target_lufs is None else order.target_lufs,
            "ceiling_dbtp": min(own, target.ceiling_dbtp) if order.ceiling_dbtp is None else order.ceiling_dbtp,
        }
    )


def _closed(step: Step, target: Target, references: Sequence[Reference]) -> Step:
    """The step with the target's ceiling where it has none of its own, and with the curve of its reference."""
    if isinstance(step, Limiter) and step.ceiling_dbtp is None:
        return step.model_copy(update={"ceiling_dbtp": target.ceiling_dbtp})
    if isinstance(step, MatchEq) and step.towards == "reference":
        named = [one for one in references if step.reference in {None, one.name}]
        return step.model_copy(update={"curve": blended(named)})
    return step
