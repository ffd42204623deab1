"""What is sung: lines of two bars, each with a rhythm, a contour and words; strong notes settle on the chord."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from bridge.dsp.song.score import MAJOR, STEPS, Bar, Score, Section

LINE_BARS = 2


@dataclass(frozen=True)
class SungNote:
    """One syllable on one pitch."""

    start_s: float
    """Where its vowel begins; the consonants before it come earlier."""
    duration_s: float
    midi_note: int
    syllable: tuple[str, ...]
    """Its phonemes, ARPABET without stress marks."""
    velocity: float


@dataclass(frozen=True)
class Phrase:
    """What is sung in one breath."""

    section: Section
    notes: tuple[SungNote, ...]


@dataclass(frozen=True)
class Theme:
    """A question and an answer: rhythm (start and length in sixteenths) and degrees of both."""

    rhythm: tuple[tuple[int, int], ...]
    question: tuple[int, ...]
    answer: tuple[int, ...]


VERSES = (
    Theme(((2, 2), (4, 2), (6, 2), (8, 3), (11, 3), (14, 2), (16, 8)), (3, 3, 2, 3, 5, 3, 2), (3, 3, 2, 3, 2, 1, 1)),
    Theme(((4, 2), (6, 2), (8, 4), (12, 2), (14, 4), (18, 2), (20, 7)), (5, 5, 6, 5, 3, 2, 3), (5, 5, 6, 5, 3, 2, 1)),
    Theme(((0, 3), (3, 3), (6, 2), (8, 3), (11, 3), (14, 4), (18, 8)), (1, 2, 3, 3, 2, 3, 5), (1, 2, 3, 5, 3, 2, 1)),
)
CHORUSES = (
    Theme(((0, 4), (4, 2), (6, 4), (10, 4), (14, 2), (16, 11)), (8, 8, 7, 5, 6, 5), (6, 6, 5, 3, 2, 1)),
    Theme(((0, 3), (3, 3), (6, 6), (12, 2), (14, 4), (18, 10)), (5, 6, 8, 8, 7, 8), (5, 6, 8, 6, 5, 5)),
    Theme(((0, 6), (6, 2), (8, 4), (12, 2), (14, 2), (16, 11)), (8, 9, 8, 7, 5, 6), (6, 7, 6, 5, 3, 5)),
)
VERSE_WORDS = (
    (
        "M AO R|N IH NG|AA N|DH AX|W IH N|D OW|L AY N",  # Morning on the window line
        "R EY|D IY|OW|IH Z|R AH N|IH NG|S L OW",  # Radio is running slow
        "AO L|DH AX|R EY N|IH Z|L EH T|IH NG|G OW",  # All the rain is letting go
        "Y UW|AE N D|AY|AA R|N IH R|L IY|HH OW M",  # You and I are nearly home
    ),
    (
        "S IH L|V ER|AA N|DH AX|R IH V|ER|R OW D",  # Silver on the river road
        "S AH M|ER|IH N|DH IY|R EY|D IY|OW",  # Summer in the radio
        "EH V|R IY|W AY R|IH Z|HH AH M|IH NG|L OW",  # Every wire is humming low
        "AE N D|AY|N OW|DH AX|W EY|Y UW|G OW",  # And I know the way you go
    ),
)
CHORUS_WORDS = (
    (
        "S EY|Y UW|W IH L|S T EY|AX|W AY L",  # Say you will stay awhile
        "HH IY R|IH N|DH AX|AE F|T ER|G L OW",  # Here in the afterglow
        "S IH NG|M IY|DH IY|OW N|L IY|S AO NG",  # Sing me the only song
        "EH V|ER|W IY L|EH V|ER|N OW",  # Ever we'll ever know
    ),
    (
        "OW|W IY|AA R|R OW L|IH NG|HH OW M",  # Oh, we are rolling home
        "OW|V ER|DH AX|M AO R|N IH NG|S AH N",  # Over the morning sun
        "OW|W IY|AA R|N AA T|AX|L OW N",  # Oh, we are not alone
        "OW N|L IY|AX|S AO NG|F R AH M|HH OW M",  # Only a song from home
    ),
)


def sung_phrases(score: Score) -> list[Phrase]:
    """The lead vocal, phrase by phrase."""
    rng = score.random(1)
    verse = VERSES[int(rng.integers(len(VERSES)))]
    chorus = CHORUSES[int(rng.integers(len(CHORUSES)))]
    words = int(rng.integers(len(VERSE_WORDS)))
    singer = _Lines(score, rng)
    phrases: list[Phrase] = []
    for section, bars in sections(score):
        if section is Section.VERSE:
            phrases += singer.lines(bars, verse, VERSE_WORDS[words])
        elif section is Section.CHORUS:
            phrases += singer.lines(bars, chorus, CHORUS_WORDS[words])
        elif section is Section.ENDING:
            phrases.append(singer.reprise(bars, chorus, CHORUS_WORDS[words][0]))
    return [*phrases, singer.last_words(CHORUS_WORDS[words][1], chorus)]


def sections(score: Score) -> Iterator[tuple[Section, list[Bar]]]:
    """The form, section by section, each with its bars."""
    number = np.cumsum([bar.is_first for bar in score.bars])
    for _, group in groupby(score.bars, key=lambda bar: int(number[bar.index])):
        bars = list(group)
        yield bars[0].section, bars


def third_above(score: Score, note: int) -> int:
    """The diatonic third above a note of the scale, for the second voice."""
    octave, offset = divmod(note - score.tonic, 12)
    index = max(i for i, step in enumerate(MAJOR) if step <= offset)
    return score.pitch(7 * octave + index + 1 + 2)


@dataclass(frozen=True)
class _Lines:
    """Lays words and contours onto bars."""

    score: Score
    rng: np.random.Generator

    def lines(self, bars: list[Bar], theme: Theme, words: tuple[str, ...]) -> Iterator[Phrase]:
        """Question and answer in turn, two bars each; a single bar at the end gets the first half of a line."""
        for number, first in enumerate(range(0, len(bars), LINE_BARS)):
            pair = bars[first : first + LINE_BARS]
            contour = theme.answer if number % 2 else theme.question
            notes = self._notes(pair, theme.rhythm, contour, words[number % len(words)])
            yield Phrase(pair[0].section, tuple(notes))

    def reprise(self, bars: list[Bar], theme: Theme, words: str) -> Phrase:
        """The hook once more, cut short so that the last words find room."""
        end_s = self.score.at_s(bars[0].index, LINE_BARS * STEPS - 10)
        notes = [note for note in self._notes(bars, theme.rhythm, theme.question, words) if note.start_s < end_s - 0.2]
        return Phrase(
            Section.ENDING,
            tuple(replace(note, duration_s=min(note.duration_s, end_s - note.start_s)) for note in notes),
        )

    def last_words(self, words: str, theme: Theme) -> Phrase:
        """The last three syllables once more, the last of them held over the final hit."""
        final = len(self.score.bars) - 1
        hold = int(np.clip((self.score.duration_s - self.score.at_s(final)) * 0.62 / self.score.step_s, 4, 20))
        rhythm = ((-8, 4), (-4, 4), (0, hold)) if final and self.score.bars[-2].section is Section.ENDING else ()
        if not rhythm:
            return Phrase(Section.FINAL, (self._note(final, (0, hold), 1, "OW"),))
        degrees = (theme.answer[-2] + 1, 2, 1)
        notes = [
            self._note(final, place, degree, syllable)
            for place, degree, syllable in zip(rhythm, degrees, words.split("|")[-3:], strict=True)
        ]
        return Phrase(Section.FINAL, tuple(notes))

    def _notes(
        self, bars: list[Bar], rhythm: tuple[tuple[int, int], ...], contour: tuple[int, ...], words: str
    ) -> Iterator[SungNote]:
        steps = len(bars) * STEPS
        for (start, length), degree, syllable in zip(rhythm, contour, words.split("|"), strict=True):
            if start >= steps - 1:
                return
            bar = bars[start // STEPS]
            is_strong = start % 4 == 0 or length >= 4
            settled = settle_on_chord(degree, bar) if is_strong else degree
            yield self._note(bars[0].index, (start, min(length, steps - start)), settled, syllable)

    def _note(self, bar: int, place: tuple[int, int], degree: int, syllable: str) -> SungNote:
        start_s = self.score.at_s(bar, place[0]) + float(self.rng.normal(0.006, 0.006))
        end_s = self.score.at_s(bar, place[0] + place[1])
        accent = 0.1 if place[0] % 4 == 0 else 0.0
        velocity = float(np.clip(0.82 + accent + self.rng.normal(0, 0.04), 0.6, 1.0))
        return SungNote(start_s, end_s - start_s, self.score.pitch(degree), tuple(syllable.split()), velocity)


def settle_on_chord(degree: int, bar: Bar) -> int:
    """The degree nearest to the wished one whose note belongs to the bar's triad; below wins over above."""
    triad = bar.chord[:3]
    return min(
        (degree, degree - 1, degree + 1), key=lambda near: (MAJOR[(near - 1) % 7] not in triad, abs(near - degree))
    )
