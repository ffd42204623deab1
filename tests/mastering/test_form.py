"""Sample rate and bit depth as steps of a chain: where they may stand, who overrules them, one dither only."""

from pathlib import Path

import numpy as np
import pytest

from bridge.chains import Branch, Chain, Clip, Dither, Gain, Limiter, Parallel, Resample, Step, read_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.dither import is_on_grid
from bridge.errors import ChainError
from bridge.pipeline.output import in_form_of
from bridge.recipes import MasterRecipe, OutputBitDepth
from tests.mastering.examples import a_mix, chain_of, uses

END: tuple[Step, ...] = (Resample(sample_rate_hz=48000), Limiter(), Dither(bit_depth="16", kind="tpdf"))


def test_a_chain_sets_the_rate_and_the_dither_of_its_master() -> None:
    done = master(a_mix(1.0), chain_of(Gain(gain_db=9), *END), MasterOrder(bit_depth="16"))
    assert done.audio.sample_rate_hz == 48000
    assert uses(done) == ["gain", "resample", "limiter", "dither"]
    assert done.steps[-1].parameters["kind"] == "tpdf"
    assert is_on_grid(done.audio, 16)


def test_an_ordered_rate_counts_more_and_there_is_one_resampling_only() -> None:
    done = master(a_mix(0.5), chain_of(*END), MasterOrder(bit_depth="16", sample_rate_hz=96000))
    assert done.audio.sample_rate_hz == 96000
    assert uses(done).count("resample") == 1
    assert uses(done).count("dither") == 1


def test_a_mix_at_the_rate_already_is_not_resampled() -> None:
    done = master(a_mix(0.5, 48000), chain_of(*END), MasterOrder(bit_depth="32f"))
    assert "resample" not in uses(done)


def test_noise_shaping_where_its_filter_is_not_made_for_it_is_plain_dither() -> None:
    chain = chain_of(Dither(kind="noise_shaped"))
    cases: tuple[tuple[int, OutputBitDepth], ...] = ((44100, "16"), (96000, "16"), (44100, "24"))
    kinds = [
        master(a_mix(0.3, rate_hz), chain, MasterOrder(bit_depth=depth)).steps[-1].parameters["kind"]
        for rate_hz, depth in cases
    ]
    assert kinds == ["noise_shaped", "tpdf", "tpdf"]


def test_bypassed_ones_do_nothing() -> None:
    end = [step.model_copy(update={"bypass": True}) for step in END]
    chain = chain_of(*end)
    done = master(a_mix(0.5), chain, MasterOrder(bit_depth="16"))
    assert done.audio.sample_rate_hz == 44100
    assert done.steps[-1].parameters["kind"] == "noise_shaped"
    assert chain.form == (None, None, None)


def test_what_the_chain_says_fills_what_the_recipe_leaves_open() -> None:
    chain = chain_of(*END)
    left_open = in_form_of(chain, MasterRecipe())
    assert (left_open.sample_rate_hz, left_open.bit_depth) == (48000, "16")
    ordered = in_form_of(chain, MasterRecipe(sample_rate_hz=96000, bit_depth="24"))
    assert (ordered.sample_rate_hz, ordered.bit_depth) == (96000, "24")
    assert in_form_of(chain_of(Gain(gain_db=1)), MasterRecipe()) == MasterRecipe()


@pytest.mark.parametrize(
    ("steps", "index", "sentence"),
    [
        ("[{use: dither}, {use: limiter}]", 0, "`dither` must be the last step, once"),
        ("[{use: dither}, {use: dither}]", 0, "`dither` must be the last step, once"),
        ("[{use: resample, sample_rate_hz: 48000}, {use: gain, gain_db: 1}]", 0, "may follow `resample`"),
        (
            "[{use: resample, sample_rate_hz: 48000}, {use: resample, sample_rate_hz: 96000}]",
            0,
            "may follow `resample`",
        ),
        ("[{use: gain, gain_db: 1}, {use: parallel, branches: [{steps: [{use: dither}]}]}]", 1, "branches cannot hold"),
    ],
)
def test_a_wrong_place_is_told_with_its_place(steps: str, index: int, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    listed = steps.strip("[]").replace("}, {use", "}\n  - {use")
    path.write_text(f"title: Wrong\nsteps:\n  - {listed}\n")
    with pytest.raises(ChainError, match=sentence) as reason:
        read_chain(path)
    assert str(reason.value).startswith(f"{path}:{3 + index}:")
    assert f"steps[{index}]" in str(reason.value)


def test_places_are_checked_in_code_too() -> None:
    with pytest.raises(ValueError, match="must be the last step"):
        Chain(title="Wrong", steps=(Dither(), Clip()))
    with pytest.raises(ValueError, match="branches cannot hold"):
        Chain(title="Wrong", steps=(Parallel(branches=(Branch(steps=(Resample(sample_rate_hz=8000),)),)),))


def test_dither_over_the_same_chain_is_the_same_bytes() -> None:
    first, second = (master(a_mix(0.5), chain_of(*END), MasterOrder(bit_depth="16", seed=5)).audio for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
