"""One phrase, sung: vocal folds and noise through a mouth that moves from phoneme to phoneme.

The mouth is a row of resonances (a tube), evaluated as a frequency response every few milliseconds and applied by
overlap-add. All control values live on one grid of hops.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.dsp.song.glottis import TOP_HZ, voice_source
from bridge.dsp.song.melody import Phrase, SungNote
from bridge.dsp.song.phonemes import HISSES, MONOPHTHONGS, Gesture, consonants, is_vowel, vowel
from bridge.dsp.song.sound import Curve, Wave, bins_hz, low_pass, shaped, white

Response: TypeAlias = NDArray[np.complex64]
Responses: TypeAlias = Callable[[int, int], Response]
"""Gives the frequency responses (hops, bins) of a range of hops."""

BREATH_S = 0.34
"""A breath is heard before each phrase."""
RELEASE_S = 0.12
LEGATO_S = 0.09
"""Notes closer than this are bound together."""
BANDWIDTHS_HZ = (75, 95, 130, 190)
NEUTRAL_HZ = (500.0, 1500.0, 2500.0, 3500.0)
"""First resonances of a tube of 17.5 cm, closed at the folds and open at the lips: the mouth at rest."""
CHUNK_HOPS = 256
"""Responses that are computed at a time, so that memory stays small."""


@dataclass(frozen=True)
class Singer:
    """What makes one voice, or one take of it, unlike another."""

    formant_scale: float
    """1 for the tables' voice; above for a shorter throat."""
    detune_cents: float = 0.0
    late_s: float = 0.0
    """Average lateness of a take against the lead."""
    effort: float = 1.0
    """Above 1 sings with more tension, below with more breath."""


@dataclass(frozen=True)
class Sung:
    """A phrase as sound, and when it begins."""

    wave: Wave
    start_s: float


@dataclass(frozen=True)
class _Timeline:
    """Gestures in a row, without gaps: gesture i lasts from `edges_s[i]` to `edges_s[i + 1]`."""

    gestures: list[Gesture]
    edges_s: Curve


def sing(phrase: Phrase, singer: Singer, rng: np.random.Generator, sample_rate_hz: int) -> Sung:
    """The phrase by one singer, RMS of a vowel about 0.1."""
    timeline = _timeline(phrase)
    start_s = float(timeline.edges_s[0])
    hop = 1 << round(np.log2(sample_rate_hz * 0.0058))
    hops = int((timeline.edges_s[-1] - start_s) * sample_rate_hz / hop) + 8
    grid_s = start_s + np.arange(hops) * hop / sample_rate_hz
    mouth = _Mouth(timeline, grid_s, singer, sample_rate_hz, hop)
    at_s = start_s + np.arange(hops * hop) / sample_rate_hz

    pitch_hz = _pitch_hz(phrase, singer, grid_s, rng)
    dynamics = np.interp(at_s, grid_s, _dynamics(phrase, grid_s, rng))
    folds = voice_source(
        np.interp(at_s, grid_s, pitch_hz), np.interp(at_s, grid_s, _rd(phrase, singer, grid_s)), sample_rate_hz
    )
    voice = _track(timeline, at_s, [gesture.voice for gesture in timeline.gestures]) * dynamics
    breath = _track(timeline, at_s, [gesture.breath for gesture in timeline.gestures])
    hiss = _track(timeline, at_s, [gesture.hiss for gesture in timeline.gestures])
    air = shaped(white(rng, at_s.size), low_pass(9000, 1), sample_rate_hz)
    # Air leaks through the folds with every pulse: the noise of a voice is not steady.
    leak = air * (0.06 / singer.effort * voice * (0.5 + np.minimum(np.abs(folds), 2.0)))
    throat = (folds * voice + leak + 0.35 * air * breath).astype(np.float32)
    wave = mouth.speak(throat, pitch_hz) + 0.34 * mouth.whistle((white(rng, at_s.size) * hiss).astype(np.float32))
    return Sung(wave.astype(np.float32, copy=False), start_s + singer.late_s)


# --- Time -------------------------------------------------------------------------------------------------------------


def _timeline(phrase: Phrase) -> _Timeline:
    """The phrase as gestures: a breath, then for each note its consonants before the beat and its vowel on it."""
    first = phrase.notes[0].start_s - _length_s(_onset(phrase.notes[0]))
    inhaled = Gesture(BREATH_S, MONOPHTHONGS["AH"], voice=0.0, breath=0.1)
    gestures = [Gesture(0.05, None, voice=0.0), inhaled, Gesture(0.06, None, voice=0.0)]
    start_s = first - _length_s(gestures)
    gestures += _fitted(_onset(phrase.notes[0]), 1.0)
    for note, following in zip(phrase.notes, [*phrase.notes[1:], None], strict=True):
        gestures += _held(note, following)
    durations = np.array([gesture.duration_s for gesture in gestures])
    return _Timeline(gestures, start_s + np.concatenate(([0.0], np.cumsum(durations))))


