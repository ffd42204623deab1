"""Loudness in the envelope domain: what a drive would bring, without touching a sample.

The K-weighted energies of the limiter's input times the mean square gain of each hop are very nearly the energies of
its output (within 0.06 LU even at -8 LUFS), so that a drive costs milliseconds to try.
"""

import math
from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Audio, OnProgress
from bridge.dsp.mastering.guarding import Trial
from bridge.dsp.mastering.limiter.gain import hop_gains
from bridge.dsp.mastering.limiter.limiting import Limiting
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.measures.kweighting import Energies, hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.units import Db, Lufs, db_to_gain

LOSS_MAX_LU = 6.0
"""Most loudness that limiting may take away on average: beyond it, drive mostly buys distortion."""
EXACT_LU = 0.005
ROUNDS_MAX = 16


@dataclass(frozen=True)
class Loudness:
    """The integrated loudness of a signal, and the energies that it comes from."""

    integrated_lufs: Lufs
    energies: Energies


def loudness_of(audio: Audio, on_progress: OnProgress) -> Loudness | None:
    """Integrated loudness; None for silence or less than 0.4 s."""
    energies = hop_energies(audio, on_progress=on_progress)
    loudness = integrated_lufs(energies)
    return None if loudness is None else Loudness(loudness, energies)


@dataclass(frozen=True)
class Drive:
    """A drive, and the loudness that it will bring."""

    drive_db: Db
    loudness_lufs: Lufs


class Forecast:
    """The loudness of a signal behind its limiter, by drive."""

    def __init__(self, loudness: Loudness, hop: int, limiting: Limiting) -> None:
        self._loudness = loudness
        self._hop = hop
        self._limiting = limiting
        self._gains = np.ones(loudness.energies.shape[1])
        self.nodes: Nodes = limiting.new_nodes()
        """Of the drive that was tried last."""

    @property
    def free_drive_db(self) -> Db:
        """The drive up to which nothing is limited."""
        return self._limiting.free_drive_db()

    def loudness_lufs(self, drive_db: Db) -> Lufs:
        """Integrated loudness with this drive."""
        self._limiting.plan(db_to_gain(drive_db), self.nodes)
        return self._planned_lufs(drive_db)

    def _planned_lufs(self, drive_db: Db) -> Lufs:
        hop_gains(self.nodes, self._hop, self._gains)
        limited = integrated_lufs(self._loudness.energies * self._gains)
        return -math.inf if limited is None else limited + drive_db

    def trial(self, drive_db: Db, nodes: Nodes | None = None) -> Trial:
        """What a drive does to the signal, for the guards; with these nodes, or with those that it plans."""
        if nodes is None:
            loudness_lufs = self.loudness_lufs(drive_db)
        else:
            self.nodes[:] = nodes
            loudness_lufs = self._planned_lufs(drive_db)
        lost_lu = self._loudness.integrated_lufs + drive_db - loudness_lufs
        return Trial(self._gains.copy(), loudness_lufs, lost_lu)

    def drive_to(self, target_lufs: Lufs) -> Drive:
        """The drive that reaches the target, or the one at which limiting takes LOSS_MAX_LU, whichever is lower.

        A root is sought of what rises with the drive: how far it goes beyond the one or the other; by secants, kept
        between bounds that close in.
        """
        plain_db = target_lufs - self._loudness.integrated_lufs
        low, high = min(plain_db, self._limiting.free_drive_db()), plain_db + LOSS_MAX_LU
        trial, slope = plain_db, 1.0
        before, beyond_before = low, low - plain_db
        drive = Drive(plain_db, target_lufs)
        for _ in range(ROUNDS_MAX):
            reached = self.loudness_lufs(trial)
            drive = Drive(trial, reached)
            loss = self._loudness.integrated_lufs + trial - reached
            beyond = max(reached - target_lufs, loss - LOSS_MAX_LU)
            if abs(beyond) <= EXACT_LU:
                break
            low, high = (trial, high) if beyond < 0.0 else (low, trial)
            if trial != before:
                slope = max(0.1, (beyond - beyond_before) / (trial - before))
            before, beyond_before = trial, beyond
            secant = trial - beyond / slope
            trial = secant if low < secant < high else (low + high) / 2
        return drive
