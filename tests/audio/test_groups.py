from pathlib import Path

import numpy as np
import pytest

from bridge.audio.groups import join_channels, sum_of
from bridge.audio.read import open_audio
from bridge.audio.signal import Audio
from bridge.errors import AudioError
from tests.audio.files import grid_noise, written


def mono(frames: int, seed: int, rate_hz: int = 44100) -> Audio:
    return Audio(grid_noise(frames, 1, seed=seed), rate_hz)


def test_split_channels_become_one_signal_in_their_order() -> None:
    left, right = mono(5000, 1), mono(5000, 2)
    joined = join_channels([left, right])
    assert (joined.channels, joined.frames, joined.sample_rate_hz) == (2, 5000, 44100)
    np.testing.assert_array_equal(joined.read(0, 9999), np.concatenate([left.samples, right.samples]))
    np.testing.assert_array_equal(joined.read(4990, 100)[1], right.samples[0, 4990:])


def test_a_split_channel_that_is_a_little_short_ends_in_silence() -> None:
    left, right = mono(5000, 1), mono(4999, 2)
    samples = join_channels([left, right]).read(0, 5000)
    np.testing.assert_array_equal(samples[1, :4999], right.samples[0])
    assert samples[1, 4999] == 0.0
    assert join_channels([left, right]).read(4999, 10).shape == (2, 1)


def test_what_is_no_split_bounce_is_refused_with_a_sentence() -> None:
    with pytest.raises(AudioError, match=r"Signal 2 is 0\.2 s shorter"):
        join_channels([mono(44_100, 1), mono(35_000, 2)])
    with pytest.raises(AudioError, match="Signal 2 has 48000 Hz and Signal 1 44100 Hz"):
        join_channels([mono(100, 1), mono(100, 2, 48000)])
    with pytest.raises(AudioError, match="Signal 1 has 2 channels"):
        join_channels([Audio(grid_noise(100, 2), 44100), mono(100, 2)])


def test_stems_sum_to_the_mix_sample_for_sample() -> None:
    parts = [grid_noise(frames, 2, seed=frames) for frames in (3000, 2500, 1)]
    mix = np.zeros((2, 3000), np.float32)
    for part in parts:
        mix[:, : part.shape[1]] += part
    summed = sum_of([Audio(part, 44100) for part in parts])
    assert (summed.channels, summed.frames, summed.sample_rate_hz) == (2, 3000, 44100)
    np.testing.assert_array_equal(summed.read(0, 3000), mix)
    blocks = [summed.read(start, 333) for start in range(0, 3000, 333)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), mix)
    assert summed.read(3000, 5).shape == (2, 0)


def test_a_sum_is_not_held_to_full_scale_and_leaves_the_stems_alone() -> None:
    loud = np.full((2, 10), 0.9, np.float32)
    summed = sum_of([Audio(loud, 44100)] * 3)
    np.testing.assert_allclose(summed.read(0, 10), 2.7, rtol=1e-6)
    assert (loud == np.float32(0.9)).all()


def test_a_mono_stem_goes_to_every_channel() -> None:
    stereo, voice = grid_noise(100, 2), grid_noise(100, 1, seed=2)
    np.testing.assert_array_equal(sum_of([Audio(voice, 44100), Audio(stereo, 44100)]).read(0, 100), stereo + voice)


def test_stems_that_do_not_belong_together_are_refused_by_name(tmp_path: Path) -> None:
    surround = written(tmp_path, grid_noise(100, 6))
    with open_audio(surround) as file:
        with pytest.raises(AudioError, match="Signal 1 has 2 channels where another stem has 6"):
            sum_of([Audio(grid_noise(100, 2), 44100), file])
        with pytest.raises(AudioError, match=r"a\.wav has 44100 Hz and Signal 1 48000 Hz"):
            sum_of([Audio(grid_noise(100, 6), 48000), file])
