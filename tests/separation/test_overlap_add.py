"""The engine: demucs' own result, in the memory of one batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from demucs.apply import apply_model
from demucs.pretrained import get_model
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio
from bridge.dsp.separation.devices import Placement, Precision, agreement_db
from bridge.dsp.separation.overlap_add import Block, Streaming, stream
from bridge.dsp.separation.runner import Runner
from bridge.errors import EngineCrashedError
from tests.separation.networks import CPU, MODELS, RATE_HZ, Crooked, noise, runner, separated, tiny

SEGMENT, STRIDE = 85_995, 64_496


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("frames", [1000, SEGMENT, SEGMENT + 1, STRIDE + 1, 5 * RATE_HZ + 77])
def test_the_engine_equals_apply_model_at_awkward_lengths(frames: int, batch: int) -> None:
    mix = noise(frames)
    bag: Any = get_model("tinydemucs", repo=Path(MODELS))
    with torch.no_grad():
        reference = apply_model(bag.models[0], torch.from_numpy(mix.samples)[None], shifts=0)[0]
    ours = torch.from_numpy(separated(tiny(), mix, batch))
    assert ours.shape == reference.shape
    assert agreement_db(reference, ours) >= 120.0


def test_two_runs_give_the_same_bits() -> None:
    mix = noise(3 * RATE_HZ)
    np.testing.assert_array_equal(separated(tiny(), mix), separated(tiny(), mix))


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(1, 400), batch=st.integers(1, 5), seed=st.integers(0, 99))
def test_blocks_come_in_order_and_whole_and_batches_do_not_matter(frames: int, batch: int, seed: int) -> None:
    mix = noise(frames, seed)
    blocks = [Block(b.start, b.samples.copy()) for b in stream(runner(Crooked(), batch), mix, Streaming())]
    ends = [block.start + block.samples.shape[-1] for block in blocks]
    assert [block.start for block in blocks] == [0, *ends[:-1]]
    assert ends[-1] == frames
    whole = np.concatenate([block.samples for block in blocks], axis=-1)
    np.testing.assert_allclose(whole, separated(Crooked(), mix, 1), atol=1e-6)


def test_a_power_of_two_before_the_network_is_taken_back_exactly() -> None:
    mix = noise(500)
    loud = Audio(mix.samples * np.float32(4.0), RATE_HZ)
    np.testing.assert_array_equal(
        separated(Crooked(), mix, 1, Streaming(scale=4.0)) * np.float32(4.0), separated(Crooked(), loud)
    )


def test_digital_silence_stays_so_and_costs_no_forward() -> None:
    network = Crooked()
    samples = noise(64 * 20).samples.copy()
    samples[:, 200:900] = 0.0
    stems = separated(network, Audio(samples, RATE_HZ))
    silent = slice(200 + 64, 900 - 64)
    assert not stems[..., silent].any()
    assert sum(network.forwards) < len(network.grid.offsets(64 * 20)) - 8


def test_every_segment_is_told_once() -> None:
    told: list[int] = []
    network = Crooked()
    list(stream(runner(network, 3), noise(1000), Streaming(on_segments=told.append)))
    assert sum(told) == len(network.grid.offsets(1000))


# --- Memory that runs out ---------------------------------------------------------------------------------------------


def placed(network: Crooked, device: str, batch: int) -> Runner:
    """As `place` leaves it; the meta device stands for a GPU whose memory the network simulates."""
    return Runner(network, Placement(torch.device(device), Precision.FLOAT_32, batch), free_memory=lambda: None)


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_the_result_is_the_same() -> None:
    network = Crooked(room=2)
    running = placed(network, "cpu", 8)
    mix = noise(2000)
    blocks = [block.samples.copy() for block in stream(running, mix, Streaming())]
    np.testing.assert_allclose(np.concatenate(blocks, axis=-1), separated(Crooked(), mix), atol=1e-6)
    assert running.placement.batch == 2
    assert running.retreats == ["4 segments at a time instead of 8", "2 segments at a time instead of 4"]


def test_from_a_device_that_holds_not_one_segment_work_moves_to_the_cpu() -> None:
    class Small(Crooked):
        """Fits nowhere but on the CPU."""

        def forward(self, mixes: torch.Tensor) -> torch.Tensor:
            if self.device != CPU:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().forward(mixes)

    network = Small()
    network.to(torch.device("meta"))
    running = placed(network, "meta", 2)
    mix = noise(700)
    blocks = [block.samples.copy() for block in stream(running, mix, Streaming())]
    np.testing.assert_allclose(np.concatenate(blocks, axis=-1), separated(Crooked(), mix), atol=1e-6)
    assert running.placement.device == CPU
    assert running.retreats == ["1 segments at a time instead of 2", "the CPU instead of meta"]


def test_memory_that_runs_out_on_the_cpu_too_is_said() -> None:
    with pytest.raises(MemoryError):
        list(stream(placed(Crooked(room=0), "cpu", 1), noise(100), Streaming()))


def test_a_gpu_that_is_lost_asks_for_a_fresh_engine() -> None:
    class Lost(Crooked):
        """Its device has gone."""

        def forward(self, mixes: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

    with pytest.raises(EngineCrashedError, match="stopped in the middle"):
        list(stream(placed(Lost(), "cpu", 1), noise(100), Streaming()))


def test_other_errors_of_a_network_are_not_taken_for_lack_of_memory() -> None:
    class Wrong(Crooked):
        """Fails."""

        def forward(self, mixes: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        list(stream(placed(Wrong(), "cpu", 1), noise(100), Streaming()))
