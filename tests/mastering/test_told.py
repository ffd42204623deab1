"""What reports say of steps: each parameter once."""

import pytest

from bridge.chains import Branch, Compressor, Parallel, Step
from bridge.dsp.mastering import MasterOrder, master
from bridge.reports.figures import parameter_texts
from tests.mastering.examples import EXAMPLES, VARIANTS, a_mix, chain_of, step_name

SQUEEZED = Branch(steps=(Compressor(threshold_db=-40, ratio=4, makeup="auto"),), gain_db=-3)
DOUBLED = Parallel(branches=(SQUEEZED, SQUEEZED), makeup="auto")


@pytest.mark.parametrize("step", [*EXAMPLES, *VARIANTS, DOUBLED], ids=step_name)
def test_no_parameter_is_listed_twice(step: Step) -> None:
    for applied in master(a_mix(1.0), chain_of(step), MasterOrder()).steps:
        texts = parameter_texts(applied.parameters)
        labels = [(one.label, one.text.partition(" ")[2]) for one in texts]  # "attack 4 dB" is not "attack 20 ms"
        assert len(set(labels)) == len(labels), sorted(labels)


def test_make_up_is_told_of_each_branch_and_of_the_sum() -> None:
    applied = master(a_mix(1.0), chain_of(DOUBLED), MasterOrder()).steps[0]
    told = {name for name in applied.parameters if "makeup" in name}
    assert told == {"branch_1_step_1_makeup_db", "branch_2_step_1_makeup_db", "makeup_db"}
    assert applied.detail is not None
    assert applied.detail.count("make-up") == 3
    assert "the sum: make-up" in applied.detail
