"""Parallel branches: each is run through its own steps as a whole signal, then all are summed."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from bridge.audio.signal import Allocate, Audio, OnProgress, Samples, Signal
from bridge.chains import Branch, Parallel, StepBase
from bridge.dsp.mastering.equal_loudness import lost_db
from bridge.dsp.mastering.played import Played
from bridge.dsp.mastering.processor import UNCHANGED, Changed, Fitted, applied_step
from bridge.dsp.mastering.progress import stretches, to_nobody
from bridge.dsp.mastering.working import BLOCK_FRAMES, WorkingSignal
from bridge.model import ParameterValue
from bridge.units import Db, db_to_gain

RunSteps: TypeAlias = Callable[[Audio, Sequence[StepBase], OnProgress], Changed]
"""The signal after steps: what makes a branch."""


def fit_parallel(
    step: Parallel, signal: Signal, run_steps: RunSteps, allocate: Allocate, on_progress: OnProgress = to_nobody
) -> Fitted:
    """The sum of the branches; latency is made up for inside each. Nothing to do where dry alone is summed at 0 dB."""
    source = whole(signal, allocate)
    ways = [[inner for inner in branch.steps if not inner.bypass] for branch in step.branches]
    parts = stretches(on_progress, len(ways))
    made = [run_steps(source, way, told) for way, told in zip(ways, parts, strict=True)]
    total = allocate(source.channels, source.frames)
    for start in range(0, source.frames, BLOCK_FRAMES):
        total[:, start : start + BLOCK_FRAMES] = _sum(step, source, made, start)
    messages = tuple(message for branch in made for message in branch.messages)
    inside = tuple(use for branch in made for applied in branch.steps for use in applied.plugins)
    if np.array_equal(total, source.samples) and not inside:
        return Fitted(None, None, messages) if messages else UNCHANGED
    makeup_db = lost_db(source, Audio(total, source.sample_rate_hz)) or 0.0 if step.makeup == "auto" else 0.0
    detail, parameters = _told(step, made, makeup_db)
    applied = applied_step(step, detail, **parameters).model_copy(update={"inside": inside})
    return Fitted(Played(total, db_to_gain(makeup_db)), applied, messages)


def whole(signal: Signal, allocate: Allocate) -> Audio:
    """The signal as one array: its own where it has one."""
    if isinstance(signal, WorkingSignal):
        return signal.audio()
    if isinstance(signal, Audio):
        return signal
    samples = allocate(signal.channels, signal.frames)
    for start in range(0, signal.frames, BLOCK_FRAMES):
        samples[:, start : start + BLOCK_FRAMES] = signal.read(start, BLOCK_FRAMES)
    return Audio(samples, signal.sample_rate_hz)


def _sum(step: Parallel, source: Audio, made: Sequence[Changed], start: int) -> Samples:
    """One block of the sum, rounded once."""
    before = source.read(start, BLOCK_FRAMES).astype(np.float64)
    total = before * (db_to_gain(step.dry_gain_db) if step.dry else 0.0)
    for branch, changed in zip(step.branches, made, strict=True):
        after = changed.audio.read(start, BLOCK_FRAMES).astype(np.float64)
        wet = branch.mix_percent / 100.0
        total += db_to_gain(branch.gain_db) * (before + wet * (after - before))
    return total.astype(np.float32)


def _told(step: Parallel, made: Sequence[Changed], makeup_db: Db) -> tuple[str | None, dict[str, ParameterValue]]:
    """What the report says of the branches."""
    parameters: dict[str, ParameterValue] = {"branches": len(step.branches)}
    details: list[str] = []
    for number, (branch, changed) in enumerate(zip(step.branches, made, strict=True), start=1):
        parameters |= _branch_parameters(branch, changed, f"branch_{number}")
        found = "; ".join(applied.detail for applied in changed.steps if applied.detail)
        details += [f"branch {number}: {found}"] if found else []
    if step.makeup == "auto":
        parameters["makeup_db"] = round(makeup_db, 4)
        details.append(f"the sum: make-up {makeup_db:+.2f} dB")
    return ("; ".join(details) or None), parameters


def _branch_parameters(branch: Branch, changed: Changed, prefix: str) -> dict[str, ParameterValue]:
    parameters: dict[str, ParameterValue] = {
        f"{prefix}_gain_db": branch.gain_db,
        f"{prefix}_mix_percent": branch.mix_percent,
    }
    for place, applied in enumerate(changed.steps, start=1):
        named = {f"{prefix}_step_{place}_{name}": value for name, value in applied.parameters.items()}
        parameters |= {f"{prefix}_step_{place}": applied.use} | named
    return parameters
