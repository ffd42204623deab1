"""Compiling the kernels of the meters ahead of time."""

from collections.abc import Callable, Sequence

import numpy as np

from bridge.audio.signal import Audio, OnProgress
from bridge.dsp.measures.compare import compare
from bridge.dsp.measures.measure import measure
from bridge.dsp.measures.readings import read_everything
from bridge.dsp.measures.true_peak import peak_envelope, peak_overs

WarmUp = Callable[[], object]
"""Calls kernels once, on little data of the types that they will meet."""


def warm_up(on_progress: OnProgress | None = None) -> None:
    """Runs every kernel of the meters once: they compile (seconds, the first time) or load from the cache."""
    run_each((warm_meters, warm_comparison), on_progress)


def run_each(steps: Sequence[WarmUp], on_progress: OnProgress | None) -> None:
    """Takes one step after the other, and tells the fraction done."""
    for done, step in enumerate(steps):
        if on_progress is not None:
            on_progress(done / len(steps))
        step()
    if on_progress is not None:
        on_progress(1.0)


def little_audio() -> Audio:
    """A tenth of a second that reaches every branch: noise, and a clipped run."""
    samples = np.random.default_rng(1).uniform(-1.0, 1.0, (2, 4800)).astype(np.float32)
    samples[:, 100:110] = 1.0
    return Audio(samples, 48000)


def warm_meters() -> None:
    """Everything that is read of one signal."""
    measure(little_audio(), threads=1)
    read_everything(little_audio(), threads=1)


def warm_comparison() -> None:
    """What is read of two."""
    compare(little_audio(), little_audio(), threads=1)


def warm_envelopes() -> None:
    """What a limiter reads."""
    peak_envelope(little_audio(), 0.5, threads=1)
    peak_overs(little_audio(), 0.5, threads=1)
