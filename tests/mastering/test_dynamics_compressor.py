"""The compressor against its static curve, its times, its link and its loudness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Compressor, Gain
from bridge.dsp.mastering.dynamics.cells import CELL, Detector
from bridge.dsp.mastering.dynamics.curve import Curve
from bridge.dsp.mastering.dynamics.times import highest_around
from bridge.dsp.mastering.fitting import fit
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.steps.compressor import listen_ahead
from bridge.dsp.mastering.working import WorkingSignal
from tests.mastering.examples import a_mix, audio, loudness, through
from tests.signals import sine

RATE_HZ = 48000


def wanted_db(power_db: float, step: Compressor) -> float:
    """The textbook's curve, written out once more."""
    over, slope = power_db - step.threshold_db, 1 - 1 / step.ratio
    if over <= -step.knee_db / 2:
        return 0.0
    if over >= step.knee_db / 2:
        return slope * over
    return slope * (over + step.knee_db / 2) ** 2 / (2 * step.knee_db)


def tone(peak_dbfs: float, seconds: float = 2.0, rate_hz: int = RATE_HZ, frequency_hz: float = 1000.0) -> Audio:
    return Audio(sine(frequency_hz, seconds, rate_hz, peak_dbfs, channels=2), rate_hz)


def gain_db(made: Samples, given: Samples) -> NDArray[np.float64]:
    """Gain of the first channel at each cell, from its RMS."""
    cells = given.shape[1] // CELL

    def power(samples: Samples) -> NDArray[np.float64]:
        squares = samples[0, : cells * CELL].astype(np.float64).reshape(cells, CELL) ** 2
        return np.asarray(squares.sum(axis=1), np.float64)

    return np.asarray(10 * np.log10(power(made) / power(given)), np.float64)


def step_signal(low: float, high: float, times_s: tuple[float, float, float], rate_hz: int = RATE_HZ) -> Audio:
    """Square wave at half the sample rate: its peak and RMS are the same and known at every frame."""
    peaks = np.concatenate(
        [np.full(round(time * rate_hz), peak) for time, peak in zip(times_s, (low, high, low), strict=True)]
    )
    return audio(np.tile(peaks * np.where(np.arange(peaks.size) % 2, 1, -1), (2, 1)), rate_hz)


@pytest.mark.parametrize("detector", ["peak", "rms"])
@pytest.mark.parametrize("knee_db", [0.0, 6.0, 18.0])
@pytest.mark.parametrize("ratio", [1.5, 4.0, 100.0])
def test_a_steady_tone_is_turned_down_by_the_static_curve(detector: Detector, knee_db: float, ratio: float) -> None:
    for peak_dbfs in (-40.0, -27.0, -23.0, -20.0, -14.0, -3.0, 0.0):
        step = Compressor(threshold_db=-24, ratio=ratio, knee_db=knee_db, detector=detector, attack_ms=5, release_ms=50)
        given = tone(peak_dbfs)
        power_db = peak_dbfs if detector == "peak" else peak_dbfs - 3.0103
        gain = gain_db(through(step, given), given.samples)[2000:]
        assert gain == pytest.approx(-wanted_db(power_db, step), abs=0.05)


@given(st.floats(-60, 0), st.floats(1, 100), st.floats(0, 24))
def test_the_curve_rises_without_a_jump_and_never_steeper_than_its_ratio(
    threshold_db: float, ratio: float, knee_db: float
) -> None:
    levels = np.linspace(-100, 20, 2401)
    reduction = Curve(threshold_db, ratio, knee_db).reduction_db(levels)
    slopes = np.diff(reduction) / np.diff(levels)
    assert (slopes >= -1e-9).all()
    assert (slopes <= 1 - 1 / ratio + 1e-9).all()
    assert reduction[0] == 0


