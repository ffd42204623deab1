"""Taming what rings."""

from typing import Literal

from pydantic import ValidationInfo, field_validator

from bridge.chains.declare import StepBase, db, hz, number, percent
from bridge.chains.dynamics import ms


class Resonance(StepBase):
    """Turns narrow peaks of the spectrum down while they stand out of what is around them, wherever they are."""

    help = "Tames resonances and harsh tones as they flare up, and leaves everything else alone."
    use: Literal["resonance"] = "resonance"
    depth_percent: float = percent(60, 0, 100, "How much of what stands out is taken away.")
    selectivity_db: float = db(8, 1, 24, "How far a peak must stand out before anything happens.")
    sharpness_percent: float = percent(70, 0, 100, "How narrow cuts are; less takes the surroundings along.")
    surroundings_octaves: float = number(1.0, 0.3, 3, "What a peak is compared with, both sides together.", "octaves")
    cut_db_max: float = db(6, 0, 24, "Deepest cut.")
    attack_ms: float = ms(30, 5, 500, "How long a peak must ring until it counts.")
    release_ms: float = ms(120, 10, 2000, "How long it counts after it has ended.")
    low_hz: float = hz(400, 40, 20000, "Below this it does nothing.")
    high_hz: float = hz(15000, 80, 40000, "Above this it does nothing.")

    @field_validator("high_hz")
    @classmethod
    def _is_a_range(cls, high_hz: float, info: ValidationInfo) -> float:
        if high_hz <= info.data.get("low_hz", 0):
            raise ValueError("must lie above low_hz.")
        return high_hz

    def sentence(self) -> str:
        """How much of what, and where."""
        return (
            f"Resonances between {self.low_hz:g} and {self.high_hz:g} Hz tamed by {self.depth_percent:g} %, "
            f"at most {self.cut_db_max:g} dB"
        )
