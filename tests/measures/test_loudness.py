"""EBU Tech 3341 v4 and Tech 3342: the minimum requirements of a loudness meter, at every usual rate."""

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import hop_energies, integrated_lufs, measure, weighted_power
from bridge.dsp.measures.kweighting import k_weighting
from bridge.dsp.measures.loudness import MOMENTARY_HOPS, SHORT_TERM_HOPS, loudest, to_lufs, window_power
from bridge.model import Measurement
from tests import signals

RATES_HZ = (44100, 48000, 88200, 96000, 192000)
all_rates = pytest.mark.parametrize("rate_hz", RATES_HZ)
HOP_S = 0.01


def read(samples: Samples, rate_hz: int) -> Measurement:
    return measure(Audio(samples, rate_hz)).measurement


def windows_lufs(samples: Samples, rate_hz: int, hops: int) -> np.ndarray:
    return to_lufs(window_power(weighted_power(hop_energies(Audio(samples, rate_hz))), hops))


def max_lufs(samples: Samples, rate_hz: int, hops: int) -> float | None:
    return loudest(weighted_power(hop_energies(Audio(samples, rate_hz))), hops, HOP_S).loudness_lufs


def test_the_k_weighting_is_the_standard_s_table_at_48_khz() -> None:
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621]
    assert k_weighting(48000) == pytest.approx(np.array([shelf, high_pass]), abs=1e-6)


@all_rates
def test_a_full_scale_tone_in_one_channel_reads_minus_3_01(rate_hz: int) -> None:
    tone = np.concatenate([signals.sine(997.0, 20.0, rate_hz), signals.silence(20.0, rate_hz, 1)])
    assert read(tone, rate_hz).integrated_lufs == pytest.approx(-3.01, abs=0.01)


@all_rates
@pytest.mark.parametrize(
    ("case", "exact_lufs"),
    # The standard allows 0.1 LU around -23 (-33 for case 2). By its own arithmetic at 48 kHz, 1 kHz weighs 0.007 LU
    # more than 997 Hz, and gating blocks lie across the changes of cases 3 to 5.
    [(1, -22.993), (2, -32.993), (3, -23.014), (4, -23.014), (5, -22.979)],
)
def test_tech_3341_integrated(case: int, exact_lufs: float, rate_hz: int) -> None:
    measurement = read(signals.cut(signals.TECH_3341_INTEGRATED[case], rate_hz), rate_hz)
    assert measurement.integrated_lufs == pytest.approx(exact_lufs, abs=0.01)
    if case < 3:
        assert measurement.momentary_max_lufs == pytest.approx(exact_lufs, abs=0.1)
        assert measurement.short_term_max_lufs == pytest.approx(exact_lufs, abs=0.1)


@all_rates
def test_tech_3341_case_6_weighs_surround_channels(rate_hz: int) -> None:
    assert read(signals.tech_3341_case_6(rate_hz), rate_hz).integrated_lufs == pytest.approx(-23.0, abs=0.02)


@pytest.mark.parametrize(
    ("channels", "silent", "surround"),
    # BS.1770-5, table 4: 1.41 for speakers between 60 and 120 degrees at ear height, nothing for the LFE.
    [(5, [], [3, 4]), (6, [3], [4, 5]), (8, [3], [6, 7]), (12, [3], [6, 7])],
)
def test_every_channel_up_to_7_1_4_weighs_what_the_standard_says(
    channels: int, silent: list[int], surround: list[int]
) -> None:
    for channel in range(channels):
        samples = np.zeros((channels, 48000), np.float32)
        samples[channel] = signals.sine(1000.0, 1.0, 48000, -20.0)[0]
        wanted = -23.0 + (1.492 if channel in surround else 0.0)
        found = read(samples, 48000).integrated_lufs
        assert found == (None if channel in silent else pytest.approx(wanted, abs=0.02)), channel


@all_rates
def test_tech_3341_case_9_short_term_stands_still(rate_hz: int) -> None:
    lufs = windows_lufs(signals.cut(signals.SHORT_TERM_CASE_9, rate_hz), rate_hz, SHORT_TERM_HOPS)
    assert np.abs(lufs + 23.0).max() < 0.1


