"""The match EQ: how near it comes to a reference or a curve, what it leaves alone, and references that are no good."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import CurvePoint, Eq, EqBand, MatchEq
from bridge.chains.tone import FilterPhase
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.fitting import fit
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.reference import Reference, blended, read_reference
from bridge.dsp.mastering.tone_curve import spectra_of, third_octave_levels, tone_curve
from bridge.dsp.resample import resample
from bridge.errors import AudioError
from tests.mastering.examples import audio, chain_of, codes, loudness, through
from tests.signals import music, pink_noise, silence, sine

COLOUR = Eq(
    bands=(
        EqBand(frequency_hz=150, gain_db=3, q=0.7),
        EqBand(frequency_hz=3000, gain_db=-4, q=0.7),
        EqBand(type="high_shelf", frequency_hz=8000, gain_db=3),
    )
)
AT_HZ = np.geomspace(60, 12000, 60)


def song(seconds: float = 8.0, rate_hz: int = 44100) -> Audio:
    """Something with a full spectrum."""
    return audio(pink_noise(seconds, rate_hz, rms=0.05) + 0.5 * music(seconds, rate_hz), rate_hz)


def coloured(signal: Audio) -> Audio:
    return Audio(through(COLOUR, signal), signal.sample_rate_hz)


def tone_db(signal: Audio) -> np.ndarray:
    levels = third_octave_levels(spectra_of(signal), AT_HZ)
    return levels - np.median(levels)


def matched(mix: Audio, step: MatchEq, *references: Reference) -> Audio:
    order = MasterOrder(bit_depth="32f", references=references)
    return master(mix, chain_of(step, ceiling_dbtp=0), order).audio


@pytest.mark.parametrize("phase", ["minimum", "linear"])
def test_a_reference_that_differs_by_an_eq_is_reached(phase: FilterPhase) -> None:
    mix = song()
    reference = coloured(mix)
    step = MatchEq(towards="reference", amount_percent=100, smoothing_octaves=0.33, phase=phase)
    made = matched(mix, step, read_reference(reference, "song.wav"))
    assert np.abs(tone_db(mix) - tone_db(reference)).max() > 3
    assert np.abs(tone_db(made) - tone_db(reference)).max() < 0.6


@pytest.mark.parametrize("amount_percent", [25.0, 50.0, 75.0])
def test_the_amount_is_how_far_it_goes(amount_percent: float) -> None:
    mix = song()
    reference = read_reference(coloured(mix), "song.wav")
    whole, some = (
        tone_db(matched(mix, MatchEq(towards="reference", amount_percent=amount), reference)) - tone_db(mix)
        for amount in (100.0, amount_percent)
    )
    assert np.abs(some - whole * amount_percent / 100).max() < 0.2


def test_it_does_not_make_louder() -> None:
    mix = song()
    made = matched(mix, MatchEq(towards="reference", amount_percent=100), read_reference(coloured(mix), "song.wav"))
    assert loudness(made) == pytest.approx(loudness(mix), abs=0.05)


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 6), st.floats(0, 6), st.floats(0.1, 3))
def test_the_limits_hold(boost_db_max: float, cut_db_max: float, smoothing_octaves: float) -> None:
    mix = song(3.0)
    steep = (CurvePoint(hz=20, db=40), CurvePoint(hz=20000, db=-40))
    step = MatchEq(
        towards="curve",
        curve=steep,
        amount_percent=100,
        boost_db_max=boost_db_max,
        cut_db_max=cut_db_max,
        smoothing_octaves=smoothing_octaves,
    )
    change = tone_db(Audio(through(step, mix), 44100)) - tone_db(mix)
    assert np.ptp(change) < boost_db_max + cut_db_max + 0.3


def test_outside_of_its_range_it_does_nothing() -> None:
    mix = song()
    step = MatchEq(
        towards="curve",
        curve=(CurvePoint(hz=20, db=20), CurvePoint(hz=20000, db=-20)),
        amount_percent=100,
        low_hz=300,
        high_hz=3000,
    )
    change = third_octave_levels(spectra_of(Audio(through(step, mix), 44100)), AT_HZ) - third_octave_levels(
        spectra_of(mix), AT_HZ
    )
    away = (AT_HZ < 230) | (AT_HZ > 4000)
    assert np.ptp(change[away]) < 0.3
    assert np.ptp(change[~away]) > 3


def test_without_a_genre_it_goes_towards_well_made_masters() -> None:
    dull = Audio(through(Eq(bands=(EqBand(type="tilt", frequency_hz=700, gain_db=-6),)), song()), 44100)
    wanted = MatchEq(amount_percent=100)
    again = MatchEq(amount_percent=100, boost_db_max=18, cut_db_max=18)
    once = Audio(through(wanted, dull), 44100)
    assert np.ptp(tone_db(once) - tone_db(dull)) > 3
    there = Audio(through(again, dull), 44100)
    further = tone_db(Audio(through(again, there), 44100)) - tone_db(there)
    assert np.abs(further)[AT_HZ < 8000].max() < 0.2 * np.abs(tone_db(there) - tone_db(dull)).max()


def test_the_mix_itself_as_reference_leaves_the_step_out_and_says_so() -> None:
    mix = song()
    step = MatchEq(towards="reference", amount_percent=100)
    order = MasterOrder(bit_depth="32f", references=(read_reference(mix, "it.wav"),))
    done = master(mix, chain_of(step, ceiling_dbtp=0), order)
    assert done.audio is mix
    assert "tone_matches" in codes(done)


def test_without_a_reference_the_step_is_left_out_and_says_so() -> None:
    fitted = fit(MatchEq(towards="reference"), song(2.0))
    assert fitted.processor is None
    assert [found.code for found in fitted.messages] == ["reference_missing"]


def test_a_mono_reference_at_another_rate_tells_the_same_tone() -> None:
    reference = coloured(song())
    plain = read_reference(reference, "song.wav")
    mono = Audio(np.ascontiguousarray(reference.samples[:1]), 44100)
    other = read_reference(resample(mono, 96000, in_memory, to_nobody), "mono.wav")
    assert other.side_to_mid_db is None
    assert plain.side_to_mid_db is not None
    curves = [
        np.interp(np.log(AT_HZ), np.log([p.hz for p in r.curve]), [p.db for p in r.curve]) for r in (plain, other)
    ]
    assert np.ptp(curves[0] - curves[1]) < 1.0


def test_a_reference_that_ends_early_does_not_take_the_top_away() -> None:
    mix = song()
    low = resample(mix, 16000, in_memory, to_nobody)
    made = matched(mix, MatchEq(towards="reference", amount_percent=100), read_reference(low, "low.wav"))
    top = AT_HZ > 9000
    assert np.abs((tone_db(made) - tone_db(mix))[top]).max() < 0.5


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (sine(440, 2.0, 44100), "lasts 2.0 s: give one of at least 5 s"),
        (silence(6.0, 44100), "is silent or damaged: give another track"),
        (silence(0.0, 44100), "lasts 0.0 s"),
    ],
)
def test_a_reference_that_is_no_good_is_refused_in_a_sentence(samples: Samples, sentence: str) -> None:
    with pytest.raises(AudioError, match=sentence) as reason:
        read_reference(Audio(samples, 44100), "ref.wav")
    assert "ref.wav" in str(reason.value)


def test_several_references_count_by_their_weights_and_not_by_their_loudness() -> None:
    one = read_reference(song(), "one.wav")
    louder = Audio(coloured(song()).samples * np.float32(3), 44100)
    other = read_reference(louder, "other.wav", weight=3.0)
    mixed = np.array([point.db for point in blended((one, other))])
    curves = [np.array([point.db for point in blended((reference,))]) for reference in (one, other)]
    assert np.abs(mixed - (curves[0] + 3 * curves[1]) / 4).max() < 0.01


def test_a_step_that_names_its_reference_gets_that_one() -> None:
    mix = song(6.0)
    here, away = read_reference(mix, "here.wav"), read_reference(coloured(mix), "away.wav")
    step = MatchEq(towards="reference", reference="here.wav", amount_percent=100)
    assert matched(mix, step, away, here) is mix


def test_silence_has_no_curve() -> None:
    assert tone_curve(spectra_of(Audio(silence(6.0, 44100), 44100))) == ()


def test_the_report_gives_the_correction() -> None:
    step = MatchEq(towards="curve", curve=(CurvePoint(hz=20, db=10), CurvePoint(hz=20000, db=-20)), amount_percent=100)
    applied = fit(step, song()).applied
    assert applied is not None
    assert applied.detail is not None
    assert " dB at " in applied.detail
    assert str(applied.parameters["correction_db"]).startswith("31.5 Hz ")