@pytest.mark.parametrize("frequency_hz", [50, 100, 440, 5000])
@pytest.mark.parametrize("detector", ["peak", "rms"])
def test_gain_does_not_follow_the_wave_itself(detector: Detector, frequency_hz: float) -> None:
    given = tone(-6, 2.0, frequency_hz=frequency_hz)
    step = Compressor(threshold_db=-26, ratio=4, detector=detector, attack_ms=20, release_ms=100)
    made = through(step, given)
    loud = np.abs(given.samples[0]) > 0.1
    gain = (20 * np.log10(made[0][loud] / given.samples[0][loud]))[loud.sum() // 2 :]
    assert np.ptp(gain) < (0.2 if detector == "peak" else 0.5)


@pytest.mark.parametrize("rate_hz", [8000, 44100, 192000])
@pytest.mark.parametrize(("attack_ms", "release_ms"), [(5, 40), (10, 100), (80, 600)])
def test_attack_and_release_take_63_percent_of_the_change_in_their_time(
    rate_hz: int, attack_ms: float, release_ms: float
) -> None:
    step = Compressor(threshold_db=-30, ratio=4, knee_db=0, detector="peak", attack_ms=attack_ms, release_ms=release_ms)
    given = step_signal(0.01, 0.5, (0.3, 1.0, 3.5), rate_hz)
    gain = gain_db(through(step, given), given.samples)
    cell_ms = 1000 * CELL / rate_hz
    most = -wanted_db(20 * np.log10(0.5), step)
    attack = np.flatnonzero(gain < most * (1 - np.exp(-1)))[0] * cell_ms - 300
    release = np.flatnonzero(gain < most * np.exp(-1))[-1] * cell_ms - 1300
    assert attack == pytest.approx(attack_ms, abs=1.5 * cell_ms, rel=0.01)
    assert release == pytest.approx(release_ms, abs=1.5 * cell_ms, rel=0.01)


@pytest.mark.parametrize("rise", [0.1, 0.5])
def test_the_times_of_an_rms_detector_are_nearly_those(rise: float) -> None:
    step = Compressor(threshold_db=-30, ratio=4, knee_db=0, detector="rms", attack_ms=20, release_ms=150)
    given = step_signal(0.01, rise, (0.3, 1.0, 1.5))
    gain = gain_db(through(step, given), given.samples)
    cell_ms = 1000 * CELL / RATE_HZ
    most = -wanted_db(20 * np.log10(rise), step)
    assert np.flatnonzero(gain < most * (1 - np.exp(-1)))[0] * cell_ms - 300 == pytest.approx(20, abs=2)
    assert np.flatnonzero(gain < most * np.exp(-1))[-1] * cell_ms - 1300 == pytest.approx(150, abs=4)


def test_lookahead_moves_the_gain_before_the_peak_and_delays_nothing() -> None:
    given = step_signal(0.01, 0.5, (0.3, 1.0, 1.0))
    step = Compressor(threshold_db=-30, ratio=4, knee_db=0, detector="peak", attack_ms=2, release_ms=100)
    late = gain_db(through(step, given), given.samples)
    early = gain_db(through(step.model_copy(update={"lookahead_ms": 10}), given), given.samples)
    begin, end, ahead = round(0.3 * RATE_HZ / CELL), round(1.3 * RATE_HZ / CELL), round(0.01 * RATE_HZ / CELL)
    assert late[begin - 1] == 0
    assert early[begin - ahead - 2] == 0
    assert early[begin - ahead + 2] < -1
    assert early[begin] == pytest.approx(late[begin + ahead], abs=0.01)
    assert np.allclose(early[end:], late[end:], atol=0.01), "the release begins when the peak has passed"


def test_a_passage_under_the_threshold_stays_bit_exact_once_the_release_is_over() -> None:
    given = step_signal(0.01, 0.5, (0.3, 0.2, 2.0))
    made = through(Compressor(threshold_db=-20, attack_ms=5, release_ms=30), given)
    assert np.array_equal(made[:, : round(0.29 * RATE_HZ)], given.samples[:, : round(0.29 * RATE_HZ)])
    assert np.array_equal(made[:, -RATE_HZ:], given.samples[:, -RATE_HZ:])


@pytest.mark.parametrize(("link_percent", "share"), [(0, 0.0), (50, 0.5), (100, 1.0)])
def test_the_link_shares_the_gain_reduction(link_percent: float, share: float) -> None:
    given = audio(np.vstack([tone(-3).samples[0], tone(-50).samples[0]]), RATE_HZ)
    step = Compressor(threshold_db=-24, ratio=3, link_percent=link_percent, attack_ms=5, release_ms=50)
    made = through(step, given)
    loud, soft = gain_db(made[:1], given.samples[:1]), gain_db(made[1:], given.samples[1:])
    assert soft[2000:] == pytest.approx(share * loud[2000:], abs=0.01)
    assert loud[-1] < -8


def test_full_link_keeps_the_image_of_music() -> None:
    mix = a_mix()
    made = through(Compressor(threshold_db=-30, ratio=5), mix)
    heard = np.abs(mix.samples).min(axis=0) > 0.01
    gains = made[:, heard] / mix.samples[:, heard]
    assert np.abs(gains[0] / gains[1] - 1).max() < 1e-6


@settings(max_examples=8, deadline=None)  # the first example may compile
@given(st.floats(-40, -12), st.floats(1.5, 20), st.sampled_from([0.0, 40.0, 100.0]))
def test_auto_makeup_gives_the_loudness_back(threshold_db: float, ratio: float, link_percent: float) -> None:
    mix = a_mix(4.0)
    step = Compressor(threshold_db=threshold_db, ratio=ratio, link_percent=link_percent, makeup="auto")
    assert loudness(audio(through(step, mix))) == pytest.approx(loudness(mix), abs=0.005)


def test_without_makeup_nothing_is_made_louder() -> None:
    mix = a_mix()
    assert (np.abs(through(Compressor(threshold_db=-30), mix)) <= np.abs(mix.samples)).all()


def test_the_side_chain_filter_keeps_bass_from_deciding() -> None:
    given = tone(-6, frequency_hz=50)
    step = Compressor(threshold_db=-24, ratio=4, attack_ms=5, release_ms=100)
    deaf = step.model_copy(update={"sidechain_highpass_hz": 400.0})
    assert gain_db(through(step, given), given.samples)[3000] < -8
    assert np.array_equal(through(deaf, given), given.samples)


def test_the_report_gives_the_gain_reduction() -> None:
    step = Compressor(threshold_db=-24, ratio=4, knee_db=0, detector="peak", attack_ms=1, makeup="auto")
    applied = fit(step, tone(-12)).applied
    assert applied is not None
    assert applied.parameters["gain_reduction_max_db"] == pytest.approx(9, abs=0.01)
    assert applied.parameters["gain_reduction_mean_db"] == pytest.approx(9, abs=0.1)
    assert applied.parameters["makeup_db"] == pytest.approx(9, abs=0.1)
    assert applied.detail is not None
    assert applied.detail.startswith("at most 9.0 dB, on average 9.0 dB of gain reduction, make-up +9.0")


def test_what_has_no_loudness_gets_no_makeup() -> None:
    applied = fit(Compressor(threshold_db=-24, makeup="auto"), tone(-12, 0.2)).applied
    assert applied is not None
    assert applied.parameters["makeup_db"] == 0


@given(
    st.lists(st.floats(0, 1, width=32), max_size=40),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_window_finds_the_highest(values: list[float], behind: int, ahead: int) -> None:
    found = highest_around(np.array([values], np.float32).reshape(1, -1), behind, ahead)[0]
    wanted = [max([0.0, *values[max(0, b - behind) : max(0, b + ahead + 1)]]) for b in range(-ahead - 1, len(values))]
    assert found.tolist() == wanted


@pytest.mark.parametrize("link_percent", [100, 30])
def test_what_was_heard_ahead_is_what_the_fit_would_have_heard(link_percent: float) -> None:
    step = Compressor(threshold_db=-30, sidechain_highpass_hz=120, link_percent=link_percent)
    mix = a_mix(3.0)

    def after_gain() -> WorkingSignal:
        working = WorkingSignal(mix, in_memory, to_nobody)
        working.then(fit(Gain(gain_db=6), working).processor)
        return working

    ahead = after_gain()
    listen_ahead(step, ahead)
    assert len(ahead.heard) == 1
    early, late = fit(step, ahead), fit(step, after_gain())
    assert early.applied == late.applied
    assert not ahead.heard
    for working, fitted in ((ahead, early), (late_signal := after_gain(), late)):
        working.then(fitted.processor)
    assert np.array_equal(ahead.audio().samples, late_signal.audio().samples)


def test_what_was_heard_ahead_is_gone_when_a_step_changes_the_signal() -> None:
    working = WorkingSignal(a_mix(1.0), in_memory, to_nobody)
    listen_ahead(Compressor(threshold_db=-20), working)
    working.then(fit(Gain(gain_db=-3), working).processor)
    assert not working.heard


def test_nobody_listens_ahead_for_a_part_or_where_a_rule_decides_how_it_is_heard() -> None:
    working = WorkingSignal(a_mix(1.0), in_memory, to_nobody)
    listen_ahead(Compressor(threshold_db=-20, channels="mid"), working)
    listen_ahead(Compressor.model_validate({"threshold_db": -20, "detector": "auto"}), working)
    assert not working.heard
