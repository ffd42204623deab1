"""Steps whose gain follows the signal."""

from typing import Any, Literal

from pydantic import Field

from bridge.chains.declare import StepBase, db, number


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
