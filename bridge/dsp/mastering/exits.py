"""The two ways out of a chain, through its limiter or by gain alone: each finds the drive for a loudness."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bridge.audio.signal import Audio
from bridge.chains import Limiter
from bridge.chains.guards import NO_GUARDS, Guards
from bridge.dsp.mastering.forecast import LOSS_MAX_LU, Forecast, Loudness
from bridge.dsp.mastering.guarding import Bitten, Trial, Watch
from bridge.dsp.mastering.limiter.limiting import INNER, limiting_of
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.measures.kweighting import hop_frames
from bridge.dsp.measures.peak_kernels import CELL
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.units import Db, Lufs, db_to_gain

SLACK_DB = 1.0
"""By how much the aim may be raised after the result has been heard."""
GUARD_EXACT_DB = 0.02
GUARD_TOLERANCE = 0.02
"""Share of a guard's limit by which the finished gain may lie beyond it."""
HELD_BACK_LU = 0.05
"""A forecast this far below its aim is one that was held back."""


@dataclass(frozen=True)
class Setting:
    """Gain for the way out."""

    drive_db: Db
    nodes: Nodes
    is_held_back: bool = False
    """Whether the aim was out of reach."""
    bitten: Bitten | None = None
    """What held it back, where a guard did."""


Exit: TypeAlias = Callable[[Lufs], Setting]
"""The setting that brings the signal to a loudness, or as near as may be."""


@dataclass(frozen=True)
class Aim:
    """The highest loudness that may be asked for, and what it may cost."""

    highest_lufs: Lufs
    guards: Guards = NO_GUARDS


def untouched(audio: Audio) -> Setting:
    """No drive and no reduction."""
    return Setting(0.0, np.ones(-(-audio.frames // CELL) + 1, np.float32))


def under_ceiling(source: Audio, limiter: Limiter | None, ceiling: float) -> Setting:
    """Loudness left to itself: what exceeds the ceiling (linear) comes down; without a limiter, everything does."""
    setting = untouched(source)
    peak = signal_peaks(source).true
    if peak <= ceiling:
        return setting
    if limiter is None:
        return replace(setting, drive_db=20.0 * math.log10(ceiling * INNER / peak))
    limiting_of(source, limiter, ceiling, drive_max=1.0).plan(1.0, setting.nodes)
    return setting


def plain_exit(source: Audio, ceiling: float, loudness: Loudness) -> Exit:
    """Gain alone, as much as the highest true peak allows (`ceiling` is linear)."""
    peak = signal_peaks(source).true
    most_db = 20.0 * math.log10(ceiling * INNER / peak)
    setting = untouched(source)

    def set_gain(aim_lufs: Lufs) -> Setting:
        wanted_db = aim_lufs - loudness.integrated_lufs
        return replace(setting, drive_db=min(wanted_db, most_db), is_held_back=wanted_db > most_db)

    return set_gain


class DrivenExit:
    """Drive into the limiter, found in the envelope domain; aims may lie at most SLACK_DB above the highest."""

    def __init__(self, source: Audio, limiter: Limiter, ceiling: float, loudness: Loudness, aim: Aim) -> None:
        drive_max_db = aim.highest_lufs - loudness.integrated_lufs + LOSS_MAX_LU + SLACK_DB
        limiting = limiting_of(source, limiter, ceiling, db_to_gain(drive_max_db))
        self._forecast = Forecast(loudness, hop_frames(source.sample_rate_hz), limiting)
        ceiling_dbtp = 20.0 * math.log10(ceiling)
        plr_lu = ceiling_dbtp - self._forecast.free_drive_db - loudness.integrated_lufs
        self._watch = Watch(source, aim.guards, ceiling_dbtp, plr_lu)

    def __call__(self, aim_lufs: Lufs) -> Setting:
        """The setting for a loudness, or for the highest below it that the guards let pass."""
        drive = self._forecast.drive_to(aim_lufs)
        if not self._watch.is_idle and drive.drive_db > self._forecast.free_drive_db:
            wanted = self._forecast.trial(drive.drive_db, self._forecast.nodes.copy())
            worst = self._watch.worst(wanted)
            if worst is not None and worst[1] > 0.0:
                is_beyond = wanted.loudness_lufs < aim_lufs - HELD_BACK_LU
                return self._held(drive.drive_db, replace(wanted, is_beyond=is_beyond), worst[0])
        held_back = drive.loudness_lufs < aim_lufs - HELD_BACK_LU
        bitten = Bitten("average_reduction_lu_max", LOSS_MAX_LU, LOSS_MAX_LU, is_more=True) if held_back else None
        return Setting(drive.drive_db, self._forecast.nodes, held_back, bitten)

    def _held(self, drive_db: Db, wanted: Trial, guard: str) -> Setting:
        """The highest drive at which every guard holds, between one that limits nothing and one that is too much."""
        low, high = self._forecast.free_drive_db, drive_db
        while high - low > GUARD_EXACT_DB:
            middle = (low + high) / 2
            worst = self._watch.worst(self._forecast.trial(middle))
            if worst is None or worst[1] <= 0.0:
                low = middle
            else:
                high, guard = middle, worst[0]
        self._forecast.trial(low)
        return Setting(low, self._forecast.nodes, is_held_back=True, bitten=self._bitten(guard, wanted))

    def _bitten(self, guard: str, wanted: Trial) -> Bitten:
        is_more = wanted.is_beyond and guard != "plr_lu_min"
        return Bitten(guard, self._watch.costs(wanted)[guard], self._watch.ordered[guard], is_more=is_more)

    def is_kept(self, setting: Setting, nodes: Nodes) -> bool:
        """Whether the guards hold with the gain that was really applied, repairs of single peaks included.

        Where they do not, they are drawn closer, so that the next setting is lower.
        """
        if self._watch.is_idle:
            return True
        worst = self._watch.worst(self._forecast.trial(setting.drive_db, nodes))
        if worst is None or worst[1] <= GUARD_TOLERANCE:
            return True
        self._watch.tighten(*worst)
        return False
