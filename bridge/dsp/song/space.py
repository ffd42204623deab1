"""Rooms around the instruments: impulse responses made of decaying noise, and an echo in tempo."""

from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.sound import Curve, Gain, bins_hz, fade_out, high_pass, low_pass, together, white


@dataclass(frozen=True)
class Space:
    """How sound dies in a place."""

    delay_s: float
    """Before the first reflection."""
    low_s: float
    """RT60 below 300 Hz."""
    middle_s: float
    high_s: float
    """RT60 above 4 kHz."""
    build_up_s: float
    """A plate is dense at once; a hall swells."""


PLATE = Space(0.028, 1.5, 1.9, 0.95, 0.004)
HALL = Space(0.018, 1.9, 2.1, 0.8, 0.05)
ROOM = Space(0.006, 0.38, 0.45, 0.3, 0.003)


def reverb(space: Space, rng: np.random.Generator, sample_rate_hz: int) -> Samples:
    """Impulse response of a place, float32 (2, taps), unit energy each side; the sides are independent noise."""
    duration_s = space.delay_s + 0.85 * max(space.low_s, space.middle_s, space.high_s)
    frames = 2 * round(duration_s * sample_rate_hz / 2)
    time_s = np.arange(frames) / sample_rate_hz - space.delay_s
    bands: tuple[tuple[Gain, float], ...] = (
        (together(high_pass(140), low_pass(300)), space.low_s),
        (together(high_pass(300), low_pass(4000)), space.middle_s),
        (together(high_pass(4000), low_pass(11000)), space.high_s),
    )
    noise = np.fft.rfft(np.stack([white(rng, frames), white(rng, frames)]))
    frequency_hz = bins_hz(frames, sample_rate_hz)
    out = np.zeros((2, frames), np.float32)
    for band, rt60_s in bands:
        part = np.fft.irfft(noise * band(frequency_hz).astype(np.float32), frames)
        out += (part * _decay(time_s, rt60_s, space.build_up_s)).astype(np.float32)
    out = fade_out(out, 0.25 * duration_s, sample_rate_hz)
    out /= np.sqrt(np.sum(out**2, axis=1, keepdims=True))
    return out


def room(rng: np.random.Generator, sample_rate_hz: int) -> Samples:
    """The drum room."""
    return reverb(ROOM, rng, sample_rate_hz)


def echo(samples: Samples, delay_frames: int, gain: float, repeats: int) -> Samples:
    """Only the repeats of a signal, ping-pong from side to side: repeat n is `gain**n` and `n * delay_frames` late."""
    out = np.zeros_like(samples)
    frames = samples.shape[1]
    for repeat in range(1, repeats + 1):
        late = repeat * delay_frames
        if late >= frames:
            break
        near, far = (0, 1) if repeat % 2 else (1, 0)
        mono = samples[:, : frames - late].mean(axis=0) * np.float32(gain**repeat)
        out[near, late:] += mono
        out[far, late:] += np.float32(0.35) * mono
    return out


def _decay(time_s: Curve, rt60_s: float, build_up_s: float) -> Curve:
    rise = 1 - np.exp(-np.maximum(time_s, 0) / build_up_s)
    return rise * 10 ** (-3 * np.maximum(time_s, 0) / rt60_s)
