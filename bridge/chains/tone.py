"""Steps that change the tone: filters, shelves and bells."""

from typing import Literal

from pydantic import Field

from bridge.chains.declare import StepBase, db, hz


class Highpass(StepBase):
    """Removes what lies below the cut-off frequency."""

    help = "Removes rumble below the cut-off frequency (6 dB/oct)."
    use: Literal["highpass"] = "highpass"
    cutoff_hz: float = hz(None, 5, 20000, "Where the response has fallen by 3 dB.")

    def sentence(self) -> str:
        """High-pass at a frequency."""
        return f"High-pass at {self.cutoff_hz:g} Hz, 6 dB/oct"


class Lowpass(StepBase):
    """Removes what lies above the cut-off frequency."""

    help = "Removes what lies above the cut-off frequency (6 dB/oct)."
    use: Literal["lowpass"] = "lowpass"
    cutoff_hz: float = hz(None, 20, 40000, "Where the response has fallen by 3 dB.")

    def sentence(self) -> str:
        """Low-pass at a frequency."""
        return f"Low-pass at {self.cutoff_hz:g} Hz, 6 dB/oct"


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
