"""How much loudness a step took away: what auto make-up gives back."""

from bridge.audio.signal import Signal
from bridge.dsp.measures.kweighting import hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.units import Db


def lost_db(before: Signal, after: Signal) -> Db | None:
    """Gain that makes `after` as loud as `before`; None where one of them has no loudness."""
    loudness_before, loudness_after = integrated_lufs(hop_energies(before)), integrated_lufs(hop_energies(after))
    return None if loudness_before is None or loudness_after is None else loudness_before - loudness_after
