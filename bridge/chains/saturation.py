"""Steps that bend the waveform: clipper and saturation."""

from typing import Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from bridge.chains.declare import StepBase, db

SaturationKind: TypeAlias = Literal["tanh", "tape", "tube"]


class Clip(StepBase):
    """Clips peaks, hard or rounded."""

    help = (
        "Shaves peaks off, hard or rounded, oversampled: louder drums before a limiter, which still has to hold the "
        "ceiling."
    )
    use: Literal["clip"] = "clip"
    ceiling_dbfs: float = Field(
        default=-1.0, ge=-24, le=0, description="Where peaks are cut.", json_schema_extra={"unit": "dBFS"}
    )
    knee_db: float = db(3, 0, 18, "How far below the ceiling rounding begins; 0 is hard.")
    drive_db: float = db(0, 0, 24, "Gain before the clipper.", 3)
    oversample: Literal[2, 4, 8] = Field(
        default=4,
        description="Points a frame, at least. Where a corner is too sharp for them there are 8, and the curve is "
        "integrated between them instead of sampled: at any knee, all that a tone up to 15 kHz and 24 dB over the "
        "ceiling leaves below 20 kHz besides its harmonics lies below -98 dB, at 48 dB over each of it below -100 dB.",
    )

    def sentence(self) -> str:
        """Where it clips, and how."""
        how = "hard" if self.knee_db == 0 else f"rounded from {self.knee_db:g} dB below"
        drive = f", driven by {self.drive_db:g} dB" if self.drive_db else ""
        return f"Clipped at {self.ceiling_dbfs:.1f} dBFS, {how}{drive}, at least {self.oversample}-fold oversampled"


class Saturate(StepBase):
    """Adds harmonics and evens out peaks, at the same loudness."""

    help = "Adds harmonics and rounds peaks off without getting louder: odd ones (tanh, tape) or even ones too (tube)."
    use: Literal["saturate"] = "saturate"
    kind: SaturationKind = Field(
        default="tape", description="tape bends early and gently, tanh later and harder, tube bends one side more."
    )
    drive_db: float = db(6, 0, 36, "How far it is driven into the curve; its loudness is held. 0 leaves it as it is.")
    oversample: Literal[2, 4, 8] = Field(
        default=4,
        description="Points a frame, at least. Where the curve bends too fast for them there are up to 8, and beyond "
        "that it is integrated between them instead of sampled: at any drive, all that a tone up to 15 kHz leaves "
        "below 20 kHz besides its harmonics lies below -90 dB.",
    )
    low_hz: float | None = Field(
        default=None,
        ge=20,
        le=20000,
        description="Only what lies above is driven (linear-phase crossover); left out, everything below is, too.",
        json_schema_extra={"unit": "Hz"},
    )
    high_hz: float | None = Field(
        default=None,
        ge=20,
        le=20000,
        description="Only what lies below is driven; left out, everything above is, too.",
        json_schema_extra={"unit": "Hz"},
    )

    @field_validator("high_hz")
    @classmethod
    def _is_a_range(cls, high_hz: float | None, info: ValidationInfo) -> float | None:
        low_hz = info.data.get("low_hz")
        if low_hz is not None and high_hz is not None and high_hz <= low_hz:
            raise ValueError("must lie above low_hz.")
        return high_hz

    def sentence(self) -> str:
        """Which curve, how much, and where."""
        where = [f"above {self.low_hz:g} Hz"] if self.low_hz is not None else []
        where += [f"below {self.high_hz:g} Hz"] if self.high_hz is not None else []
        band = f" {' and '.join(where)}" if where else ""
        how = f"with {self.drive_db:g} dB of drive, at least {self.oversample}-fold oversampled"
        return f"Saturated{band} ({self.kind}) {how}"
