"""Loudness in the envelope domain: what a drive would bring, without touching a sample.

The K-weighted energies of the limiter's input times the mean square gain of each hop are very nearly the energies of
its output (within 0.06 LU even at -8 LUFS), so that a drive costs milliseconds to try.
"""

import numpy as np

from bridge.dsp.mastering.limiter.gain import hop_gains
from bridge.dsp.mastering.limiter.limiting import Limiting
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.measures.kweighting import Energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.units import Db, Lufs, db_to_gain

LOSS_MAX_LU = 6.0
"""Most loudness that limiting may take away on average: beyond it, drive mostly buys distortion."""
EXACT_LU = 0.003
ROUNDS_MAX = 16


class Forecast:
    """The loudness of a signal behind its limiter, by drive."""

    def __init__(self, energies: Energies, hop: int, limiting: Limiting) -> None:
        self._energies = energies
        self._hop = hop
        self._limiting = limiting
        self._gains = np.ones(energies.shape[1])
        self.nodes: Nodes = limiting.new_nodes()
        """Of the drive that was asked for last."""

    def loudness(self, drive_db: Db) -> Lufs:
        """Integrated loudness with this drive; the signal must have one."""
        self._limiting.plan(db_to_gain(drive_db), self.nodes)
        hop_gains(self.nodes, self._hop, self._gains)
        limited = integrated_lufs(self._energies * self._gains)
        return -np.inf if limited is None else limited + drive_db

    def drive_db(self, loudness_lufs: Lufs, target_lufs: Lufs) -> Db:
        """The drive that reaches the target, or the one at which limiting takes LOSS_MAX_LU, whichever is lower.

        Args:
            loudness_lufs: of the signal as it is.
            target_lufs: to reach.
        """
        plain_db = target_lufs - loudness_lufs
        low, high = min(plain_db, self._limiting.free_drive_db()), plain_db + LOSS_MAX_LU
        trial, before, value_before, slope = plain_db, low, low - plain_db, 1.0
        for _ in range(ROUNDS_MAX):
            reached = self.loudness(trial)
            loss = loudness_lufs + trial - reached
            value = max(reached - target_lufs, loss - LOSS_MAX_LU)  # rises with the drive; its zero is wanted
            if abs(value) <= EXACT_LU:
                break
            low, high = (trial, high) if value < 0.0 else (low, trial)
            if trial != before:
                slope = max(0.1, (value - value_before) / (trial - before))
            before, value_before = trial, value
            secant = trial - value / slope
            trial = secant if low < secant < high else (low + high) / 2
        return trial
