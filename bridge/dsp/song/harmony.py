"""What is neither sung, struck nor bass: a warm pad, an electric piano, two guitars, a bell with the tune."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.melody import sung_phrases
from bridge.dsp.song.score import Bar, Score, Section, hertz
from bridge.dsp.song.sound import (
    Canvas,
    Curve,
    PluckedString,
    Wave,
    attack,
    bell,
    convolve,
    fade_out,
    fast_size,
    high_pass,
    impulse,
    pluck,
    shelf,
    sine,
    times_s,
    together,
)
from bridge.dsp.song.space import HALL, reverb

GUITAR = PluckedString(0.13, 0.5, 0.11, 1.05, 9000, 0.00003)
GUITAR_NOTE_S = 1.3
ARPEGGIOS = ((0, 2, 1, 3, 2, 1, 3, 2), (0, 1, 2, 3, 2, 3, 1, 2), (3, 1, 2, 0, 3, 2, 1, 2))
"""Which note of the chord each eighth plays, lowest first."""
COMPING = {
    Section.VERSE: ((0, 5), (6, 3), (10, 4)),
    Section.CHORUS: ((0, 3), (3, 3), (6, 2), (8, 3), (11, 3), (14, 2)),
    Section.BRIDGE: ((0, 14),),
    Section.ENDING: ((0, 7), (8, 7)),
    Section.FINAL: ((0, 40),),
}
"""When the electric piano strikes, and for how long, in sixteenths."""
PAD_GAIN = {
    Section.INTRO: 0.8,
    Section.VERSE: 0.6,
    Section.CHORUS: 1.0,
    Section.BRIDGE: 1.0,
    Section.ENDING: 0.8,
    Section.FINAL: 0.9,
}


def play_harmony(score: Score, frames: int, sample_rate_hz: int) -> Samples:
    """The other stem: stereo float32 (2, frames), unscaled."""
    dry = Canvas.blank(frames, sample_rate_hz)
    sent = Canvas.blank(frames, sample_rate_hz)
    band = _Band(score, [voicing for _, voicing in voicings(score)], dry, sent)
    band.play_pad()
    band.play_piano()
    band.play_guitars()
    band.play_bell()
    dry.samples[...] += convolve(sent.samples, reverb(HALL, score.random(9), sample_rate_hz))
    tone = together(high_pass(110, 3), bell(420, -2.5, 1.5), bell(1900, 3.5, 1.8), shelf(7000, 3.0))
    return convolve(dry.samples, impulse(tone, 0.06, sample_rate_hz))


def voicings(score: Score) -> Iterator[tuple[Bar, tuple[int, ...]]]:
    """Four notes for each bar, each chord as near to the one before as its inversions allow."""
    previous: tuple[int, ...] = tuple(score.tonic + step for step in (-5, 0, 4, 7))
    for bar in score.bars:
        choices = product(*(_octaves(score.tonic + step) for step in bar.chord))
        previous = min((tuple(sorted(choice)) for choice in choices), key=lambda notes: _distance(notes, previous))
        yield bar, previous


def _octaves(note: int) -> tuple[int, ...]:
    """The placements of a pitch class between F3 and E5."""
    lowest = 53 + (note - 53) % 12
    return lowest, lowest + 12


def _distance(notes: tuple[int, ...], previous: tuple[int, ...]) -> float:
    moved = sum(abs(a - b) for a, b in zip(notes, previous, strict=True))
    seconds = sum(high - low < 2 for low, high in pairwise(notes))
    return moved + 4 * seconds + 0.6 * abs(sum(notes) / 4 - 63) + max(0, notes[-1] - notes[0] - 14)


@dataclass(frozen=True)
class _Band:
    score: Score
    chords: list[tuple[int, ...]]
    dry: Canvas
    sent: Canvas

    def play_pad(self) -> None:
        rng = self.score.random(6)
        rate = self.dry.sample_rate_hz
        for bar, chord in zip(self.score.bars, self.chords, strict=True):
            start_s = self.score.at_s(bar.index)
            length_s = self.score.bar_s if bar.section is not Section.FINAL else self.score.duration_s - start_s
            notes = [self.score.tonic + bar.chord[0] - 12, *chord]
            if bar.section is Section.CHORUS:
                notes.append(chord[-1] + 12)
            brightness_hz = 1500 if bar.section is Section.CHORUS else 850
            sound = pad_chord(notes, brightness_hz, length_s + 0.5, rng, rate)
            gain = 0.5 * PAD_GAIN[bar.section]
            self.dry.place(sound, start_s - 0.06, gain)
            self.sent.place(sound, start_s - 0.06, gain * 0.3)

    def play_piano(self) -> None:
        rng = self.score.random(7)
        rate = self.dry.sample_rate_hz
        for bar, chord in zip(self.score.bars, self.chords, strict=True):
            for step, length in COMPING.get(bar.section, ()):
                start_s = self.score.at_s(bar.index, step) + float(rng.normal(0.004, 0.003))
                velocity = float(rng.uniform(0.62, 0.78)) + (0.15 if step == 0 else 0.0)
                for number, note in enumerate(chord):
                    # Never all fingers at once, and each bar of tines hangs elsewhere between the two loudspeakers.
                    late_s = start_s + 0.004 * number + float(rng.uniform(0, 0.003))
                    sound = electric_piano(hertz(note), length * self.score.step_s, velocity, rate)
                    pan = -0.42 + 0.28 * number
                    self.dry.place(sound, late_s, 0.2 * velocity, pan)
                    self.sent.place(sound, late_s, 0.05 * velocity, pan)

    def play_guitars(self) -> None:
        """One guitar a side; the right one plays the same a little later, as a second take would."""
        rng = self.score.random(8)
        rate = self.dry.sample_rate_hz
        takes: dict[tuple[int, int], Wave] = {}
        pattern = ARPEGGIOS[self.score.seed % len(ARPEGGIOS)]
        for bar, chord in zip(self.score.bars, self.chords, strict=True):
            for side, (step, note, loudness) in product((0, 1), _guitar_notes(bar, chord, pattern)):
                if bar.section is Section.VERSE and side == 1 and bar.section_bars > 4 and bar.position < 4:
                    continue
                if (side, note) not in takes:
                    detuned_hz = hertz(note + (0.03 if side else -0.02))
                    string = pluck(GUITAR, detuned_hz, GUITAR_NOTE_S, rate)
                    takes[side, note] = fade_out(string, 0.35, rate)
                start_s = self.score.at_s(bar.index, step) + float(rng.normal(0.003, 0.004)) + 0.011 * side
                gain = 0.27 * loudness * float(rng.uniform(0.75, 1.0))
                self.dry.place(takes[side, note], start_s, gain, 0.72 if side else -0.72)
                self.sent.place(takes[side, note], start_s, gain * 0.3, 0.5 if side else -0.5)

    def play_bell(self) -> None:
        """The chorus' tune in the intro, so that the hook is known before it is sung."""
        rate = self.dry.sample_rate_hz
        hook = [phrase for phrase in sung_phrases(self.score) if phrase.section is Section.CHORUS][:2]
        intro = sum(bar.section is Section.INTRO for bar in self.score.bars)
        if not hook or not intro:
            return
        first_bar = next(bar.index for bar in self.score.bars if bar.section is Section.CHORUS)
        shift_s = self.score.at_s(first_bar) - self.score.at_s(0)
        for phrase in hook:
            for note in phrase.notes:
                start_s = note.start_s - shift_s
                if start_s < self.score.at_s(intro) - self.score.step_s:
                    sound = glass_bell(hertz(note.midi_note + 12), note.velocity, rate)
                    self.dry.place(sound, start_s, 0.16, 0.25)
                    self.sent.place(sound, start_s, 0.12, -0.25)


