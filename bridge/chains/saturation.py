"""Steps that bend the waveform: clipper and saturation."""

from typing import Literal, TypeAlias

from pydantic import Field

from bridge.chains.declare import StepBase, db

SaturationKind: TypeAlias = Literal["tanh", "tape", "tube"]


class Clip(StepBase):
    """Clips peaks, hard or rounded."""

    help = (
        "Shaves peaks off, hard or rounded, 4-fold oversampled: louder drums before a limiter, which still has to hold "
        "the ceiling."
    )
    use: Literal["clip"] = "clip"
    ceiling_dbfs: float = Field(
        default=-1.0, ge=-24, le=0, description="Where peaks are cut.", json_schema_extra={"unit": "dBFS"}
    )
    knee_db: float = db(3, 0, 18, "How far below the ceiling rounding begins; 0 is hard.")
    drive_db: float = db(0, 0, 24, "Gain before the clipper.")

    def sentence(self) -> str:
        """Where it clips, and how."""
        how = "hard" if self.knee_db == 0 else f"rounded from {self.knee_db:g} dB below"
        drive = f", driven by {self.drive_db:g} dB" if self.drive_db else ""
        return f"Clipped at {self.ceiling_dbfs:.1f} dBFS, {how}{drive}"


class Saturate(StepBase):
    """Adds harmonics and evens out peaks, at the same loudness."""

    help = "Adds harmonics and rounds peaks off without getting louder: odd ones (tanh, tape) or even ones too (tube)."
    use: Literal["saturate"] = "saturate"
    kind: SaturationKind = Field(
        default="tape", description="tape bends early and gently, tanh later and harder, tube bends one side more."
    )
    drive_db: float = db(6, 0, 36, "How far the signal is driven into the curve; its loudness is held.")
    oversample: Literal[2, 4, 8] = Field(default=4, description="Finer grids keep strong drive free of aliasing.")

    def sentence(self) -> str:
        """Which curve, and how much."""
        return f"Saturated ({self.kind}) with {self.drive_db:g} dB of drive, {self.oversample}-fold oversampled"
