"""True peak against its definition: 64-fold oversampling by a long windowed sinc, everywhere."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import oaconvolve

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import peak_envelope, peak_overs, true_peak_dbtp
from bridge.dsp.measures import peak_kernels as bounds
from bridge.dsp.measures.peak_kernels import CELL
from bridge.dsp.measures.true_peak import coarse_filter, interpolator, reference_filter, signal_peaks
from tests import signals

HARD_PEAKS = dict(signals.hard_peaks())


def dbtp(peak: float) -> float:
    return 20.0 * math.log10(peak)


@pytest.mark.parametrize("name", list(HARD_PEAKS))
def test_the_verified_reading_is_the_reference_s(name: str) -> None:
    samples = HARD_PEAKS[name]
    expected = dbtp(signals.reference_true_peak(samples))
    assert true_peak_dbtp(Audio(samples, 44100)) == pytest.approx(expected, abs=0.001)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), drive=st.floats(0.1, 20.0), frames=st.integers(1, 3000))
def test_no_clipped_noise_hides_a_peak(seed: int, drive: float, frames: int) -> None:
    noise = np.random.default_rng(seed).standard_normal((2, frames))
    noise[:, ::7] *= 3.0
    samples = np.clip(drive * noise, -0.9, 0.9).astype(np.float32)
    expected = dbtp(signals.reference_true_peak(samples))
    assert true_peak_dbtp(Audio(samples, 48000)) == pytest.approx(expected, abs=0.001)


def test_the_standard_s_meter_is_the_4_fold_filter_everywhere() -> None:
    samples = signals.music(3.0, 44100)
    every_phase = [np.convolve(row, taps[::-1]) for row in samples for taps in coarse_filter()]
    expected = max(float(np.abs(phase).max()) for phase in every_phase)
    assert signal_peaks(Audio(samples, 44100)).standard == pytest.approx(expected, rel=1e-5)


def test_silence_has_no_true_peak() -> None:
    assert true_peak_dbtp(Audio(signals.silence(1.0, 44100), 44100)) is None
    assert true_peak_dbtp(Audio(np.zeros((2, 0), np.float32), 44100)) is None


def test_only_the_readings_that_are_defined_can_be_asked_for() -> None:
    with pytest.raises(ValueError, match="oversample must be 4 or 64"):
        true_peak_dbtp(Audio(signals.silence(0.1, 44100), 44100), oversample=16)


def reference_cells(samples: Samples) -> np.ndarray:
    """The reference's highest value for each cell, as frames belong to cells."""
    return cells_by(interpolator(64, 512, 10.0), samples)


