"""The song on paper: key, tempo, form and chords, drawn from a seed and fitted to a duration."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

STEPS = 16
"""Sixteenth notes in a bar of four beats."""
TONICS = (53, 55, 56, 57, 58, 60)
"""MIDI notes that put the melody where a voice is comfortable: verses around F3-G4, choruses up to D5."""
PROGRESSIONS = (
    ((1, 5, 6, 4), (4, 1, 5, 6)),
    ((1, 6, 4, 5), (6, 4, 1, 5)),
    ((6, 4, 1, 5), (4, 5, 6, 1)),
    ((1, 3, 4, 5), (1, 5, 6, 4)),
    ((4, 1, 5, 6), (4, 5, 1, 6)),
)
"""Degrees of the verse's and the chorus' chords, one a bar."""
CHORDS = {
    1: (0, 4, 7, 2),
    2: (2, 5, 9, 0),
    3: (4, 7, 11, 2),
    4: (5, 9, 0, 4),
    5: (7, 11, 2, 9),
    6: (9, 0, 4, 7),
}
"""Root, third, fifth and colour (ninth or seventh) of each degree, in semitones above the tonic."""
LEAD_IN_S = 0.06
BREATH_IN_S = 0.5
"""Before the first bar, where the singer begins with it: room for a breath and the first consonant."""
SHORT_FORMS = {
    1: (0, 0, 1, 0),
    2: (0, 1, 1, 0),
    3: (0, 1, 2, 0),
    4: (0, 2, 2, 0),
    6: (2, 2, 2, 0),
    8: (2, 2, 4, 0),
    10: (2, 4, 4, 0),
    12: (2, 4, 4, 2),
    14: (2, 4, 8, 0),
}
"""Bars of intro, verse, chorus and ending, by the number of bars."""
MAJOR = (0, 2, 4, 5, 7, 9, 11)


class Section(StrEnum):
    """Parts of the form, with what they are for."""

    INTRO = "intro"
    VERSE = "verse"
    CHORUS = "chorus"
    BRIDGE = "bridge"
    ENDING = "ending"
    FINAL = "final"
    """The last hit, which rings until the end."""


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands in the form, and its chord."""

    index: int
    section: Section
    position: int
    """Of the bar within its section."""
    section_bars: int
    degree: int
    """Of its chord, 1 to 6."""

    @property
    def chord(self) -> tuple[int, int, int, int]:
        """Root, third, fifth, colour: semitones above the tonic."""
        return CHORDS[self.degree]

    @property
    def is_first(self) -> bool:
        """Whether its section begins here."""
        return self.position == 0

    @property
    def is_last(self) -> bool:
        """Whether the next bar belongs to another section."""
        return self.position == self.section_bars - 1


@dataclass(frozen=True)
class Score:
    """Everything that the players have in common."""

    seed: int
    tonic: int
    """MIDI note of the melody's first degree."""
    tempo_bpm: float
    swing: float
    """By how much of a sixteenth every second sixteenth comes late."""
    bars: tuple[Bar, ...]
    """The last one is the final hit."""
    start_s: float
    """Of the first bar."""
    duration_s: float

    @property
    def bar_s(self) -> float:
        """Length of a bar."""
        return 240 / self.tempo_bpm

    @property
    def step_s(self) -> float:
        """Length of a sixteenth."""
        return self.bar_s / STEPS

    def at_s(self, bar: int, step: float = 0.0) -> float:
        """Time of a step of a bar, swung; steps beyond the bar run into the next."""
        late = self.swing if round(step) % 2 else 0.0
        return self.start_s + bar * self.bar_s + (step + late) * self.step_s

    def pitch(self, degree: int) -> int:
        """MIDI note of a degree of the melody's scale: 1 is the tonic, 8 its octave, 0 the note below it."""
        octave, index = divmod(degree - 1, 7)
        return self.tonic + 12 * octave + MAJOR[index]

    def random(self, player: int) -> np.random.Generator:
        """A generator of its own for each player, so that none changes what another plays."""
        return np.random.default_rng([self.seed, player])


def hertz(midi_note: float) -> float:
    """Frequency of a MIDI note (69 is 440 Hz)."""
    return float(440.0 * 2.0 ** ((midi_note - 69) / 12))


def compose(seed: int, duration_s: float) -> Score:
    """The score of a seed, with as many bars as fit the duration and a tempo that makes them fit exactly."""
    rng = np.random.default_rng([seed, 0])
    tonic = int(rng.choice(TONICS))
    wished_bpm = float(rng.uniform(94, 118))
    verse, chorus = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    swing = float(rng.uniform(0.06, 0.2))
    tail_s = float(np.clip(0.11 * duration_s, 1.0, 4.0) * rng.uniform(0.8, 1.3))
    wished_bars = (duration_s - tail_s - BREATH_IN_S) * wished_bpm / 240
    count = max(1, round(wished_bars)) if wished_bars < 3.5 else 2 * round(wished_bars / 2)  # lines are two bars long
    form = _form(count)
    start_s = LEAD_IN_S if form[0][0] is Section.INTRO else BREATH_IN_S
    tempo_bpm = 240 * count / (duration_s - tail_s - start_s)
    return Score(seed, tonic, tempo_bpm, swing, _bars(form, verse, chorus), start_s, duration_s)


def _form(count: int) -> list[tuple[Section, int]]:
    """Sections with their lengths, `count` bars in all: verse and chorus in turn, a bridge before the last chorus."""
    if count in SHORT_FORMS:
        intro, verse, chorus, ending = SHORT_FORMS[count]
        form = [(Section.INTRO, intro), (Section.VERSE, verse), (Section.CHORUS, chorus), (Section.ENDING, ending)]
        return [(section, length) for section, length in form if length]
    intro = 4 if count >= 24 else 2
    body = count - intro - 2
    length = 8 if body >= 32 else 4
    rounds, left = divmod(body, 2 * length)
    form = [(Section.INTRO, intro)]
    for turn in range(rounds):
        is_last = turn == rounds - 1
        form.append((Section.VERSE, length))
        if is_last and rounds > 1:
            form.append((Section.BRIDGE, left))
        form.append((Section.CHORUS, length + (left if is_last and rounds == 1 else 0)))
    return [*form, (Section.ENDING, 2)]


def _bars(form: list[tuple[Section, int]], verse: tuple[int, ...], chorus: tuple[int, ...]) -> tuple[Bar, ...]:
    degrees = {
        Section.INTRO: chorus,
        Section.VERSE: verse,
        Section.CHORUS: chorus,
        Section.BRIDGE: (2, 6, 4, 5),
        Section.ENDING: (4, 5),
    }
    bars: list[Bar] = []
    for section, length in form:
        for position in range(length):
            degree = degrees[section][position % len(degrees[section])]
            bars.append(Bar(len(bars), section, position, length, degree))
    # The last bar leads home: a dominant, whatever the progression says.
    last = bars[-1]
    bars[-1] = Bar(last.index, last.section, last.position, last.section_bars, 5)
    return (*bars, Bar(len(bars), Section.FINAL, 0, 1, 1))
