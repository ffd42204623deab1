"""The loudness loop: the target is met within its tolerance, or a message says what came instead."""

from collections.abc import Callable

import numpy as np
import pytest

from bridge.audio.signal import Audio
from bridge.chains import Gain, Highpass, Limiter, Target, load_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.measures import true_peak_dbtp
from bridge.dsp.song import make_song, mix_of
from tests.mastering.examples import a_mix, audio, chain_of, codes, loudness, uses
from tests.signals import pink_noise, silence, sine, white_noise


@pytest.fixture(scope="module", name="song")
def _song() -> Audio:
    return Audio(mix_of(make_song(1, 12.0, 44100)), 44100)


PIECES: dict[str, Callable[[], Audio]] = {
    "pulse and bass": lambda: a_mix(6.0),
    "another tempo, 48 kHz": lambda: a_mix(6.0, 48000, seed=2),
    "a crescendo": lambda: audio(a_mix(8.0, seed=3).samples * np.linspace(0.02, 1, 8 * 44100)),
    "pink noise": lambda: audio(pink_noise(5.0, 44100)),
    "an already clipped master": lambda: audio(np.clip(6 * a_mix(6.0).samples, -1, 1)),
    "24 dB over full scale": lambda: audio(a_mix(6.0).samples * 20),
    "mono at 96 kHz": lambda: audio(a_mix(4.0, 96000).samples[:1], 96000),
    "six channels": lambda: audio(np.tile(a_mix(4.0).samples, (3, 1))),
}


@pytest.mark.parametrize("name", list(PIECES))
@pytest.mark.parametrize("target_lufs", [-23.0, -16.0, -14.0])
def test_the_target_is_met_within_its_tolerance(name: str, target_lufs: float) -> None:
    piece = PIECES[name]()
    mastered = master(piece, chain_of(Limiter(), target_lufs=target_lufs), MasterOrder())
    reading = true_peak_dbtp(mastered.audio)
    assert loudness(mastered.audio) == pytest.approx(target_lufs, abs=0.1)
    assert reading is not None
    assert reading <= -1.0
    assert set(codes(mastered)) <= {"limiter_idle"}


@pytest.mark.parametrize(("name", "target_lufs"), [("streaming", -14.0), ("loud", -9.0)])
def test_the_built_in_chains_bring_a_song_to_their_target(song: Audio, name: str, target_lufs: float) -> None:
    mastered = master(song, load_chain(name), MasterOrder())
    reading = true_peak_dbtp(mastered.audio)
    assert loudness(mastered.audio) == pytest.approx(target_lufs, abs=0.1)
    assert reading is not None
    assert reading <= -1.0
    assert uses(mastered)[-1] == "dither"
    assert set(codes(mastered)) <= {"genre_open", "genre_chosen", "limiter_idle"}


def test_a_finer_tolerance_is_met_too(song: Audio) -> None:
    target = Target(integrated_lufs=-10, tolerance_lu=0.02)
    chain = chain_of(Limiter()).model_copy(update={"target": target})
    assert loudness(master(song, chain, MasterOrder()).audio) == pytest.approx(-10, abs=0.02)


def test_the_order_overrides_target_and_ceiling(song: Audio) -> None:
    mastered = master(song, load_chain("streaming"), MasterOrder(target_lufs=-18, ceiling_dbtp=-3))
    reading = true_peak_dbtp(mastered.audio)
    assert (mastered.target_lufs, mastered.ceiling_dbtp) == (-18, -3)
    assert loudness(mastered.audio) == pytest.approx(-18, abs=0.1)
    assert reading is not None
    assert reading <= -3


def test_without_an_order_the_lower_ceiling_of_limiter_and_target_holds() -> None:
    assert master(a_mix(), chain_of(Limiter(ceiling_dbtp=-2)), MasterOrder()).ceiling_dbtp == -2
    assert master(a_mix(), chain_of(Limiter(ceiling_dbtp=0)), MasterOrder()).ceiling_dbtp == -1
    assert master(a_mix(), chain_of(Limiter(ceiling_dbtp=-2)), MasterOrder(ceiling_dbtp=-0.5)).ceiling_dbtp == -0.5