def _held(note: SungNote, following: SungNote | None) -> Iterator[Gesture]:
    """Vowel and end of a note, and the consonants that lead to the next one, so that its vowel falls on its start."""
    last = 1 if following is None else following.start_s - note.start_s
    is_bound = following is not None and last - note.duration_s < LEGATO_S
    length_s = last if is_bound else note.duration_s
    onset = _fitted(_onset(following), 0.4 * last) if following else []
    space_s = length_s - (_length_s(onset) if is_bound else 0.0)
    nucleus = next(index for index, phoneme in enumerate(note.syllable) if is_vowel(phoneme))
    coda = _fitted(consonants(note.syllable[nucleus + 1 :]), 0.45 * space_s)
    yield from vowel(note.syllable[nucleus], space_s - _length_s(coda))
    yield from coda
    if not is_bound:
        gap_s = RELEASE_S if following is None else last - length_s - _length_s(onset)
        yield Gesture(max(gap_s, 0.0), None, voice=0.0)
    yield from onset


def _onset(note: SungNote) -> list[Gesture]:
    nucleus = next(index for index, phoneme in enumerate(note.syllable) if is_vowel(phoneme))
    return consonants(note.syllable[:nucleus])


def _length_s(gestures: list[Gesture]) -> float:
    return sum(gesture.duration_s for gesture in gestures)


def _fitted(gestures: list[Gesture], limit_s: float) -> list[Gesture]:
    """The gestures, faster where they would take more than the limit."""
    haste = min(1.0, limit_s / max(_length_s(gestures), 1e-6))
    return [Gesture(haste * g.duration_s, g.formants_hz, g.voice, g.breath, g.hiss, g.place, g.nasal) for g in gestures]


def _track(timeline: _Timeline, at_s: Curve, values: list[float]) -> Curve:
    """A value of each gesture over time: flat inside, ramps at the edges as quick as the shorter neighbour allows."""
    lengths = np.diff(timeline.edges_s)
    ramp_s = np.clip(0.35 * np.minimum(lengths[:-1], lengths[1:]), 0.001, 0.03)
    inner = timeline.edges_s[1:-1]
    levels = np.array(values)
    points_s = np.stack([inner - ramp_s / 2, inner + ramp_s / 2], axis=1).ravel()
    heights = np.stack([levels[:-1], levels[1:]], axis=1).ravel()
    track: Curve = np.interp(at_s, points_s, heights)
    return track


# --- Expression -------------------------------------------------------------------------------------------------------


def _pitch_hz(phrase: Phrase, singer: Singer, grid_s: Curve, rng: np.random.Generator) -> Curve:
    """Pitch at every hop: glides, a scoop into the first note, vibrato that grows, and drift."""
    step_s = float(grid_s[1] - grid_s[0])
    starts_s = np.array([note.start_s for note in phrase.notes])
    index = np.clip(np.searchsorted(starts_s - 0.03, grid_s, side="right") - 1, 0, None)
    semitones = np.array([note.midi_note for note in phrase.notes], float)[index]
    semitones = _smoothed(semitones, 0.1, step_s)
    semitones -= 1.3 * np.exp(-np.maximum(grid_s - starts_s[0] + 0.03, 0) / 0.07)
    rate_hz = 5.4 + 0.25 * _wander(rng, grid_s.size, 0.5, step_s)
    wave = np.sin(2 * np.pi * (np.cumsum(rate_hz) * step_s + rng.random()))
    vibrato = np.zeros(grid_s.size)
    for note in phrase.notes:
        if note.duration_s > 0.4:
            age = (grid_s - note.start_s - 0.22) / 0.5
            near_end = (note.start_s + note.duration_s - grid_s) / 0.1
            vibrato += 0.42 * np.clip(age, 0, 1) ** 1.5 * np.clip(near_end, 0, 1)
    cents = (
        singer.detune_cents + 6 * _wander(rng, grid_s.size, 0.25, step_s) + 3 * _wander(rng, grid_s.size, 0.02, step_s)
    )
    semitones += wave * vibrato + cents / 100
    return np.power(2.0, (semitones - 69) / 12) * 440


