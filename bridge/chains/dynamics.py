"""Steps whose gain follows the signal."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from bridge.chains.auto import AutoValue
from bridge.chains.declare import StepBase, db, hz, number, rising
from bridge.chains.idle import only_with
from bridge.chains.tone import FilterPhase, phase_text


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
    gain_db_max: float = db(None, -18, 12, "Change at the centre at most: negative cuts, positive raises.", -3)
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


class BandDynamics(AutoValue):
    """What happens in one band of a multiband compressor: above one threshold, and below another."""

    threshold_db: float = db(-24, -80, 0, "RMS of the band from which on `ratio` works, in dB below full scale.")
    ratio: float = Field(
        default=2.0,
        ge=0.2,
        le=100,
        description="2 halves what lies above the threshold (compression), 0.5 doubles it (upward expansion).",
    )
    knee_db: float = db(6, 0, 24, "Width of the bend around both thresholds; 0 is a corner.")
    attack_ms: float = ms(20, 0.1, 500, "Time to 63 % of the change when the band gets louder.")
    release_ms: float = ms(150, 5, 5000, "Time to 63 % of the change when it gets softer.")
    below_threshold_db: float | None = Field(
        default=None,
        ge=-100,
        le=0,
        description="RMS of the band below which `below_ratio` works; left out, nothing happens there.",
        json_schema_extra={"unit": "dB"},
    )
    below_ratio: float = Field(
        default=2.0,
        ge=0.2,
        le=100,
        description="2 doubles the distance to that threshold (expansion), 0.5 halves it (upward compression).",
        json_schema_extra=only_with("below_threshold_db"),
    )
    change_db_max: float = db(24, 0, 60, "Most change of gain, up or down.")
    gain_db: float = db(0, -12, 12, "Gain of the band after that.")

    @field_validator("below_threshold_db")
    @classmethod
    def _lies_below(cls, below_db: float | None, info: ValidationInfo) -> float | None:
        threshold_db = info.data.get("threshold_db")
        if below_db is not None and threshold_db is not None and below_db > threshold_db:
            raise ValueError(f"must lie at or below threshold_db ({threshold_db:g} dB).")
        return below_db

    @property
    def is_neutral(self) -> bool:
        """Whether it never changes anything."""
        is_still = self.ratio == 1.0 and (self.below_threshold_db is None or self.below_ratio == 1.0)
        return self.gain_db == 0.0 and (is_still or self.change_db_max == 0.0)

    def sentence(self) -> str:
        """Such as "2:1", or "2:1, below -50 dB 1:2"."""
        below = (
            "" if self.below_threshold_db is None else f", below {self.below_threshold_db:g} dB 1:{self.below_ratio:g}"
        )
        return f"{self.ratio:g}:1{below}"


class Multiband(StepBase):
    """Compresses or expands each band by itself; the bands sum flat."""

    help = "Compresses or expands each band by itself, so that bass does not turn the voices down."
    use: Literal["multiband"] = "multiband"
    crossovers_hz: tuple[Annotated[float, Field(ge=20, le=20000)], ...] = Field(
        min_length=1,
        max_length=5,
        description="Frequencies between the bands, rising (24 dB/oct).",
        json_schema_extra={"unit": "Hz"},
    )
    bands: tuple[BandDynamics, ...] = Field(
        min_length=2, max_length=6, description="From low to high, one more than there are crossovers."
    )

    phase: FilterPhase = Field(
        default="minimum",
        description="Of the crossovers: `minimum` turns the phase like analogue ones, `linear` shifts nothing in time.",
    )

    @field_validator("crossovers_hz")
    @classmethod
    def _rises(cls, crossovers_hz: tuple[float, ...]) -> tuple[float, ...]:
        return rising(crossovers_hz)

    @field_validator("bands")
    @classmethod
    def _are_one_more(cls, bands: tuple[BandDynamics, ...], info: ValidationInfo) -> tuple[BandDynamics, ...]:
        crossovers_hz = info.data.get("crossovers_hz")  # missing where it was refused itself
        if crossovers_hz is not None and len(bands) != len(crossovers_hz) + 1:
            wanted = len(crossovers_hz) + 1
            raise ValueError(f"must be {wanted} for {wanted - 1} crossovers, not {len(bands)}.")
        return bands

    def sentence(self) -> str:
        """Multiband compressor with its crossovers and ratios."""
        between = ", ".join(f"{frequency_hz:g}" for frequency_hz in self.crossovers_hz)
        ratios = "; ".join(band.sentence() for band in self.bands)
        return (
            f"Multiband dynamics of {len(self.bands)} bands, crossovers at {between} Hz{phase_text(self.phase)}, "
            f"ratios {ratios}"
        )


class Transient(StepBase):
    """Raises or lowers attacks, and what rings after them, however loud they are."""

    help = "Gives drums more or less attack, and more or less sustain, without a threshold."
    use: Literal["transient"] = "transient"
    attack_db: float = db(0, -12, 12, "Gain of attacks.", 2)
    sustain_db: float = db(0, -12, 12, "Gain of what rings after them.")
    attack_ms: float = ms(20, 2, 100, "How long an attack is: then 37 % of its gain is left.")
    sustain_ms: float = ms(300, 40, 2000, "How long it rings on: then 37 % of its gain is left.")

    def sentence(self) -> str:
        """Transient shaper with its gains."""
        return f"Transient shaper: attacks {self.attack_db:+g} dB, sustain {self.sustain_db:+g} dB"
