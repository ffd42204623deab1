"""Steps that change the stereo image."""

from typing import Literal

from pydantic import Field

from bridge.chains.declare import StepBase, percent


class Stereo(StepBase):
    """Changes the width, and makes the low end mono."""

    help = "Widens or narrows the image and makes the low end mono; widening stops before the sides cancel in mono."
    whole_because = "it works on mid and side at once"
    use: Literal["stereo"] = "stereo"
    width_percent: float = percent(100, 0, 200, "Gain of the side signal; 0 is mono, 100 leaves the width as it is.")
    mono_below_hz: float | None = Field(
        default=None,
        ge=20,
        le=500,
        description="Takes the side signal away below it, at 12 dB/oct.",
        json_schema_extra={"unit": "Hz"},
    )
    correlation_min: float = Field(
        default=0.2,
        ge=-1,
        le=1,
        description="Widening stops where the correlation of left and right would fall below it anywhere.",
    )

    def sentence(self) -> str:
        """Width, and where it ends."""
        mono = "" if self.mono_below_hz is None else f", mono below {self.mono_below_hz:g} Hz"
        return f"Width {self.width_percent:g} %{mono}"
