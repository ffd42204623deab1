"""The equaliser: any number of bands in one step, of minimum or linear phase; and the one that finds its own curve."""

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from bridge.chains.auto import AutoValue
from bridge.chains.declare import StepBase, db, hz, percent
from bridge.chains.genres import CurvePoint
from bridge.chains.idle import only_with
from bridge.chains.tone import FilterPhase, phase_field, phase_text

EqBandType: TypeAlias = Literal["bell", "low_shelf", "high_shelf", "notch", "tilt", "band_pass"]
MatchTarget: TypeAlias = Literal["genre", "reference", "curve"]
EQ_QS: dict[EqBandType, float] = {
    "bell": 1.0,
    "low_shelf": 0.707,
    "high_shelf": 0.707,
    "notch": 10.0,
    "tilt": 0.707,
    "band_pass": 0.707,
}
"""Of bands that leave it out."""
WITH_GAIN = tuple(kind for kind in EQ_QS if kind not in {"notch", "band_pass"})
WITH_Q = tuple(kind for kind in EQ_QS if kind != "tilt")


class EqBand(AutoValue):
    """One band of an equaliser."""

    type: EqBandType = Field(default="bell", description="Its shape.")
    frequency_hz: float = hz(None, 10, 40000, "Centre of a bell, middle of a shelf's slope, pivot of a tilt.")
    gain_db: float = Field(
        default=0,
        ge=-18,
        le=18,
        description="Gain of bell, shelf, or of a tilt's treble; notch and band_pass have none.",
        json_schema_extra={"unit": "dB", **only_with("type", *WITH_GAIN)},
    )
    q: float | None = Field(
        default=None,
        ge=0.1,
        le=50,
        description="Frequency divided by bandwidth; left out: 1 (bell), 10 (notch), otherwise 0.707. A tilt has none.",
        json_schema_extra=only_with("type", *WITH_Q),
    )

    @property
    def shape_q(self) -> float:
        """The Q as given, or what its shape usually has."""
        return EQ_QS[self.type] if self.q is None else self.q

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return self.gain_db == 0.0 and self.type in WITH_GAIN

    def sentence(self) -> str:
        """Such as "bell +2 dB at 3000 Hz, Q 1"."""
        gain = f" {self.gain_db:+g} dB" if self.type in WITH_GAIN else ""
        q = "" if self.type == "tilt" else f", Q {self.shape_q:g}"
        return f"{self.type.replace('_', ' ')}{gain} at {self.frequency_hz:g} Hz{q}"


class Eq(StepBase):
    """Bells, shelves, notches, tilts and band-passes, all with the curve of their analogue models up to 20 kHz."""

    help = "Shapes the tone with as many bands as you like, in minimum or linear phase."
    use: Literal["eq"] = "eq"
    bands: tuple[EqBand, ...] = Field(
        min_length=1,
        max_length=32,
        description="Done one after another.",
        examples=[
            [
                {"type": "low_shelf", "frequency_hz": 90, "gain_db": 1},
                {"frequency_hz": 320, "gain_db": -1.5, "q": 0.9},
                {"type": "high_shelf", "frequency_hz": 12000, "gain_db": 1.5},
            ]
        ],
    )
    phase: FilterPhase = phase_field()

    def sentence(self) -> str:
        """Every band."""
        return f"EQ: {'; '.join(band.sentence() for band in self.bands)}{phase_text(self.phase)}"


class MatchEq(StepBase):
    """Brings the long-term spectrum near to another one, by one smooth curve."""

    help = "Brings the tone near to a reference track, to the genre's curve or to a curve of your own."
    use: Literal["match_eq"] = "match_eq"
    towards: MatchTarget = Field(
        default="genre",
        description="`genre`: the curve of the chain's genre, without one that of well-made masters; `reference`: the "
        "tracks given as references; `curve`: the points below.",
    )
    reference: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="File to match, beside the chain or the mix; left out: the references that the job is given.",
        json_schema_extra=only_with("towards", "reference"),
    )
    curve: tuple[CurvePoint, ...] = Field(
        default=(),
        max_length=512,
        validate_default=True,
        description="Third-octave levels to match, rising in frequency; only their differences count.",
        json_schema_extra=only_with("towards", "curve"),
    )
    amount_percent: float = percent(50, 0, 100, "How far of the way it goes.")
    smoothing_octaves: Annotated[float, Field(ge=0.1, le=3)] = Field(
        default=0.5, description="Width over which the difference is averaged.", json_schema_extra={"unit": "octaves"}
    )
    boost_db_max: float = db(4, 0, 18, "Highest boost anywhere.")
    cut_db_max: float = db(6, 0, 18, "Deepest cut anywhere.")
    low_hz: float = hz(30, 10, 20000, "Below this it does nothing.")
    high_hz: float = hz(18000, 20, 40000, "Above this it does nothing.")
    phase: FilterPhase = Field(
        default="linear",
        description="`linear` shifts nothing in time; `minimum` as analogue filters, without ringing before sounds.",
    )

    @field_validator("curve")
    @classmethod
    def _is_a_curve(cls, curve: tuple[CurvePoint, ...], info: ValidationInfo) -> tuple[CurvePoint, ...]:
        if info.data.get("towards") == "curve" and len(curve) < 2:
            raise ValueError("needs two points at least; each has `hz` and `db`.")
        if any(high.hz <= low.hz for low, high in pairwise(curve)):
            raise ValueError("must rise in frequency: put the points in order, each of them once.")
        return curve

    @field_validator("high_hz")
    @classmethod
    def _is_a_range(cls, high_hz: float, info: ValidationInfo) -> float:
        if high_hz < 2 * info.data.get("low_hz", 0):
            raise ValueError("must lie an octave above low_hz at least.")
        return high_hz

    def sentence(self) -> str:
        """How far, and towards what."""
        names = {"genre": "the genre's curve", "reference": "the reference", "curve": "its curve"}
        return f"Tone matched by {self.amount_percent:g} % towards {names[self.towards]}{phase_text(self.phase)}"
