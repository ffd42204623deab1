"""The step that runs a third-party plug-in."""

import math
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from bridge.chains.declare import StepBase, db, number
from bridge.chains.parallel import walk
from bridge.value import Value

if TYPE_CHECKING:
    from bridge.chains.chain import Step

PluginChannels: TypeAlias = Literal["stereo", "dual_mono", "mid", "side", "left", "right"]
OnFailure: TypeAlias = Literal["fail", "bypass", "substitute"]
Goal: TypeAlias = Literal[
    "integrated_lufs",
    "short_term_max_lufs",
    "momentary_max_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "plr_lu",
    "crest_db",
]
"""Measures that a parameter can be searched for."""
TIME = re.compile(r"^(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)\s*(s|%)?$")
POINTS_MAX = 1000


def _finite(value: object) -> object:
    """Refuses what no parameter can be, in words of its own."""
    if isinstance(value, int | float) and not math.isfinite(value):
        raise ValueError(f"must be a number, not {value}.")
    if not isinstance(value, bool | int | float | str):
        raise ValueError("must be one value: a number, a text, on or off.")  # noqa: TRY004 - pydantic's own
    return value


ParameterSetting: TypeAlias = Annotated[bool | float | str, BeforeValidator(_finite)]
Point: TypeAlias = tuple[str, Annotated[float, Field(allow_inf_nan=False)]]
"""A time ("45s", "1:30", "50%") and the value from then on, reached in a straight line from the point before."""


class Tune(Value):
    """A parameter that is searched until a measure reaches a goal."""

    parameter: str = Field(min_length=1, max_length=200, description="Parameter of the plug-in.")
    range: tuple[float, float] = Field(description="Lowest and highest value to try.")
    goal: dict[Goal, float] = Field(
        min_length=1, max_length=1, description="One measure, and what it shall be after the plug-in."
    )
    tolerance: float = Field(default=0.05, gt=0, le=5, description="How far off the measure may be.")
    tries_max: int = Field(default=12, ge=2, le=40, description="How often the song is heard at most.")

    @field_validator("range")
    @classmethod
    def _rises(cls, given: tuple[float, float]) -> tuple[float, float]:
        if given[0] >= given[1]:
            raise ValueError(f"must rise: [{given[1]:g}, {given[0]:g}].")
        return given


