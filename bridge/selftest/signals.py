"""Signals with known readings: the EBU's minimum test signals, and peaks that are hard to find or to hold.

All give float32 (channels, frames) in full scale 1.0.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples

Segment: TypeAlias = tuple[float, float]
"""Peak in dBFS (-inf for silence) and length in seconds."""


def sine(
    frequency_hz: float, seconds: float, sample_rate_hz: int, peak_dbfs: float = 0.0, channels: int = 1
) -> Samples:
    """A tone with the same phase in every channel."""
    phase = np.arange(round(seconds * sample_rate_hz)) * (2.0 * np.pi * frequency_hz / sample_rate_hz)
    wave = 10.0 ** (peak_dbfs / 20.0) * np.sin(phase)
    return np.tile(wave.astype(np.float32), (channels, 1))


def cut(segments: Sequence[Segment], sample_rate_hz: int, channels: int = 2) -> Samples:
    """A 1 kHz tone whose peak changes from segment to segment, without a break in its phase."""
    frames = [round(seconds * sample_rate_hz) for _, seconds in segments]
    gains = np.array([10.0 ** (peak_dbfs / 20.0) for peak_dbfs, _ in segments], np.float32)
    whole_periods = sample_rate_hz // math.gcd(sample_rate_hz, 1000)
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(whole_periods) / sample_rate_hz).astype(np.float32)
    wave = np.resize(tone, sum(frames)) * np.repeat(gains, frames)
    return np.tile(wave, (channels, 1))


# --- EBU Tech 3341 v4, table 1; Tech 3342, table 1 --------------------------------------------------------------------

SILENT = -np.inf

TECH_3341_INTEGRATED: dict[int, Sequence[Segment]] = {
    1: [(-23, 20)],
    2: [(-33, 20)],
    3: [(-36, 10), (-23, 60), (-36, 10)],
    4: [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
    5: [(-26, 20), (-20, 20.1), (-26, 20)],
}
"""Cases 1 to 5: segments; integrated loudness is -23.0 (-33.0 for case 2)."""

TECH_3342: dict[int, tuple[Sequence[Segment], float]] = {
    1: ([(-20, 20), (-30, 20)], 10.0),
    2: ([(-20, 20), (-15, 20)], 5.0),
    3: ([(-40, 20), (-20, 20)], 20.0),
    4: ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15.0),
}
"""Cases 1 to 4: segments and loudness range."""

SHORT_TERM_CASE_9: Sequence[Segment] = [(-20, 1.34), (-30, 1.66)] * 5
MOMENTARY_CASE_12: Sequence[Segment] = [(-20, 0.18), (-30, 0.22)] * 25


def tech_3341_case_6(sample_rate_hz: int) -> Samples:
    """5.0 (L R C Ls Rs): -28, -28, -24, -30, -30 dBFS for 20 s; integrated loudness is -23.0."""
    return np.concatenate([sine(1000.0, 20.0, sample_rate_hz, peak) for peak in (-28, -28, -24, -30, -30)])


def tech_3341_file(case: int, index: int, sample_rate_hz: int) -> Samples:
    """Cases 10 (max short-term) and 13 (max momentary): one of 20 files, whose tone begins ever later."""
    shift_s, tone_s = {10: (0.15, 3.0), 13: (0.02, 0.4)}[case]
    return cut([(SILENT, index * shift_s), (-23, tone_s), (SILENT, 1.0)], sample_rate_hz)


def tech_3341_live(case: int, sample_rate_hz: int) -> Samples:
    """Cases 11 (max short-term) and 14 (max momentary): 20 tones, each 1 dB louder and a little later in its slot."""
    shift_s, tone_s = {11: (0.15, 3.0), 14: (0.02, 0.4)}[case]
    segments: list[Segment] = []
    for i in range(20):
        segments += [(SILENT, i * shift_s), (-38 + i, tone_s), (SILENT, tone_s - i * shift_s)]
    return cut(segments, sample_rate_hz)


TECH_3341_STEADY_PEAKS: dict[int, tuple[int, float, float, float]] = {
    15: (4, 0.0, 0.50, -6.0),
    16: (4, 45.0, 0.50, -6.0),
    17: (6, 60.0, 0.50, -6.0),
    18: (8, 67.5, 0.50, -6.0),
    19: (4, 45.0, 1.41, 3.0),
}
"""Cases 15 to 19: divisor of the sample rate, phase in degrees, amplitude, true peak in dBTP."""


def tech_3341_steady_peak(case: int, sample_rate_hz: int) -> Samples:
    """A tone at a whole fraction of the sample rate, faded in and out over 10 ms."""
    divisor, degrees, amplitude, _ = TECH_3341_STEADY_PEAKS[case]
    frames = sample_rate_hz
    wave = amplitude * np.sin(2.0 * np.pi * np.arange(frames) / divisor + np.radians(degrees))
    ramp = np.minimum(1.0, np.arange(frames) / (0.01 * sample_rate_hz))
    return np.tile((wave * ramp * ramp[::-1]).astype(np.float32), (2, 1))


def tech_3341_moving_peak(case: int) -> Samples:
    """Cases 20 to 23 (true peak 0.0): fs/6 at 0.5 with one period of fs/4 at 1.0, made at 4 fs, then decimated."""
    offset = case - 20
    around = 0.5 * np.sin(2.0 * np.pi * np.arange(24 * 400) / 24.0)
    burst = np.sin(2.0 * np.pi * np.arange(16) / 16.0)
    fine = np.concatenate([around, burst, around])
    ramp = np.minimum(1.0, np.arange(fine.size) / 2000.0)
    taps = 4 * 255 + 1
    times = (np.arange(taps) - taps // 2) / 4.0
    low_pass = np.sinc(times) * np.kaiser(taps, 8.0) / 4.0
    wave = np.convolve(fine * ramp * ramp[::-1], low_pass, mode="same")[offset::4]
    return np.tile(wave.astype(np.float32), (2, 1))


# --- True peak --------------------------------------------------------------------------------------------------------


def reference_true_peak(samples: NDArray[np.floating], phases: int = 64, reach: int = 256) -> float:
    """By definition: a Kaiser-windowed sinc over +-256 frames at 64 phases, in float64, everywhere (and slow)."""
    frames = int(samples.shape[1])
    size = 1 << (frames + 2 * reach).bit_length()
    spectra = np.fft.rfft(samples.astype(np.float64), size, axis=1)
    best = 0.0
    for p in range(phases):
        away = np.arange(-reach, reach + 1) + p / phases
        inside = np.maximum(0.0, 1.0 - (away / reach) ** 2)
        window = np.where(np.abs(away) <= reach, np.i0(10.0 * np.sqrt(inside)) / np.i0(10.0), 0.0)
        values = np.fft.irfft(spectra * np.fft.rfft(np.sinc(away) * window, size), size, axis=1)
        best = max(best, float(np.abs(values).max()))
    return best


def hard_peaks(sample_rate_hz: int = 44100, seconds: float = 1.5) -> Iterator[tuple[str, Samples]]:
    """Signals whose true peak is hard to find, by name."""
    frames = round(seconds * sample_rate_hz)
    times = np.arange(frames)
    generator = np.random.default_rng(1)
    noise = 0.2 * generator.standard_normal((2, frames))

    def sweep(low: float, high: float) -> NDArray[np.float64]:
        return 0.8 * np.sin(2.0 * np.pi * np.cumsum(np.linspace(low, high, frames)))[None]

    def at(place: int, values: Sequence[float]) -> NDArray[np.float64]:
        wave = np.zeros((1, frames))
        wave[0, place : place + len(values)] = values
        return wave

    worst = np.sign(np.sinc(np.arange(-300, 301) + 0.5))
    waves = {
        "white noise": noise,
        "clipped noise": np.clip(3.0 * noise, -0.8, 0.8),
        "random signs": np.where(generator.random((1, frames)) < 0.5, -0.7, 0.7),
        "square 441 Hz": np.clip(50.0 * np.sin(2.0 * np.pi * 441.0 / sample_rate_hz * times), -0.9, 0.9)[None],
        "square 3.3 kHz": np.clip(50.0 * np.sin(2.0 * np.pi * 3333.3 / sample_rate_hz * times), -0.9, 0.9)[None],
        "fs/4 at 45 degrees": 0.7 * np.sin(np.pi / 2.0 * times + np.pi / 4.0)[None],
        "sweep to 0.49 fs": sweep(0.0005, 0.49),
        "sweep from 0.45 fs to 0.495 fs": sweep(0.45, 0.495),
        "click": at(frames // 3, [0.9]),
        "pair of frames": at(frames // 3, [0.9, 0.9]),
        "pair at the start": at(0, [0.9, 0.7]),
        "pair at the end": at(frames - 2, [0.7, 0.9]),
        "pair over the edge of a block": at(63, [0.9, 0.8]),
        "half the sample rate at the start": at(0, [(-1.0) ** k for k in range(20)]),
        "half the sample rate at the end": at(frames - 20, [(-1.0) ** k for k in range(20)]),
        "loud bass, and the worst pattern of signs": 0.85 * np.sin(times / 300.0)[None] + 0.12 * at(5000, list(worst)),
        "one frame": np.array([[0.5]]),
        "two frames": np.array([[0.5, -0.5]]),
        "seven hundred frames": generator.uniform(-1.0, 1.0, (3, 700)),
    }
    yield from ((name, np.ascontiguousarray(wave, np.float32)) for name, wave in waves.items())
