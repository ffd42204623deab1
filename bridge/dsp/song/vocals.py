"""The vocal stem: a lead, in choruses two doubles and a second voice, a plate and an echo in tempo."""

from dataclasses import replace

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.melody import Phrase, sung_phrases, third_above
from bridge.dsp.song.score import Score, Section
from bridge.dsp.song.singer import Singer, sing
from bridge.dsp.song.sound import Canvas, Gain, bell, convolve, high_pass, impulse, shelf, together
from bridge.dsp.song.space import PLATE, echo, reverb

LEAD_TONE: Gain = together(
    high_pass(120, 3), bell(330, -2.5, 1.2), bell(750, -2.0, 1.0), bell(2400, 4.5, 2.2), shelf(6500, 6.0)
)
DOUBLE_TONE: Gain = together(high_pass(220, 3), bell(3100, 1.0, 1.6), shelf(6500, 5.0))
BACKING = ((-0.65, 0.3, -9.0, False), (0.65, 0.3, 8.0, False), (-0.3, 0.26, 5.0, True), (0.4, 0.22, -4.0, True))
"""Pan, gain, detuning in cents, and whether it sings the third above."""


def play_vocals(score: Score, frames: int, sample_rate_hz: int) -> Samples:
    """The vocals of the song: stereo float32 (2, frames), unscaled."""
    rng = score.random(12)
    singer = Singer(formant_scale=float(rng.uniform(1.05, 1.14)))
    lead = Canvas.blank(frames, sample_rate_hz)
    backing = Canvas.blank(frames, sample_rate_hz)
    for number, phrase in enumerate(sung_phrases(score)):
        effort = 1.15 if phrase.section is Section.CHORUS else 1.0
        _sing_onto(lead, phrase, replace(singer, effort=effort), (score, 100 + number))
        if phrase.section is Section.CHORUS:
            _double(backing, phrase, singer, (score, 200 + 10 * number))
    dry = convolve(lead.samples, impulse(LEAD_TONE, 0.04, sample_rate_hz))
    dry += convolve(backing.samples, impulse(DOUBLE_TONE, 0.04, sample_rate_hz))
    return dry + _space(dry, score, sample_rate_hz)


def _sing_onto(canvas: Canvas, phrase: Phrase, singer: Singer, stream: tuple[Score, int]) -> None:
    score, player = stream
    sung = sing(phrase, singer, score.random(player), canvas.sample_rate_hz)
    canvas.place(sung.wave, sung.start_s)


def _double(canvas: Canvas, phrase: Phrase, singer: Singer, stream: tuple[Score, int]) -> None:
    """The phrase again by other takes, left and right of the lead, and a third higher."""
    score, player = stream
    for take, (pan, gain, cents, is_third) in enumerate(BACKING):
        rng = score.random(player + take)
        shifted = phrase
        if is_third:
            notes = tuple(replace(note, midi_note=third_above(score, note.midi_note)) for note in phrase.notes)
            shifted = replace(phrase, notes=notes)
        other = replace(
            singer,
            formant_scale=singer.formant_scale * float(rng.uniform(0.97, 1.03)),
            detune_cents=cents,
            late_s=float(rng.uniform(0.008, 0.024)),
            effort=0.85,
        )
        sung = sing(shifted, other, rng, canvas.sample_rate_hz)
        canvas.place(sung.wave, sung.start_s, gain, pan)


def _space(dry: Samples, score: Score, sample_rate_hz: int) -> Samples:
    """Plate and echo of the vocals, without the vocals themselves."""
    plate = reverb(PLATE, score.random(13), sample_rate_hz)
    delay_frames = round(3 * score.step_s * sample_rate_hz)
    repeats = echo(dry, delay_frames, 0.36, 4)
    repeats = convolve(repeats, impulse(together(high_pass(400, 2), shelf(3500, -9.0)), 0.02, sample_rate_hz))
    sent = (0.16 * dry + 0.25 * repeats).astype(np.float32, copy=False)
    space = convolve(sent, plate)
    space += np.float32(0.45) * repeats
    return space
