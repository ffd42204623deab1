"""The engine: demucs' own result, in the memory of one batch."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from demucs.apply import apply_model
from demucs.pretrained import get_model
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.dsp.separation.devices import Placement, Precision, agreement_db
from bridge.dsp.separation.overlap_add import Block, Segment, Streaming, _Sums, segments_of, stream
from bridge.dsp.separation.runner import Runner, runner_on
from bridge.dsp.separation.separator import SegmentGrid, Separator
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


# --- Shifts -----------------------------------------------------------------------------------------------------------


def by_hand(separator: Separator, mix: Audio, shifts: Sequence[int]) -> NDArray[np.float64]:
    """The mix behind each length of silence as a whole signal, separated, cut and averaged."""
    passes = [
        separated(separator, Audio(np.pad(mix.samples, ((0, 0), (shift, 0))), RATE_HZ))[..., shift:] for shift in shifts
    ]
    total = np.zeros(passes[0].shape)
    for one in passes:
        total += one
    return total / len(passes)


@pytest.mark.parametrize("frames", [1000, SEGMENT + 1, 4 * RATE_HZ + 77])
def test_shifted_passes_equal_those_of_apply_model(frames: int) -> None:
    mix = noise(frames)
    bag: Any = get_model("tinydemucs", repo=Path(MODELS))
    shifts: list[int] = []
    passes: list[torch.Tensor] = []
    for seed in (5, 6):  # one after the other, because the network draws numbers too
        random.seed(seed)
        shifts.append(RATE_HZ // 2 - random.randint(0, RATE_HZ // 2))
        random.seed(seed)
        with torch.no_grad():
            passes.append(apply_model(bag.models[0], torch.from_numpy(mix.samples)[None], shifts=1)[0])
    ours = torch.from_numpy(separated(tiny(), mix, 1, Streaming(shifts=tuple(shifts))))
    assert agreement_db(torch.stack(passes).mean(dim=0), ours) >= 120.0


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 400),
    batch=st.integers(1, 5),
    shifts=st.lists(st.integers(0, 200), min_size=1, max_size=4).map(tuple),
)
def test_shifted_passes_are_the_mean_of_what_each_gives_by_hand(
    frames: int, batch: int, shifts: tuple[int, ...]
) -> None:
    mix, told = noise(frames), list[int]()
    wanted = Streaming(shifts=shifts, on_segments=told.append)
    blocks = [Block(b.start, b.samples.copy()) for b in stream(runner(Crooked(), batch), mix, wanted)]
    ends = [block.start + block.samples.shape[-1] for block in blocks]
    assert [block.start for block in blocks] == [0, *ends[:-1]]
    whole = np.concatenate([block.samples for block in blocks], axis=-1)
    np.testing.assert_allclose(whole, by_hand(Crooked(), mix, shifts), atol=1e-6)
    assert sum(told) == len(segments_of(replace(Crooked().grid, shifts=shifts), frames))


def test_of_many_passes_no_more_than_a_segment_of_each_is_held() -> None:
    network = Crooked()
    shifts = (0, 7, 23, 40)
    longest = max(b.samples.shape[-1] for b in stream(runner(network), noise(20_000), Streaming(shifts=shifts)))
    assert longest <= network.grid.segment_frames


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
    assert running.retreats == ["1 segment at a time instead of 2", "the CPU instead of meta"]


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


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: unspecified launch failure",
        "CUDA driver error: device not ready",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    ],
)
def test_a_gpu_that_is_lost_while_results_are_fetched_asks_for_a_fresh_engine(text: str) -> None:
    class Late(Audio):
        """What a device met long before is told by whatever waits for it next."""

        def read(self, start: int, frames: int) -> Samples:
            if start > 200:
                raise RuntimeError(text)
            return super().read(start, frames)

    with pytest.raises(EngineCrashedError, match="stopped in the middle"):
        list(stream(runner(Crooked()), Late(noise(1000).samples, RATE_HZ), Streaming()))


@pytest.mark.parametrize(
    "reason",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 900.00 MiB."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 1.0 GB)"),
    ],
)
def test_a_device_without_room_for_the_weights_leaves_the_work_to_the_cpu(reason: RuntimeError) -> None:
    class Heavy(Crooked):
        """Does not even fit as it is."""

        def to(self, device: torch.device) -> None:
            if device != CPU:
                raise reason
            super().to(device)

    running = runner_on(Heavy(), torch.device("meta"))
    assert running.placement.device == CPU
    assert running.retreats == ["the CPU instead of meta"]
    mix = noise(300)
    blocks = [block.samples.copy() for block in stream(running, mix, Streaming())]
    np.testing.assert_allclose(np.concatenate(blocks, axis=-1), separated(Crooked(), mix), atol=1e-6)


def test_a_gpu_that_is_lost_while_weights_go_there_asks_for_a_fresh_engine() -> None:
    class Gone(Crooked):
        """Its device has gone."""

        def to(self, device: torch.device) -> None:
            raise RuntimeError("CUDA error: no CUDA-capable device is detected")

    with pytest.raises(EngineCrashedError):
        runner_on(Gone(), torch.device("meta"))


def test_sums_that_do_not_fit_beside_the_network_are_kept_on_the_cpu() -> None:
    class Crowded(_Sums):
        """Its device is full now and then."""

        calls = 0

        def _add(self, segment: Segment, result: torch.Tensor | None) -> None:
            self._complain_at(5)
            super()._add(segment, result)

        def _take(self, end: int, gain: float) -> torch.Tensor:
            self._complain_at(12)
            return super()._take(end, gain)

        def _complain_at(self, call: int) -> None:
            self.calls += 1
            if self.calls >= call and not self._is_on_the_cpu:
                raise torch.OutOfMemoryError("CUDA out of memory.")

    grid, frames = Crooked().grid, 400
    results = torch.randn(len(segments_of(grid, frames)), 2, 2, grid.segment_frames)
    summed = [_summed(kind(grid, 2, 0), grid, frames, results) for kind in (_Sums, Crowded)]
    torch.testing.assert_close(*summed, rtol=0, atol=0)


def _summed(sums: _Sums, grid: SegmentGrid, frames: int, results: torch.Tensor) -> torch.Tensor:
    segments = segments_of(grid, frames)
    ends = [*(segment.offset for segment in segments[1:]), frames]
    blocks: list[torch.Tensor] = []
    for segment, result, end in zip(segments, results, ends, strict=True):
        sums.add(segment, result)
        blocks.append(sums.take(end, 1.0))
    return torch.cat(blocks, dim=-1)


def test_a_device_always_gets_whole_batches_and_the_padding_does_not_come_back() -> None:
    class Seen(Crooked):
        """Takes note of how much it is given."""

        def __init__(self) -> None:
            super().__init__()
            self.given: list[int] = []

        def forward(self, mixes: torch.Tensor) -> torch.Tensor:
            self.given.append(mixes.shape[0])
            return torch.empty(mixes.shape[0], 2, 2, mixes.shape[-1], device=mixes.device)

    network = Seen()
    running = Runner(network, Placement(torch.device("meta"), Precision.FLOAT_32, 4))
    assert running.forward(torch.zeros(6, 2, 64)).shape == (6, 2, 2, 64)
    assert network.given == [4, 4]


def test_other_errors_of_a_network_are_not_taken_for_lack_of_memory() -> None:
    class Wrong(Crooked):
        """Fails."""

        def forward(self, mixes: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        list(stream(placed(Wrong(), "cpu", 1), noise(100), Streaming()))
