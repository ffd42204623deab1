"""The report of a separation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version

import torch

from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.measures import Measured
from bridge.dsp.separation.assembly import RESIDUAL, Assembler
from bridge.dsp.separation.quality import Described, describe
from bridge.messages import message
from bridge.model import AppliedStep, EngineInfo, FileFormat, Message
from bridge.pipeline.mix import gathering_steps
from bridge.pipeline.outcome import now_text
from bridge.pipeline.run import Run
from bridge.pipeline.separation import SAMPLE_RATE_HZ, Making, Studio, decibels
from bridge.pipeline.stem_room import StemRoom
from bridge.recipes import LOSSLESS_FORMATS, SplitRecipe
from bridge.report import Report
from bridge.separation import SeparationReport, StemCard

SHORT_S = 5.0
CLIPPING_DBFS = 0.0
LOOK_S = 0.2
LIBRARIES = ("demucs", "torch")


@dataclass(frozen=True)
class Split:
    """A finished separation."""

    room: StemRoom
    assembler: Assembler
    mix: Signal
    """At the rate of the stems."""
    making: Making
    studio: Studio
    scale: float


class Describing:
    """The quality card in the making, beside the separation: what has come is described while the rest is made."""

    def __init__(self, threads: ThreadPoolExecutor, mix: Signal, room: StemRoom) -> None:
        self._fraction = 0.0
        parts = {name: room.part(name) for name in room.names}
        self._described = threads.submit(describe, mix, parts, self._note)

    def _note(self, fraction: float) -> None:
        self._fraction = fraction

    def result(self, on_progress: OnProgress) -> Described:
        """The whole card, when it is done; `on_progress` is told from this thread."""
        while not wait([self._described], LOOK_S).done:
            on_progress(self._fraction)
        return self._described.result()


def split_report(run: Run, split: Split, measured: Measured, described: Described) -> Report:
    """Everything that is told about a separation, without the files' final names."""
    recipe = run.request.recipe
    assert isinstance(recipe, SplitRecipe)
    separation = _separation(recipe, split, described)
    return Report(
        job_id=run.assignment.job_id,
        name=run.request.name,
        made_at=now_text(),
        recipe=recipe,
        inputs=run.request.renders,
        engine=_engine(run, separation.device),
        before=measured.measurement,
        loudness_before=measured.curve,
        steps=(*gathering_steps(run.request), *_steps(recipe, split)),
        messages=(*measured.messages, *_messages(run, split, separation)),
        timings=tuple(run.timings),
        separation=separation,
        is_from_cache=split.making.runner is None,
    )


def _separation(recipe: SplitRecipe, split: Split, described: Described) -> SeparationReport:
    runner, making = split.making.runner, split.making
    new_s = (1.0 - making.reused_share) * split.mix.frames / split.mix.sample_rate_hz
    null = split.assembler.null
    return SeparationReport(
        stems=tuple(_as_delivered(card, split.scale) for card in described.stems),
        hop_s=described.hop_s,
        models=split.studio.used,
        device="cache" if runner is None else runner.placement.device_text,
        precision="" if runner is None else runner.placement.precision.value,
        agreement_db=None if runner is None else runner.placement.agreement_db,
        runtime_s=round(making.runtime_s, 3),
        speed=None if runner is None or making.runtime_s <= 0 else round(new_s / making.runtime_s, 2),
        null_db=_rounded(null.null_db),
        is_encoded=recipe.output_format not in LOSSLESS_FORMATS,
        residual_db=_rounded(null.residual_db) if split.assembler.order.has_residual else None,
        residual=recipe.residual.value,
        scale_db=_rounded(decibels(split.scale), 4),
        shifts_s=tuple(round(shift / SAMPLE_RATE_HZ, 4) for shift in making.shifts) if split.studio.shifts else (),
        reused_share=round(making.reused_share, 4),
        retreats=() if runner is None else tuple(runner.retreats),
        doubts=described.doubts,
    )


def _as_delivered(card: StemCard, scale: float) -> StemCard:
    """With the peak that its file has: all else does not change with gain."""
    gain_db = decibels(scale)
    if gain_db is None or card.peak_dbfs is None:
        return card
    return card.model_copy(update={"peak_dbfs": _rounded(card.peak_dbfs + gain_db)})


def _steps(recipe: SplitRecipe, split: Split) -> Iterator[AppliedStep]:
    names = ", ".join(name for name in split.room.names if name != RESIDUAL)
    models = " and ".join(split.studio.plan.models)
    passes = f", the mean of {count} shifted passes" if (count := split.studio.shifts) > 1 else ""
    yield AppliedStep(use="separate", sentence=f"Separated by {models}{passes}: {names}")
    if recipe.sample_rate_hz is not None:
        yield AppliedStep(use="resample", sentence=f"Resampled to {recipe.sample_rate_hz} Hz")
    if split.scale != 1.0:
        gain_db = decibels(split.scale) or 0.0
        yield AppliedStep(
            use="scale",
            sentence=f"Gain {gain_db:+.2f} dB on all stems alike",
            parameters={"gain_db": round(gain_db, 4)},
        )


def _messages(run: Run, split: Split, separation: SeparationReport) -> Iterator[Message]:
    if (render := run.request.renders[0]).format in _lossy():
        yield message("split_lossy", format=render.format.value)
    seconds = split.mix.frames / split.mix.sample_rate_hz
    if seconds < SHORT_S:
        yield message("split_short", value=seconds, threshold=SHORT_S)
    for card in separation.stems:
        if card.name != RESIDUAL and card.peak_dbfs is not None and card.peak_dbfs > CLIPPING_DBFS:
            yield message("stem_over", stem=card.name, value=card.peak_dbfs)
        if card.watery_index is not None and card.watery_index > 0.5:
            yield message("stem_watery", stem=card.name, value=card.watery_index)
        if card.hollow_index is not None and card.hollow_index > 0.5:
            yield message("stem_hollow", stem=card.name, value=card.hollow_index)
    if separation.doubts:
        worst = max(separation.doubts, key=lambda span: span.residual_db)
        count = len(separation.doubts)
        where = "One stretch" if count == 1 else f"{count} stretches"
        yield message("split_doubt", where=where, start_s=worst.start_s, end_s=worst.end_s, value=worst.residual_db)
    for step in separation.retreats:
        yield message("split_retreat", step=step)
    recipe = run.request.recipe
    if separation.scale_db is not None and isinstance(recipe, SplitRecipe) and recipe.normalize == "off":
        yield message("split_scaled", value=separation.scale_db)


def _lossy() -> frozenset[FileFormat]:
    return frozenset(kind for kind in FileFormat if kind.is_lossy)


def _engine(run: Run, device: str) -> EngineInfo:
    info = run.engine_info()
    libraries = info.libraries | {name: version(name) for name in LIBRARIES} | {"torch": str(torch.__version__)}
    return info.model_copy(update={"device": device, "libraries": libraries})


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
