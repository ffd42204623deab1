"""Short pieces of many kinds of music, made from nothing: what chains must cope with. Float32 (channels, frames)."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio
from bridge.dsp.song import make_song, mix_of
from tests.signals import pink_noise, silence

Wave = NDArray[np.float64]
RATE_HZ = 44100


def _time(seconds: float, rate_hz: int = RATE_HZ) -> Wave:
    return np.arange(round(seconds * rate_hz)) / rate_hz


def _put(into: Wave, at_s: float, sound: Wave, gain: float = 1.0, rate_hz: int = RATE_HZ) -> None:
    start = round(at_s * rate_hz)
    end = min(into.size, start + sound.size)
    if end > start:
        into[start:end] += gain * sound[: end - start]


def _pluck(frequency_hz: float, seconds: float, rng: np.random.Generator) -> Wave:
    """A plucked string: partials that die the sooner the higher they are."""
    t = _time(seconds)
    sound = np.zeros_like(t)
    for k in range(1, 13):
        sound += np.sin(2 * np.pi * k * frequency_hz * t + rng.uniform(0, 6.3)) * np.exp(-t * (1.2 + 0.7 * k)) / k
    return sound


def _kick(length_s: float = 0.35, low_hz: float = 48.0) -> Wave:
    t = _time(length_s)
    return np.sin(2 * np.pi * (low_hz * t + 4.0 * (1 - np.exp(-t * 40)))) * np.exp(-t * 5 / length_s)


def _hiss(length_s: float, rng: np.random.Generator, decay: float) -> Wave:
    noise = np.diff(rng.normal(size=round(length_s * RATE_HZ) + 1))
    return noise * np.exp(-_time(length_s) * decay)


def _stereo(left: Wave, right: Wave, peak: float = 0.7) -> NDArray[np.float32]:
    both = np.stack((left, right))
    made: NDArray[np.float32] = (both * (peak / np.abs(both).max())).astype(np.float32)
    return made


def acoustic(seconds: float = 12.0) -> NDArray[np.float32]:
    """A guitar alone: sparse plucks with long rests."""
    rng = np.random.default_rng(3)
    left, right = np.zeros((2, round(seconds * RATE_HZ)))
    for i, note in enumerate((110, 165, 220, 277, 330, 277, 220, 165) * 3):
        sound = _pluck(note, 2.5, rng)
        _put(left, 0.5 * i, sound, 0.8)
        _put(right, 0.5 * i + 0.0004, sound, 0.6)
    return _stereo(left, right, 0.5)


def edm(seconds: float = 10.0) -> NDArray[np.float32]:
    """Four on the floor, wide saws, off-beat hats: dense."""
    rng = np.random.default_rng(4)
    t = _time(seconds)
    left, right = np.zeros_like(t), np.zeros_like(t)
    for voice in range(6):
        pitch = (55, 110, 164.8, 220, 277.2, 329.6)[voice] * (1 + 0.003 * rng.normal())
        saw = 2 * ((pitch * t + rng.uniform()) % 1) - 1
        left += saw * rng.uniform(0.2, 1)
        right += saw * rng.uniform(0.2, 1)
    duck = 1 - 0.7 * np.exp(-((t * 2.1) % 1) * 4)
    left, right = 0.12 * left * duck, 0.12 * right * duck
    for beat in np.arange(0, seconds, 1 / 2.1):
        for channel in (left, right):
            _put(channel, beat, _kick(), 0.9)
            _put(channel, beat + 0.238, _hiss(0.06, rng, 60), 0.2)
    return _stereo(left, right, 0.95)


def speech(seconds: float = 12.0, channels: int = 1) -> NDArray[np.float32]:
    """Syllables with pauses and sibilants, in the middle."""
    rng = np.random.default_rng(5)
    t = _time(seconds)
    voice = np.zeros_like(t)
    at = 0.2
    while at < seconds - 0.5:
        length = rng.uniform(0.12, 0.3)
        s = _time(length)
        pitch = 115 * (1 + 0.1 * rng.normal())
        envelope = np.sin(np.pi * s / length) ** 0.5
        sound = np.zeros_like(s)
        for k in range(1, 30):
            formants = np.array((rng.choice((400, 550, 700)), 1400.0, 2500.0))
            weight = float(np.exp(-0.5 * ((k * pitch - formants) / 150) ** 2).sum())
            sound += weight * np.sin(2 * np.pi * k * pitch * s)
        _put(voice, at, sound * envelope, rng.uniform(0.5, 1))
        if rng.uniform() < 0.4:
            _put(voice, at + length, _hiss(0.09, rng, 20), 0.25)
        at += length + (rng.uniform(0.5, 1.0) if rng.uniform() < 0.2 else 0.05)
    voice *= 0.4 / np.abs(voice).max()
    spoken: NDArray[np.float32] = np.tile(voice.astype(np.float32), (channels, 1))
    return spoken


def swell(seconds: float = 16.0) -> NDArray[np.float32]:
    """Strings from nearly nothing to full, and back."""
    rng = np.random.default_rng(6)
    t = _time(seconds)
    channels = []
    for _ in range(2):
        total = np.zeros_like(t)
        for note in (65.4, 98, 130.8, 196, 261.6, 329.6, 392, 523.3):
            for _ in range(3):
                pitch = note * (1 + 0.002 * rng.normal())
                phase = rng.uniform(0, 6.3)
                total += sum(np.sin(2 * np.pi * k * pitch * t + k * phase) / k**1.4 for k in range(1, 7))
        channels.append(total)
    rise = 10 ** ((-40 + 40 * np.sin(np.pi * t / seconds) ** 1.5) / 20)
    return _stereo(channels[0] * rise, channels[1] * rise, 0.6)


def hip_hop(seconds: float = 10.0) -> NDArray[np.float32]:
    """A long 808, a snare, rolling hats."""
    rng = np.random.default_rng(7)
    mono = np.zeros(round(seconds * RATE_HZ))
    for bar in np.arange(0, seconds, 1.7):
        for place, length in ((0.0, 0.9), (0.64, 0.5), (1.06, 0.5)):
            _put(mono, bar + place, np.tanh(2 * _kick(length, 43.0)), 0.9)
        _put(mono, bar + 0.85, _hiss(0.18, rng, 22), 0.35)
        for hat in range(16):
            _put(mono, bar + hat * 0.10625, _hiss(0.03, rng, 120), 0.12)
    side = 0.05 * np.roll(mono, 300)
    return _stereo(mono + side, mono - side, 0.9)


def percussion(seconds: float = 8.0) -> NDArray[np.float32]:
    """Nothing but hits, far apart: a high crest."""
    rng = np.random.default_rng(8)
    left, right = np.zeros((2, round(seconds * RATE_HZ)))
    for i, at in enumerate(np.arange(0.1, seconds, 0.37)):
        sound = _kick(0.2, 70) if i % 2 else _hiss(0.12, rng, 40)
        _put(left, at, sound, rng.uniform(0.3, 1))
        _put(right, at, sound, rng.uniform(0.3, 1))
    return _stereo(left, right, 0.9)


def jingle() -> NDArray[np.float32]:
    """Five seconds, and over."""
    rng = np.random.default_rng(9)
    left, right = np.zeros((2, 5 * RATE_HZ))
    for i, note in enumerate((523, 659, 784, 1047, 784, 1047)):
        _put(left, 0.4 * i, _pluck(note, 1.5, rng))
        _put(right, 0.4 * i, _pluck(note * 1.002, 1.5, rng))
    return _stereo(left, right, 0.8)


@cache
def _song(seed: int, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    return mix_of(make_song(seed, 9.0, rate_hz))


MADE: Mapping[str, Callable[[], Audio]] = MappingProxyType(
    {
        "a pop song": lambda: Audio(_song(1), RATE_HZ),
        "another, at 48 kHz": lambda: Audio(_song(2, 48000), 48000),
        "a guitar alone": lambda: Audio(acoustic(), RATE_HZ),
        "dense EDM": lambda: Audio(edm(), RATE_HZ),
        "speech, mono": lambda: Audio(speech(), RATE_HZ),
        "speech on two channels": lambda: Audio(speech(8.0, 2), RATE_HZ),
        "an orchestral swell": lambda: Audio(swell(), RATE_HZ),
        "hip-hop with an 808": lambda: Audio(hip_hop(), RATE_HZ),
        "percussion": lambda: Audio(percussion(), RATE_HZ),
        "a jingle of 5 s": lambda: Audio(jingle(), RATE_HZ),
        "an already limited master": lambda: Audio(np.clip(5 * _song(1), -0.97, 0.97).astype(np.float32), RATE_HZ),
        "a mix 9 dB over full scale": lambda: Audio((4 * _song(1)).astype(np.float32), RATE_HZ),
        "a soft mono mix": lambda: Audio(0.05 * _song(1)[:1], RATE_HZ),
        "sides out of phase": lambda: Audio(np.stack((_song(1)[0], -0.8 * _song(1)[1])), RATE_HZ),
        "pink noise": lambda: Audio(pink_noise(6.0, RATE_HZ), RATE_HZ),
        "192 kHz": lambda: Audio(mix_of(make_song(7, 4.0, 192000)), 192000),
    }
)


@cache
def _made(name: str) -> Audio:
    return MADE[name]()


PIECES: Mapping[str, Callable[[], Audio]] = MappingProxyType({name: partial(_made, name) for name in MADE})
"""By what they are; each is made when it is asked for, once, and not to be written to."""
NOTHING: Mapping[str, Callable[[], Audio]] = MappingProxyType(
    {
        "silence": lambda: Audio(silence(3.0, RATE_HZ), RATE_HZ),
        "a tenth of a second": lambda: Audio(pink_noise(0.1, RATE_HZ), RATE_HZ),
        "no frames": lambda: Audio(np.zeros((2, 0), np.float32), RATE_HZ),
    }
)
"""What has no loudness."""
