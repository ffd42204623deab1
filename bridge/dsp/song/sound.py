"""Arithmetic that every instrument of the song shares: noise, filters, envelopes, strings and the canvas.

Everything is vectorised NumPy: filters are frequency responses or minimum-phase impulse responses, never recursions.
Mono waves are float32 `(frames,)`; a canvas is stereo float32 `(2, frames)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples

Wave: TypeAlias = NDArray[np.float32]
"""Mono, shape (frames,)."""
Curve: TypeAlias = NDArray[np.float64]
"""A control value over time or frequency."""
Gain: TypeAlias = Callable[[Curve], Curve]
"""Amplitude factor at each frequency in Hz."""

CONVOLVE_FRAMES = 1 << 15
"""Smallest block of the overlap-add convolution: it fits the cache of a processor."""


@dataclass(frozen=True)
class Canvas:
    """A stereo signal that sounds are laid onto; what falls outside its length is cut."""

    samples: Samples
    sample_rate_hz: int

    @staticmethod
    def blank(frames: int, sample_rate_hz: int) -> "Canvas":
        """Silence, `frames` long."""
        return Canvas(np.zeros((2, frames), np.float32), sample_rate_hz)

    def place(self, sound: Wave | Samples, start_s: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a mono or stereo sound at a time; `pan` runs from -1 (left) to 1, at constant power."""
        first = round(start_s * self.sample_rate_hz)
        skip = max(0, -first)
        room = max(0, self.samples.shape[1] - max(first, 0))
        part = np.atleast_2d(sound)[:, skip : skip + room]
        angle = (pan + 1.0) * np.pi / 4
        sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2) * gain)
        self.samples[:, max(first, 0) : max(first, 0) + part.shape[1]] += part * sides


def times_s(duration_s: float, sample_rate_hz: int) -> Curve:
    """Time of every frame of a sound."""
    return np.arange(max(1, round(duration_s * sample_rate_hz))) / sample_rate_hz


def white(rng: np.random.Generator, frames: int) -> Wave:
    """White noise of unit variance."""
    return rng.standard_normal(frames, dtype=np.float32)


def sine(cycles: Curve) -> Wave:
    """Sine of a phase in cycles; the fraction is taken in double precision, so long sounds stay clean."""
    return np.sin((2 * np.pi * (cycles - np.floor(cycles))).astype(np.float32))


def sweep(frequency_hz: Curve, sample_rate_hz: int) -> Wave:
    """Sine that follows a frequency, from phase zero."""
    return sine(np.cumsum(frequency_hz) / sample_rate_hz)


def fade_out(wave: Wave, seconds: float, sample_rate_hz: int) -> Wave:
    """The wave with a raised-cosine end, so that no note stops with a click."""
    frames = min(wave.shape[-1], max(1, round(seconds * sample_rate_hz)))
    faded = wave.copy()
    faded[..., -frames:] *= np.cos(np.linspace(0, np.pi / 2, frames)) ** 2
    return faded


def attack(time_s: Curve, seconds: float) -> Curve:
    """Raised-cosine rise from 0 to 1."""
    return np.sin(np.clip(time_s / seconds, 0, 1) * np.pi / 2) ** 2


# --- Frequency responses ----------------------------------------------------------------------------------------------


def low_pass(cutoff_hz: float, slope: int = 2) -> Gain:
    """Butterworth magnitude, `slope` poles."""
    return lambda frequency_hz: 1 / np.sqrt(1 + (frequency_hz / cutoff_hz) ** (2 * slope))


def high_pass(cutoff_hz: float, slope: int = 2) -> Gain:
    """Butterworth magnitude, `slope` poles; zero at 0 Hz."""
    return lambda frequency_hz: 1 / np.sqrt(1 + (cutoff_hz / np.maximum(frequency_hz, 1e-3)) ** (2 * slope))


def bell(center_hz: float, gain_db: float, octaves: float = 1.0) -> Gain:
    """Peak or dip of `gain_db`, a Gaussian in octaves."""

    def gain(frequency_hz: Curve) -> Curve:
        distance = np.log2(np.maximum(frequency_hz, 1e-3) / center_hz) / octaves
        return np.asarray(10 ** (gain_db / 20 * np.exp(-4 * np.log(2) * distance**2)), np.float64)

    return gain


def shelf(corner_hz: float, gain_db: float) -> Gain:
    """Gain of `gain_db` well above the corner, none well below, half of it (in dB) at the corner."""

    def gain(frequency_hz: Curve) -> Curve:
        square = (frequency_hz / corner_hz) ** 2
        return np.asarray(10 ** (gain_db / 20 * square / (1 + square)), np.float64)

    return gain


