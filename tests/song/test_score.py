"""Laws of what is on paper, for any seed and duration."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.dsp.song.bass import bass_notes
from bridge.dsp.song.drums import drum_hits
from bridge.dsp.song.harmony import voicings
from bridge.dsp.song.melody import Phrase, sung_phrases
from bridge.dsp.song.phonemes import CONSONANTS, is_vowel
from bridge.dsp.song.score import MAJOR, Score, Section, compose

SCORES = st.builds(compose, st.integers(0, 10_000), st.floats(3.0, 900.0))
PRACTICE = settings(max_examples=40, deadline=None)


def first_phrase(score: Score, section: Section) -> Phrase:
    return next(phrase for phrase in sung_phrases(score) if phrase.section is section)


@PRACTICE
@given(SCORES)
def test_the_bars_fill_the_duration_up_to_a_tail(score: Score) -> None:
    assert [bar.index for bar in score.bars] == list(range(len(score.bars)))
    assert score.bars[-1].section is Section.FINAL
    assert all(bar.section is not Section.FINAL for bar in score.bars[:-1])
    tail_s = score.duration_s - score.at_s(score.bars[-1].index)
    assert 0.7 <= tail_s <= 5.3


@PRACTICE
@given(SCORES)
def test_every_song_has_a_chorus_and_leads_home(score: Score) -> None:
    assert any(bar.section is Section.CHORUS for bar in score.bars)
    assert score.bars[-2].degree == 5
    assert score.bars[-1].degree == 1


@PRACTICE
@given(st.integers(0, 10_000), st.floats(20.0, 900.0))
def test_the_tempo_of_a_song_is_a_pop_songs(seed: int, duration_s: float) -> None:
    assert 80 <= compose(seed, duration_s).tempo_bpm <= 132


@PRACTICE
@given(SCORES)
def test_the_tune_lies_in_a_voices_range_on_the_scale(score: Score) -> None:
    for phrase in sung_phrases(score):
        for note in phrase.notes:
            assert 52 <= note.midi_note <= 76
            assert (note.midi_note - score.tonic) % 12 in MAJOR


@PRACTICE
@given(SCORES)
def test_phrases_follow_one_another_and_can_be_sung(score: Score) -> None:
    notes = [note for phrase in sung_phrases(score) for note in phrase.notes]
    assert notes[0].start_s > 0
    for note, following in itertools.pairwise(notes):
        assert note.start_s + note.duration_s <= following.start_s + 0.06
    for note in notes:
        assert note.duration_s > 0.05
        assert sum(is_vowel(phoneme) for phoneme in note.syllable) == 1
        assert all(is_vowel(phoneme) or phoneme in CONSONANTS for phoneme in note.syllable)


@PRACTICE
@given(SCORES)
def test_chords_move_by_small_steps(score: Score) -> None:
    chords = list(voicings(score))
    for bar, chord in chords:
        assert sorted((note - score.tonic) % 12 for note in chord) == sorted(bar.chord)
    for (_, chord), (_, following) in itertools.pairwise(chords):
        moved = sum(abs(after - before) for before, after in zip(chord, following, strict=True))
        assert moved <= 16


@PRACTICE
@given(SCORES)
def test_the_bass_plays_with_the_kick(score: Score) -> None:
    bass = {round(note.start_s, 6) for note in bass_notes(score)}
    played = {Section.VERSE, Section.CHORUS, Section.ENDING}
    for bar in score.bars:
        if bar.section in played:
            start_s, end_s = score.at_s(bar.index), score.at_s(bar.index + 1) - 1e-6
            kicks = [hit for hit in drum_hits(score) if hit.drum == "kick" and start_s <= hit.start_s < end_s]
            assert kicks
            assert all(round(hit.start_s, 6) in bass for hit in kicks)
            break


@PRACTICE
@given(SCORES)
def test_the_bass_stays_on_its_neck(score: Score) -> None:
    for note in bass_notes(score):
        assert 26 <= note.midi_note <= 52
        assert note.duration_s > 0
        assert note.start_s + note.duration_s <= score.duration_s


def test_seeds_differ_in_key_tempo_and_tune() -> None:
    scores = [compose(seed, 30.0) for seed in range(1, 9)]
    assert len({score.tonic for score in scores}) >= 3
    assert len({round(score.tempo_bpm, 1) for score in scores}) == 8
    tunes = [
        tuple(note.midi_note - score.tonic for phrase in sung_phrases(score) for note in phrase.notes)
        for score in scores
    ]
    assert len(set(tunes)) >= 7


def test_a_seed_keeps_its_song_when_it_gets_longer() -> None:
    for section in (Section.VERSE, Section.CHORUS):
        short, long = (first_phrase(compose(7, duration_s), section) for duration_s in (30.0, 120.0))
        assert [note.syllable for note in short.notes] == [note.syllable for note in long.notes]
        assert [note.midi_note for note in short.notes] == [note.midi_note for note in long.notes]
    assert compose(7, 30.0).tonic == compose(7, 120.0).tonic


def test_a_song_of_half_a_minute_has_every_part() -> None:
    order = [section for section, _ in itertools.groupby(compose(1, 30.0).bars, key=lambda bar: bar.section)]
    assert order == [Section.INTRO, Section.VERSE, Section.CHORUS, Section.ENDING, Section.FINAL]
