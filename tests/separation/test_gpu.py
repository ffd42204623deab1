"""What only a CUDA GPU can show: `pytest -m gpu`; `python -m tests.benchmarks.bench_separation` prints the table."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from bridge.dsp.separation.devices import AGREEMENT_DB_MIN, Placement, Precision, agreement_db, batch_size, place
from bridge.dsp.separation.overlap_add import Block, Streaming, stream
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
    blocks = stream_on_gpu(placement, frames, Streaming())
    return np.concatenate([block.samples for block in blocks], axis=-1)


def stream_on_gpu(placement: Placement, frames: int, wanted: Streaming) -> Iterator[Block]:
    """Copies of all blocks."""
    tiny().to(GPU)
    for block in stream(Runner(tiny(), placement), noise(frames), wanted):
        yield Block(block.start, block.samples.copy())


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


def test_a_part_that_runs_again_comes_out_as_it_did_in_the_whole() -> None:
    placement = replace(place(tiny(), GPU, None, "auto"), batch=4)
    frames = 1_200_000
    whole = on_gpu(placement, frames)
    blocks = list(stream_on_gpu(placement, frames, Streaming(7, 10)))
    start = blocks[0].start + tiny().grid.segment_frames  # before that, segments that were not run reach in
    end = blocks[-1].start + blocks[-1].samples.shape[-1] - tiny().grid.segment_frames
    part = np.concatenate([block.samples for block in blocks], axis=-1)[..., start - blocks[0].start :]
    reference = torch.from_numpy(whole[..., start:end])
    assert agreement_db(reference, torch.from_numpy(part[..., : end - start])) >= 100.0


def test_memory_that_may_not_be_taken_is_given_up_step_by_step_and_the_job_ends_well() -> None:
    tiny().to(GPU)
    running = Runner(tiny(), Placement(GPU, Precision.FLOAT_32, 64))
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(GPU).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, (torch.cuda.memory_reserved(GPU) + 4e8) / total), GPU)
    try:
        blocks = [block.samples.copy() for block in stream(running, noise(6_000_000), Streaming())]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, GPU)
    assert running.retreats
    tiny().to(CPU)
    reference = separated(tiny(), noise(6_000_000))
    assert agreement_db(torch.from_numpy(reference), torch.from_numpy(np.concatenate(blocks, axis=-1))) >= 60.0


def test_the_batch_follows_the_memory_that_may_be_taken() -> None:
    assert batch_size(GPU, 0.5) == 1
    assert batch_size(GPU, None) >= batch_size(GPU, 2.0)