def together(*gains: Gain) -> Gain:
    """Filters in a row."""

    def gain(frequency_hz: Curve) -> Curve:
        product = np.ones_like(frequency_hz)
        for one in gains:
            product *= one(frequency_hz)
        return product

    return gain


def shaped(wave: Wave, gain: Gain, sample_rate_hz: int) -> Wave:
    """A short sound through a minimum-phase filter, as long as before.

    Args:
        wave: (..., frames) float32; silence stays silence.
        gain: the magnitude to give it.
        sample_rate_hz: rate of the wave.
    """
    frames = wave.shape[-1]
    size = fast_size(frames + 2048)
    response = minimum_phase(gain, size, sample_rate_hz)
    return np.fft.irfft(np.fft.rfft(wave, size) * response, size)[..., :frames].astype(np.float32)


def minimum_phase(gain: Gain, size: int, sample_rate_hz: int) -> NDArray[np.complex64]:
    """Complex response (size // 2 + 1) of the minimum-phase filter with that magnitude, by the folded cepstrum.

    Minimum phase, because a symmetric filter would ring before every drum hit. The floor of -100 dB keeps the logarithm
    finite where the magnitude is zero.
    """
    magnitude = gain(bins_hz(size, sample_rate_hz))
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, 1e-5)), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum)).astype(np.complex64)


def impulse(gain: Gain, seconds: float, sample_rate_hz: int) -> Wave:
    """Minimum-phase impulse response of a filter, faded to zero at `seconds`."""
    size = fast_size(round(seconds * sample_rate_hz) * 2)
    response = np.fft.irfft(minimum_phase(gain, size, sample_rate_hz), size).astype(np.float32)
    return fade_out(response[: size // 2], seconds / 2, sample_rate_hz)


def bins_hz(size: int, sample_rate_hz: int) -> Curve:
    """Frequencies of the bins of a real FFT."""
    return np.linspace(0, sample_rate_hz / 2, size // 2 + 1)  # sizes are even


def fast_size(frames: int) -> int:
    """The next power of two: an FFT size."""
    return 1 << max(1, frames - 1).bit_length()


def convolve(samples: Samples, impulse_response: Wave | Samples) -> Samples:
    """The signal through an impulse response, cut to its own length: overlap-add, so memory does not grow with length.

    Args:
        samples: (channels, frames) float32; not altered.
        impulse_response: (taps,) for all channels alike, or (channels, taps).
    """
    taps = impulse_response.shape[-1]
    size = max(CONVOLVE_FRAMES, fast_size(2 * taps))
    step = size - taps + 1
    spectrum = np.fft.rfft(np.atleast_2d(impulse_response), size)
    frames = samples.shape[1]
    out = np.zeros_like(samples)
    for start in range(0, frames, step):
        block = np.fft.irfft(np.fft.rfft(samples[:, start : start + step], size) * spectrum, size)
        end = min(start + size, frames)
        out[:, start:end] += block[:, : end - start]
    return out


# --- Strings ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PluckedString:
    """What makes one string sound unlike another."""

    pluck_position: float
    """Fraction of the string's length; the harmonics with a node there are missing."""
    decay_s: float
    """Time constant of the fundamental."""
    damping: float
    """How much faster each higher harmonic dies."""
    softness: float
    """Exponent by which harmonics fall at the start: 1 a plectrum, 2 a thumb."""
    bandwidth_hz: float
    """Highest harmonic."""
    inharmonicity: float = 0.0


def pluck(string: PluckedString, frequency_hz: float, duration_s: float, sample_rate_hz: int) -> Wave:
    """One plucked note, peak about 1, faded in over a millisecond: harmonics that decay each at its own pace."""
    time_s = times_s(duration_s, sample_rate_hz)
    limit_hz = min(string.bandwidth_hz, 0.45 * sample_rate_hz)
    wave = np.zeros(time_s.shape, np.float32)
    for harmonic in range(1, max(1, int(limit_hz / frequency_hz)) + 1):
        stretched_hz = frequency_hz * harmonic * np.sqrt(1 + string.inharmonicity * harmonic**2)
        strength = np.sin(np.pi * harmonic * string.pluck_position) / harmonic**string.softness
        decay_s = string.decay_s / (1 + string.damping * (harmonic - 1))
        # Below -80 dB nothing is heard: the fast-dying upper harmonics are only computed while they sound.
        audible = time_s[: round(9.2 * decay_s * sample_rate_hz) + 1]
        envelope = (strength * np.exp(-audible / decay_s)).astype(np.float32)
        wave[: audible.size] += envelope * sine(stretched_hz * audible)
    return (wave * attack(time_s, 0.001)).astype(np.float32)