def cells_by(interpolating: Samples, samples: Samples) -> np.ndarray:
    """The highest value for each cell on the grid of an interpolator (phases, taps)."""
    half = interpolating.shape[1] // 2
    frames = samples.shape[1]
    cells = np.zeros(-(-frames // CELL))
    for row in samples:
        padded = np.pad(row.astype(np.float64), (half - 1, half))
        phases = oaconvolve(padded[None], interpolating[:, ::-1].astype(np.float64), mode="valid", axes=1)
        values = np.abs(phases).max(axis=0)
        np.maximum.at(cells, np.arange(frames) // CELL, values)
    return cells


def near_cells(cells: np.ndarray) -> np.ndarray:
    """The highest of each cell and its neighbours: a peak in the gap between two cells may count for either."""
    padded = np.pad(cells, 1)
    higher: np.ndarray = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return higher


@pytest.mark.parametrize("make", [signals.white_noise, signals.music])
def test_every_over_is_found_with_its_height_and_place(make: Callable[[float, int], Samples]) -> None:
    samples = np.clip(make(0.7, 44100) * 3.0, -0.9, 0.9).astype(np.float32)
    higher = np.maximum(reference_cells(samples), cells_by(coarse_filter(), samples))
    ceiling = 0.92 * float(higher.max())
    overs = peak_overs(Audio(samples, 44100), ceiling)
    expected = higher > ceiling
    assert near_cells(overs)[expected] == pytest.approx(near_cells(higher)[expected], rel=1e-3)
    assert not (near_cells(higher)[overs > ceiling] <= ceiling).any()


def test_what_only_a_standard_meter_reads_as_over_is_an_over_too() -> None:
    fades = np.hanning(20000)
    tone = (0.5 * fades * np.sin(2 * np.pi * 0.34 * np.arange(20000)))[None].astype(np.float32)
    peaks = signal_peaks(Audio(tone, 44100))
    assert peaks.standard > 1.001 * peaks.true  # the short filter is not quite flat there
    between = (peaks.standard + peaks.true) / 2
    assert peak_overs(Audio(tone, 44100), between).max() == pytest.approx(peaks.standard, rel=1e-5)


def test_the_quick_envelope_is_near_the_reference_at_every_top() -> None:
    music = (signals.music(2.0, 44100) * 2.0).astype(np.float32)
    # Bright hiss up to half the sample rate, and the same without the top that short filters do not see.
    for samples, within_db in ((music, 0.7), (0.5 * (music[:, 1:] + music[:, :-1]), 0.05)):
        reference = reference_cells(samples)
        tops = (reference > 0.8) & (reference >= near_cells(reference))
        assert tops.any()
        envelope = peak_envelope(Audio(np.ascontiguousarray(samples), 44100), 0.8)
        error_db = 20.0 * np.log10(near_cells(envelope)[tops] / reference[tops])
        assert np.abs(error_db).max() < within_db


def test_the_quick_envelope_spares_what_stays_below_its_threshold() -> None:
    samples = signals.music(2.0, 44100)
    assert not peak_envelope(Audio(samples, 44100), 2.0).any()


@pytest.mark.parametrize("exact", [False, True])
def test_envelopes_do_not_depend_on_threads(exact: bool) -> None:
    audio = Audio(signals.music(30.0, 44100), 44100)
    read = peak_overs if exact else peak_envelope
    assert np.array_equal(read(audio, 0.5, threads=1), read(audio, 0.5, threads=3))


# --- The bounds by which blocks are put aside -------------------------------------------------------------------------

COARSE = interpolator(64, 12, 5.0).astype(np.float64)
SECOND_DIFFERENCE = np.array([1.0, -2.0, 1.0])


def by_bend_and_peak(filters: np.ndarray) -> np.ndarray:
    """|q|_1 and |s|_1 of each filter r = q d + s, d the second difference: |r x| <= |q|_1 max|d x| + |s|_1 max|x|."""
    size = filters.shape[1]
    differences = np.array([np.convolve(np.eye(size - 2)[k], SECOND_DIFFERENCE) for k in range(size - 2)]).T
    quotients = np.linalg.lstsq(differences, filters.T, rcond=None)[0]
    rests = filters.T - differences @ quotients
    return np.array([np.abs(quotients).sum(axis=0), np.abs(rests).sum(axis=0)])


def test_a_coarse_reading_leaves_the_straight_line_by_no_more_than_is_said() -> None:
    phases = np.arange(64) / 64
    bent = COARSE.copy()
    bent[:, 5] -= 1.0 - phases
    bent[:, 6] -= phases
    by_bend, by_peak = by_bend_and_peak(bent).max(axis=1)
    assert by_bend <= bounds.NEAR_BY_BEND <= 1.001 * by_bend
    assert 1.0 + by_peak <= bounds.NEAR_BY_PEAK <= 1.0001 + by_peak


def test_a_coarse_reading_is_higher_than_its_neighbours_on_the_grid_by_no_more_than_is_said() -> None:
    every = np.zeros((65, 13))  # 12 taps, and those of the next frame
    every[:64, :12], every[64, 1:] = COARSE, COARSE[0]
    share = (np.arange(64) % 16 / 16)[:, None]
    before, after = (every[(np.arange(64) // 16 + side) * 16] for side in (0, 1))
    by_bend, by_peak = by_bend_and_peak(every[:64] - (1 - share) * before - share * after).max(axis=1)
    assert by_bend <= bounds.GAP_BY_BEND <= 1.01 * by_bend
    assert by_peak <= bounds.GAP_BY_PEAK <= 0.0001 + by_peak


def test_the_reference_differs_from_a_coarse_reading_by_no_more_than_is_said() -> None:
    size = 8192
    high_pass = np.sin(np.pi * np.arange(size) / size) ** 8  # zero-phase response of ((1 - z^-1) / 2)^8
    error = reference_filter().astype(np.float64)
    error[:, 256 - 6 : 256 + 6] -= COARSE
    spectra = np.fft.fft(error, size)
    quotients = spectra * high_pass / (high_pass**2 + 1e-3)
    by_high = np.abs(np.fft.ifft(quotients)).sum(axis=1).max()
    by_peak = np.abs(np.fft.ifft(spectra - quotients * high_pass)).sum(axis=1).max()
    assert by_high <= bounds.UNSEEN_BY_HIGH <= 1.001 * by_high
    assert by_peak <= bounds.UNSEEN_BY_PEAK <= 1.001 * by_peak
