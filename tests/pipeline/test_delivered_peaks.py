"""The ceiling on what is delivered: files read back from the return folder, after dither, by the 64-fold reference."""

from pathlib import Path

import numpy as np
import pytest

from bridge.audio.read import read_audio
from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.model import Assignment, JobRequest, Origin
from bridge.pipeline import run_job
from bridge.recipes import MasterRecipe, OutputBitDepth
from tests.signals import hard_peaks, music, reference_true_peak

RATE_HZ = 44100
CEILING_DBTP = -1.0
CHAIN = """title: Only a limiter
steps:
  - use: gain
    gain_db: {drive_db}
  - use: limiter
    mode: {mode}
target:
  ceiling_dbtp: -1
"""


def everything_hard() -> Samples:
    """All that is hard to limit, one after another: tones at a quarter of the rate, squares, noise, steps, clicks."""
    steps = np.where(np.arange(RATE_HZ // 10) // 1000 % 2, 0.7, -0.3)[None]
    waves = [wave for _, wave in hard_peaks(RATE_HZ, 0.15)] + [steps, music(2.0, RATE_HZ)]
    gap = np.zeros((2, 2000))
    joined = [part for wave in waves for part in (np.broadcast_to(wave[:2], (2, wave.shape[1])), gap)]
    return np.concatenate(joined, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("mode", "drive_db", "bit_depth"),
    [("transparent", 3, "16"), ("punchy", 12, "16"), ("loud", 12, "24"), ("transparent", 12, "32f")],
)
def test_no_delivered_file_is_above_its_ceiling_at_64_fold(
    mode: str, drive_db: int, bit_depth: OutputBitDepth, tmp_path: Path
) -> None:
    mix, chain = tmp_path / "Mix.wav", tmp_path / "only.yaml"
    write_like_a_daw(mix, everything_hard(), RATE_HZ, duration_s=0.0)
    chain.write_text(CHAIN.format(mode=mode, drive_db=drive_db))
    request = JobRequest(
        renders=(read_render(mix),),
        recipe=MasterRecipe(chain="only", bit_depth=bit_depth),
        name="Mix",
        return_folder=tmp_path / "Returns",
        origin=Origin(listener="cli"),
    )
    work = prepare(request, "job")
    assignment = Assignment(job_id="job", request=request, work_folder=work, chain_folders=(tmp_path,))
    result = run_job(assignment, lambda progress: None)
    sweep(work)
    [master] = [file.path for file in result.files if file.role == "master"]
    delivered = read_audio(master)
    peak_dbtp = 20 * np.log10(reference_true_peak(delivered.samples))
    assert CEILING_DBTP - 0.1 < peak_dbtp <= CEILING_DBTP
