"""The form of songs whose score is known, and of signals that have none."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis import StructureAnalysis
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.readings import read_everything
from bridge.dsp.measures.structure import SilentEdges, silent_edges, structure_of
from bridge.dsp.song import make_song, mix_of
from bridge.dsp.song.score import Section, compose
from tests import signals

RATE_HZ = 22_050
SONGS = ((1, 90.0), (2, 120.0), (4, 100.0), (11, 150.0))


def structure(samples: Samples, rate_hz: int = RATE_HZ) -> StructureAnalysis:
    signal = Audio(np.ascontiguousarray(samples, np.float32), rate_hz)
    return structure_of(read_everything(signal), silent_edges(signal))


@cache
def song(seed: int, duration_s: float) -> Samples:
    return mix_of(make_song(seed, duration_s, RATE_HZ))


def starts_of(seed: int, duration_s: float, section: Section | None = None) -> list[float]:
    """Where the score's sections begin, or those of one kind."""
    score = compose(seed, duration_s)
    return [score.at_s(bar.index) for bar in score.bars if bar.is_first and section in {None, bar.section}]


def codes(found: StructureAnalysis) -> list[str]:
    return [message.code for message in found.messages]


# --- Songs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "duration_s"), SONGS)
def test_the_hook_is_where_the_first_chorus_begins(seed: int, duration_s: float) -> None:
    chorus_s = starts_of(seed, duration_s, Section.CHORUS)[0]
    hook = structure(song(seed, duration_s)).hook
    assert hook is not None
    assert hook.hook_s == pytest.approx(chorus_s, abs=1.5)
    assert hook.is_within_30_s == (chorus_s <= 30.0)


def test_sections_are_found_where_the_score_has_them_and_nowhere_else() -> None:
    found = missed = 0
    for seed, duration_s in SONGS:
        true = starts_of(seed, duration_s)
        goes_on = starts_of(seed, duration_s, Section.ENDING)  # with the chorus' sound
        starts = structure(song(seed, duration_s)).section_starts_s
        for start in true[1:-1]:
            if start not in goes_on:
                is_found = min(abs(start - known) for known in starts) <= compose(seed, duration_s).bar_s
                found, missed = found + is_found, missed + (not is_found)
        for start in starts:
            assert min(abs(start - known) for known in true) < 3.5, (seed, start, true)
    assert found >= 6 * missed, (found, missed)


@pytest.mark.parametrize(("seed", "duration_s"), SONGS)
def test_the_loudest_half_minute_holds_more_chorus_than_any_other(seed: int, duration_s: float) -> None:
    loudest = structure(song(seed, duration_s)).loudest_30_s
    assert loudest is not None
    score = compose(seed, duration_s)
    ends = [*starts_of(seed, duration_s)[1:], duration_s]
    choruses = [
        (score.at_s(bar.index), end)
        for bar, end in zip([bar for bar in score.bars if bar.is_first], ends, strict=True)
        if bar.section is Section.CHORUS
    ]

    def chorus_s(start_s: float) -> float:
        return sum(max(0.0, min(end, start_s + 30.0) - max(start, start_s)) for start, end in choruses)

    most = max(chorus_s(start_s) for start_s in np.arange(0.0, duration_s - 30.0, 0.5))
    assert loudest.end_s - loudest.start_s == pytest.approx(30.0, abs=0.02)
    assert chorus_s(loudest.start_s) > 0.85 * most


def test_the_representative_half_minute_sounds_like_the_whole() -> None:
    samples = song(2, 120.0)
    excerpt = structure(samples).representative_30_s
    assert excerpt is not None

    def spectrum(part: Samples) -> Samples:
        bands = read_everything(Audio(np.ascontiguousarray(part), RATE_HZ)).spectra.windows.mean(axis=0)[:, 0]
        decibels: Samples = (10.0 * np.log10(bands + 1e-9)).astype(np.float32)
        return decibels

    def distance(start_s: float) -> float:
        part = samples[:, round(start_s * RATE_HZ) : round((start_s + 30.0) * RATE_HZ)]
        return float(np.sqrt(((spectrum(part) - spectrum(samples)) ** 2).mean()))

    others = [distance(start_s) for start_s in (0.0, 20.0, 60.0, 90.0)]
    assert distance(excerpt.start_s) < np.median(others)


