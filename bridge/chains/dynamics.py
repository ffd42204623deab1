"""Steps whose gain follows the signal."""

from typing import Any, Literal

from pydantic import Field

from bridge.chains.declare import StepBase, db, hz, number


def ms(default: float, low: float, high: float, text: str) -> Any:
    """A time in milliseconds."""
    return number(default, low, high, text, "ms")


class Compressor(StepBase):
    """Turns down what lies above a threshold, all channels together."""

    help = "Evens out dynamics: what lies above the threshold is turned down."
    use: Literal["compressor"] = "compressor"
    threshold_db: float = db(None, -60, 0, "Where compression starts, in dB below full scale.")
    ratio: float = Field(default=2.0, ge=1, le=100, description="2 halves what lies above the threshold.")
    knee_db: float = db(6, 0, 24, "Width of the bend around the threshold; 0 is a corner.")
    attack_ms: float = ms(10, 0.1, 500, "Time to 63 % of the gain reduction.")
    release_ms: float = ms(100, 5, 5000, "Time to give back 63 % of the gain reduction.")
    lookahead_ms: float = ms(0, 0, 20, "How early the gain begins to move; nothing is delayed by it.")
    detector: Literal["peak", "rms"] = Field(
        default="rms", description="Whether peaks or the mean power over 10 ms decide (a sine's RMS is 3 dB lower)."
    )
    sidechain_highpass_hz: float | None = Field(
        default=None,
        ge=20,
        le=1000,
        description="Bass below this does not decide (12 dB/oct, detector only); left out, everything does.",
        json_schema_extra={"unit": "Hz"},
    )
    link_percent: float = number(
        100, 0, 100, "How much channels share their gain reduction; 100 keeps the stereo image.", "%"
    )
    makeup: Literal["none", "auto"] = Field(
        default="none", description="`auto` gives the result the loudness that the signal had."
    )

    def sentence(self) -> str:
        """Compressor with its curve and times."""
        return (
            f"Compressor {self.ratio:g}:1 above {self.threshold_db:g} dB ({self.detector}), "
            f"attack {self.attack_ms:g} ms, release {self.release_ms:g} ms"
        )


class DynamicEq(StepBase):
    """Cuts or raises a band only while it exceeds a threshold."""

    help = "Cuts or raises a band only while it stands out, and leaves it alone otherwise."
    use: Literal["dynamic_eq"] = "dynamic_eq"
    frequency_hz: float = hz(None, 20, 20000, "Centre of the band.")
    q: float = Field(default=1.5, ge=0.2, le=20, description="Centre frequency divided by bandwidth.")
    gain_db_max: float = db(None, -18, 12, "Change at the centre at most: negative cuts, positive raises.")
    threshold_db: float = db(3, -80, 24, "RMS of the band where the change starts.")
    threshold_from: Literal["own_loudness", "full_scale"] = Field(
        default="own_loudness", description="Whether the threshold counts from the band's long-term loudness."
    )
    ratio: float = Field(default=2.0, ge=1, le=100, description="2 cuts, or adds, half of what exceeds the threshold.")
    attack_ms: float = ms(10, 0.1, 500, "Time to 63 % of the change.")
    release_ms: float = ms(120, 5, 5000, "Time to give back 63 % of the change.")

    def sentence(self) -> str:
        """Dynamic cut or boost of a band."""
        what = "cut" if self.gain_db_max < 0 else "boost"
        origin = "its own loudness" if self.threshold_from == "own_loudness" else "full scale"
        return (
            f"Dynamic {what} of at most {abs(self.gain_db_max):g} dB at {self.frequency_hz:g} Hz, Q {self.q:g}, "
            f"from {self.threshold_db:+g} dB of {origin}"
        )


class Deess(StepBase):
    """Turns sibilants down: a fast dynamic cut."""

    help = "Softens sharp s and t sounds while they last."
    use: Literal["deess"] = "deess"
    frequency_hz: float = hz(7000, 2000, 16000, "Centre of the sibilants.")
    q: float = Field(default=1.2, ge=0.2, le=10, description="Centre frequency divided by bandwidth.")
    reduction_db_max: float = db(6, 0, 18, "How far they are turned down at most.")
    threshold_db: float = db(4, -12, 24, "How far they must stand above the band's long-term loudness.")
    attack_ms: float = ms(1, 0.1, 50, "Time to 63 % of the reduction.")
    release_ms: float = ms(60, 5, 500, "Time to give back 63 % of the reduction.")

    def sentence(self) -> str:
        """De-esser at a frequency."""
        return f"De-esser of at most {self.reduction_db_max:g} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"
