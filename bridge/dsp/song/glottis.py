"""The vocal folds: pulses of the Liljencrants-Fant model, from tense to breathy, as band-limited tables."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bridge.dsp.song.sound import Curve, Wave

TABLE_FRAMES = 4096
TENSIONS = (0.5, 0.8, 1.3, 2.4)
"""The tables' shape parameter Rd (Fant 1995): 0.5 a belted vowel, 2.4 a breathy one."""
HARMONICS_MAX = 160
TABLES_PER_OCTAVE = 3
LIMITS = 15
"""Tables for each tension, each with fewer harmonics than the one before, so that no note aliases."""
TOP_HZ = 16000.0


def voice_source(pitch_hz: Curve, rd: Curve, sample_rate_hz: int) -> Wave:
    """Glottal flow derivative (frames,), RMS about 1, of folds that follow a pitch and a tension, both per frame."""
    tables = _tables()
    position = np.cumsum(pitch_hz / sample_rate_hz) % 1.0 * TABLE_FRAMES
    index = position.astype(np.intp)
    between = (position - index).astype(np.float32)
    wished = np.minimum(0.46 * sample_rate_hz, TOP_HZ) / pitch_hz
    limit = np.ceil(TABLES_PER_OCTAVE * np.log2(HARMONICS_MAX / wished)).astype(np.intp).clip(0, LIMITS - 1)
    place = np.interp(rd, TENSIONS, np.arange(len(TENSIONS)))
    tense = place.astype(np.intp).clip(0, len(TENSIONS) - 2)
    slack = (place - tense).astype(np.float32)
    waves: list[Wave] = []
    for table in (tense, tense + 1):
        near, far = tables[table, limit, index], tables[table, limit, index + 1]
        waves.append(np.asarray(near + between * (far - near), np.float32))
    return np.asarray(waves[0] + slack * (waves[1] - waves[0]), np.float32)


def pulse(rd: float) -> Curve:
    """One period of glottal flow derivative, (TABLE_FRAMES,), zero mean, RMS 1.

    Fant, Liljencrants & Lin 1985: an exponentially growing sine until the folds close, then an exponential return. The
    growth is found by bisection so that the flow ends where it began.
    """
    ra = (-1 + 4.8 * rd) / 100
    rk = (22.4 + 11.8 * rd) / 100
    rg = rk * (0.5 + 1.2 * rk) / (4 * (0.11 * rd - ra * (0.5 + 1.2 * rk)))
    peak = 1 / (2 * rg)
    closing = peak * (1 + rk)
    phase = np.arange(TABLE_FRAMES) / TABLE_FRAMES
    returned = _return_phase(phase - closing, ra, 1 - closing)
    arch = -np.sin(np.pi * phase / peak) / np.sin(np.pi * closing / peak)

    low, high = -20.0, 200.0
    wave: Curve = np.zeros(TABLE_FRAMES)
    for _ in range(60):
        growth = (low + high) / 2
        wave = np.where(phase < closing, arch * np.exp(growth * (phase - closing)), returned)
        # Faster growth leaves less area under the opening: the mean falls.
        low, high = (growth, high) if wave.mean() > 0 else (low, growth)
    wave -= wave.mean()
    wave /= np.sqrt(np.mean(wave**2))
    return wave


def _return_phase(since_closing: Curve, ra: float, left: float) -> Curve:
    """The folds come to rest: -1 at the moment of closing, 0 at the end of the period."""
    rate = 1 / ra
    for _ in range(100):
        rate = (1 - np.exp(-rate * left)) / ra
    # Clipped, because before the closing (not used there) the exponential would overflow.
    late = np.maximum(since_closing, 0)
    rest: Curve = (np.exp(-rate * left) - np.exp(-rate * late)) / (rate * ra)
    return rest


@cache
def _tables() -> NDArray[np.float32]:
    """(tensions, limits, TABLE_FRAMES + 1): the first sample is repeated at the end, for interpolation."""
    tables = np.empty((len(TENSIONS), LIMITS, TABLE_FRAMES + 1), np.float32)
    for row, rd in enumerate(TENSIONS):
        spectrum = np.fft.rfft(pulse(rd))
        for step in range(LIMITS):
            harmonics = int(HARMONICS_MAX / 2 ** (step / TABLES_PER_OCTAVE))
            kept = np.where(np.arange(spectrum.size) <= harmonics, spectrum, 0)
            tables[row, step, :-1] = np.fft.irfft(kept)
            tables[row, step, -1] = tables[row, step, 0]
    return tables
