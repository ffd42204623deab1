"""Parallel branches: a sum in time, with placement, levels and faults of what is inside."""

from pathlib import Path

import numpy as np
import pytest

from bridge.audio.signal import Audio, in_memory
from bridge.chains import Branch, Compressor, Eq, EqBand, Gain, Limiter, MatchEq, Parallel, Saturate, read_chain, walk
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.order import course_of
from bridge.dsp.mastering.progress import to_nobody
from bridge.errors import ChainError
from tests.mastering.examples import a_mix, audio, chain_of, loudness, through


def test_a_branch_of_gain_is_a_gain() -> None:
    mix = a_mix(1.0)
    step = Parallel(branches=(Branch(steps=(Gain(gain_db=-6),), gain_db=-3),))
    wanted = mix.samples * (1 + 10 ** (-9 / 20))
    assert np.abs(through(step, mix) - wanted).max() < 1e-6


def test_branches_that_cancel_leave_nothing_however_late_they_are() -> None:
    """A linear-phase EQ is late by more than a second inside; the sum must not know."""
    mix = a_mix(2.0)
    up = Eq(bands=(EqBand(frequency_hz=900, gain_db=6),), phase="linear")
    down = Eq(bands=(EqBand(frequency_hz=900, gain_db=-6),), phase="linear")
    there_and_back = Parallel(branches=(Branch(steps=(up, down)),), dry=False)
    assert np.abs(through(there_and_back, mix) - mix.samples).max() < 1e-4
    both = Parallel(branches=(Branch(steps=(up,)), Branch(steps=(up, Gain(gain_db=0)), gain_db=0)), dry=False)
    assert np.abs(through(both, mix) - 2 * through(up, mix)).max() < 1e-5


def test_the_mix_of_a_branch_is_the_mix_of_its_steps() -> None:
    mix = a_mix(2.0)
    one = Parallel(branches=(Branch(steps=(Saturate(drive_db=12),), mix_percent=30),), dry=False)
    assert np.abs(through(one, mix) - through(Saturate(drive_db=12, mix_percent=30), mix)).max() < 1e-6


def test_parallel_compression_at_the_same_loudness_lifts_what_is_soft() -> None:
    soft, loud = a_mix(4.0, seed=3).samples * np.float32(0.05), a_mix(4.0, seed=3).samples
    song = audio(np.concatenate((soft, loud), axis=1))
    squeezed = Branch(steps=(Compressor(threshold_db=-50, ratio=10),), gain_db=6)
    made = through(Parallel(branches=(squeezed,), makeup="auto"), song)
    half = soft.shape[1]
    assert loudness(audio(made)) == pytest.approx(loudness(song), abs=0.01)
    assert np.square(made[:, :half]).mean() > 2 * np.square(song.samples[:, :half]).mean()


def test_on_mid_the_side_stays() -> None:
    mix = a_mix(1.0)
    made = through(Parallel(branches=(Branch(steps=(Gain(gain_db=0),)),), channels="mid"), mix)
    assert np.abs((made[0] - made[1]) - (mix.samples[0] - mix.samples[1])).max() < 1e-6
    assert np.abs((made[0] + made[1]) - 2 * (mix.samples[0] + mix.samples[1])).max() < 1e-5


def test_branches_inside_branches() -> None:
    mix = a_mix(0.5)
    inner = Parallel(branches=(Branch(steps=(Gain(gain_db=0),)),))
    made = through(Parallel(branches=(Branch(steps=(inner,)),)), mix)
    assert np.abs(made - 3 * mix.samples).max() < 1e-5


def test_every_step_in_branches_is_found_and_closed() -> None:
    chain = chain_of(
        Parallel(branches=(Branch(steps=(Gain(gain_db=1), Parallel(branches=(Branch(steps=(Limiter(),)),)))),)),
        MatchEq(),
        ceiling_dbtp=-2,
    )
    assert [step.use for step in walk(chain.steps)] == ["parallel", "gain", "parallel", "limiter", "match_eq"]
    closed = [step for step in walk(course_of(chain, MasterOrder()).steps) if isinstance(step, Limiter)]
    assert [step.ceiling_dbtp for step in closed] == [-2]
    assert master(a_mix(1.0), chain, MasterOrder(bit_depth="32f")).audio.frames == 44100


def test_the_report_tells_of_each_branch_and_messages_come_through() -> None:
    step = Parallel(
        branches=(
            Branch(steps=(Compressor(threshold_db=-30),), gain_db=-4),
            Branch(steps=(MatchEq(towards="reference"),)),
        )
    )
    done = run_steps(a_mix(), (step,), in_memory, to_nobody)
    applied = done.steps[0]
    assert "[Compressor 2:1" in applied.sentence
    assert "at -4 dB" in applied.sentence
    assert applied.detail is not None
    assert applied.detail.startswith("branch 1: at most ")
    assert applied.parameters["branch_1_step_1_threshold_db"] == -30
    assert [message.code for message in done.messages] == ["reference_missing"]


def test_the_source_is_not_altered_by_a_branch() -> None:
    mix = Audio(a_mix(0.5).samples, 44100)
    kept = mix.samples.copy()
    through(Parallel(branches=(Branch(steps=(Gain(gain_db=6),)),) * 3), mix)
    assert np.array_equal(mix.samples, kept)


def test_faults_inside_branches_have_their_places(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "title: Wrong\nsteps:\n  - use: parallel\n    branches:\n      - steps:\n"
        "          - {use: compresor}\n          - {use: gain, gain_db: 200}\n      - steps: []\n        gian_db: 1\n"
    )
    with pytest.raises(ChainError) as reason:
        read_chain(path)
    lines = str(reason.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["6", "7", "8", "9"]
    assert "steps[0].branches[0].steps[0]: `compresor` is not known here. Did you mean `compressor`?" in lines[0]
    assert "steps[0].branches[0].steps[1].gain_db: must be -60 to 24 dB, not 200" in lines[1]
    assert "steps[0].branches[1].steps: needs at least 1 of them, not 0." in lines[2]
    assert "Did you mean `gain_db`?" in lines[3]