def _dynamics(phrase: Phrase, grid_s: Curve, rng: np.random.Generator) -> Curve:
    """Loudness at every hop: the arch of the phrase, the accent of each note, a swell in long ones, a little unrest."""
    begin, end = phrase.notes[0].start_s, phrase.notes[-1].start_s + phrase.notes[-1].duration_s
    step_s = float(grid_s[1] - grid_s[0])
    arch = 0.8 + 0.25 * np.sin(np.pi * np.clip((grid_s - begin) / (end - begin), 0, 1) ** 0.8)
    level = np.full(grid_s.size, phrase.notes[0].velocity)
    for note in phrase.notes:
        inside = (grid_s >= note.start_s - 0.03) & (grid_s < note.start_s + note.duration_s + LEGATO_S)
        age = np.clip((grid_s - note.start_s) / max(note.duration_s, 0.05), 0, 1)
        swell = 1.0 if note.duration_s < 0.5 else 0.85 + 0.25 * np.sin(np.pi * age**0.7) - 0.2 * age**4
        level = np.where(inside, note.velocity * swell, level)
    unrest = 1 + 0.05 * _wander(rng, grid_s.size, 0.03, step_s)
    dynamics: Curve = arch * _smoothed(level, 0.05, step_s) * unrest
    return dynamics


def _rd(phrase: Phrase, singer: Singer, grid_s: Curve) -> Curve:
    """Tension of the folds at every hop: firm on accents, relaxing towards the end of the phrase."""
    end = phrase.notes[-1].start_s + phrase.notes[-1].duration_s
    relax = np.clip(1 - (end - grid_s) / 0.5, 0, 1)
    return np.clip(0.92 / singer.effort + 0.7 * relax, 0.5, 2.4)


def _wander(rng: np.random.Generator, size: int, seconds: float, step_s: float) -> Curve:
    """Smooth noise of unit variance that changes within about `seconds`."""
    kernel = np.hanning(max(3, round(2 * seconds / step_s)) + 2)
    noise = rng.standard_normal(size + kernel.size - 1)
    return np.asarray(np.convolve(noise, kernel / np.sqrt(np.sum(kernel**2)), mode="valid"), np.float64)


