"""The electric bass: a thumbed string that plays with the bass drum, in mono."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.drums import kick_pattern
from bridge.dsp.song.score import STEPS, Bar, Score, Section, hertz
from bridge.dsp.song.sound import (
    Canvas,
    PluckedString,
    Wave,
    bell,
    convolve,
    fade_out,
    high_pass,
    impulse,
    low_pass,
    pluck,
    shaped,
    times_s,
    together,
    white,
)

LOWEST = 28
"""MIDI note of the open E string."""
STRING = PluckedString(0.21, 0.75, 0.16, 1.15, 4200, 0.00008)
PICKUPS = {Section.CHORUS: (6, 14), Section.VERSE: (14,)}
"""Steps that the bass adds to those of the bass drum."""


@dataclass(frozen=True)
class BassNote:
    """One note; a dead one is only the knock of a damped string."""

    start_s: float
    duration_s: float
    midi_note: int
    velocity: float
    is_dead: bool = False


def play_bass(score: Score, frames: int, sample_rate_hz: int) -> Samples:
    """The bass of the song, float32 (2, frames), both sides alike, unscaled."""
    rng = score.random(4)
    finger = score.random(11)
    canvas = Canvas.blank(frames, sample_rate_hz)
    for note in bass_notes(score):
        start_s = max(0.0, note.start_s + float(rng.normal(0.002, 0.002)))
        canvas.place(_note(note, finger, sample_rate_hz), start_s, note.velocity)
    amplifier = together(
        high_pass(34, 2), bell(95, 2.0, 1.2), bell(380, -2.5, 1.2), bell(900, 3.0, 1.4), low_pass(3600, 2)
    )
    driven = np.tanh(1.15 * canvas.samples[:1]).astype(np.float32)
    return np.repeat(convolve(driven, impulse(amplifier, 0.12, sample_rate_hz)), 2, axis=0)


def bass_notes(score: Score) -> Iterator[BassNote]:
    """Every note of the bass line: roots under the kick, fifths and octaves late in the bar, a step into the next."""
    rng = score.random(5)
    for bar in score.bars:
        steps = _steps(score, bar)
        for step, following in pairwise([*steps, STEPS]):
            start_s = score.at_s(bar.index, step)
            length_s = score.at_s(bar.index, following) - start_s
            if bar.section is Section.FINAL:
                length_s = (score.duration_s - start_s) * 0.85
            note = _pitch(score, bar, step)
            held = float(rng.uniform(0.8, 0.96)) if step % 8 == 0 else float(rng.uniform(0.55, 0.85))
            velocity = float(np.clip((0.95 if step == 0 else 0.8) + rng.normal(0, 0.04), 0.5, 1.0))
            yield BassNote(start_s, length_s * held, note, velocity)
        if bar.section is Section.CHORUS and 11 not in steps:
            yield BassNote(score.at_s(bar.index, 11), 0.045, _pitch(score, bar, 0), 0.4, is_dead=True)


def _steps(score: Score, bar: Bar) -> list[int]:
    if bar.section in {Section.INTRO, Section.BRIDGE}:
        return [] if bar.section is Section.INTRO and bar.is_first and bar.section_bars > 1 else [0]
    struck = {step for step, letter in enumerate(kick_pattern(score, bar)) if letter != "."}
    return sorted({0} | struck | set(PICKUPS.get(bar.section, ())))


def _pitch(score: Score, bar: Bar, step: int) -> int:
    root = _on_neck(score.tonic + bar.chord[0])
    following = score.bars[min(bar.index + 1, len(score.bars) - 1)]
    target = _on_neck(score.tonic + following.chord[0])
    if step >= 14 and target != root:
        return _on_neck(target - 5) if abs(target - root) <= 2 else target + (2 if target < root else -1)
    if step in {6, 7} and bar.section is Section.CHORUS:
        return root + 12 if root < 34 else root + 7
    return root


def _on_neck(note: int) -> int:
    """The same pitch class in the lowest octave of the instrument."""
    return LOWEST + (note - LOWEST) % 12


def _note(note: BassNote, rng: np.random.Generator, sample_rate_hz: int) -> Wave:
    release_s = 0.012 if note.is_dead else min(0.5, 0.03 + 0.2 * note.duration_s**2)
    wave = pluck(STRING, hertz(note.midi_note), note.duration_s + release_s, sample_rate_hz)
    time_s = times_s(0.03, sample_rate_hz)
    finger = shaped(white(rng, time_s.size), together(high_pass(500), low_pass(2600)), sample_rate_hz)
    finger *= np.exp(-time_s / 0.006).astype(np.float32) * np.float32(0.22 if note.is_dead else 0.1)
    wave[: finger.size] += finger[: wave.size]
    return fade_out(wave, release_s, sample_rate_hz)