@all_rates
def test_tech_3341_case_12_momentary_stands_still(rate_hz: int) -> None:
    lufs = windows_lufs(signals.cut(signals.MOMENTARY_CASE_12, rate_hz), rate_hz, MOMENTARY_HOPS)
    assert np.abs(lufs[60:] + 23.0).max() < 0.1  # after one second


@all_rates
@pytest.mark.parametrize(("case", "hops"), [(10, SHORT_TERM_HOPS), (13, MOMENTARY_HOPS)])
def test_tech_3341_cases_10_and_13_find_the_maximum_wherever_it_begins(case: int, hops: int, rate_hz: int) -> None:
    for index in range(20):
        maximum = max_lufs(signals.tech_3341_file(case, index, rate_hz), rate_hz, hops)
        assert maximum == pytest.approx(-23.0, abs=0.1), index


@all_rates
@pytest.mark.parametrize(("case", "hops", "slot_hops"), [(11, SHORT_TERM_HOPS, 600), (14, MOMENTARY_HOPS, 80)])
def test_tech_3341_cases_11_and_14_follow_a_live_signal(case: int, hops: int, slot_hops: int, rate_hz: int) -> None:
    lufs = windows_lufs(signals.tech_3341_live(case, rate_hz), rate_hz, hops)
    highest = np.maximum.accumulate(lufs)
    after_each = [highest[(i + 1) * slot_hops - hops] for i in range(20)]
    assert after_each == pytest.approx([-38.0 + i for i in range(20)], abs=0.1)


@all_rates
@pytest.mark.parametrize("case", list(signals.TECH_3341_STEADY_PEAKS))
def test_tech_3341_true_peak_of_steady_tones(case: int, rate_hz: int) -> None:
    expected = signals.TECH_3341_STEADY_PEAKS[case][3]
    measurement = read(signals.tech_3341_steady_peak(case, rate_hz), rate_hz)
    for reading in (measurement.true_peak_dbtp, measurement.standard_true_peak_dbtp):
        assert reading is not None
        assert expected - 0.4 <= reading <= expected + 0.2


@all_rates
@pytest.mark.parametrize("case", [20, 21, 22, 23])
def test_tech_3341_true_peak_of_a_moving_peak(case: int, rate_hz: int) -> None:
    measurement = read(signals.tech_3341_moving_peak(case), rate_hz)
    for reading in (measurement.true_peak_dbtp, measurement.standard_true_peak_dbtp):
        assert reading is not None
        assert -0.4 <= reading <= 0.2


@all_rates
@pytest.mark.parametrize("case", list(signals.TECH_3342))
def test_tech_3342_loudness_range(case: int, rate_hz: int) -> None:
    segments, expected = signals.TECH_3342[case]
    # The standard allows 1 LU.
    assert read(signals.cut(segments, rate_hz), rate_hz).loudness_range_lu == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("rate_hz", "within_lu"), [(8000, 0.2), (22050, 0.03), (32000, 0.02), (384000, 0.02)])
def test_unusual_rates_read_the_same(rate_hz: int, within_lu: float) -> None:
    # Below 32 kHz the shelf of the K-weighting comes near half the sample rate, where no biquad has its exact shape.
    measurement = read(signals.cut([(-23, 5)], rate_hz), rate_hz)
    assert measurement.integrated_lufs == pytest.approx(-23.0, abs=within_lu)


def test_seven_one_four_weighs_the_sides_and_leaves_out_the_lfe() -> None:
    quiet = signals.silence(2.0, 48000, 12)

    def alone(channel: int) -> float | None:
        samples = quiet.copy()
        samples[channel] = signals.sine(997.0, 2.0, 48000, -20.0)
        return integrated_lufs(hop_energies(Audio(samples, 48000)))

    front, lfe, back, side, above = (alone(channel) for channel in (0, 3, 4, 6, 8))
    assert lfe is None
    assert front is not None
    assert side is not None
    assert side - front == pytest.approx(10.0 * np.log10(1.41), abs=1e-6)
    assert back == above == pytest.approx(front, abs=1e-9)
