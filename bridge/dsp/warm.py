"""Compiling every kernel ahead of time, so that the first job does not wait for it."""

from collections.abc import Callable, Sequence

import numpy as np

from bridge.audio.signal import Audio, OnProgress
from bridge.chains import (
    BandDynamics,
    Chain,
    Clip,
    Compressor,
    DcRemove,
    Gain,
    Highpass,
    HighShelf,
    Limiter,
    Multiband,
    Resonance,
    Saturate,
    Step,
    Target,
    Transient,
)
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.hits import read_hits
from bridge.dsp.measures import measure, peak_envelope, peak_overs
from bridge.dsp.measures.compare import compare
from bridge.dsp.measures.readings import read_everything

STEPS_WITH_KERNELS: Sequence[Step] = (
    DcRemove(),
    Gain(gain_db=-6, channels="mid"),
    Gain(gain_db=-6, mix_percent=50),
    Highpass(cutoff_hz=30, slope_db_per_oct=12),
    Saturate(kind="tube"),
    Saturate(kind="tape"),
    Clip(ceiling_dbfs=-12),
    Compressor(threshold_db=-40, detector="peak"),
    Compressor(threshold_db=-40, detector="rms"),
    Multiband(crossovers_hz=(200, 2000), bands=(BandDynamics(threshold_db=-60),) * 3),
    Transient(attack_db=3),
    Resonance(),
)
"""Between them they call every kernel of the steps, on two channels; filters are warmed on three."""

WarmUp = Callable[[], object]
"""Calls kernels once, on little data of the types that they will meet."""


def warm_up(on_progress: OnProgress | None = None) -> None:
    """Runs every kernel once: they compile (tens of seconds, the first time) or load from the cache (a second)."""
    steps: Sequence[WarmUp] = (
        _warm_measures,
        _warm_comparison,
        _warm_analysis,
        _warm_envelopes,
        _warm_mastering,
        _warm_steps,
    )
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


def _warm_measures() -> None:
    measure(little_audio(), threads=1)


def _warm_analysis() -> None:
    read_everything(little_audio(), threads=1)


def _warm_comparison() -> None:
    compare(little_audio(), little_audio(), threads=1)


def _warm_envelopes() -> None:
    peak_envelope(little_audio(), 0.5, threads=1)
    peak_overs(little_audio(), 0.5, threads=1)
    read_hits(little_audio())


def _warm_mastering() -> None:
    samples = np.tile(little_audio().samples[:1], (3, 8))  # three channels: filters work on pairs, and on one left over
    chain = Chain(
        title="Warm-up",
        steps=(HighShelf(frequency_hz=8000, gain_db=1), Limiter()),
        target=Target(integrated_lufs=-9),
    )
    master(Audio(samples, 48000), chain, MasterOrder(bit_depth="16"))
    master(Audio(samples, 48000), chain.model_copy(update={"target": Target()}), MasterOrder(bit_depth="24"))


def _warm_steps() -> None:
    samples = np.tile(little_audio().samples, (1, 5))
    master(Audio(samples, 48000), Chain(title="Warm-up", steps=tuple(STEPS_WITH_KERNELS)), MasterOrder(bit_depth="32f"))
