"""Stems that null: with the residual they are the mix, sample for sample."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples
from bridge.dsp.separation.assembly import RESIDUAL, Assembler, AssemblyOrder
from bridge.recipes import ResidualPolicy, StemName

V, I, D, B, O = StemName.VOCALS, StemName.INSTRUMENTAL, StemName.DRUMS, StemName.BASS, StemName.OTHER  # noqa: E741
MADE = (V, D, B, O)


def on_grid(samples: Samples, bits: int = 24) -> Samples:
    return (np.round(samples * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1)).astype(np.float32)


def assembled(
    order: AssemblyOrder, mix: Audio, made: Samples, cuts: Sequence[int] = ()
) -> tuple[dict[str, Samples], Assembler]:
    """All parts, from blocks cut at these places."""
    assembler = Assembler(order, mix, 44_100)
    parts: dict[str, list[Samples]] = {}
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < made.shape[-1]}), made.shape[-1]]
    for start, end in itertools.pairwise(edges):
        for _, block in assembler.take(made[..., start:end], is_last=end == made.shape[-1]):
            for name, samples in block.items():
                parts.setdefault(name, []).append(samples)
    return {name: np.concatenate(blocks, axis=1) for name, blocks in parts.items()}, assembler


def estimates(mix_frames: int, rate_hz: int, stems: int, seed: int = 0) -> Samples:
    frames = round(mix_frames * 44_100 / rate_hz)
    return (np.random.default_rng(seed).standard_normal((stems, 2, frames)) * 0.1).astype(np.float32)


def a_mix(frames: int, rate_hz: int, channels: int, bits: int = 24) -> Audio:
    samples = np.random.default_rng(7).uniform(-0.6, 0.6, (channels, frames)).astype(np.float32)
    return Audio(on_grid(samples, bits), rate_hz)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("policy", list(ResidualPolicy))
def test_stems_and_residual_are_the_mix_sample_for_sample(
    policy: ResidualPolicy, rate_hz: int, channels: int, bits: int
) -> None:
    mix = a_mix(30_011, rate_hz, channels, bits)
    order = AssemblyOrder(MADE, MADE, policy)
    parts, assembler = assembled(order, mix, estimates(30_011, rate_hz, 4))
    names = [*MADE, RESIDUAL] if policy is ResidualPolicy.KEEP else [*MADE]
    total = np.zeros_like(mix.samples)
    for name in names:  # in float32, as a DAW would
        assert parts[name].shape == mix.samples.shape
        total += parts[name]
    np.testing.assert_array_equal(total, mix.samples)
    assert assembler.null.null_db is None


def test_vocals_and_instrumental_are_the_mix_and_leave_nothing() -> None:
    mix = a_mix(5000, 44_100, 2)
    order = AssemblyOrder((V,), (V, I), ResidualPolicy.KEEP)
    parts, _ = assembled(order, mix, estimates(5000, 44_100, 1))
    assert not order.has_residual
    np.testing.assert_array_equal(parts[V] + parts[I], mix.samples)


def test_the_instrumental_beside_other_stems_is_the_mix_without_vocals_and_counts_once() -> None:
    mix = a_mix(5000, 44_100, 2)
    order = AssemblyOrder((V, D), (V, D, I), ResidualPolicy.KEEP)
    parts, _ = assembled(order, mix, estimates(5000, 44_100, 2))
    np.testing.assert_array_equal(parts[I], mix.samples - parts[V])
    np.testing.assert_array_equal(parts[V] + parts[D] + parts[RESIDUAL], mix.samples)


def test_only_the_instrumental_leaves_the_vocals_as_residual() -> None:
    mix = a_mix(5000, 44_100, 2)
    parts, _ = assembled(AssemblyOrder((V,), (I,), ResidualPolicy.KEEP), mix, estimates(5000, 44_100, 1))
    np.testing.assert_array_equal(parts[RESIDUAL], parts[V])


def test_a_mix_of_floats_nulls_deeper_than_24_bits() -> None:
    samples = np.random.default_rng(1).uniform(-0.9, 0.9, (2, 9000)).astype(np.float32)
    _, assembler = assembled(
        AssemblyOrder(MADE, MADE, ResidualPolicy.KEEP), Audio(samples, 44_100), estimates(9000, 44_100, 4)
    )
    assert assembler.null.null_db is None or assembler.null.null_db < -144.0


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 20_000), max_size=8), rate_hz=st.sampled_from([44_100, 48_000]))
def test_it_does_not_matter_how_blocks_are_cut(cuts: list[int], rate_hz: int) -> None:
    mix = a_mix(20_000, rate_hz, 2)
    made = estimates(20_000, rate_hz, 4)
    order = AssemblyOrder(MADE, MADE, ResidualPolicy.KEEP)
    whole, pieces = assembled(order, mix, made)[0], assembled(order, mix, made, cuts)[0]
    for name in whole:
        np.testing.assert_allclose(whole[name], pieces[name], atol=2e-7)


def test_stems_come_back_from_another_rate_without_lag() -> None:
    rate_hz = 96_000
    click = np.zeros((1, 2, 44_100), np.float32)
    click[..., 22_050] = 0.5
    parts, _ = assembled(AssemblyOrder((V,), (V,), ResidualPolicy.KEEP), a_mix(rate_hz, rate_hz, 2), click)
    assert int(np.argmax(np.abs(parts[V][0]))) == 48_000
