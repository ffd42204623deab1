"""The form in which a master leaves: its sample rate and its bit depth. These steps end a chain, each of them once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from bridge.chains.declare import StepBase
from bridge.chains.levels import Limiter
from bridge.chains.parallel import Parallel

DitherKind: TypeAlias = Literal["auto", "tpdf", "noise_shaped"]
StepKind = TypeVar("StepKind", bound=StepBase)


class Resample(StepBase):
    """Sets the sample rate of the master; one that is ordered with the job counts more."""

    help = "Changes the sample rate, with aliases below -150 dB."
    whole_because = "it sets the rate of the whole signal"
    use: Literal["resample"] = "resample"
    sample_rate_hz: int = Field(
        ge=8000,
        le=384000,
        description="Rate of the master; a mix that has it already is left alone.",
        examples=[44100],
        json_schema_extra={"unit": "Hz"},
    )

    def sentence(self) -> str:
        """To which rate."""
        return f"Resampled to {self.sample_rate_hz} Hz"


class Dither(StepBase):
    """Sets the bit depth of the master, and the dither that brings it there; it is done once, after everything else."""

    help = "Brings the samples onto the grid of a bit depth, with noise instead of distortion."
    whole_because = "it comes last, over the whole signal"
    use: Literal["dither"] = "dither"
    bit_depth: Literal["16", "24"] | None = Field(
        default=None,
        description="Bit depth of the master; one that is ordered with the job counts more; left out, the mix's own.",
        json_schema_extra={"unit": "bit"},
    )
    kind: DitherKind = Field(
        default="auto",
        description="`noise_shaped` moves the noise to where hearing is least sensitive (16 bit at 44.1 or 48 kHz "
        "only); `auto` takes it where it can, and `tpdf` elsewhere.",
    )

    @field_validator("kind")
    @classmethod
    def _has_its_depth(cls, kind: DitherKind, info: ValidationInfo) -> DitherKind:
        if kind == "noise_shaped" and info.data.get("bit_depth") == "24":
            raise ValueError("shapes noise at 16 bit only, and `bit_depth` is 24: change that, or leave this out.")
        return kind

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _as_text(cls, depth: object) -> object:
        """YAML reads `16` as a number."""
        return str(depth) if isinstance(depth, int) else depth

    def sentence(self) -> str:
        """To which depth, and how."""
        depth = f" to {self.bit_depth} bit" if self.bit_depth else ""
        return f"Dithered{depth} ({self.kind})"


@dataclass(frozen=True)
class Misplaced:
    """A step that stands where it may not."""

    index: int
    sentence: str


def misplaced(steps: Sequence[StepBase]) -> Misplaced | None:
    """The first step that stands in the wrong place of a chain."""
    return next(_misplaced(steps), None)


def _misplaced(steps: Sequence[StepBase]) -> Iterator[Misplaced]:
    for index, step in enumerate(steps):
        after = steps[index + 1 :]
        if isinstance(step, Dither) and after:
            yield Misplaced(index, "`dither` must be the last step, once: put it at the end.")
        if isinstance(step, Resample) and not all(isinstance(one, Limiter | Dither) for one in after):
            yield Misplaced(index, "only `limiter` and `dither` may follow `resample`: move it behind the rest.")
        if isinstance(step, Parallel) and any(_has_form(branch.steps) for branch in step.branches):
            yield Misplaced(index, "branches cannot hold `resample` or `dither`: put them at the end of the chain.")


def _has_form(steps: Sequence[StepBase]) -> bool:
    return any(
        isinstance(step, Resample | Dither)
        or (isinstance(step, Parallel) and any(_has_form(branch.steps) for branch in step.branches))
        for step in steps
    )


class Form(NamedTuple):
    """What a chain says of its end; None where it says nothing."""

    resample: Resample | None
    limiter: Limiter | None
    dither: Dither | None

    @property
    def dither_kind(self) -> DitherKind:
        """What noise brings samples onto a grid."""
        return self.dither.kind if self.dither else "auto"


def form_of(steps: Sequence[StepBase]) -> tuple[int, Form]:
    """How many steps of these (none of them bypassed) come before the end, and the end."""
    count = len(steps)
    dither = _last(steps[:count], Dither)
    count -= dither is not None
    limiter = _last(steps[:count], Limiter)
    count -= limiter is not None
    resample = _last(steps[:count], Resample)
    count -= resample is not None
    return count, Form(resample, limiter, dither)


def _last(steps: Sequence[StepBase], kind: type[StepKind]) -> StepKind | None:
    return steps[-1] if steps and isinstance(steps[-1], kind) else None