def test_a_target_that_costs_too_much_is_not_forced() -> None:
    clicks = 0.01 * white_noise(6.0, 44100)
    clicks[:, ::4410] = 0.9
    mastered = master(audio(clicks), chain_of(Limiter(), target_lufs=-6), MasterOrder())
    (found,) = mastered.messages
    assert found.code == "loudness_guarded"
    assert found.threshold == -6
    assert found.value == pytest.approx(loudness(mastered.audio), abs=0.01)
    assert found.value is not None
    assert found.value < -7


def test_without_a_limiter_only_gain_is_used() -> None:
    mix = a_mix()
    target_lufs = loudness(mix) - 3
    mastered = master(mix, chain_of(target_lufs=target_lufs), MasterOrder(bit_depth="32f"))
    ratio = mastered.audio.samples[np.abs(mix.samples) > 0.01] / mix.samples[np.abs(mix.samples) > 0.01]
    assert loudness(mastered.audio) == pytest.approx(target_lufs, abs=0.001)
    assert np.ptp(ratio) < 1e-6
    assert codes(mastered) == []


def test_without_a_limiter_the_ceiling_comes_before_the_loudness() -> None:
    mastered = master(a_mix(), chain_of(target_lufs=-6), MasterOrder())
    reading = true_peak_dbtp(mastered.audio)
    (found,) = mastered.messages
    assert reading is not None
    assert -1.1 < reading <= -1.0
    assert found.code == "loudness_needs_limiter"
    assert found.value == pytest.approx(loudness(mastered.audio), abs=0.01)
    assert "`limiter`" in found.sentence


def test_without_target_and_limiter_everything_comes_down_to_the_ceiling() -> None:
    mix = audio(3 * a_mix().samples)
    mastered = master(mix, chain_of(), MasterOrder(bit_depth="32f"))
    reading = true_peak_dbtp(mastered.audio)
    (step,) = mastered.steps
    assert reading == pytest.approx(-1.05, abs=0.001)
    assert step.use == "gain"
    assert step.detail == "so that no true peak exceeds -1.0 dBTP"


def test_without_a_target_loudness_is_left_to_itself() -> None:
    mix = a_mix()
    mastered = master(mix, chain_of(Limiter()), MasterOrder(bit_depth="32f"))
    assert mastered.target_lufs is None
    assert mastered.audio is mix


@pytest.mark.parametrize("signal", [silence(2.0, 44100), a_mix(0.3).samples, silence(0.005, 44100)])
def test_what_has_no_loudness_keeps_its_gain_and_a_message_says_so(signal: np.ndarray) -> None:
    mastered = master(audio(signal), chain_of(Limiter(), target_lufs=-14), MasterOrder(bit_depth="32f"))
    assert np.array_equal(mastered.audio.samples, signal)
    assert codes(mastered) == ["no_loudness", "limiter_idle"]


def test_a_whisper_is_not_blown_up_to_the_target() -> None:
    whisper = sine(1000, 3.0, 44100, peak_dbfs=-62)
    mastered = master(audio(whisper), chain_of(Limiter(), target_lufs=-14), MasterOrder())
    assert loudness(mastered.audio) == pytest.approx(loudness(audio(whisper)) + 40, abs=0.01)
    assert "gain_limited" in codes(mastered)


def test_a_limiter_that_others_follow_is_not_in_the_loop() -> None:
    """The last step is no limiter, so that loudness is matched by gain, and the ceiling comes first."""
    mastered = master(a_mix(), chain_of(Limiter(), Highpass(cutoff_hz=100), target_lufs=-6), MasterOrder())
    assert codes(mastered) == ["loudness_needs_limiter"]


def test_the_drive_is_told_with_figures(song: Audio) -> None:
    mastered = master(song, chain_of(Gain(gain_db=-5), Limiter(), target_lufs=-14), MasterOrder())
    (drive,) = [step for step in mastered.steps if step.use == "match_loudness"]
    assert drive.detail == f"from {loudness(song) - 5:.1f} LUFS"
    assert drive.parameters["integrated_lufs"] == -14
    assert drive.parameters["gain_db"] == pytest.approx(-14 - loudness(song) + 5, abs=0.3)
