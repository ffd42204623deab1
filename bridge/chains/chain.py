"""A chain: ordered steps and a target."""

import hashlib
from typing import Annotated, TypeAlias

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from bridge.chains.declare import StepBase
from bridge.chains.dynamics import Compressor, Deess, DynamicEq, Multiband, Transient
from bridge.chains.eq import Eq, MatchEq
from bridge.chains.form import Dither, Form, Resample, form_of, misplaced
from bridge.chains.guards import Guards
from bridge.chains.levels import Gain, Limiter, MatchLoudness
from bridge.chains.parallel import Branch, Parallel, active_steps
from bridge.chains.plugin import Plugin
from bridge.chains.resonance import Resonance
from bridge.chains.saturation import Clip, Saturate
from bridge.chains.stereo import Stereo
from bridge.chains.tone import BandPass, DcRemove, Highpass, HighShelf, Lowpass, LowShelf, Notch, Peak, Tilt
from bridge.value import Value

Step: TypeAlias = Annotated[
    Gain
    | DcRemove
    | Highpass
    | Lowpass
    | LowShelf
    | HighShelf
    | Peak
    | Notch
    | BandPass
    | Tilt
    | Eq
    | MatchEq
    | Stereo
    | Saturate
    | Clip
    | Compressor
    | DynamicEq
    | Resonance
    | Deess
    | Multiband
    | Transient
    | Parallel
    | Plugin
    | MatchLoudness
    | Limiter
    | Resample
    | Dither,
    Field(discriminator="use"),
]
STEPS: tuple[type[StepBase], ...] = (
    Gain,
    DcRemove,
    Highpass,
    Lowpass,
    LowShelf,
    HighShelf,
    Peak,
    Notch,
    BandPass,
    Tilt,
    Eq,
    MatchEq,
    Stereo,
    Saturate,
    Clip,
    Compressor,
    DynamicEq,
    Resonance,
    Deess,
    Multiband,
    Transient,
    Parallel,
    Plugin,
    MatchLoudness,
    Limiter,
    Resample,
    Dither,
)
"""Every step that a chain may name, in the order of the manual."""
Branch.model_rebuild(_types_namespace={"Step": Step})
Parallel.model_rebuild(_types_namespace={"Step": Step})
Plugin.model_rebuild(_types_namespace={"Step": Step})


class Target(Value):
    """What a master must measure."""

    integrated_lufs: float | None = Field(
        default=None, ge=-40, le=-4, description="Integrated loudness to reach.", json_schema_extra={"unit": "LUFS"}
    )
    ceiling_dbtp: float = Field(
        default=-1.0,
        ge=-12,
        le=0,
        description="True peak that must not be exceeded.",
        json_schema_extra={"unit": "dBTP"},
    )
    tolerance_lu: float = Field(
        default=0.1, ge=0.01, le=2, description="How far off the loudness may be.", json_schema_extra={"unit": "LU"}
    )


class Chain(Value):
    """Ordered steps and a target."""

    title: str = Field(min_length=1, max_length=80, description="Name for people.")
    description: str = Field(default="", max_length=600, description="What it is for.")
    steps: Annotated[tuple[Step, ...], Field(max_length=64, description="Done in this order.")] = ()
    target: Target = Target()
    genre: str | None = Field(
        default=None,
        max_length=40,
        description="Kind of music whose curve and guards it goes by, `auto` to let the measures choose; otherwise "
        "neutral.",
    )
    rules: str = Field(default="default", max_length=40, description="Rules that decide what is `auto`, by name.")
    guards: Guards = Guards()

    @field_validator("steps")
    @classmethod
    def _end_in_order(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if (found := misplaced(steps)) is not None:
            raise PydanticCustomError("value_error", "{error}", {"error": found.sentence, "index": found.index})
        return steps

    @property
    def form(self) -> Form:
        """What the chain says of its end."""
        return form_of([step for step in self.steps if not step.bypass])[1]

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plug-in that is to run, those of branches too."""
        return tuple(step for step in active_steps(self.steps) if isinstance(step, Plugin))

    def content_digest(self) -> str:
        """What makes two chains the same for the cache: everything but the words."""
        content = self.model_dump_json(exclude={"title", "description"})
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
