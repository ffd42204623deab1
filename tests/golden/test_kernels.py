"""After warm-up, no job compiles a kernel, whatever its signal lies on and whatever form it leaves in."""

from pathlib import Path

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples
from bridge.chains import Chain, Limiter, Target
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.forms import Form, formed
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.warm import warm_up
from tests.kernels import newly_compiled, signature_counts

HOT_CHAIN = Chain(title="Hot", steps=(Limiter(),), target=Target(integrated_lufs=-9))


@pytest.fixture(scope="module")
def warm() -> dict[str, int]:
    warm_up()
    return signature_counts()


def test_scratch_files_other_forms_and_more_channels_compile_nothing(warm: dict[str, int], tmp_path: Path) -> None:
    numbers = iter(range(100))

    def on_disk(channels: int, frames: int) -> Samples:
        return np.memmap(tmp_path / f"{next(numbers)}.f32", np.float32, mode="w+", shape=(channels, frames))

    noise = np.random.default_rng(1).uniform(-0.9, 0.9, (6, 48000)).astype(np.float32)
    for channels in (1, 2, 6):
        mix = on_disk(channels, noise.shape[1])
        mix[:] = noise[:channels]
        mastered = master(Audio(mix, 44100), HOT_CHAIN, MasterOrder(bit_depth="24"), on_disk)
        for form in (Form(44100, "16", -1.0, 1), Form(96000, "24", -1.0, 1), Form(48000, "32f", -1.0, 1, -3.0)):
            formed(mastered.audio, form, on_disk, to_nobody)
    assert newly_compiled(warm) == []