def _smoothed(values: Curve, seconds: float, step_s: float) -> Curve:
    """A control curve with its corners rounded by a raised cosine of that length."""
    kernel = np.hanning(max(1, round(seconds / step_s)) + 2)
    padded = np.pad(values, (kernel.size // 2, (kernel.size - 1) // 2), mode="edge")
    return np.asarray(np.convolve(padded, kernel / kernel.sum(), mode="valid"), np.float64)


# --- Mouth ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Mouth:
    timeline: _Timeline
    grid_s: Curve
    singer: Singer
    sample_rate_hz: int
    hop: int

    def speak(self, throat: Wave, pitch_hz: Curve) -> Wave:
        """What comes from the throat, coloured by the moving resonances."""
        formants_hz, nasal = self._postures()
        # Above its own first resonance a voice would collapse: singers open the mouth as they climb.
        formants_hz[:, 0] = np.maximum(formants_hz[:, 0], 1.03 * pitch_hz)
        frequency_hz = self._frequency_hz()
        tube = _tube(frequency_hz, self.singer.formant_scale)

        def responses(first: int, last: int) -> Response:
            return _even(_tract(frequency_hz, formants_hz[first:last], nasal[first:last]) * tube, frequency_hz)

        return self._through(throat, responses)

    def whistle(self, noise: Wave) -> Wave:
        """Noise made at teeth and lips, coloured by where it is made."""
        places = list(HISSES)
        frequency_hz = self._frequency_hz()
        table: Response = np.stack([_hiss_response(frequency_hz, *HISSES[place]) for place in places])
        index = np.array([places.index(self._gesture(number).place) for number in self._current()])

        def responses(first: int, last: int) -> Response:
            chosen: Response = table[index[first:last]]
            return chosen

        return self._through(noise, responses)

    def _frequency_hz(self) -> Curve:
        return bins_hz(8 * self.hop, self.sample_rate_hz)

    def _gesture(self, number: int) -> Gesture:
        return self.timeline.gestures[number]

    def _current(self) -> list[int]:
        """The gesture at every hop; a hiss reaches a little beyond its own so that its window is coloured alike."""
        index = np.searchsorted(self.timeline.edges_s, self.grid_s, side="right") - 1
        return [int(number) for number in np.clip(index, 0, len(self.timeline.gestures) - 1)]

    def _postures(self) -> tuple[Curve, Curve]:
        """Formants (hops, 4) and nasality (hops,), rounded: the tongue takes time."""
        known = [gesture.formants_hz for gesture in self.timeline.gestures]
        ahead = MONOPHTHONGS["AH"]
        for number in reversed(range(len(known))):
            if self._gesture(number).duration_s <= 0:
                continue
            ahead = known[number] or ahead
            known[number] = ahead
        step_s = self.hop / self.sample_rate_hz
        current = self._current()
        raw = np.array([known[number] or ahead for number in current]) * self.singer.formant_scale
        formants_hz = np.stack([_smoothed(raw[:, column], 0.075, step_s) for column in range(4)], axis=1)
        nasal = np.array([self._gesture(number).nasal for number in current])
        return formants_hz, _smoothed(nasal, 0.04, step_s)

    def _through(self, wave: Wave, responses: Responses) -> Wave:
        """Overlap-add through a response that changes at every hop: Hann windows of four hops, FFTs of eight."""
        window = np.hanning(4 * self.hop + 1)[:-1].astype(np.float32) / 2
        hops = wave.size // self.hop
        padded = np.pad(wave, (2 * self.hop, 2 * self.hop))
        frames = np.lib.stride_tricks.sliding_window_view(padded, 4 * self.hop)[:: self.hop][:hops]
        out = np.zeros((hops + 8, self.hop), np.float32)
        for first in range(0, hops, CHUNK_HOPS):
            last = min(first + CHUNK_HOPS, hops)
            spectra = np.fft.rfft(frames[first:last] * window, 8 * self.hop)
            parts = np.fft.irfft(spectra * responses(first, last), 8 * self.hop).reshape(last - first, 8, self.hop)
            for slot in range(8):
                out[first + slot : last + slot] += parts[:, slot]
        return out.ravel()[2 * self.hop : 2 * self.hop + wave.size]


def _tract(frequency_hz: Curve, formants_hz: Curve, nasal: Curve) -> Response:
    """Response (hops, bins) of four moving resonances, of even loudness, with the dip of the nose where it is open."""
    f = frequency_hz.astype(np.float32)
    product = np.ones((formants_hz.shape[0], f.size), np.complex64)
    for column, bandwidth_hz in enumerate(BANDWIDTHS_HZ):
        center = formants_hz[:, column : column + 1].astype(np.float32)
        product *= 1 - (f / center) ** 2 + 1j * (f * np.float32(bandwidth_hz)) / center**2
    response = 1 / product
    dip = ((1000**2 - f**2) + 200j * f) / ((1000**2 - f**2) + 900j * f) / (1 + (f / 2600) ** 2)
    response *= 1 - nasal[:, None].astype(np.float32) * (1 - dip.astype(np.complex64))
    return response


def _tube(frequency_hz: Curve, scale: float) -> Response:
    """Response (bins,) of a uniform tube without its first four resonances.

    The moving resonances take their place. Without the endless row of higher ones, four resonances alone would fall by
    48 dB an octave above 4 kHz, and the voice would have no air (Fant 1960: the correction for higher poles).
    """
    bandwidth_hz = 60 + 0.04 * frequency_hz
    whole = 1 / np.cos(np.pi / 2 * (frequency_hz - 0.5j * bandwidth_hz) / (NEUTRAL_HZ[0] * scale))
    for neutral_hz in NEUTRAL_HZ:
        center_hz = neutral_hz * scale
        own_hz = 60 + 0.04 * center_hz
        whole *= 1 - (frequency_hz / center_hz) ** 2 + 1j * frequency_hz * own_hz / center_hz**2
    return (whole / np.sqrt(1 + (frequency_hz / TOP_HZ) ** 16)).astype(np.complex64)


def _even(responses: Response, frequency_hz: Curve) -> Response:
    """The responses with most of the difference in loudness between vowels taken out, as singers do."""
    folds = (1 / (1 + (frequency_hz / 400) ** 2)).astype(np.float32)
    loudness = np.sqrt(np.mean((np.abs(responses) * folds) ** 2, axis=1, keepdims=True))
    evened: Response = responses * (0.2 * (0.4 / loudness) ** 0.75)
    return evened


def _hiss_response(frequency_hz: Curve, center_hz: float, octaves: float, gain: float) -> Response:
    distance = np.log2(np.maximum(frequency_hz, 20) / center_hz) / octaves
    return (gain * np.exp(-(distance**2)) / np.sqrt(1 + (frequency_hz / TOP_HZ) ** 16)).astype(np.complex64)
