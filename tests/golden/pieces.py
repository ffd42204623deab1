"""Fixed pieces of different kinds, made by formulas: the same samples on every machine, to the last bit but a few."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song import make_song, mix_of

RATE_HZ = 44100
LENGTH_S = 12.0


def song() -> Samples:
    """The project's own pop song."""
    return mix_of(make_song(seed=11, duration_s=LENGTH_S, sample_rate_hz=RATE_HZ))


def dense() -> Samples:
    """The song through a hot, noisy bus: little dynamics, much top."""
    mix = mix_of(make_song(seed=23, duration_s=LENGTH_S, sample_rate_hz=RATE_HZ)).astype(np.float64)
    noise = np.random.default_rng(5).standard_normal(mix.shape) * 0.03
    return np.asarray(0.8 * np.tanh(3.0 * (mix + noise)), np.float32)


def acoustic() -> Samples:
    """Plucked notes with long decays, far apart: wide dynamics, little bass."""
    time_s = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    sides = np.zeros((2, time_s.size))
    for number, start_s in enumerate(np.arange(0.2, LENGTH_S - 0.5, 0.75)):
        pitch_hz = 196.0 * 2 ** ([0, 4, 7, 11, 12, 7, 4, 2][number % 8] / 12)
        since_s = np.maximum(time_s - start_s, 0.0)
        envelope = np.where(time_s >= start_s, np.exp(-since_s * 2.5), 0.0) * (0.15 + 0.1 * (number % 4))
        tone = sum(np.sin(2 * np.pi * pitch_hz * k * since_s) / k**1.5 for k in range(1, 12))
        pan = 0.5 + 0.35 * np.sin(number)
        sides += np.stack([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])[:, None] * (envelope * tone)
    return np.asarray(sides * 0.5, np.float32)


def speech() -> Samples:
    """Syllables of filtered noise and a buzz, the same on both sides, with pauses."""
    count = round(LENGTH_S * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 118.0 * k * time_s + k) / k for k in range(1, 40))
    hiss = np.diff(np.random.default_rng(9).standard_normal(count + 1))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * time_s), 0, None) ** 0.7 * (np.sin(2 * np.pi * 0.21 * time_s) > -0.6)
    voice = syllables * (0.08 * buzz + 0.02 * hiss * (np.sin(2 * np.pi * 1.3 * time_s) > 0.7))
    return np.asarray(np.stack([voice, voice]), np.float32)


PIECES: Mapping[str, Callable[[], Samples]] = MappingProxyType(
    {"song": song, "dense": dense, "acoustic": acoustic, "speech": speech}
)
