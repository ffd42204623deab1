"""What a reference track tells a chain: its tone, loudness, dynamics and width, as a value; its samples stay behind.

Whoever runs the job reads the file (`read_reference` takes any `Signal`) and puts the value into `MasterOrder`; so the
reference's digest, sample rate or format never matter here, and the cache key holds what really shapes the master.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.audio.signal import Signal
from bridge.chains import CurvePoint
from bridge.dsp.mastering.tone_curve import tone_curve
from bridge.dsp.measures.loudness import integrated_lufs, loudness_range_lu
from bridge.dsp.measures.readings import FullReadings, read_everything
from bridge.dsp.measures.spectra import Series
from bridge.dsp.measures.stereo import side_to_mid_db
from bridge.errors import AudioError
from bridge.units import Db, Hz, Lu, Lufs, gain_to_db

SECONDS_MIN = 5.0
"""Less music does not show a tone of its own."""
MONO_DB = -60.0
"""A side signal this far below the middle is no width."""


@dataclass(frozen=True)
class Reference:
    """One reference track."""

    name: str
    curve: tuple[CurvePoint, ...]
    """Third-octave levels, twelve an octave, as far up as the track has anything."""
    integrated_lufs: Lufs
    plr_lu: Lu
    loudness_range_lu: Lu | None
    side_to_mid_db: Db | None
    """None for mono."""
    weight: float = 1.0
    """Against other references."""
    channels: int = 2

    def played_on(self, channels: int) -> "Reference":
        """What the track would tell in a file of so many channels.

        A mono file comes out of both loudspeakers of a stereo system, where its two equal channels are 3.01 LU louder
        than BS.1770 reads the one.
        """
        if {self.channels, channels} != {1, 2}:
            return self
        more_lu = 10 * math.log10(channels / self.channels)
        loudness, plr_lu = self.integrated_lufs + more_lu, self.plr_lu - more_lu
        return replace(self, integrated_lufs=loudness, plr_lu=plr_lu, channels=channels)


def read_reference(signal: Signal, name: str, weight: float = 1.0) -> Reference:
    """What a track tells.

    Args:
        signal: any rate, any number of channels; mono is as good as stereo but says nothing of width.
        name: of its file, for reports and errors.
        weight: against other references.

    Raises:
        AudioError: it is silent, or too short to have a tone.
    """
    seconds = signal.frames / signal.sample_rate_hz
    if seconds < SECONDS_MIN:
        raise AudioError(f"The reference {name} lasts {seconds:.1f} s: give one of at least {SECONDS_MIN:.0f} s.")
    return reference_of(read_everything(signal), name, weight)


def reference_of(readings: FullReadings, name: str, weight: float = 1.0) -> Reference:
    """What the readings of a track tell that is long enough.

    Raises:
        AudioError: it is silent or damaged.
    """
    loudness = integrated_lufs(readings.energies)
    if loudness is None or not readings.is_finite:
        raise AudioError(f"The reference {name} is silent or damaged: give another track.")
    peak_db = gain_to_db(readings.peaks.true)
    return Reference(
        name=name,
        curve=tone_curve(readings.spectra),
        integrated_lufs=loudness,
        plr_lu=(peak_db or 0.0) - loudness,
        loudness_range_lu=loudness_range_lu(readings.power),
        side_to_mid_db=_side_to_mid_db(readings),
        weight=weight,
        channels=readings.channels,
    )


def blended(references: Sequence[Reference]) -> tuple[CurvePoint, ...]:
    """The weighted mean of their curves in dB, each laid over the others first, up to the lowest of their ends."""
    if not references:
        return ()
    top_hz = min(reference.curve[-1].hz for reference in references)
    at_hz = [point.hz for point in references[0].curve if point.hz <= top_hz]
    curves = np.array([_laid(reference, at_hz) for reference in references])
    weights = np.array([reference.weight for reference in references])
    levels = weights @ curves / max(float(weights.sum()), 1e-9)
    return tuple(CurvePoint(hz=hz, db=round(float(db), 3)) for hz, db in zip(at_hz, levels, strict=True))


def _laid(reference: Reference, at_hz: Sequence[Hz]) -> Series:
    """A curve at these frequencies with a median of 0 dB: how loud a reference is must not weigh."""
    logs = [np.log(point.hz) for point in reference.curve]
    levels: Series = np.interp(np.log(at_hz), logs, [point.db for point in reference.curve])
    return levels - np.median(levels)


def _side_to_mid_db(readings: FullReadings) -> Db | None:
    """Power of the side signal against the middle, over the whole; None for mono and for none of either."""
    parts = np.array([row.sum() for row in readings.spectra.spectrum[:3]])
    width_db = side_to_mid_db(parts)
    return width_db if readings.channels > 1 and width_db > MONO_DB else None
