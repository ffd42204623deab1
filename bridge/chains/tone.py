"""Steps that change the tone: filters, shelves and bells."""

from typing import Literal, TypeAlias

from pydantic import Field

from bridge.chains.declare import StepBase, db, hz

FilterPhase: TypeAlias = Literal["minimum", "linear"]
"""`minimum` is what analogue filters do; `linear` delays all frequencies alike, and rings before sounds, too."""
Slope: TypeAlias = Literal[6, 12, 18, 24, 36, 48]
"""Of a high-pass or low-pass, in dB per octave: 6 for each order."""


def _slope() -> Slope:
    slope: Slope = Field(default=6, description="Steepness beyond the cut-off.", json_schema_extra={"unit": "dB/oct"})
    return slope


def phase_field() -> FilterPhase:
    """The choice of phase."""
    phase: FilterPhase = Field(
        default="minimum",
        description="`minimum` as analogue filters; `linear` shifts nothing in time, but rings before sounds as well.",
    )
    return phase


def phase_text(phase: FilterPhase) -> str:
    """The end of a sentence."""
    return ", linear phase" if phase == "linear" else ""


class Highpass(StepBase):
    """Removes what lies below the cut-off frequency."""

    help = "Removes rumble below the cut-off frequency."
    use: Literal["highpass"] = "highpass"
    cutoff_hz: float = hz(None, 5, 20000, "Where the response has fallen by 3 dB.")
    slope_db_per_oct: Slope = _slope()
    phase: FilterPhase = phase_field()

    def sentence(self) -> str:
        """High-pass at a frequency."""
        return f"High-pass at {self.cutoff_hz:g} Hz, {self.slope_db_per_oct} dB/oct{phase_text(self.phase)}"


class Lowpass(StepBase):
    """Removes what lies above the cut-off frequency."""

    help = "Removes what lies above the cut-off frequency."
    use: Literal["lowpass"] = "lowpass"
    cutoff_hz: float = hz(None, 20, 40000, "Where the response has fallen by 3 dB.")
    slope_db_per_oct: Slope = _slope()
    phase: FilterPhase = phase_field()

    def sentence(self) -> str:
        """Low-pass at a frequency."""
        return f"Low-pass at {self.cutoff_hz:g} Hz, {self.slope_db_per_oct} dB/oct{phase_text(self.phase)}"


class LowShelf(StepBase):
    """Raises or lowers everything below a frequency."""

    help = "Raises or lowers the bass below a frequency."
    use: Literal["low_shelf"] = "low_shelf"
    frequency_hz: float = hz(None, 10, 20000, "Middle of the slope.")
    gain_db: float = db(None, -18, 18, "Gain of the shelf.")
    q: float = Field(default=0.707, ge=0.1, le=4, description="Steepness; 0.707 has no overshoot.")

    def sentence(self) -> str:
        """Low shelf at a frequency."""
        return f"Low shelf {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class HighShelf(StepBase):
    """Raises or lowers everything above a frequency."""

    help = "Raises or lowers the treble above a frequency."
    use: Literal["high_shelf"] = "high_shelf"
    frequency_hz: float = hz(None, 10, 40000, "Middle of the slope.")
    gain_db: float = db(None, -18, 18, "Gain of the shelf.")
    q: float = Field(default=0.707, ge=0.1, le=4, description="Steepness; 0.707 has no overshoot.")

    def sentence(self) -> str:
        """High shelf at a frequency."""
        return f"High shelf {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class Peak(StepBase):
    """Raises or lowers a band around a frequency."""

    help = "Raises or lowers a band around a frequency (bell)."
    use: Literal["peak"] = "peak"
    frequency_hz: float = hz(None, 10, 40000, "Centre of the band.")
    gain_db: float = db(None, -18, 18, "Gain at the centre.")
    q: float = Field(default=1.0, ge=0.1, le=20, description="Centre frequency divided by bandwidth.")

    def sentence(self) -> str:
        """Bell at a frequency."""
        return f"Peak {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class Notch(StepBase):
    """Removes one frequency."""

    help = "Removes one frequency and little around it: hum, or a whistle."
    use: Literal["notch"] = "notch"
    frequency_hz: float = hz(None, 10, 40000, "What is removed.")
    q: float = Field(default=10.0, ge=0.5, le=50, description="Frequency divided by the width between the 3 dB points.")

    def sentence(self) -> str:
        """Notch at a frequency."""
        return f"Notch at {self.frequency_hz:g} Hz, Q {self.q:g}"


class BandPass(StepBase):
    """Keeps a band around a frequency."""

    help = "Keeps a band around a frequency and removes the rest: the sound of a telephone, or a band to mix in."
    use: Literal["band_pass"] = "band_pass"
    frequency_hz: float = hz(None, 10, 40000, "Centre of the band, which keeps its gain.")
    q: float = Field(default=0.707, ge=0.1, le=20, description="Centre frequency divided by bandwidth.")

    def sentence(self) -> str:
        """Band-pass at a frequency."""
        return f"Band-pass at {self.frequency_hz:g} Hz, Q {self.q:g}"


class Tilt(StepBase):
    """Tilts the spectrum around a frequency."""

    help = "Raises the treble and lowers the bass by as much, or the other way round: brighter or warmer in one move."
    use: Literal["tilt"] = "tilt"
    frequency_hz: float = hz(700, 100, 2000, "Pivot, whose gain stays.")
    gain_db: float = db(None, -6, 6, "Gain of the treble; the bass gets the opposite.")

    def sentence(self) -> str:
        """Tilt around a frequency."""
        return f"Tilt {self.gain_db:+.2f} dB around {self.frequency_hz:g} Hz"


class DcRemove(StepBase):
    """Removes a constant offset."""

    help = "Removes a constant offset (DC), which costs headroom; leaves a signal alone that has none."
    use: Literal["dc_remove"] = "dc_remove"
    cutoff_hz: float = hz(2, 0.5, 10, "Where the response has fallen by 3 dB (6 dB/oct).")

    def sentence(self) -> str:
        """What it removes, and how."""
        return f"DC removed by a high-pass at {self.cutoff_hz:g} Hz"
