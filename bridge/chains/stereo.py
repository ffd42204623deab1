"""Steps that change the stereo image."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from bridge.chains.declare import StepBase, percent, rising


class Stereo(StepBase):
    """Changes the width, and makes the low end mono."""

    help = "Widens or narrows the image and makes the low end mono; widening stops before the sides cancel in mono."
    whole_because = "it works on mid and side at once"
    use: Literal["stereo"] = "stereo"
    width_percent: float = percent(100, 0, 200, "Gain of the side signal; 0 is mono, 100 leaves the width as it is.")
    crossovers_hz: tuple[Annotated[float, Field(ge=20, le=20000)], ...] = Field(
        default=(),
        max_length=5,
        description="Frequencies between bands of their own width, rising (linear phase); left out, there is one.",
        json_schema_extra={"unit": "Hz"},
    )
    widths_percent: tuple[Annotated[float, Field(ge=0, le=200)], ...] = Field(
        default=(),
        max_length=6,
        validate_default=True,
        description="Width of each band, from low to high, one more than there are crossovers; times width_percent.",
        json_schema_extra={"unit": "%"},
    )
    mono_below_hz: float | None = Field(
        default=None,
        ge=20,
        le=500,
        description="Takes the side signal away below it, at 12 dB/oct.",
        examples=[120],
        json_schema_extra={"unit": "Hz"},
    )
    correlation_min: float = Field(
        default=0.2,
        ge=-1,
        le=1,
        description="Widening stops where the correlation of left and right would fall below it anywhere.",
    )

    @field_validator("crossovers_hz")
    @classmethod
    def _rises(cls, crossovers_hz: tuple[float, ...]) -> tuple[float, ...]:
        return rising(crossovers_hz)

    @field_validator("widths_percent")
    @classmethod
    def _are_one_more(cls, widths_percent: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        crossovers = len(info.data.get("crossovers_hz", ()))
        if len(widths_percent) != (crossovers + 1 if crossovers else 0):
            wanted = f"{crossovers + 1} for {crossovers} crossovers" if crossovers else "0 without crossovers_hz"
            raise ValueError(f"must be {wanted}, not {len(widths_percent)}.")
        return widths_percent

    def sentence(self) -> str:
        """Width, and where it ends."""
        mono = "" if self.mono_below_hz is None else f", mono below {self.mono_below_hz:g} Hz"
        if not self.widths_percent:
            return f"Width {self.width_percent:g} %{mono}"
        overall = self.width_percent / 100
        widths = " / ".join(f"{overall * width:g}" for width in self.widths_percent)
        between = ", ".join(f"{frequency_hz:g}" for frequency_hz in self.crossovers_hz)
        return f"Width {widths} % in bands with crossovers at {between} Hz{mono}"
