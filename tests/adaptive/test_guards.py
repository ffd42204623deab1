"""Guards: loudness stops where it would cost more than they let pass, and costs are what they say."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio
from bridge.chains import Chain, Guards, Limiter, Target
from bridge.dsp.mastering import Mastered, MasterOrder, master
from bridge.dsp.mastering.guarding import Trial, Watch, modulation_db, movement_costs, punch_loss_db
from bridge.dsp.mastering.hits import Hits, read_hits
from bridge.dsp.measures import measure
from tests.mastering.examples import loudness
from tests.pieces import PIECES
from tests.signals import sine


@cache
def hits() -> Hits:
    return read_hits(PIECES["hip-hop with an 808"]())


def guarded(mix: Audio, target_lufs: float, **limits: float) -> Mastered:
    chain = Chain(
        title="Guarded",
        steps=(Limiter(),),
        target=Target(integrated_lufs=target_lufs, ceiling_dbtp=-1),
        guards=Guards.model_validate(limits),
    )
    return master(mix, chain, MasterOrder(bit_depth="32f"))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"average_reduction_lu_max": 1.0}, "LU of loudness in gain reduction (at most 1.0 LU here)"),
        ({"peak_reduction_db_max": 3.0}, "dB off the highest peaks (at most 3.0 dB here)"),
        ({"plr_lu_min": 9.0}, "leave a PLR of only"),
        ({"punch_loss_db_max": 0.6}, "dB of punch (at most 0.6 dB here)"),
        ({"bass_modulation_db_max": 0.4}, "make the limiter move the bass"),
    ],
)
def test_a_guard_that_bites_lowers_the_loudness_and_says_what_it_would_have_cost(
    limits: dict[str, float], words: str
) -> None:
    song = PIECES["a pop song"]()
    free, held = guarded(song, -8.0), guarded(song, -8.0, **limits)
    (found,) = held.messages
    assert found.code == "loudness_guarded"
    assert words in found.sentence
    assert f"stopped at {loudness(held.audio):.1f} LUFS" in found.sentence
    assert loudness(held.audio) < loudness(free.audio) - 0.3


def test_guards_that_do_not_bite_change_no_sample() -> None:
    song = PIECES["a pop song"]()
    free = guarded(song, -14.0)
    held = guarded(song, -14.0, punch_loss_db_max=6, plr_lu_min=6, bass_modulation_db_max=6)
    assert np.array_equal(free.audio.samples, held.audio.samples)
    assert free.messages == held.messages


@pytest.mark.parametrize("plr_lu", [9.0, 10.0, 12.0])
def test_the_plr_of_the_master_is_at_least_its_floor(plr_lu: float) -> None:
    held = guarded(PIECES["a pop song"](), -5.0, plr_lu_min=plr_lu)
    reading = measure(held.audio).measurement.plr_lu
    assert reading is not None
    assert reading == pytest.approx(plr_lu, abs=0.1)


def test_a_mix_with_less_plr_than_the_floor_is_not_punished_for_it() -> None:
    crushed = PIECES["an already limited master"]()
    held = guarded(crushed, -16.0, plr_lu_min=12)
    assert loudness(held.audio) == pytest.approx(-16.0, abs=0.1)
    assert "loudness_guarded" not in {found.code for found in held.messages}


def test_the_prediction_of_punch_is_what_the_finished_master_has_lost() -> None:
    song = PIECES["a pop song"]()
    held = guarded(song, -8.0, punch_loss_db_max=0.8)
    before, after = read_hits(song), read_hits(held.audio)
    gain = loudness(held.audio)  # any factor common to all hops cancels
    assert np.isfinite(gain)
    for old, new in ((before.bright, after.bright), (before.low[0] + before.low[1], after.low[0] + after.low[1])):
        heard = old > 1e-6 * old.mean()
        gains = np.where(heard, new / np.where(heard, old, 1.0), 1.0)
        assert punch_loss_db(old, gains) < 0.8 * 1.25


def test_a_swell_has_no_punch_to_lose() -> None:
    hits = read_hits(PIECES["an orchestral swell"]())
    gains = np.where(hits.bright > np.quantile(hits.bright, 0.9), 0.25, 1.0)
    assert punch_loss_db(hits.bright, gains) == 0.0


@given(gain=st.floats(0.01, 1.0))
@settings(max_examples=20, deadline=None)
def test_one_gain_for_all_costs_neither_punch_nor_movement_nor_correlation(gain: float) -> None:
    costs = movement_costs(hits(), np.full(hits().bright.size, gain))
    assert all(cost == pytest.approx(0.0, abs=1e-6) for cost in costs.values())


def test_turning_hits_down_costs_as_much_punch_as_they_are_turned_down() -> None:
    band = np.ones(2000)
    band[::50] = 100.0
    gains = np.where(band > 1, 10 ** (-0.6), 1.0)
    assert punch_loss_db(band, gains) == pytest.approx(6.0, abs=0.2)


def test_gain_that_swings_moves_the_bass_by_its_rms() -> None:
    levels_db = 2.0 * np.sqrt(2.0) * np.sin(2 * np.pi * np.arange(3000) / 10.5)
    assert modulation_db(np.ones(3000), 10 ** (levels_db / 10)) == pytest.approx(2.0, abs=0.1)


def test_the_low_end_is_heard_between_40_and_120_hz() -> None:
    levels = {}
    for frequency_hz in (15, 70, 400, 5000):
        hits = read_hits(Audio(sine(frequency_hz, 2.0, 44100, peak_dbfs=-6), 44100))
        levels[frequency_hz] = 10 * np.log10(hits.low[0, 20:-20].mean() + 1e-20)
    assert levels[70] == pytest.approx(-9, abs=1.5)
    assert all(levels[70] - levels[far] > 12 for far in (15, 400, 5000))


def test_silence_and_a_frame_have_no_hits() -> None:
    for frames in (0, 1, 44100):
        hits = read_hits(Audio(np.zeros((2, frames), np.float32), 44100))
        assert not hits.low.any()
        assert not hits.bright.any()


def test_the_guard_that_is_furthest_beyond_is_named() -> None:
    watch = Watch(PIECES["a pop song"](), Guards(average_reduction_lu_max=1, plr_lu_min=8), -1.0, 14.0)
    worst = watch.worst(Trial(np.ones(10), loudness_lufs=-6.0, lost_lu=1.1))
    assert worst is not None
    assert worst[0] == "plr_lu_min"
    assert watch.worst(Trial(np.ones(10), -12.0, 0.5)) is not None
    assert (watch.worst(Trial(np.ones(10), -12.0, 0.5)) or ("", 1.0))[1] <= 0