def test_a_long_intro_makes_the_hook_late_and_says_so() -> None:
    samples = song(1, 90.0)
    intro = np.tile(samples[:, : 7 * RATE_HZ], (1, 3))
    found = structure(np.concatenate([intro, samples], axis=1))
    chorus_s = 21.0 + starts_of(1, 90.0, Section.CHORUS)[0]
    assert found.hook is not None
    assert found.hook.hook_s == pytest.approx(chorus_s, abs=1.5)
    assert found.hook.is_within_30_s is False
    assert "late_hook" in codes(found)
    assert "late_hook" not in codes(structure(samples))


# --- Silence ----------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(head=st.integers(0, 200_000), tail=st.integers(0, 200_000), read=st.integers(1000, 1 << 17))
def test_silence_at_both_ends_is_counted_to_the_frame(head: int, tail: int, read: int) -> None:
    samples = np.zeros((2, head + 5 + tail), np.float32)
    samples[1, head : head + 5] = 0.5
    samples[0, :head] = 1e-5  # dither is no sound
    signal = signals.StreamedSignal(Audio(samples, RATE_HZ), read)
    assert silent_edges(signal) == SilentEdges(head, tail)


def test_long_silence_is_told_and_short_is_not() -> None:
    sound = signals.pink_noise(12.0, RATE_HZ)
    long = np.concatenate([signals.silence(2.0, RATE_HZ), sound, signals.silence(6.0, RATE_HZ)], axis=1)
    found = structure(long)
    assert {"head_silence", "tail_silence"} <= set(codes(found))
    assert found.head_silence_s == pytest.approx(2.0, abs=0.01)
    assert found.section_starts_s[0] == pytest.approx(2.0, abs=0.01)
    assert found.loudest_30_s is not None
    assert found.loudest_30_s.start_s == pytest.approx(2.0, abs=0.01)
    assert found.loudest_30_s.end_s == pytest.approx(14.0, abs=0.01)
    short = np.concatenate([signals.silence(0.5, RATE_HZ), sound], axis=1)
    assert not {"head_silence", "tail_silence"} & set(codes(structure(short)))


# --- Signals without form ---------------------------------------------------------------------------------------------


def test_silence_has_no_form() -> None:
    found = structure(signals.silence(3.0, RATE_HZ))
    assert found.head_silence_frames == found.tail_silence_frames == 3 * RATE_HZ
    assert (found.section_starts_s, found.loudest_30_s, found.representative_30_s, found.hook) == ((), None, None, None)
    assert found.messages == ()


@pytest.mark.parametrize("frames", [0, 1, 100, RATE_HZ])
def test_short_signals_are_their_own_excerpt_and_have_no_hook(frames: int) -> None:
    found = structure(signals.white_noise(1.0, RATE_HZ)[:, :frames])
    assert found.hook is None
    assert found.intro_s is None
    if frames:
        assert found.loudest_30_s is not None
        assert found.loudest_30_s.end_s == pytest.approx(frames / RATE_HZ, abs=0.01)


def test_steady_noise_is_one_section_whose_hook_is_there_at_once() -> None:
    found = structure(signals.pink_noise(60.0, RATE_HZ))
    assert found.section_starts_s == (0.0,)
    assert found.hook is not None
    assert found.hook.hook_s == pytest.approx(0.0, abs=0.2)
    assert found.hook.is_within_30_s


def test_two_hours_have_all_their_sections() -> None:
    minute = signals.pink_noise(60.0, 8000, channels=1)
    loud, soft = minute, minute * np.float32(0.05)
    found = structure(np.concatenate([soft, loud] * 60, axis=1), 8000)
    expected = [60.0 * k for k in range(120)]
    assert len(found.section_starts_s) == len(expected)
    assert all(abs(a - b) < 1.0 for a, b in zip(found.section_starts_s, expected, strict=True))
    assert all(later > earlier for earlier, later in pairwise(found.section_starts_s))
    assert found.hook is not None
    assert found.hook.hook_s == pytest.approx(60.0, abs=2.0)