def _guitar_notes(bar: Bar, chord: tuple[int, ...], pattern: tuple[int, ...]) -> Iterator[tuple[int, int, float]]:
    """Step, MIDI note and loudness of what the guitars pick in a bar."""
    if bar.section is Section.FINAL:
        yield from ((number, note, 0.9) for number, note in enumerate(chord))
    elif bar.section is not Section.BRIDGE:
        for eighth, place in enumerate(pattern):
            lift = 12 if bar.section is Section.CHORUS and eighth % 2 else 0
            yield 2 * eighth, chord[place] + lift, 1.0 if eighth % 4 == 0 else 0.75


# --- Instruments ------------------------------------------------------------------------------------------------------


def pad_chord(
    midi_notes: list[int], brightness_hz: float, duration_s: float, rng: np.random.Generator, sample_rate_hz: int
) -> Samples:
    """A chord of warm strings, stereo, peak below 1.

    Every harmonic is a narrow band of random phases, summed by one inverse FFT (Nasca's PADsynth): the sound of many
    players, wide because the two sides have phases of their own.
    """
    frames = round(duration_s * sample_rate_hz)
    size = fast_size(frames)
    spectrum = np.zeros(size // 2 + 1)
    bin_hz = sample_rate_hz / size
    for note in midi_notes:
        fundamental_hz = hertz(note)
        for harmonic in range(1, int(min(7000, 0.4 * sample_rate_hz) / fundamental_hz) + 1):
            center_hz = fundamental_hz * harmonic
            width_hz = max(1.5 * bin_hz, center_hz * 0.0055)
            low, high = int((center_hz - 4 * width_hz) / bin_hz), int((center_hz + 4 * width_hz) / bin_hz) + 2
            distance = (np.arange(low, high) * bin_hz - center_hz) / width_hz
            strength = 1 / harmonic / (1 + (center_hz / brightness_hz) ** 2)
            spectrum[low:high] += strength / np.sqrt(width_hz) * np.exp(-(distance**2))
    phases = np.exp(2j * np.pi * rng.random((2, spectrum.size)))
    wave = np.fft.irfft(spectrum * phases, size)[:, :frames]
    time_s = np.arange(frames) / sample_rate_hz
    envelope = attack(time_s, 0.22) * attack(duration_s - time_s, 0.55)
    return np.asarray(wave / np.abs(wave).max() * envelope, np.float32)


def electric_piano(frequency_hz: float, duration_s: float, velocity: float, sample_rate_hz: int) -> Wave:
    """A tine under a pickup: frequency modulation, brighter when struck harder."""
    time_s = times_s(duration_s + 0.12, sample_rate_hz)
    cycles = frequency_hz * time_s
    bark = (1.3 * velocity**2 * np.exp(-time_s / 0.35)).astype(np.float32) * sine(cycles)
    tine = (0.22 * velocity * np.exp(-time_s / 0.045)).astype(np.float32) * sine(
        _below_nyquist(14, cycles, sample_rate_hz)
    )
    body = np.sin((2 * np.pi * (cycles % 1.0)).astype(np.float32) + bark) * np.exp(-time_s / 0.95).astype(np.float32)
    wave = (body + tine) * attack(time_s, 0.002)
    return fade_out(wave.astype(np.float32), 0.1, sample_rate_hz)


def glass_bell(frequency_hz: float, velocity: float, sample_rate_hz: int) -> Wave:
    """A small bright bell."""
    time_s = times_s(1.4, sample_rate_hz)
    wave = np.zeros(time_s.shape, np.float32)
    for ratio, strength, decay_s in ((1, 1.0, 0.5), (2.0, 0.35, 0.3), (3.01, 0.22, 0.16), (5.4, 0.1, 0.07)):
        if ratio * frequency_hz < 0.45 * sample_rate_hz:
            wave += (strength * velocity * np.exp(-time_s / decay_s)).astype(np.float32) * sine(
                ratio * frequency_hz * time_s
            )
    return fade_out((wave * attack(time_s, 0.002)).astype(np.float32), 0.3, sample_rate_hz)


def _below_nyquist(ratio: int, cycles: Curve, sample_rate_hz: int) -> Curve:
    """`cycles` times the ratio, or times the highest whole ratio that stays below half the sample rate."""
    frequency_hz = float(cycles[-1]) / max(cycles.size - 1, 1) * sample_rate_hz
    return cycles * min(ratio, max(1, int(0.42 * sample_rate_hz / max(frequency_hz, 1.0))))
