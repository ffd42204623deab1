"""Loudness match: one gain, found by measuring."""

from bridge.audio.signal import Signal
from bridge.chains import MatchLoudness
from bridge.dsp.mastering.processor import Fitted, applied_step
from bridge.dsp.mastering.steps.gain import GainProcessor
from bridge.dsp.measures.kweighting import hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.messages import message
from bridge.units import db_to_gain, with_unit

GAIN_MAX_DB = 40.0
"""More is not mastering: what lies 40 dB under the target is noise, or a file that was rendered by mistake."""


def fit_match_loudness(step: MatchLoudness, signal: Signal) -> Fitted:
    """The gain from the loudness that the signal has to the one it shall have, at most GAIN_MAX_DB."""
    loudness = integrated_lufs(hop_energies(signal))
    if loudness is None:
        return Fitted(None, None, (message("no_loudness"),))
    wanted_db = step.integrated_lufs - loudness
    gain_db = min(wanted_db, GAIN_MAX_DB)
    found = (message("gain_limited", value=gain_db, threshold=wanted_db),) if gain_db < wanted_db else ()
    detail = f"from {with_unit(loudness, 'LUFS', 2)} by {gain_db:+.2f} dB"
    applied = applied_step(step, detail, gain_db=round(gain_db, 4))
    return Fitted(GainProcessor(db_to_gain(gain_db)), applied, found)
