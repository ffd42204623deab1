"""Masters in other forms: other rates, other bit depths, other gains, lower ceilings."""

from typing import Literal

import numpy as np
import pytest

from bridge.audio.signal import Audio, in_memory
from bridge.chains import Chain, Limiter, Target
from bridge.dsp.mastering import Mastered, MasterOrder, master
from bridge.dsp.mastering.dither import is_on_grid
from bridge.dsp.mastering.forms import Form, formed, under_lower_ceiling, undithered
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.measures import hop_energies, integrated_lufs, true_peak_dbtp
from bridge.dsp.measures.true_peak import signal_peaks
from tests.conftest import Song

CEILING_DBTP = -1.0
HOT = Chain(title="Hot", steps=(Limiter(),), target=Target(integrated_lufs=-13, ceiling_dbtp=CEILING_DBTP))


@pytest.fixture(scope="module")
def hot(song: Song) -> Mastered:
    """Six seconds, driven hard into the limiter."""
    mix = np.ascontiguousarray(song.mix[:, : 6 * song.sample_rate_hz])
    return master(Audio(mix, song.sample_rate_hz), HOT, MasterOrder(bit_depth="24", seed=3))


def plain(mastered: Mastered) -> Audio:
    return undithered(mastered, in_memory, to_nobody)


def peak_dbtp(audio: Audio) -> float:
    peak = true_peak_dbtp(audio, oversample=64)
    assert peak is not None
    return peak


def loudness_lufs(audio: Audio) -> float:
    loudness = integrated_lufs(hop_energies(audio))
    assert loudness is not None
    return loudness


def test_the_master_before_its_dither_is_within_a_few_steps_of_it(hot: Mastered) -> None:
    difference = plain(hot).samples - hot.audio.samples
    assert 0 < float(np.abs(difference).max()) < 2 * 2.0**-23


@pytest.mark.parametrize("bit_depth", ["16", "24", "32f"])
@pytest.mark.parametrize("sample_rate_hz", [44100, 48000, 22050, 96000])
def test_every_form_is_on_its_grid_at_its_rate_and_under_the_ceiling(
    hot: Mastered, sample_rate_hz: int, bit_depth: Literal["16", "24", "32f"]
) -> None:
    form = Form(sample_rate_hz, bit_depth, CEILING_DBTP, seed=1)
    made = formed(plain(hot), form, in_memory, to_nobody)
    assert made.audio.sample_rate_hz == sample_rate_hz
    assert peak_dbtp(made.audio) <= CEILING_DBTP
    assert bit_depth == "32f" or is_on_grid(made.audio, int(bit_depth))
    uses = [step.use for step in made.steps]
    assert ("resample" in uses) == (sample_rate_hz != 44100)
    assert ("dither" in uses) == (bit_depth != "32f")
    if sample_rate_hz >= 44100:
        assert loudness_lufs(made.audio) == pytest.approx(loudness_lufs(hot.audio), abs=0.05)


def test_peaks_that_resampling_raises_are_taken_back_and_the_step_says_how_far() -> None:
    phase = 2 * np.pi * 8000 * np.arange(96000) / 96000
    flattened = (0.9 * np.sin(phase) + 0.15 * np.sin(3 * phase)).astype(np.float32)[None]  # 24 kHz holds its peaks down
    source = Audio(flattened, 96000)
    ceiling_dbtp = 20 * np.log10(signal_peaks(source).true)
    made = formed(source, Form(44100, "24", ceiling_dbtp, seed=1), in_memory, to_nobody)
    [trim] = [step for step in made.steps if step.use == "ceiling_trim"]
    assert trim.detail is not None
    assert trim.detail.startswith("at most ")
    assert peak_dbtp(made.audio) <= ceiling_dbtp


def test_what_is_in_its_form_already_is_left_alone(hot: Mastered) -> None:
    form = Form(44100, "24", CEILING_DBTP, seed=1)
    made = formed(hot.audio, form, in_memory, to_nobody)
    assert made.audio is hot.audio
    assert made.steps == ()


def test_gain_alone_is_gain_alone(hot: Mastered) -> None:
    made = formed(hot.audio, Form(44100, "32f", 0.0, seed=1, gain_db=-6.0), in_memory, to_nobody)
    np.testing.assert_allclose(made.audio.samples, hot.audio.samples * 10 ** (-6 / 20), atol=1e-7)
    assert [step.use for step in made.steps] == ["gain"]


def test_without_a_limiter_the_whole_comes_down(hot: Mastered) -> None:
    made = formed(plain(hot), Form(44100, "24", -3.0, seed=1, is_limited=False), in_memory, to_nobody)
    assert peak_dbtp(made.audio) == pytest.approx(-3.0, abs=0.05)
    assert "on the whole of it" in str(made.steps[0].detail)


def test_a_lower_ceiling_keeps_the_loudness(hot: Mastered) -> None:
    lower = under_lower_ceiling(hot, -2.0, in_memory, to_nobody)
    assert peak_dbtp(lower.audio) <= -2.0
    assert lower.ceiling_dbtp == -2.0
    assert loudness_lufs(lower.audio) == pytest.approx(-13.0, abs=0.1)
    assert [step.use for step in lower.steps] == [step.use for step in hot.steps]


def test_silence_stays_silent_in_every_form() -> None:
    silence = Audio(np.zeros((2, 4410), np.float32), 44100)
    made = formed(silence, Form(48000, "16", -1.0, seed=1), in_memory, to_nobody)
    assert not made.audio.samples.any()
    assert made.audio.frames == 4800
