"""Another sample rate: soxr at its very high quality (aliases below -150 dB)."""

import numpy as np
import soxr

from bridge.audio.signal import Allocate, Audio, OnProgress, Signal

QUALITY = "VHQ"
BLOCK_FRAMES = 1 << 16


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
