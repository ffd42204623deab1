"""Audio files in the work folder, each read as it stands there and nowhere above its ceiling."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from bridge.audio.metadata import Metadata
from bridge.audio.read import open_audio, require_held
from bridge.audio.render import file_digest
from bridge.audio.signal import Audio, OnProgress, Signal
from bridge.audio.write import OutputSpec, write_audio
from bridge.dsp.measures import Analyzed, measure
from bridge.errors import EngineError
from bridge.model import AppliedStep, FileRole
from bridge.pipeline.outcome import Staged
from bridge.pipeline.run import Run
from bridge.recipes import LOSSLESS_FORMATS
from bridge.units import db_to_gain

CODEC_ROUNDS_MAX = 5
CODEC_MARGIN_DB = 0.02
CEILING_TOLERANCE_DB = 0.0005
"""Rounding of the meter's own arithmetic; figures are shown with two decimals."""

Read: TypeAlias = Callable[[Signal, OnProgress], Analyzed]
"""Reads a file that was written; at least measures it."""


@dataclass(frozen=True)
class FileOrder:
    """A file that is wanted."""

    path: Path
    spec: OutputSpec
    metadata: Metadata
    ceiling_dbtp: float
    role: FileRole = "master"
    suffix: str = ""
    """What its delivered name ends with; that of the path when empty."""


@dataclass(frozen=True)
class Written:
    """An audio file on disk, as read there."""

    staged: Staged
    after: Analyzed
    steps: tuple[AppliedStep, ...]
    """Added on the way into the file."""


def only_measured(signal: Signal, on_progress: OnProgress) -> Analyzed:
    """The figures, without an analysis."""
    return Analyzed(measure(signal, on_progress), None)


def write_held(run: Run, order: FileOrder, audio: Audio, read: Read, on_progress: OnProgress) -> Written:
    """The signal as a file that holds its ceiling as it stands on disk.

    An encoder adds peaks of its own: a lossy file is decoded, read, and encoded again with just less gain until it
    holds.

    Raises:
        EngineError: it never does.
        DeliveryError: the disk is full, or gives back something else than was written.
    """
    trim_db = 0.0
    written_and_read = _written_while_read if order.spec.format in LOSSLESS_FORMATS else _written_then_read
    for _ in range(CODEC_ROUNDS_MAX):
        trimmed = _trimmed(run, audio, trim_db)
        digest, after = written_and_read(order, trimmed, read, on_progress)
        over_db = over_ceiling_db(after.measured.measurement.true_peak_dbtp, order.ceiling_dbtp)
        if over_db <= CEILING_TOLERANCE_DB:
            suffix = order.suffix or order.path.suffix
            staged = Staged(order.path, suffix, digest, order.role, audio.sample_rate_hz)
            return Written(staged, after, _trim_steps(order.spec, trim_db))
        trim_db -= over_db + CODEC_MARGIN_DB
    raise EngineError(
        f"The {order.spec.format} file still reads over the ceiling after {CODEC_ROUNDS_MAX} tries, so nothing was "
        "released: lower ceiling_dbtp by 1 dB, or choose wav."
    )


def _written_then_read(order: FileOrder, audio: Audio, read: Read, on_progress: OnProgress) -> tuple[str, Analyzed]:
    """Digest of a file that holds something else than the signal, and what is read off what it holds."""
    write_audio(order.path, audio, order.spec, order.metadata, lambda part: on_progress(part / 2))
    with ThreadPoolExecutor(1) as beside, open_audio(order.path) as written:
        digest = beside.submit(file_digest, order.path)
        after = read(written, lambda part: on_progress(0.5 + part / 2))
        return digest.result(), after


def _written_while_read(order: FileOrder, audio: Audio, read: Read, on_progress: OnProgress) -> tuple[str, Analyzed]:
    """Digest of a file that holds the signal, every sample of it, and what is read off the signal meanwhile."""
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_written_and_proven, order, audio)
        after = read(audio, on_progress)
        return digest.result(), after


def _written_and_proven(order: FileOrder, audio: Audio) -> str:
    """Digest of the file, once it lies on the disk and gives back what was written."""
    write_audio(order.path, audio, order.spec, order.metadata)
    with ThreadPoolExecutor(1) as beside, open_audio(order.path) as written:
        digest = beside.submit(file_digest, order.path)
        require_held(written, audio)
        return digest.result()


def over_ceiling_db(peak_dbtp: float | None, ceiling_dbtp: float) -> float:
    """How far a peak is above the ceiling; negative when it holds."""
    return -1.0 if peak_dbtp is None else peak_dbtp - ceiling_dbtp


def _trimmed(run: Run, audio: Audio, trim_db: float) -> Audio:
    if trim_db == 0.0:
        return audio
    samples = run.allocate(audio.channels, audio.frames)
    np.multiply(audio.samples, np.float32(db_to_gain(trim_db)), out=samples)
    return Audio(samples, audio.sample_rate_hz)


def _trim_steps(spec: OutputSpec, trim_db: float) -> tuple[AppliedStep, ...]:
    """The step that says what the encoder's own peaks cost."""
    if trim_db == 0.0:
        return ()
    sentence = f"Gain {trim_db:+.2f} dB so that the {spec.format} file, decoded again, stays under the ceiling"
    return (AppliedStep(use="codec_trim", sentence=sentence, parameters={"gain_db": round(trim_db, 3)}),)
