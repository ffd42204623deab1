"""Transient shaper: attacks and what rings after them, told apart by the difference of envelopes in dB.

Two envelopes rise at different paces: while the fast one is above the slow one, there is an attack. Two fall at
different paces: while the long one is above the short one, something rings out. Differences do not depend on how loud
the signal is, so there is no threshold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Signal
from bridge.chains import Transient
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.dynamics.cells import Cells, read_cells
from bridge.dsp.mastering.dynamics.curve import CHUNK, power_db
from bridge.dsp.mastering.dynamics.gain import GainProcessor, reduction_to_gain
from bridge.dsp.mastering.dynamics.times import Times, cells_in, held, pace
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step

FLOOR_DB = -90.0
"""Softer is silence: an attack out of it is no stronger."""
FULL_DB = 12.0
"""Difference of envelopes from which on the whole gain is given."""
RISE_MS, SHORT_MS = 0.5, 10.0
LOOKAHEAD_MS = 1.0
"""So that the gain is there when the attack is."""


@dataclass(frozen=True)
class Shares:
    """How much of an attack, and of a sustain, there is at each node: float32 (1, cells + 1), 0 to 1."""

    attack: Cells
    sustain: Cells


def fit_transient(step: Transient, signal: Signal) -> Fitted:
    """The gain for this signal; none where both gains are 0 dB, or where nothing moves."""
    if step.attack_db == 0.0 and step.sustain_db == 0.0:
        return UNCHANGED
    shares = shares_of(step, signal)
    gains_db = (shares.attack * step.attack_db + shares.sustain * step.sustain_db).astype(np.float32)
    if not gains_db.any():
        return UNCHANGED
    attack_db = step.attack_db * float(shares.attack.max())
    sustain_db = step.sustain_db * float(shares.sustain.max())
    applied = applied_step(
        step,
        f"attacks by up to {attack_db:+.1f} dB, sustain by up to {sustain_db:+.1f} dB",
        attack_change_db=round(attack_db, 4),
        sustain_change_db=round(sustain_db, 4),
    )
    return Fitted(GainProcessor(reduction_to_gain(-gains_db)), applied)


def shares_of(step: Transient, signal: Signal) -> Shares:
    """Attacks and sustains of a signal, all channels together; silence has none."""
    rate_hz = signal.sample_rate_hz
    powers = read_cells(signal, "peak", [], is_linked=True)
    heard = held(powers, Times(step.attack_ms, step.sustain_ms, LOOKAHEAD_MS), "peak", rate_hz)
    for start in range(0, heard.shape[1], CHUNK):
        part = heard[:, start : start + CHUNK]
        part[:] = np.maximum(power_db(part), FLOOR_DB)
    shares = Shares(np.empty_like(heard), np.empty_like(heard))
    times_ms = (RISE_MS, step.attack_ms, SHORT_MS, step.sustain_ms)
    paces = np.array([pace(time_ms, rate_hz) for time_ms in times_ms])
    compare(heard[0], paces, shares.attack[0], shares.sustain[0])
    ahead = cells_in(LOOKAHEAD_MS, rate_hz)
    return Shares(shares.attack[:, ahead:], shares.sustain[:, ahead:])


@compiled
def compare(
    power_db: NDArray[np.float32], paces: NDArray[np.float64], attack: NDArray[np.float32], sustain: NDArray[np.float32]
) -> None:
    """Writes the shares of attack and sustain; it starts from silence.

    Args:
        power_db: at least FLOOR_DB.
        paces: share of the way that each envelope goes in a cell: rise, attack, short fall, long fall.
        attack: as long; altered.
        sustain: as long; altered.
    """
    rise, slow_rise, fall, long_fall = paces[0], paces[1], paces[2], paces[3]
    fast, slow, short, long = FLOOR_DB, FLOOR_DB, FLOOR_DB, FLOOR_DB
    for i in range(power_db.size):
        now = np.float64(power_db[i])
        # fast and slow fall alike, short and long rise alike: so their order never changes
        fast += (rise if now > fast else fall) * (now - fast)
        slow += (slow_rise if now > slow else fall) * (now - slow)
        short += (rise if now > short else fall) * (now - short)
        long += (rise if now > long else long_fall) * (now - long)
        slow = max(slow, fast - FULL_DB)
        long = min(long, short + FULL_DB)
        attack[i] = np.float32(_share(fast - slow))
        sustain[i] = np.float32(_share(long - short))


@compiled
def _share(difference_db: float) -> float:
    """Of FULL_DB; none for what nobody hears, so that a steady signal stays exactly what it is."""
    return min(difference_db / FULL_DB, 1.0) if difference_db > 1e-4 else 0.0
