"""Chains on many kinds of music: the loudness that was asked for, or one sentence that says what it would have cost."""

import numpy as np
import pytest

from bridge.audio.signal import Audio
from bridge.chains import load_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.measures import analyze
from bridge.dsp.song import make_song, mix_of
from tests.adaptive.arrival import HELD_BACK, check_arrival
from tests.pieces import NOTHING, PIECES

KINDS = ("a pop song", "a guitar alone", "speech, mono", "hip-hop with an 808", "an orchestral swell")


@pytest.mark.parametrize("piece", list(PIECES))
@pytest.mark.parametrize("chain", ["streaming", "loud"])
def test_every_piece_arrives_at_its_loudness_or_says_why_not(chain: str, piece: str) -> None:
    mastered = master(PIECES[piece](), load_chain(chain), MasterOrder())
    check_arrival(mastered, mastered.target_lufs, mastered.ceiling_dbtp)
    assert all(step.reasons for step in mastered.left_alone)


def test_most_pieces_arrive_at_the_loudness_of_streaming_without_a_guard() -> None:
    chain = load_chain("streaming")
    bitten = [
        name
        for name, piece in PIECES.items()
        if HELD_BACK & {found.code for found in master(piece(), chain, MasterOrder()).messages}
    ]
    assert set(bitten) <= {"speech, mono", "percussion"}


@pytest.mark.parametrize("piece", KINDS)
@pytest.mark.parametrize("chain", ["album", "broadcast", "cd", "podcast", "vinyl"])
def test_chains_by_intent_do_what_they_are_for_on_several_kinds_of_music(chain: str, piece: str) -> None:
    mastered = master(PIECES[piece](), load_chain(chain), MasterOrder())
    check_arrival(mastered, mastered.target_lufs, mastered.ceiling_dbtp)


@pytest.mark.parametrize("piece", list(NOTHING))
@pytest.mark.parametrize("chain", ["streaming", "loud", "vinyl", "podcast"])
def test_what_has_no_loudness_comes_out_whole_with_a_message(chain: str, piece: str) -> None:
    mix = NOTHING[piece]()
    mastered = master(mix, load_chain(chain), MasterOrder())
    assert mastered.audio.samples.shape == mix.samples.shape
    assert "no_loudness" in {found.code for found in mastered.messages}


@pytest.mark.parametrize("seed", [1, 2, 4, 8])
def test_the_full_streaming_chain_has_at_least_eight_active_steps_on_an_ordinary_song(seed: int) -> None:
    song = Audio(mix_of(make_song(seed, 20.0, 44100)), 44100)
    mastered = master(song, load_chain("streaming"), MasterOrder())
    active = [step.use for step in mastered.steps if step.use != "dither"]
    assert len(active) >= 8, active


def test_a_mix_without_sides_is_not_told_to_be_wider() -> None:
    mono = mix_of(make_song(1, 8.0, 44100)).mean(axis=0)
    mastered = master(Audio(np.stack((mono, mono)), 44100), load_chain("streaming"), MasterOrder())
    assert "stereo" not in [step.use for step in mastered.steps]


def test_the_same_mix_chain_and_version_give_the_same_bytes() -> None:
    mix, chain = PIECES["hip-hop with an 808"](), load_chain("loud")
    first, second = (master(mix, chain, MasterOrder(seed=5)) for _ in range(2))
    assert first.audio.samples.tobytes() == second.audio.samples.tobytes()
    assert first.steps == second.steps


def test_vinyl_makes_the_bass_mono() -> None:
    song = PIECES["a pop song"]().samples
    wide = Audio(np.stack((song[0], np.roll(song[1], 120))), 44100)
    low: list[float] = []
    for signal in (wide, master(wide, load_chain("vinyl"), MasterOrder()).audio):
        analysis = analyze(signal).analysis
        assert analysis is not None
        assert analysis.stereo is not None
        low.append(analysis.stereo.low_end_correlation or 0.0)
    assert low[0] < 0.6
    assert low[1] > 0.9


def test_a_song_at_another_rate_is_adapted_alike() -> None:
    chain = load_chain("streaming")
    uses = [
        [step.use for step in master(Audio(mix_of(make_song(1, 8.0, rate)), rate), chain, MasterOrder()).steps]
        for rate in (44100, 96000)
    ]
    assert set(uses[0]) ^ set(uses[1]) <= {"limiter", "peak", "high_shelf"}
