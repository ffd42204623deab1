"""`master` as a whole: order of things, determinism, memory, sample rates, absurd inputs."""

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Gain, HighShelf, Limiter, Peak, load_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.dither import is_on_grid
from bridge.dsp.mastering.rendering import SEGMENT_FRAMES
from bridge.dsp.measures import true_peak_dbtp
from bridge.recipes import OutputBitDepth
from tests.mastering.examples import a_mix, audio, chain_of, uses
from tests.signals import silence, sine, white_noise

CHAIN = chain_of(
    Gain(gain_db=3), Peak(frequency_hz=300, gain_db=-2), HighShelf(frequency_hz=9000, gain_db=1), Limiter()
)


@pytest.mark.parametrize("bit_depth", ["16", "24", "32f"])
def test_the_same_order_gives_the_same_bytes(bit_depth: OutputBitDepth) -> None:
    order = MasterOrder(target_lufs=-12, bit_depth=bit_depth, sample_rate_hz=48000, seed=11)
    first, second = (master(a_mix(7.0), CHAIN, order) for _ in range(2))
    assert np.array_equal(first.audio.samples, second.audio.samples)
    assert first.steps == second.steps
    assert first.messages == second.messages


def test_the_input_is_not_altered() -> None:
    mix = a_mix()
    before = mix.samples.copy()
    master(mix, CHAIN, MasterOrder(target_lufs=-10, sample_rate_hz=96000))
    assert np.array_equal(mix.samples, before)


def test_a_read_only_input_is_mastered_like_any_other() -> None:
    mix = a_mix()
    frozen = Audio(mix.samples.copy(), mix.sample_rate_hz)
    frozen.samples.flags.writeable = False
    order = MasterOrder(target_lufs=-12)
    assert np.array_equal(master(frozen, CHAIN, order).audio.samples, master(mix, CHAIN, order).audio.samples)


def test_steps_are_told_in_the_order_in_which_they_were_done() -> None:
    order = MasterOrder(target_lufs=-10, sample_rate_hz=48000, bit_depth="16")
    mastered = master(a_mix(), CHAIN, order)
    assert uses(mastered) == ["gain", "peak", "high_shelf", "resample", "match_loudness", "limiter", "dither"]


def test_bypassed_steps_leave_no_trace() -> None:
    chain = load_chain("streaming")
    bypassed = chain.model_copy(
        update={
            "steps": tuple(step.model_copy(update={"bypass": True}) for step in chain.steps),
            "target": chain_of(ceiling_dbtp=0).target,
            "genre": None,
        }
    )
    mix = a_mix()
    mastered = master(mix, bypassed, MasterOrder(bit_depth="32f"))
    assert mastered.audio is mix
    assert mastered.steps == ()
    assert mastered.messages == ()


def test_whole_file_arrays_are_asked_for_and_few() -> None:
    asked: list[tuple[int, int]] = []

    def allocate(channels: int, frames: int) -> Samples:
        asked.append((channels, frames))
        return in_memory(channels, frames)

    mix = a_mix(2.0)
    master(mix, CHAIN, MasterOrder(target_lufs=-12, sample_rate_hz=48000), allocate)
    assert asked == [(2, mix.frames), (2, 96000), (2, 96000)]
    asked.clear()
    master(mix, chain_of(Limiter()), MasterOrder(target_lufs=-12), allocate)
    assert asked == [(2, mix.frames)]


def test_progress_rises_from_nothing_to_everything() -> None:
    told: list[float] = []
    master(a_mix(15.0), CHAIN, MasterOrder(target_lufs=-9, sample_rate_hz=48000), on_progress=told.append)
    assert told == sorted(told)
    assert len(told) > 10
    assert min(told) >= 0
    assert max(told) == 1.0


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48000, 44100), (44100, 96000), (96000, 44100), (8000, 192000)])
def test_resampling_keeps_length_pitch_and_place(from_hz: int, to_hz: int) -> None:
    tone = audio(sine(1000, 1.5, from_hz, peak_dbfs=-6), from_hz)
    order = MasterOrder(sample_rate_hz=to_hz, bit_depth="32f")
    resampled = master(tone, chain_of(), order).audio
    assert resampled.sample_rate_hz == to_hz
    assert resampled.frames == round(1.5 * to_hz)
    wanted = sine(1000, 1.5, to_hz, peak_dbfs=-6)
    inside = slice(to_hz // 5, -to_hz // 5)
    assert np.abs(resampled.samples[:, inside] - wanted[:, inside]).max() < 1e-5


def test_the_rate_that_the_mix_has_is_not_resampled() -> None:
    mix = a_mix(1.0)
    assert master(mix, chain_of(ceiling_dbtp=0), MasterOrder(sample_rate_hz=44100, bit_depth="32f")).audio is mix


def test_resampling_cannot_break_the_ceiling() -> None:
    hot = audio(np.sign(sine(3000, 1.0, 48000)) * 0.99, 48000)
    reading = true_peak_dbtp(master(hot, chain_of(Limiter()), MasterOrder(sample_rate_hz=44100)).audio)
    assert reading is not None
    assert reading <= -1.0


ABSURD = {
    "one frame": np.array([[0.5]]),
    "one frame of full scale": np.array([[-1.0], [1.0]]),
    "five milliseconds": 2 * white_noise(0.005, 44100),
    "silence": silence(1.0, 44100),
    "24 dB over full scale": 16 * a_mix(1.0).samples,
    "60 dB over full scale": 1000 * a_mix(1.0).samples,
    "a whisper": 1e-7 * a_mix(1.0).samples,
    "subnormal numbers": np.full((2, 50_000), 1e-40),
    "DC at full scale": np.ones((1, 50_000)),
    "sixteen channels": np.tile(a_mix(0.6).samples, (8, 1)),
    "one segment and a frame": np.tile(0.3, (1, SEGMENT_FRAMES + 1)),
}


@pytest.mark.parametrize("name", list(ABSURD))
@pytest.mark.parametrize("chain", ["streaming", "loud"])
@pytest.mark.parametrize("bit_depth", ["16", "32f"])
def test_absurd_inputs_come_out_whole_and_under_the_ceiling(name: str, chain: str, bit_depth: OutputBitDepth) -> None:
    signal = audio(ABSURD[name])
    mastered = master(signal, load_chain(chain), MasterOrder(bit_depth=bit_depth))
    assert mastered.audio.samples.shape == signal.samples.shape
    assert np.isfinite(mastered.audio.samples).all()
    assert (true_peak_dbtp(mastered.audio) or -np.inf) <= -1.0
    assert bit_depth != "16" or is_on_grid(mastered.audio, 16)
    assert mastered.audio.samples.any() or not signal.samples.any() or name in {"a whisper", "subnormal numbers"}


def test_no_frames_at_all_come_back_as_no_frames() -> None:
    mastered = master(audio(np.zeros((2, 0))), load_chain("loud"), MasterOrder(sample_rate_hz=48000))
    assert mastered.audio.samples.shape == (2, 0)
