"""Laws over every step of the chains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import (
    STEPS,
    BandPass,
    Branch,
    Clip,
    Compressor,
    DcRemove,
    Deess,
    Dither,
    Gain,
    Highpass,
    Lowpass,
    MatchLoudness,
    Notch,
    Parallel,
    Peak,
    Plugin,
    Resample,
    Resonance,
    Saturate,
    Step,
    StepBase,
    Stereo,
)
from bridge.dsp.mastering.fitting import FITS, fit
from bridge.dsp.mastering.played import Played
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.working import WorkingSignal, run
from tests.mastering.examples import EXAMPLES, NEUTRAL, VARIANTS, a_mix, audio, loudness, step_name, through
from tests.signals import silence, white_noise

OF_THE_END = (Resample, Dither)
"""What they do is done by the end of the chain."""
every_step = pytest.mark.parametrize("step", [*EXAMPLES, *VARIANTS], ids=step_name)


def in_blocks(step: Step, signal: Audio, block_frames: int) -> Samples:
    processor = fit(step, signal).processor
    assert processor is not None
    parts = [processor.process(signal.read(start, block_frames)) for start in range(0, signal.frames, block_frames)]
    return np.concatenate(parts, axis=1)


def test_every_step_of_the_chains_has_a_processor_and_an_example() -> None:
    assert {*FITS, Parallel, Plugin, *OF_THE_END} == set(STEPS)
    assert [type(step) for step in EXAMPLES] == [
        step for step in STEPS if step not in {Plugin, *OF_THE_END}
    ]  # has its own tests


def test_a_step_that_the_table_does_not_know_is_a_bug() -> None:
    with pytest.raises(KeyError):
        fit(StepBase(), a_mix(0.1))


@every_step
def test_an_example_changes_music(step: Step) -> None:
    mix = a_mix()
    assert not np.array_equal(through(step, mix), mix.samples)


@every_step
def test_silence_stays_silent(step: Step) -> None:
    assert not through(step, Audio(silence(1.0, 44100), 44100)).any()


@every_step
def test_a_bypassed_step_is_the_same_array(step: Step) -> None:
    mix = a_mix()
    assert through(step.model_copy(update={"bypass": True}), mix) is mix.samples


@every_step
def test_the_size_of_blocks_does_not_matter(step: Step) -> None:
    mix = a_mix(2.0)
    whole = in_blocks(step, mix, mix.frames)
    for grains in (1, 3, 50):
        assert np.array_equal(in_blocks(step, mix, grains * GRAIN_FRAMES), whole)


@every_step
def test_the_size_of_blocks_does_not_matter_in_a_fade_into_silence(step: Step) -> None:
    """Where states fade away, libraries set them to zero at the ends of their buffers."""
    mix = a_mix(1.0)
    fading = audio(np.concatenate((mix.samples, np.zeros((2, 60_000), np.float32)), axis=1))
    assert np.array_equal(in_blocks(step, fading, GRAIN_FRAMES), in_blocks(step, fading, fading.frames))


@every_step
def test_the_input_is_not_altered(step: Step) -> None:
    mix = a_mix()
    before = mix.samples.copy()
    through(step, mix)
    assert np.array_equal(mix.samples, before)


@every_step
@pytest.mark.parametrize("channels", [1, 2, 3, 6, 16])
def test_any_number_of_channels_is_processed_alike(step: Step, channels: int) -> None:
    mono = a_mix(2.0).samples[:1]
    result = through(step, audio(np.tile(mono, (channels, 1))))
    assert result.shape == (channels, mono.shape[1])
    assert np.abs(result - result[:1]).max() < 1e-6


@every_step
@pytest.mark.parametrize("frames", [1, 7, 220])
def test_the_shortest_signals_come_through(step: Step, frames: int) -> None:
    result = through(step, audio(np.full((2, frames), 0.5)))
    assert result.shape == (2, frames)
    assert np.isfinite(result).all()


@every_step
def test_what_comes_out_lies_where_it_went_in(step: Step) -> None:
    """Whatever a step needs to look ahead or to run an FFT is made up for; filters may smear, but not shift."""
    given = audio(white_noise(2.0, 44100, rms=0.2) + 0.3 * a_mix(2.0).samples)
    size = 1 << 18
    made, before = (
        np.fft.rfft(samples[0].astype(np.float64), size) for samples in (through(step, given), given.samples)
    )
    lag = int(np.abs(np.fft.irfft(made * np.conj(before), size)).argmax())
    assert min(lag, size - lag) <= 16


KEEPS_IMAGE: tuple[Step, ...] = (
    *(
        step
        for step in (*EXAMPLES, *VARIANTS)
        if step.channels == "stereo" and not isinstance(step, Saturate | Clip | Stereo | Compressor)
    ),
    Compressor(threshold_db=-24, ratio=3, sidechain_highpass_hz=90, makeup="auto"),
    Parallel(branches=(Branch(steps=(Compressor(threshold_db=-30), Resonance(), Deess(threshold_db=-3))),)),
)
"""Curves bend what is louder more, width is what `stereo` changes, and the example of the compressor links by 60 %."""


@pytest.mark.parametrize("step", KEEPS_IMAGE, ids=step_name)
def test_a_source_stays_where_it_stands_between_the_channels(step: Step) -> None:
    one = a_mix(3.0).samples[0]
    made = through(step, audio(np.vstack((one, np.float32(0.5) * one))))
    assert np.abs(made[1] - 0.5 * made[0]).max() < 1e-6


@every_step
def test_a_step_that_is_done_tells_what_it_did(step: Step) -> None:
    applied = fit(step, a_mix()).applied
    assert applied is not None
    assert applied.use == step_name(step)
    assert applied.sentence == step.placed_sentence()
    assert applied.parameters


@pytest.mark.parametrize("step", NEUTRAL, ids=step_name)
def test_a_step_at_neutral_settings_is_the_same_array(step: Step) -> None:
    mix = a_mix()
    assert through(step, mix) is mix.samples


NEVER_NEUTRAL = {
    DcRemove, Highpass, Lowpass, Notch, BandPass,  # a filter that takes something away always does
    MatchLoudness,  # unless the signal has that loudness already
}  # fmt: skip
"""For all others there are settings at which nothing is done; these have `bypass` and `mix_percent: 0`."""


def test_every_step_either_has_neutral_settings_that_are_tested_or_none() -> None:
    assert {type(step) for step in NEUTRAL} | NEVER_NEUTRAL == {type(step) for step in EXAMPLES}
    assert not {type(step) for step in NEUTRAL} & NEVER_NEUTRAL


@pytest.mark.parametrize("gain_db", [-60.0, -6.0, 0.3, 24.0])
def test_gain_is_exact(gain_db: float) -> None:
    mix = a_mix(1.0)
    wanted = mix.samples.astype(np.float64) * 10 ** (gain_db / 20)
    assert np.allclose(through(Gain(gain_db=gain_db), mix), wanted, rtol=2e-7, atol=0)


def test_loudness_match_reaches_the_loudness_by_gain_alone() -> None:
    mix = a_mix(5.0)
    result = through(MatchLoudness(integrated_lufs=-23), mix)
    assert loudness(audio(result)) == pytest.approx(-23, abs=0.001)
    ratio = result[np.abs(mix.samples) > 0.01] / mix.samples[np.abs(mix.samples) > 0.01]
    assert np.ptp(ratio) < 1e-6


def test_a_later_step_hears_what_earlier_steps_made() -> None:
    mix = a_mix(5.0)
    working = WorkingSignal(mix, lambda channels, frames: np.empty((channels, frames), np.float32), to_nobody)
    for step in (Gain(gain_db=-17), MatchLoudness(integrated_lufs=-30)):
        working.then(fit(step, working).processor)
    assert loudness(working.audio()) == pytest.approx(-30, abs=0.001)


@settings(max_examples=20, deadline=None)
@given(reads=st.lists(st.tuples(st.integers(0, 300_000), st.integers(1, 150_000)), min_size=1, max_size=5))
def test_a_signal_may_be_read_while_its_steps_are_still_running(reads: list[tuple[int, int]]) -> None:
    mix = a_mix(6.0)
    working = WorkingSignal(mix, in_memory, to_nobody)
    made = mix.samples
    for step in (Highpass(cutoff_hz=200), Lowpass(cutoff_hz=5000, phase="linear")):
        working.then(fit(step, working).processor)
        made = through(step, audio(made))
        for start, frames in reads:
            assert np.array_equal(working.read(start, frames), made[:, start : start + frames])
    assert np.array_equal(working.audio().samples, made)


@pytest.mark.parametrize(("gain", "is_same"), [(1.0, True), (0.5, False)])
def test_a_signal_that_a_fit_has_made_is_taken_over_where_nothing_changes_it(gain: float, is_same: bool) -> None:
    working = WorkingSignal(a_mix(1.0), in_memory, to_nobody)
    made = white_noise(1.0, a_mix(1.0).sample_rate_hz, channels=working.channels)[:, : working.frames]
    before = made.copy()
    working.then(Played(made, gain))
    assert np.shares_memory(working.audio().samples, made) == is_same
    working.then(fit(Gain(gain_db=-6.0205999), working).processor)
    assert np.allclose(working.audio().samples, before * gain / 2, atol=1e-6)


@pytest.mark.parametrize(
    "step", [Peak(frequency_hz=30_000, gain_db=6), Highpass(cutoff_hz=5000), Lowpass(cutoff_hz=5000)], ids=step_name
)
def test_a_step_beyond_the_band_is_left_out_and_says_so(step: Step) -> None:
    fitted = fit(step, a_mix(1.0, 8000))
    assert fitted.processor is None
    assert fitted.applied is None
    assert [message.code for message in fitted.messages] == ["step_left_out"]
    assert "8000 Hz" in fitted.messages[0].sentence


class Late:
    """A processor that gives everything back `latency_frames` later."""

    def __init__(self, latency_frames: int, channels: int) -> None:
        self.latency_frames = latency_frames
        self._held = np.zeros((channels, latency_frames), np.float32)

    def process(self, block: Samples) -> Samples:
        joined = np.concatenate((self._held, block), axis=1)
        self._held = joined[:, block.shape[1] :]
        return joined[:, : block.shape[1]]


@pytest.mark.parametrize("frames", [1, 1000, 65_536, 200_000])
def test_latency_is_made_up_for_even_in_place(frames: int) -> None:
    samples = np.random.default_rng(1).standard_normal((2, frames)).astype(np.float32)
    signal = Audio(samples.copy(), 44100)
    run([Late(100, 2), Late(70_000, 2)], signal, signal.samples, to_nobody)
    assert np.array_equal(signal.samples, samples)
