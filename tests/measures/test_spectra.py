"""Short-time spectra against numpy's transform, and their laws."""

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.readings import FullReadings, read_everything
from bridge.dsp.measures.spectra import third_octave_hz, third_octave_shares, window_size
from tests import signals

RATE_HZ = 44100


def read(samples: Samples, rate_hz: int = RATE_HZ) -> FullReadings:
    return read_everything(Audio(np.ascontiguousarray(samples), rate_hz))


def reference(samples: Samples, size: int) -> np.ndarray:
    """Left, right, product per window and bin, as `Spectra` scales them, by numpy in float64."""
    hop = size // 2
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (hop, size)))
    count = -(-samples.shape[1] // hop)
    frames = np.stack([padded[:, i * hop : i * hop + size] * window for i in range(count)])
    left, right = np.moveaxis(np.fft.rfft(frames, axis=2), 1, 0)
    parts = np.stack([np.abs(left) ** 2, np.abs(right) ** 2, (left * right.conj()).real])
    parts[:, :, [0, -1]] = 0.0
    scaled: np.ndarray = parts * (2.0 / (size * (window**2).sum()))
    return scaled


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 96000])
def test_spectra_are_numpy_s(rate_hz: int) -> None:
    samples = signals.music(30.0 if rate_hz < 44100 else 3.0, rate_hz)
    spectra = read(samples, rate_hz).spectra
    expected = reference(samples, window_size(rate_hz))
    assert spectra.windows.shape[0] == expected.shape[1]
    assert spectra.spectrum[:3] == pytest.approx(expected.mean(axis=1), rel=1e-4, abs=1e-12)
    typical = ((expected[0] + expected[1]) ** 0.25).mean(axis=0) ** 4
    assert spectra.spectrum[3] == pytest.approx(typical, rel=1e-3, abs=1e-15)


def test_every_sixteenth_window_is_kept_in_fractions_of_an_octave() -> None:
    samples = signals.pink_noise(10.0, RATE_HZ)
    spectra = read(samples).spectra
    expected = reference(samples, window_size(RATE_HZ))[:2].sum(axis=0)[::16]
    assert spectra.fine.shape[0] == expected.shape[0]
    frequencies = np.arange(expected.shape[1]) * spectra.bin_hz
    band = (spectra.fine_hz > 1000.0) & (spectra.fine_hz < 4000.0)
    inside = (frequencies > 1000.0) & (frequencies < 4000.0)
    assert spectra.fine[:, band].sum(axis=1) == pytest.approx(expected[:, inside].sum(axis=1), rel=0.03)


def test_the_bands_of_a_window_add_up_to_its_power() -> None:
    samples = signals.white_noise(5.0, RATE_HZ)
    spectra = read(samples).spectra
    expected = reference(samples, window_size(RATE_HZ))
    frequencies = np.arange(expected.shape[2]) * spectra.bin_hz
    audible = (frequencies > 17.8 + spectra.bin_hz) & (frequencies < 22387 - spectra.bin_hz)
    for part in range(3):
        assert spectra.windows[:, :, part].sum(axis=1) == pytest.approx(
            expected[part][:, audible].sum(axis=1), rel=0.01, abs=1e-5
        )


@pytest.mark.parametrize("frequency_hz", [25.0, 100.0, 1000.0, 10000.0])
def test_a_tone_lies_in_its_own_band_with_its_own_power(frequency_hz: float) -> None:
    spectra = read(np.repeat(signals.sine(frequency_hz, 4.0, RATE_HZ, -6.0), 2, axis=0)).spectra
    band = int(np.abs(np.log(third_octave_hz() / frequency_hz)).argmin())
    powers = spectra.windows[5:-5, :, 0].mean(axis=0)
    assert int(powers.argmax()) == band
    assert powers.sum() == pytest.approx(10.0**-0.6 / 2.0, rel=0.01)
    wide = spectra.band_power(spectra.spectrum[0], frequency_hz / 2.0, frequency_hz * 2.0)
    assert wide == pytest.approx(10.0**-0.6 / 2.0, rel=0.05)


def test_opposite_sides_have_a_negative_product() -> None:
    noise = signals.pink_noise(3.0, RATE_HZ, channels=1)
    spectrum = read(np.concatenate([noise, -noise])).spectra.spectrum
    assert spectrum[2] == pytest.approx(-spectrum[0], rel=1e-4, abs=1e-12)


def test_one_channel_is_on_both_sides() -> None:
    noise = signals.pink_noise(2.0, RATE_HZ, channels=1)
    assert read(noise).spectra.spectrum == pytest.approx(read(np.repeat(noise, 2, axis=0)).spectra.spectrum)


def test_surround_is_mixed_down_without_its_lfe() -> None:
    noise = signals.pink_noise(2.0, RATE_HZ, channels=6)
    expected = np.stack([noise[0] + 0.7071 * (noise[2] + noise[4]), noise[1] + 0.7071 * (noise[2] + noise[5])]).astype(
        np.float32
    )
    assert read(noise).spectra.spectrum == pytest.approx(read(expected).spectra.spectrum, rel=1e-3, abs=1e-12)


def test_spectra_and_hops_do_not_depend_on_threads_or_reading() -> None:
    audio = Audio(signals.music(41.0, 22050), 22050)
    once = read_everything(audio, threads=1)
    again = read_everything(signals.StreamedSignal(audio, 5000), threads=3)
    assert np.array_equal(once.spectra.spectrum, again.spectra.spectrum)
    assert np.array_equal(once.spectra.windows, again.spectra.windows)
    assert np.array_equal(once.hops.peaks, again.hops.peaks)
    assert np.array_equal(once.hops.edges, again.hops.edges)
    assert np.array_equal(once.overs, again.overs)


def test_hops_are_peaks_and_edges() -> None:
    samples = signals.white_noise(1.0, RATE_HZ)
    hops = read(samples).hops
    cut = samples[:, : 100 * 441].reshape(2, 100, 441)
    assert np.array_equal(hops.peaks, np.abs(cut).max(axis=(0, 2)))
    steps = np.diff(samples, axis=1, prepend=samples[:, :1])[:, : 100 * 441].reshape(2, 100, 441)
    assert hops.edges == pytest.approx((steps.astype(np.float64) ** 2).mean(axis=2).sum(axis=0), rel=1e-4)


def test_third_octaves_between_two_frequencies_count_in_part() -> None:
    assert third_octave_shares(20.0, 60.0).sum() == pytest.approx(10.0 * np.log10(3.0), abs=1e-6)
    assert third_octave_shares(1000.0, 1000.0).sum() == 0.0


@pytest.mark.parametrize("frames", [0, 1, 100, 5000])
def test_little_or_nothing_has_spectra_too(frames: int) -> None:
    readings = read(signals.white_noise(1.0, RATE_HZ)[:, :frames])
    assert readings.spectra.windows.shape[0] == -(-frames // 4096)
    assert np.isfinite(readings.spectra.spectrum).all()


def test_overs_are_found_with_their_places() -> None:
    samples = 0.5 * signals.music(4.0, RATE_HZ)
    pattern = np.array([0.9, 0.9, -0.9, -0.9] * 3, np.float32)  # true peak about 1.27
    for start in (20001, 100000):
        samples[1, start : start + 12] = pattern
    overs = read(samples).overs
    assert overs.size
    assert {round(frame / 1000) for frame in overs[:, 0]} == {20, 100}
    assert overs[:, 1].max() == pytest.approx(signals.reference_true_peak(samples), rel=1e-4)
