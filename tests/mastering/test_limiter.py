"""The limiter: nothing leaves above its ceiling, and nothing else is touched."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.chains import Chain, Clip, Gain, Limiter, Target
from bridge.chains.levels import LimiterMode
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.dither import DitherKind, Grid, grid_for
from bridge.dsp.mastering.limiter.plan import Shape, limiter_shape, plan_gain, repair_shape
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.rendering import SEGMENT_FRAMES, Rendering, hold_ceiling
from bridge.dsp.measures import true_peak_dbtp
from bridge.dsp.measures.peak_kernels import CELL
from bridge.recipes import OutputBitDepth
from bridge.units import db_to_gain
from tests.mastering.examples import a_mix, audio, chain_of, codes, limited, loudness, uses
from tests.signals import hard_peaks, music, reference_true_peak, sine, white_noise


def over_db(samples: Samples, ceiling_dbtp: float) -> float:
    """By how much the reference reading exceeds the ceiling."""
    return float(20 * np.log10(reference_true_peak(samples))) - ceiling_dbtp


def more_hard_peaks(sample_rate_hz: int) -> list[tuple[str, NDArray[np.floating]]]:
    frames = sample_rate_hz // 4
    times = np.arange(frames) / sample_rate_hz
    low_to_21_khz = np.cumsum(20 * (min(21000.0, 0.48 * sample_rate_hz) / 20) ** (2 * times)) / sample_rate_hz
    generator = np.random.default_rng(2)
    return [
        ("DC steps", np.where(times % 0.1 > 0.05, 0.7, -0.3)),
        ("sweep to 21 kHz", 0.8 * np.sin(2 * np.pi * low_to_21_khz)),
        ("a clipped master", np.clip(8 * music(0.5, sample_rate_hz), -1, 1)),
        ("random integers", generator.integers(-32768, 32768, (2, frames)) / 32768),
        ("six channels of noise", 0.2 * generator.standard_normal((6, frames))),
        ("music", music(0.5, sample_rate_hz)),
    ]


ORDERS: tuple[tuple[float, float, OutputBitDepth], ...] = (
    (0.0, -1.0, "24"),
    (18.0, 0.0, "16"),
    (6.0, -0.1, "32f"),
    (12.0, -2.0, "16"),
    (18.0, -1.0, "24"),
)
"""Drive in dB, ceiling in dBTP, bit depth: two of them meet each signal."""
HARD = [
    pytest.param(audio(wave, 44100), *ORDERS[(2 * index + turn) % len(ORDERS)], id=f"{name}, {turn}")
    for index, (name, wave) in enumerate([*hard_peaks(44100, 0.5), *more_hard_peaks(44100)])
    for turn in range(2)
]


@pytest.mark.parametrize(("signal", "drive_db", "ceiling_dbtp", "bit_depth"), HARD)
def test_nothing_leaves_above_its_ceiling(
    signal: Audio, drive_db: float, ceiling_dbtp: float, bit_depth: OutputBitDepth
) -> None:
    mastered = limited(signal, drive_db, ceiling_dbtp, MasterOrder(bit_depth=bit_depth))
    assert over_db(mastered.audio.samples, ceiling_dbtp) <= 0.0
    assert uses(mastered).count("gain") <= 1, "a static trim would be a second gain: none of these needs one"


@pytest.mark.parametrize("sample_rate_hz", [8000, 22050, 48000, 96000, 192000])
@pytest.mark.parametrize("name", ["white noise", "square 3.3 kHz", "music"])
def test_nothing_leaves_above_its_ceiling_at_any_rate(sample_rate_hz: int, name: str) -> None:
    wave = dict([*hard_peaks(sample_rate_hz, 0.75), *more_hard_peaks(sample_rate_hz)])[name]
    mastered = limited(audio(wave, sample_rate_hz), 9.0, -1.0, MasterOrder(bit_depth="16"))
    assert over_db(mastered.audio.samples, -1.0) <= 0.0


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    channels=st.integers(1, 4),
    drive_db=st.floats(0, 24),
    ceiling_dbtp=st.floats(-12, 0),
    times_ms=st.tuples(st.floats(0.5, 10), st.floats(5, 2000)),
)
def test_nothing_leaves_above_its_ceiling_whatever_the_settings(
    seed: int, channels: int, drive_db: float, ceiling_dbtp: float, times_ms: tuple[float, float]
) -> None:
    noise = white_noise(0.15, 44100, seed, channels=channels) + sine(70 + seed % 5000, 0.15, 44100, -12)
    lookahead_ms, release_ms = times_ms
    limiter = Limiter(lookahead_ms=lookahead_ms, release_ms=release_ms)
    chain = chain_of(Gain(gain_db=drive_db), limiter, ceiling_dbtp=ceiling_dbtp)
    delivered = master(audio(noise), chain, MasterOrder(bit_depth="16")).audio
    reading = true_peak_dbtp(delivered)
    assert reading is not None
    assert reading <= ceiling_dbtp


def test_music_is_brought_close_to_the_ceiling_and_not_far_below() -> None:
    reading = true_peak_dbtp(limited(a_mix(), 12.0).audio)
    assert reading is not None
    assert -1.06 <= reading <= -1.0


def test_a_signal_under_the_ceiling_leaves_as_the_same_array() -> None:
    mix = a_mix()
    mastered = master(mix, chain_of(Limiter(), ceiling_dbtp=0), MasterOrder(bit_depth="32f"))
    assert mastered.audio is mix
    assert mastered.steps == ()


def test_a_peak_exactly_at_the_ceiling_is_not_touched() -> None:
    click = np.zeros((1, 5000), np.float32)
    click[0, 2500] = 0.5
    mastered = master(audio(click), chain_of(Limiter(), ceiling_dbtp=20 * np.log10(0.5)), MasterOrder(bit_depth="32f"))
    assert np.array_equal(mastered.audio.samples, click)


def test_far_from_a_peak_not_one_bit_changes() -> None:
    mix = a_mix(6.0)
    samples = 0.5 * mix.samples
    samples[:, 44100] = 1.5
    mastered = limited(audio(samples))
    reach = 44100 * 0.004
    untouched = mastered.audio.samples == samples
    assert untouched[:, : int(44100 - reach)].all()
    assert untouched[:, 5 * 44100 :].all()
    assert not untouched[:, 44100].any()


def test_the_gain_is_the_same_on_all_channels() -> None:
    mix = a_mix()
    samples = mix.samples * np.array([[4.0], [0.5]], np.float32)
    result = limited(audio(samples)).audio.samples.astype(np.float64)
    loud = np.abs(samples).min(axis=0) > 0.01
    gains = result[:, loud] / samples[:, loud]
    assert gains.min() < 0.6
    assert np.abs(gains[0] - gains[1]).max() < 1e-5


def test_the_limiter_reports_what_it_did() -> None:
    mastered = limited(a_mix(), 12.0)
    (step,) = [step for step in mastered.steps if step.use == "limiter"]
    times = {"lookahead_ms": 2.0, "release_ms": 80.0, "hold_ms": None}
    assert step.parameters == {"ceiling_dbtp": -1.0, "mode": "transparent"} | times
    assert step.detail is not None
    assert step.detail.startswith("at most ")
    assert step.detail.endswith(" dB of gain reduction")


def test_a_limiter_with_nothing_to_do_says_so_and_is_no_step() -> None:
    mastered = limited(audio(0.1 * a_mix().samples))
    assert "limiter" not in uses(mastered)
    assert codes(mastered) == ["limiter_idle"]


def test_a_limiter_in_the_midst_of_a_chain_limits_too() -> None:
    chain = chain_of(Limiter(ceiling_dbtp=-10), Gain(gain_db=3), ceiling_dbtp=0)
    mastered = master(a_mix(), chain, MasterOrder(bit_depth="32f"))
    reading = true_peak_dbtp(mastered.audio)
    assert uses(mastered) == ["limiter", "gain"]
    assert reading is not None
    assert -7.1 < reading <= -7.0 + 1e-5


# --- The plan ---------------------------------------------------------------------------------------------------------

SHAPE = limiter_shape(Limiter(lookahead_ms=2, release_ms=80), 44100)


def plan(envelope: list[float] | NDArray[np.float32], shape: Shape = SHAPE, aim: float = 1.0) -> NDArray[np.float64]:
    peaks = np.asarray(envelope, np.float32)
    nodes = np.ones(peaks.size + 1, np.float32)
    plan_gain(peaks, (1.0, aim), shape, nodes)
    return nodes.astype(np.float64)


@settings(deadline=None)
@given(st.lists(st.floats(0, 8, width=32), max_size=200), st.integers(2, 40), st.integers(0, 20), st.floats(0.001, 1))
def test_every_cell_gets_the_reduction_that_it_needs(
    envelope: list[float], lookahead: int, hold: int, release: float
) -> None:
    nodes = plan(envelope, Shape(lookahead, hold, release, slow_rise=0.01, slow_release=0.02))
    for cell, peak in enumerate(envelope):
        needed = 1.0 / max(peak, 1.0)
        assert max(nodes[cell], nodes[cell + 1]) <= needed * (1 + 1e-6)
    assert ((nodes > 0) & (nodes <= 1)).all()


def test_the_gain_begins_to_move_a_lookahead_before_the_peak() -> None:
    nodes = plan([0.0] * 400 + [2.0] + [0.0] * 400)
    assert (nodes[: 400 - SHAPE.lookahead] == 1.0).all()
    assert nodes[400 - SHAPE.lookahead // 2] < 0.95
    assert nodes[400] == pytest.approx(0.5, abs=1e-6)


def test_63_percent_of_a_single_peaks_reduction_are_given_back_in_the_release_time() -> None:
    cells_per_ms = 44.1 / 8
    nodes = plan([0.0] * 400 + [2.0] + [0.0] * 4000)
    after = 1.0 - nodes[401 + SHAPE.hold + SHAPE.lookahead // 2 :]
    assert np.argmax(after < 0.5 * 0.37) / cells_per_ms == pytest.approx(80, rel=0.06)


def test_after_lasting_reduction_the_gain_comes_back_more_slowly() -> None:
    single = plan([0.0] * 400 + [2.0] + [0.0] * 4000)[401:]
    lasting = plan([2.0] * 8000 + [0.0] * 4000)[8000:]
    assert np.argmax(lasting > 0.8) > 2 * np.argmax(single > 0.8)


def test_without_needs_the_nodes_stay_as_they_are() -> None:
    assert (plan([0.9, 1.0, 0.2] * 50) == 1.0).all()


def test_a_repair_is_short_and_to_both_sides_alike() -> None:
    shape = repair_shape(44100)
    nodes = plan([0.0] * 50 + [1.1] + [0.0] * 50, shape)
    touched = np.flatnonzero(nodes < 1.0)
    assert touched.min() >= 50 - shape.lookahead - 1
    assert touched.max() <= 52 + shape.lookahead
    assert np.abs(nodes - nodes[::-1]).max() < 1e-6


# --- The rendering ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 24])
def test_the_bytes_do_not_depend_on_the_number_of_threads(bits: int) -> None:
    frames = 2 * SEGMENT_FRAMES + 5001
    source = audio(white_noise(frames / 44100, 44100, rms=0.3))
    results: list[Samples] = []
    for threads in (1, 2, 5):
        nodes = np.full(-(-source.frames // 8) + 1, 0.9, np.float32)
        result = audio(np.zeros_like(source.samples))
        rendering = Rendering(source, result, 1.0, nodes, grid_for(bits, 44100, seed=7), threads)
        hold_ceiling(rendering, db_to_gain(-1.0), to_nobody, is_limited=True)
        results.append(result.samples)
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_a_peak_at_the_border_of_two_segments_is_held() -> None:
    frames = SEGMENT_FRAMES + 30_000
    samples = 0.3 * white_noise(frames / 44100, 44100)
    samples[:, SEGMENT_FRAMES - 3 : SEGMENT_FRAMES + 3] = [1.2, 1.2, -1.2, 1.2, 1.2, -1.2]
    mastered = limited(audio(samples), order=MasterOrder(bit_depth="16"))
    assert over_db(mastered.audio.samples[:, SEGMENT_FRAMES - 2000 : SEGMENT_FRAMES + 2000], -1.0) <= 0.0


@pytest.mark.parametrize("kind", ["tpdf", "noise_shaped"])
def test_a_stretch_made_again_is_what_it_was(kind: DitherKind) -> None:
    source = audio(white_noise(7.0, 44100))
    result = audio(np.zeros_like(source.samples))
    nodes = np.linspace(0.5, 1, -(-source.frames // 8) + 1, dtype=np.float32)
    rendering = Rendering(source, result, 0.8, nodes, Grid(16, kind, 1))
    rendering.make(rendering.stretches([(0, source.frames)]), to_nobody)
    before = result.samples.copy()
    again = rendering.stretches([(5000, 5001), (7000, 7010), (200_000, 290_000)])
    for stretch in again:
        result.samples[:, stretch.start : stretch.end] = 9.0
    rendering.make(again, to_nobody)
    assert (before != 9.0).all()
    assert np.array_equal(result.samples, before)


def test_a_limiter_before_a_step_that_is_late_ends_with_its_own_last_gain() -> None:
    """The late step sends silence through the chain after the end."""
    samples = (0.9 * np.sin(np.arange(44_111) * 0.05))[None].repeat(2, axis=0).astype(np.float32)
    chain = Chain(title="Late", steps=(Limiter(ceiling_dbtp=-6), Clip(ceiling_dbfs=-3)), target=Target(ceiling_dbtp=0))
    made = master(Audio(samples, 44100), chain, MasterOrder(bit_depth="32f")).audio.samples
    assert made.shape == samples.shape
    assert np.abs(made).max() <= db_to_gain(-6)
    assert np.abs(made[:, -200:]).max() > 0.1


# --- Modes and hold ---------------------------------------------------------------------------------------------------


def driven(mode: LimiterMode) -> Audio:
    """Hits and a steady tone, 12 dB into the limiter."""
    chain = chain_of(Gain(gain_db=12), Limiter(mode=mode), ceiling_dbtp=-1)
    return master(a_mix(6.0), chain, MasterOrder(bit_depth="32f")).audio


def test_modes_give_lasting_reduction_back_the_sooner_the_louder_they_are() -> None:
    transparent, punchy, loud = (loudness(driven(mode)) for mode in get_args(LimiterMode))
    assert transparent < punchy < loud
    assert loud > transparent + 0.1


@pytest.mark.parametrize("mode", get_args(LimiterMode))
def test_every_mode_holds_the_ceiling(mode: LimiterMode) -> None:
    assert over_db(driven(mode).samples, -1.0) <= 0.0


@pytest.mark.parametrize("mode", get_args(LimiterMode))
def test_a_single_peak_is_given_back_by_the_release_in_every_mode(mode: LimiterMode) -> None:
    rate_hz = 44100
    step = Limiter(release_ms=100, lookahead_ms=2, hold_ms=0, mode=mode)
    nodes = plan([0.0] * 2000 + [2.0] + [0.0] * 20000, limiter_shape(step, rate_hz))
    reduction = 1 - nodes
    back = np.flatnonzero(reduction > reduction.max() * np.exp(-1))[-1] - 2001
    assert back * CELL / rate_hz * 1000 == pytest.approx(100, abs=12 if mode != "transparent" else 30)


def test_hold_keeps_the_gain_down_for_its_time() -> None:
    rate_hz = 44100
    shapes = [limiter_shape(Limiter(release_ms=50, lookahead_ms=2, hold_ms=hold_ms), rate_hz) for hold_ms in (0, 50)]
    short, long = (plan([0.0] * 500 + [2.0] + [0.0] * 5000, shape) for shape in shapes)
    held_cells = round(0.05 * rate_hz / CELL)
    assert long[502 + held_cells - 20] == pytest.approx(long[501], abs=1e-3)
    assert short[502 + held_cells - 20] > long[502 + held_cells - 20] + 0.1
