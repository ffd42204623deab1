"""Null tests: what must come out as it went in, sample for sample."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bridge.audio.metadata import Metadata
from bridge.audio.read import open_audio, read_whole
from bridge.audio.signal import Audio, Samples, in_memory
from bridge.audio.write import OutputSpec, write_audio
from bridge.chains import Chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.measures.compare import compare
from bridge.recipes import OutputFormat
from bridge.selftest.rows import truth_row
from bridge.wire import CheckRow

GROUP = "Null tests"
RATE_HZ = 48000
LATE_FRAMES = 1234
SOFTER = 0.5
"""A power of two, so that no sample is rounded."""


def check_nulls(do_nothing: Callable[[Samples], Samples] | None = None) -> Iterator[CheckRow]:
    """A chain that does nothing (or what stands for it), files, and a copy that must be recognised."""
    sound = noise()
    yield _same_row("A chain without steps", sound, (do_nothing or through_chain)(sound))
    for form in (OutputFormat.WAV, OutputFormat.AIFF, OutputFormat.FLAC):
        yield _same_row(f"{form.upper()} file, 24 bit", sound, through_file(sound, OutputSpec(form, "24")))
    yield _copy_row(sound)


def noise() -> Samples:
    """Five seconds that every format holds exactly (24 bit), far below any ceiling."""
    bits = np.random.default_rng(1).integers(-(1 << 20), 1 << 20, (2, 5 * RATE_HZ))
    return np.ascontiguousarray(bits / float(1 << 23), np.float32)


def through_chain(sound: Samples) -> Samples:
    """What a chain without steps and target leaves of it."""
    chain = Chain(title="Self-test", steps=())
    return master(Audio(sound, RATE_HZ), chain, MasterOrder(bit_depth="32f")).audio.samples


def through_file(sound: Samples, spec: OutputSpec) -> Samples:
    """What is read back of it."""
    with tempfile.TemporaryDirectory(prefix="dawbridge-") as folder:
        path = Path(folder) / f"null.{spec.format}"
        write_audio(path, Audio(sound, RATE_HZ), spec, Metadata())
        with open_audio(path) as file:
            return read_whole(file, in_memory, lambda _: None).samples


def _same_row(name: str, before: Samples, after: Samples) -> CheckRow:
    is_same = before.shape == after.shape and bool((before == after).all())
    measured = "the same samples" if is_same else "other samples"
    return truth_row(GROUP, name, "the same samples", measured, is_right=is_same)


def _copy_row(sound: Samples) -> CheckRow:
    late = np.concatenate([np.zeros((2, LATE_FRAMES), np.float32), np.float32(-SOFTER) * sound], axis=1)
    found = compare(Audio(sound, RATE_HZ), Audio(late, RATE_HZ))
    is_found = (found.offset_frames, found.is_inverted, found.is_exact_null) == (LATE_FRAMES, True, True)
    measured = "found, exact null" if is_found else f"{found.offset_frames} frames late, null {found.null_db} dB"
    return truth_row(GROUP, "A late, inverted copy", "found, exact null", measured, is_right=is_found)
