"""What only a CUDA GPU can show: `pytest -m gpu`; `python -m tests.benchmarks.bench_separation` prints the table."""

import numpy as np
import pytest
import torch

from bridge.dsp.separation.devices import AGREEMENT_DB_MIN, Placement, Precision, agreement_db, batch_size, place
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.runner import Runner
from tests.separation.networks import CPU, noise, separated, tiny

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU here"),
]
GPU = torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def _back_to_the_cpu() -> object:
    yield
    tiny().to(CPU)


def on_gpu(placement: Placement, frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    tiny().to(GPU)
    blocks = [block.samples.copy() for block in stream(Runner(tiny(), placement), noise(frames), Streaming())]
    return np.concatenate(blocks, axis=-1)


@pytest.mark.parametrize("batch", [1, 8])
def test_the_gpu_agrees_with_the_cpu(batch: int) -> None:
    exact = on_gpu(Placement(GPU, Precision.FLOAT_32, batch), 600_000)
    tiny().to(CPU)
    reference = separated(tiny(), noise(600_000))
    assert agreement_db(torch.from_numpy(reference), torch.from_numpy(exact)) >= 80.0


def test_fast_arithmetic_passed_its_check_and_two_runs_give_the_same_bits() -> None:
    placement = place(tiny(), GPU, None, "auto")
    assert placement.agreement_db is None or placement.agreement_db >= AGREEMENT_DB_MIN
    np.testing.assert_array_equal(on_gpu(placement, 600_000), on_gpu(placement, 600_000))


def test_the_batch_follows_the_memory_that_may_be_taken() -> None:
    assert batch_size(GPU, 0.5) == 1
    assert batch_size(GPU, None) >= batch_size(GPU, 2.0)