class Plugin(StepBase):
    """Runs a VST3 or AU plug-in, in a process of its own.

    A plug-in is found by its name, so the same chain works on Linux, macOS and Windows. What is missing, called
    otherwise or out of range is told before the job starts: `dawbridge plugins check CHAIN` tells it earlier still.
    `dawbridge plugins show NAME --yaml` prints this step with every parameter of a plug-in.

    Order: the preset, then a program (`current_program`), then `parameters`, whatever their order in the file. All
    others keep what preset and program made of them, or their defaults. Values are read back and stand in the report.

    Times of `automation` are seconds (`45s`), clock times (`1:30`) or shares of the song (`50%`); two points at one
    time are a jump. `tune` hears the whole song at several values, so it takes as many times as long.

    Plug-ins that follow each other run in one process, which stays warm for the next job. Results are kept for
    identical requests only where a scan found that the plug-ins give the same bytes again.

    `isolate: false` runs a plug-in inside the engine, which saves half a second once. What comes out is checked as ever
    (numbers, silence, latency, the longest time for a pass), but nothing can stop it there: a crash, a hang or endless
    memory ends the engine and the job with it, and no health record is kept of that. The daemon and other jobs go on.
    """

    help = "Runs a VST3 or AU plug-in of yours; if it crashes or hangs, only this step is lost."
    use: Literal["plugin"] = "plugin"
    plugin: str = Field(
        min_length=1,
        max_length=500,
        description="Name of the plug-in, `Vendor/Name` where two have it, or its file.",
        examples=["ZamCompX2"],
    )
    preset: Path | None = Field(default=None, description="A .vstpreset file, as seen from the chain; set first.")
    parameters: dict[str, ParameterSetting] = Field(
        default_factory=dict,
        max_length=2000,
        description="Parameters by the names of `dawbridge plugins show NAME`; the others keep their defaults.",
    )
    channels: PluginChannels = Field(  # type: ignore[assignment]  # wider than other steps'
        default="stereo",
        description="What it works on; dual_mono runs a mono plug-in on each channel, with the same settings.",
    )
    tail_s: float = number(0, 0, 60, "Silence added at the end of the song, so that its tail is not cut.", "s")
    input_gain_db: float = db(0, -60, 36, "Gain before the plug-in.")
    output_match: Literal["none", "loudness"] = Field(
        default="none", description="`loudness` gives the result the loudness that went in: better, not just louder."
    )
    oversample: Literal[1, 2, 4] = Field(default=1, description="Runs it at a multiple of the sample rate.")
    automation: dict[str, tuple[Point, ...]] = Field(
        default_factory=dict,
        max_length=64,
        description="Parameters that move: points of [time, value], joined by straight lines.",
    )
    tune: Tune | None = Field(default=None, description="A parameter that is searched until a measure reaches a goal.")
    on_failure: OnFailure = Field(
        default="fail", description="What happens if the plug-in crashes, hangs, falls silent or gives nonsense."
    )
    substitute: "Step | None" = Field(default=None, description="The built-in step that stands in for it.")
    isolate: bool = Field(
        default=True,
        description="Run it in a process with limits of its own; without, a crash or a hang ends the whole job.",
    )

    @classmethod
    def may_be_auto(cls) -> frozenset[str]:
        """None: what a plug-in's parameters mean is known to `tune` only."""
        return frozenset()

    @field_validator("automation")
    @classmethod
    def _moves_forward(cls, given: Mapping[str, tuple[Point, ...]]) -> Mapping[str, tuple[Point, ...]]:
        for key, points in given.items():
            if not 1 <= len(points) <= POINTS_MAX:
                raise ValueError(f"{key}: needs 1 to {POINTS_MAX} points, each [time, value].")
            times = [time_of(time) for time, _ in points]
            for (earlier, is_share), (later, is_later_share) in pairwise(times):
                if is_share == is_later_share and later < earlier:
                    raise ValueError(f"{key}: times must rise, and {later:g} comes after {earlier:g}.")
        return given

    @field_validator("substitute")
    @classmethod
    def _is_built_in(cls, given: "Step | None") -> "Step | None":
        if given is not None and any(isinstance(step, Plugin) for step in walk([given])):
            sentence = "must be a built-in step, without plug-ins inside it, so that it cannot fail in its turn."
            raise ValueError(sentence)
        return given

    @field_validator("preset", mode="before")
    @classmethod
    def _is_in_its_place(cls, given: object, info: ValidationInfo) -> object:
        del info
        return Path(given).expanduser() if isinstance(given, str) and given else given

    @model_validator(mode="after")
    def _agrees(self) -> "Plugin":
        """Refuses what contradicts itself."""
        if (self.on_failure == "substitute") != (self.substitute is not None):
            raise ValueError(
                "`on_failure: substitute` and `substitute` belong together: give the step that stands in, or neither."
            )
        if not self.isolate and self.on_failure != "fail":
            raise ValueError(
                f"`isolate: false` lets a crash end the whole job, so `on_failure: {self.on_failure}` could not hold: "
                "keep one of the two."
            )
        for key in sorted(self.automation.keys() & self.parameters.keys()):
            raise ValueError(f"`{key}` stands in `parameters` and in `automation`; keep one of the two.")
        if self.tune is not None and self.tune.parameter in {*self.automation, *self.parameters}:
            raise ValueError(f"`{self.tune.parameter}` is tuned, so leave it out elsewhere.")
        return self

    @property
    def is_placed(self) -> bool:
        """Whether a part of the signal, or a mix with it, is meant."""
        return self.channels not in {"stereo", "dual_mono"} or self.mix_percent != 100

    def sentence(self) -> str:
        """The plug-in, with its preset and what moves; the report lists its parameters as it reads them back."""
        preset = [f"preset {self.preset.stem}"] if self.preset else []
        tuned = [f"{self.tune.parameter} tuned to {_goal_text(self.tune)}"] if self.tune else []
        moved = [f"{key} automated" for key in self.automation]
        parts = [*preset, *tuned, *moved]
        return f"Plug-in {self.plugin}{': ' if parts else ''}{', '.join(parts)}"

    def placed_sentence(self) -> str:
        """The sentence, and where it works."""
        where = ", a mono instance on each channel" if self.channels == "dual_mono" else ""
        return super().placed_sentence().replace(", on dual_mono", where)


def time_of(text: str) -> tuple[float, bool]:
    """A time in seconds, or (with True) the share of the song 0..1.

    Raises:
        ValueError: it is no time.
    """
    match = TIME.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is no time: write 45s, 1:30 or 50%.")
    first, second, last, unit = match.groups()
    if unit == "%":
        share = float(last) / 100.0
        if first or share > 1.0:
            raise ValueError(f"`{text}` is no share of the song: write 0% to 100%.")
        return share, True
    hours, minutes = (first, second) if second else (0, first or 0)
    return int(hours or 0) * 3600.0 + int(minutes or 0) * 60.0 + float(last), False


def _goal_text(tune: Tune) -> str:
    ((measure, value),) = tune.goal.items()
    return f"{measure} {value:g}"
