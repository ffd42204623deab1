"""Signals that tests are made of: tones, noise, music-like mixes; and those of the self-test.

All give float32 (channels, frames) in full scale 1.0, from a seed where chance plays a part.
"""

import numpy as np

from bridge.audio.signal import Audio, Samples
from bridge.selftest.signals import (
    MOMENTARY_CASE_12,
    SHORT_TERM_CASE_9,
    SILENT,
    TECH_3341_INTEGRATED,
    TECH_3341_STEADY_PEAKS,
    TECH_3342,
    Segment,
    cut,
    hard_peaks,
    reference_true_peak,
    sine,
    tech_3341_case_6,
    tech_3341_file,
    tech_3341_live,
    tech_3341_moving_peak,
    tech_3341_steady_peak,
)

__all__ = [
    "MOMENTARY_CASE_12",
    "SHORT_TERM_CASE_9",
    "SILENT",
    "TECH_3341_INTEGRATED",
    "TECH_3341_STEADY_PEAKS",
    "TECH_3342",
    "Segment",
    "cut",
    "hard_peaks",
    "reference_true_peak",
    "sine",
    "tech_3341_case_6",
    "tech_3341_file",
    "tech_3341_live",
    "tech_3341_moving_peak",
    "tech_3341_steady_peak",
]
"""What is the self-test's, besides what is made here."""


def silence(seconds: float, sample_rate_hz: int, channels: int = 2) -> Samples:
    """Digital silence."""
    return np.zeros((channels, round(seconds * sample_rate_hz)), np.float32)


def white_noise(seconds: float, sample_rate_hz: int, seed: int = 1, rms: float = 0.1, channels: int = 2) -> Samples:
    """Gaussian noise, independent in each channel."""
    generator = np.random.default_rng(seed)
    return (rms * generator.standard_normal((channels, round(seconds * sample_rate_hz)))).astype(np.float32)


def pink_noise(seconds: float, sample_rate_hz: int, seed: int = 1, rms: float = 0.1, channels: int = 2) -> Samples:
    """Noise of -3 dB per octave above 10 Hz, independent in each channel."""
    frames = round(seconds * sample_rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((channels, frames)), axis=1)
    frequencies = np.fft.rfftfreq(frames, 1.0 / sample_rate_hz)
    spectrum *= np.where(frequencies >= 10.0, 1.0 / np.sqrt(np.maximum(frequencies, 10.0)), 0.0)
    noise = np.fft.irfft(spectrum, frames, axis=1)
    pink: Samples = (noise * (rms / noise.std())).astype(np.float32)
    return pink


def music(seconds: float, sample_rate_hz: int, seed: int = 1) -> Samples:
    """A stereo mix in the manner of music: pulse, bass, chords, hiss, loud and soft parts; peaks near 0.8."""
    generator = np.random.default_rng(seed)
    frames = round(seconds * sample_rate_hz)
    times = np.arange(frames) / sample_rate_hz
    beat_s = 60.0 / float(generator.uniform(90, 130))
    since_beat = times % beat_s
    kick = np.exp(-30.0 * since_beat) * np.sin(2.0 * np.pi * (50.0 * since_beat - 3.0 * np.exp(-40.0 * since_beat)))
    hiss = generator.standard_normal((2, frames)) * np.exp(-60.0 * (times % (beat_s / 2.0)))
    hiss -= np.roll(hiss, 1, axis=1) * 0.9
    root_hz = 55.0 * 2.0 ** (np.array([0, 5, 7, 3])[(times // (4.0 * beat_s)).astype(int) % 4] / 12.0)
    phase = 2.0 * np.pi * np.cumsum(root_hz) / sample_rate_hz
    bass = sum(np.sin(k * phase) / k for k in range(1, 6))
    chord = np.array(
        [sum(np.sin(ratio * 4.0 * phase + side * ratio) for ratio in (1.0, 1.26, 1.5, 2.52)) for side in (0.0, 0.7)]
    )
    loud = 0.35 + 0.65 * ((times // (8.0 * beat_s)) % 2.0)
    mix = loud * (0.5 * kick + 0.12 * hiss + 0.15 * bass + 0.06 * chord)
    normalised: Samples = (mix * (0.8 / np.abs(mix).max())).astype(np.float32)
    return normalised


class StreamedSignal:
    """A signal that must be read block by block, as a file is; some blocks come shorter than asked."""

    def __init__(self, audio: Audio, largest_read: int = 1 << 30) -> None:
        self._audio = audio
        self._largest_read = largest_read
        self.reads = 0

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate."""
        return self._audio.sample_rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._audio.channels

    @property
    def frames(self) -> int:
        """Length."""
        return self._audio.frames

    def read(self, start: int, frames: int) -> Samples:
        """A copy that is not contiguous, as decoders give it."""
        self.reads += 1
        block = self._audio.read(start, min(frames, self._largest_read))
        return np.asfortranarray(block)
