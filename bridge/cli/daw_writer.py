"""A bounce written the way DAWs write it, for the demo and the tests.

Eight of eight renderers that were watched (LMMS, Ardour, Audacity, ecasound ...) create the file under its final name
at once, with sizes that say "nothing yet", let it grow, and put the true sizes into the header just before they close.
"""

import itertools
import math
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bridge.audio.embedded.bext import Bext, build_bext
from bridge.audio.signal import OnProgress, Samples
from bridge.errors import AudioError

ORIGINATOR = "daw-bridge demo"
SESSION_START_S = 3600
"""Sessions start at one o'clock by custom; the time reference says where in the session the bounce belongs."""
SAMPLE_BYTES = 3
FULL_SCALE = 1 << 23
CHUNK_S = 0.05
CHUNK_FRAMES = 1 << 16
"""The longest stretch written at once."""
WAVE_BYTES_MAX = 0xFFFF_FFFF


def write_like_a_daw(
    path: Path, samples: Samples, sample_rate_hz: int, duration_s: float = 0.0, on_progress: OnProgress | None = None
) -> None:
    """Writes a 24-bit WAV with a bext chunk, growing over `duration_s` seconds; an existing file is overwritten.

    Args:
        path: its final name from the first byte.
        samples: float32 (channels, frames); rounded to 24 bits, and clipped at full scale as fixed-point bounces are.
        sample_rate_hz: their rate.
        duration_s: how long the bounce takes; 0 writes as fast as the disk does.
        on_progress: told the fraction written after every stretch, when it can be seen in the file.

    Raises:
        AudioError: samples that are not finite, or more than a WAV file holds.
    """
    if not np.isfinite(samples).all():
        raise AudioError(f"{path.name} cannot be bounced: its samples are not all numbers.")
    head = _head(samples, sample_rate_hz)
    data_bytes = samples.size * SAMPLE_BYTES
    file_bytes = len(head) + data_bytes + data_bytes % 2
    if file_bytes - 8 > WAVE_BYTES_MAX:
        raise AudioError(f"{path.name} cannot be bounced: a WAV file holds at most 4 GB.")
    with path.open("wb") as file:
        file.write(_with_sizes(head, riff_bytes=8, data_bytes=0))
        file.flush()
        _grow(file, samples, duration_s, on_progress)
        file.write(bytes(data_bytes % 2))  # RIFF chunks are padded to even lengths
        file.seek(0)
        file.write(_with_sizes(head, file_bytes - 8, data_bytes))


def _grow(file: BinaryIO, samples: Samples, duration_s: float, on_progress: OnProgress | None) -> None:
    frames = samples.shape[1]
    started_s = time.monotonic()
    for end, stretch in _stretches(samples, duration_s):
        file.write(stretch)
        file.flush()
        if on_progress is not None:
            on_progress(end / frames)
        time.sleep(max(0.0, started_s + duration_s * end / frames - time.monotonic()))


def _stretches(samples: Samples, duration_s: float) -> Iterator[tuple[int, bytes]]:
    """The sound as 24-bit little-endian integers, each stretch with the frame where it ends."""
    frames = samples.shape[1]
    count = max(1, math.ceil(duration_s / CHUNK_S), math.ceil(frames / CHUNK_FRAMES))
    edges = [frames * number // count for number in range(count + 1)]
    for start, end in itertools.pairwise(edges):
        if end > start:
            scaled = np.rint(samples[:, start:end].T.astype(np.float64) * FULL_SCALE)
            whole = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i4")
            # The three low bytes of each little-endian 32-bit integer.
            yield end, whole.reshape(-1, 1).view(np.uint8)[:, :SAMPLE_BYTES].tobytes()


def _head(samples: Samples, sample_rate_hz: int) -> bytes:
    """Everything before the sound, sizes left at zero."""
    channels = samples.shape[0]
    block = channels * SAMPLE_BYTES
    now = datetime.now(tz=UTC)
    bext = build_bext(
        Bext(
            description="Bounced by dawbridge demo",
            originator=ORIGINATOR,
            origination_date=f"{now:%Y-%m-%d}",
            origination_time=f"{now:%H:%M:%S}",
            time_reference_frames=SESSION_START_S * sample_rate_hz,
        )
    )
    fmt = struct.pack("<HHIIHH", 1, channels, sample_rate_hz, sample_rate_hz * block, block, 8 * SAMPLE_BYTES)
    return (
        struct.pack("<4sI4s", b"RIFF", 0, b"WAVE")
        + struct.pack("<4sI", b"bext", len(bext))
        + bext
        + struct.pack("<4sI", b"fmt ", len(fmt))
        + fmt
        + struct.pack("<4sI", b"data", 0)
    )


def _with_sizes(head: bytes, riff_bytes: int, data_bytes: int) -> bytes:
    return head[:4] + struct.pack("<I", riff_bytes) + head[8:-4] + struct.pack("<I", data_bytes)
