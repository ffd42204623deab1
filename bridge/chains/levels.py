"""Steps that change the gain: fixed, towards a loudness, and under a ceiling."""

from typing import Literal, TypeAlias

from pydantic import Field

from bridge.chains.declare import StepBase, db
from bridge.units import with_unit


class Gain(StepBase):
    """Changes the gain."""

    help = "Makes everything louder or softer by a fixed amount."
    use: Literal["gain"] = "gain"
    gain_db: float = db(None, -60, 24, "Gain.")

    def sentence(self) -> str:
        """Gain by so much."""
        return f"Gain {self.gain_db:+.2f} dB"


class MatchLoudness(StepBase):
    """Changes the gain so that the integrated loudness reaches a figure; nothing else is touched."""

    help = "Brings the signal to an integrated loudness by gain alone."
    whole_because = "it matches the loudness of the whole signal"
    use: Literal["match_loudness"] = "match_loudness"
    integrated_lufs: float = Field(
        ge=-60, le=-4, description="Integrated loudness after this step.", json_schema_extra={"unit": "LUFS"}
    )

    def sentence(self) -> str:
        """Gain towards a loudness."""
        return f"Loudness matched to {with_unit(self.integrated_lufs, 'LUFS')} by gain"


LimiterMode: TypeAlias = Literal["transparent", "punchy", "loud"]


class Limiter(StepBase):
    """Linked true-peak limiter: keeps every inter-sample peak at or under the ceiling."""

    help = "Catches peaks so that nothing leaves above the ceiling, true peaks included."
    whole_because = "it holds the ceiling of the whole signal"
    use: Literal["limiter"] = "limiter"
    ceiling_dbtp: float | None = Field(
        default=None,
        ge=-12,
        le=0,
        description="Ceiling; the target's when left out.",
        json_schema_extra={"unit": "dBTP"},
    )
    lookahead_ms: float = Field(
        default=2.0, ge=0.5, le=10, description="How early the gain begins to move.", json_schema_extra={"unit": "ms"}
    )
    release_ms: float = Field(
        default=80.0,
        ge=5,
        le=2000,
        description="Time to give back 63 % of the reduction after a peak; it takes longer after lasting reduction.",
        json_schema_extra={"unit": "ms"},
    )

    hold_ms: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="How long the gain stays down before it is given back; left out, as long as the lookahead.",
        json_schema_extra={"unit": "ms"},
    )
    mode: LimiterMode = Field(
        default="transparent",
        description="How lasting reduction is given back. `transparent`: four times slower, hardly any pumping; "
        "`punchy`: later and less slowly, so that hits recover; `loud`: like single peaks.",
    )

    def sentence(self) -> str:
        """Limiter with its mode and times."""
        ceiling = "the target's ceiling" if self.ceiling_dbtp is None else with_unit(self.ceiling_dbtp, "dBTP")
        hold = "" if self.hold_ms is None else f", hold {self.hold_ms:g} ms"
        mode = "" if self.mode == "transparent" else f" ({self.mode})"
        times = f"lookahead {self.lookahead_ms:g} ms{hold}, release {self.release_ms:g} ms"
        return f"True-peak limiter{mode} to {ceiling}, {times}"
