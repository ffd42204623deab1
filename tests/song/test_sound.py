"""The arithmetic under the instruments, against plain definitions."""

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import fftconvolve

from bridge.dsp.song.mixdown import integrated_lufs, mix_down, mix_of
from bridge.dsp.song.sound import (
    Canvas,
    PluckedString,
    bins_hz,
    convolve,
    high_pass,
    impulse,
    low_pass,
    minimum_phase,
    pluck,
    shaped,
    white,
)
from bridge.dsp.song.space import PLATE, echo, reverb
from tests.conftest import Song
from tests.signals import pink_noise, silence, white_noise


@pytest.mark.parametrize("taps", [1, 500, 20_000])
def test_convolution_by_blocks_is_convolution(taps: int) -> None:
    samples, response = white_noise(2.0, 44100), white_noise(1.0, 44100, seed=2)[:, :taps]
    plain = fftconvolve(samples.astype(np.float64), response, axes=1)[:, : samples.shape[1]]
    assert np.abs(convolve(samples, response) - plain).max() < 2e-6 * np.abs(plain).max() * np.sqrt(taps + 100)


def test_a_minimum_phase_filter_has_the_magnitude_asked_and_rings_only_afterwards() -> None:
    gain = low_pass(2000, 2)
    response = minimum_phase(gain, 8192, 44100)
    assert np.abs(np.abs(response) - gain(bins_hz(8192, 44100))).max() < 1e-3
    click = np.zeros(4096, np.float32)
    click[2000] = 1.0
    filtered = shaped(click, gain, 44100)
    assert np.abs(filtered[:2000]).max() < 1e-3
    assert np.abs(filtered[2000:2040]).max() > 0.05


def test_an_impulse_response_filters() -> None:
    noise = white_noise(1.0, 44100)
    cut = convolve(noise, impulse(high_pass(1000, 3), 0.1, 44100))
    power = np.mean(np.abs(np.fft.rfft(cut)) ** 2, axis=0)
    assert power[100:300].mean() < 1e-3 * power[3000:9000].mean()


def test_a_plucked_string_dies_away_from_the_top() -> None:
    string = PluckedString(0.13, 0.5, 0.2, 1.0, 9000)
    wave = pluck(string, 220.0, 1.0, 44100)
    early, late = (np.abs(np.fft.rfft(wave[start : start + 4410] * np.hanning(4410))) for start in (500, 20_000))
    # At 10 Hz a bin: fundamental at 22, tenth harmonic at 220.
    assert early[220] / early[22] > 4 * late[220] / late[22]
    assert np.abs(wave).max() < 4


@pytest.mark.parametrize("start_s", [-0.5, 0.25, 0.9, 2.0, -3.0])
def test_a_canvas_cuts_what_falls_outside(start_s: float) -> None:
    canvas = Canvas.blank(44100, 44100)
    sound = np.ones(44100, np.float32)
    canvas.place(sound, start_s)
    covered = np.zeros(44100)
    covered[max(0, round(start_s * 44100)) : max(0, round((start_s + 1) * 44100))] = 1
    assert np.allclose(canvas.samples[0], covered)
    assert np.all(sound == 1)


def test_panning_keeps_the_power() -> None:
    for pan in (-1.0, -0.3, 0.0, 0.8, 1.0):
        canvas = Canvas.blank(10, 44100)
        canvas.place(np.ones(10, np.float32), 0.0, pan=pan)
        assert np.sum(canvas.samples**2) == pytest.approx(20, rel=1e-5)


def test_a_plate_decays_by_its_reverberation_time() -> None:
    tail = reverb(PLATE, np.random.default_rng(1), 44100)
    assert np.allclose(np.sum(tail.astype(np.float64) ** 2, axis=1), 1.0, atol=1e-3)
    assert abs(float(np.sum(tail[0] * tail[1]))) < 0.1
    powers = [np.mean(tail[:, round(at_s * 44100) :][:, :4410] ** 2) for at_s in (0.1, 0.6)]
    fallen_db = 10 * np.log10(powers[0] / powers[1])
    assert fallen_db == pytest.approx(60 * 0.5 / PLATE.middle_s, abs=5)


def test_an_echo_comes_back_softer_and_from_the_other_side() -> None:
    samples = np.zeros((2, 1000), np.float32)
    samples[:, 0] = 1.0
    repeats = echo(samples, 300, 0.5, 8)
    assert np.flatnonzero(repeats[0]).tolist() == [300, 600, 900]
    assert repeats[0, 300] > repeats[1, 300]
    assert repeats[1, 600] > repeats[0, 600]
    assert repeats[:, 600].sum() == pytest.approx(0.5 * repeats[:, 300].sum())


@pytest.mark.parametrize("sample_rate_hz", [22050, 44100, 96000])
def test_loudness_agrees_with_a_meter(sample_rate_hz: int) -> None:
    noise = pink_noise(4.0, sample_rate_hz)
    meter = pyloudnorm.Meter(sample_rate_hz).integrated_loudness(noise.T.astype(np.float64))
    assert integrated_lufs(noise, sample_rate_hz) == pytest.approx(meter, abs=0.1)


def test_the_songs_loudness_agrees_with_a_meter(song: Song) -> None:
    meter = pyloudnorm.Meter(44100).integrated_loudness(song.mix.T.astype(np.float64))
    assert integrated_lufs(song.mix, 44100) == pytest.approx(meter, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert integrated_lufs(silence(1.0, 44100), 44100) is None
    assert integrated_lufs(silence(0.05, 44100), 44100) is None


def test_the_bus_gives_all_stems_one_gain() -> None:
    rng = np.random.default_rng(3)
    raw = {name: np.stack([white(rng, 88200)] * 2) for name in ("vocals", "drums", "bass", "other")}
    kept = {name: samples.copy() for name, samples in raw.items()}
    stems = mix_down(raw, 44100)
    assert raw == {}
    # Where both stems are loud, their gains over time (in windows) keep one ratio.
    gains = [np.abs(stems[name]).reshape(2, -1, 441).mean(axis=2) for name in ("vocals", "drums")]
    sources = [np.abs(kept[name]).reshape(2, -1, 441).mean(axis=2) for name in ("vocals", "drums")]
    ratio = (gains[0] / sources[0])[:, 5:-30] / (gains[1] / sources[1])[:, 5:-30]
    assert ratio.std() / ratio.mean() < 0.05
    assert np.abs(mix_of(stems)).max() <= 10 ** (-1.5 / 20) + 1e-5


def test_a_silent_stem_stays_silent() -> None:
    raw = {"vocals": silence(3.0, 44100), "drums": white_noise(3.0, 44100)}
    raw |= {"bass": silence(3.0, 44100), "other": silence(3.0, 44100)}
    stems = mix_down(raw, 44100)
    assert not stems["vocals"].any()
    assert stems["drums"].any()
