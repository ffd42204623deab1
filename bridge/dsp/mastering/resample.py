"""Another sample rate, when ordered: soxr at its very high quality (aliases below -150 dB)."""

import numpy as np
import soxr

from bridge.audio.signal import Allocate, Audio, OnProgress, Signal
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.working import BLOCK_FRAMES
from bridge.model import AppliedStep

QUALITY = "VHQ"


def resample(audio: Signal, sample_rate_hz: int, allocate: Allocate, on_progress: OnProgress) -> Audio:
    """The signal at another sample rate; its length is the nearest whole number of frames, its start stays.

    Args:
        audio: float32 (channels, frames). Silence stays silence; one frame stays one frame at least.
        sample_rate_hz: of the result.
        allocate: gives room for the result.
        on_progress: told the fraction done.
    """
    frames = max(1, round(audio.frames * sample_rate_hz / audio.sample_rate_hz)) if audio.frames else 0
    result = allocate(audio.channels, frames)
    stream = soxr.ResampleStream(audio.sample_rate_hz, sample_rate_hz, audio.channels, dtype="float32", quality=QUALITY)
    done = 0
    for start in range(0, audio.frames, BLOCK_FRAMES):
        block = audio.read(start, BLOCK_FRAMES)
        is_last = start + block.shape[1] >= audio.frames
        made = stream.resample_chunk(np.ascontiguousarray(block.T), last=is_last).T[:, : frames - done]
        result[:, done : done + made.shape[1]] = made
        done += int(made.shape[1])
        on_progress(min(1.0, (start + BLOCK_FRAMES) / audio.frames))
    result[:, done:] = 0.0
    return Audio(result, sample_rate_hz)


def to_rate(audio: Audio, sample_rate_hz: int | None, allocate: Allocate, on_progress: OnProgress) -> Changed:
    """The signal at the ordered sample rate; None, or the rate that it has, leaves it alone."""
    if sample_rate_hz in {None, audio.sample_rate_hz}:
        return Changed(audio)
    assert sample_rate_hz is not None
    return Changed(resample(audio, sample_rate_hz, allocate, on_progress), (_applied(audio, sample_rate_hz),))


def _applied(audio: Audio, sample_rate_hz: int) -> AppliedStep:
    return AppliedStep(
        use="resample",
        sentence=f"Resampled from {audio.sample_rate_hz} Hz to {sample_rate_hz} Hz",
        parameters={"from_hz": audio.sample_rate_hz, "to_hz": sample_rate_hz, "quality": f"soxr {QUALITY}"},
    )
