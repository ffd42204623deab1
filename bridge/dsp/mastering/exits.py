"""The two ways out of a chain, through its limiter or by gain alone: each finds the drive for a loudness."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bridge.audio.signal import Audio
from bridge.chains import Limiter
from bridge.dsp.mastering.forecast import LOSS_MAX_LU, Forecast, Loudness
from bridge.dsp.mastering.limiter.limiting import INNER, limiting_of
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.measures.kweighting import hop_frames
from bridge.dsp.measures.peak_kernels import CELL
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.units import Db, Lufs, db_to_gain

SLACK_DB = 1.0
"""By how much the aim may be raised after the result has been heard."""
HELD_BACK_LU = 0.05
"""A forecast this far below its aim is one that was held back."""


@dataclass(frozen=True)
class Setting:
    """Gain for the way out."""

    drive_db: Db
    nodes: Nodes
    is_held_back: bool = False
    """Whether the aim was out of reach."""


Exit: TypeAlias = Callable[[Lufs], Setting]
"""The setting that brings the signal to a loudness, or as near as may be."""


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


def driven_exit(source: Audio, limiter: Limiter, ceiling: float, loudness: Loudness, highest_lufs: Lufs) -> Exit:
    """Drive into the limiter, found in the envelope domain; aims may lie at most SLACK_DB above `highest_lufs`."""
    drive_max_db = highest_lufs - loudness.integrated_lufs + LOSS_MAX_LU + SLACK_DB
    limiting = limiting_of(source, limiter, ceiling, db_to_gain(drive_max_db))
    forecast = Forecast(loudness, hop_frames(source.sample_rate_hz), limiting)

    def set_drive(aim_lufs: Lufs) -> Setting:
        drive = forecast.drive_to(aim_lufs)
        return Setting(drive.drive_db, forecast.nodes, is_held_back=drive.loudness_lufs < aim_lufs - HELD_BACK_LU)

    return set_drive
