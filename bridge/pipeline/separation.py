"""From a mix to what networks make of it: kept stems first, then as few segments as the change of a bounce demands."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.separation.devices import choose_device
from bridge.dsp.separation.listening import Heard, changed_span
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.reuse import Stretch, everything, kept_share, segments_to_run, stretches
from bridge.dsp.separation.runner import Runner
from bridge.dsp.separation.warm_models import WARM
from bridge.pipeline.kept_stems import KeptSong, StemKeeper, StemWriter, way_of
from bridge.recipes import SplitRecipe
from bridge.separation import ModelUse
from bridge.separation_settings import SeparationSettings
from bridge.settings import process_environment
from bridge.weights.catalogue import Catalogue, read_catalogue
from bridge.weights.fetch import fetch
from bridge.weights.files import Weights, installed, is_installed, usual_caches
from bridge.weights.plan import Plan, own_share, plan_of

SAMPLE_RATE_HZ = 44_100
"""Of all networks that are known; one with another rate is refused."""
VERSION = 3
"""Of the arithmetic: raised when the same networks would give other stems."""
DIGEST_SHOWN = 12
OnStage = Callable[[str], None]


@dataclass
class Studio:
    """The models that a job needs, whole and on this machine, and the way to make each stem."""

    plan: Plan
    catalogue: Catalogue
    settings: SeparationSettings
    weights: dict[str, tuple[Weights, ...]]
    shifts: int
    """How many passes through the mix, each behind another length of silence; 0 for one as it is."""

    def ways(self, shifts: tuple[int, ...]) -> tuple[str, ...]:
        """For each stem that is made, everything that shapes it besides the signal."""
        arithmetic = (VERSION, self.settings.gpu.precision, choose_device(self.settings.gpu.device).type, shifts)
        return tuple(
            way_of(
                arithmetic,
                str(stem),
                [(part.stem, part.weight, [w.sha256 for w in self.weights[part.model]]) for part in parts],
            )
            for stem, parts in self.plan.made.items()
        )

    @property
    def used(self) -> tuple[ModelUse, ...]:
        """What a report says about the models."""
        return tuple(
            ModelUse(
                name=name,
                digest="+".join(w.sha256[:DIGEST_SHOWN] for w in self._used_of(name)),
                stems=tuple(
                    str(stem) for stem, parts in self.plan.made.items() if any(part.model == name for part in parts)
                ),
            )
            for name in self.plan.models
        )

    def _used_of(self, name: str) -> Iterator[Weights]:
        """Of a model of several networks, the files that give something."""
        networks = self.catalogue.model(name).networks
        for weights, network in zip(self.weights[name], networks, strict=True):
            if any(
                own_share(part, stem, network.gives, len(networks))
                for stem, parts in self.plan.made.items()
                for part in parts
                if part.model == name
            ):
                yield weights

    def runner(self) -> Runner:
        """The networks on their device, warm if the last job needed the same."""
        return WARM.runner(self.plan, self.catalogue, lambda name: self.weights[name], self.settings.gpu)


def open_studio(recipe: SplitRecipe, settings: SeparationSettings, on_stage: OnStage) -> Studio:
    """What the recipe needs.

    Raises:
        RequestError: the recipe contradicts itself, or asks for a device that is not there.
        ModelError: weights are missing, damaged, or not known.
    """
    catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
    caches = usual_caches(Path.home(), process_environment())

    def weights_of(name: str) -> tuple[Weights, ...]:
        model = catalogue.model(name)
        if settings.models.auto_fetch and not is_installed(model, settings.models_folder, caches):
            fetch(name, model, settings.models_folder, lambda what, part: on_stage(_fetching(what, part)), caches)
        return installed(name, catalogue, settings.models_folder, caches)

    plan = plan_of(recipe, catalogue, lambda name: WARM.stems_of(catalogue.model(name), weights_of(name)))
    choose_device(settings.gpu.device)
    return Studio(plan, catalogue, settings, {name: weights_of(name) for name in plan.models}, recipe.shifts)


def _fetching(what: str, fraction: float | None) -> str:
    """A stage in words; the fraction is that of the file, not of the job."""
    return what if fraction is None else f"{what}, {fraction:.0%}"


@dataclass
class Making:
    """How the stems of one song come about; filled in while they do."""

    heard: Heard
    ways: tuple[str, ...]
    """Names of the kept stems."""
    shifts: tuple[int, ...] = (0,)
    parts: tuple[Stretch, ...] = ()
    earlier: KeptSong | None = None
    runner: Runner | None = None
    writer: StemWriter | None = None
    runtime_s: float = 0.0
    is_whole: bool = False

    @property
    def reused_share(self) -> float:
        """How much was taken from before, 0..1."""
        return kept_share(self.parts)


def prepare_making(studio: Studio, keeper: StemKeeper, heard: Heard) -> Making:
    """Decides what must be computed, and loads the networks only if something must."""
    same = keeper.song(heard)
    shifts = heard.shifts(studio.shifts, SAMPLE_RATE_HZ)
    ways = studio.ways(shifts)
    if same is not None:
        heard = replace(heard, scale=same.heard.scale)
        if same.has(ways):
            return Making(heard, ways, shifts, (Stretch(0, heard.frames, None),), same)
    runner = studio.runner()
    grid = replace(runner.separator.grid, shifts=shifts)
    earlier = None if same is not None else keeper.closest(heard, ways)
    if earlier is None:
        making = Making(heard, ways, shifts, everything(grid, heard.frames), None, runner)
    else:
        heard = replace(heard, scale=earlier.heard.scale)
        parts = stretches(grid, heard.frames, earlier.heard.frames, changed_span(earlier.heard, heard))
        making = Making(heard, ways, shifts, parts, earlier, runner)
    making.writer = keeper.new(heard, ways)
    return making


def made_blocks(making: Making, mix: Signal, on_progress: OnProgress) -> Iterator[NDArray[np.float32]]:
    """Everything that networks make of the mix, in order: blocks (stems, 2, n).

    Args:
        making: what is to be computed.
        mix: as networks hear it.
        on_progress: told the fraction of segments that are done.
    """
    total = max(1, segments_to_run(making.parts))
    done = 0

    def on_segments(count: int) -> None:
        nonlocal done
        done += count
        on_progress(done / total)

    started_s = time.perf_counter()
    try:
        for part in making.parts:
            for block in _blocks_of(part, making, mix, on_segments):
                if making.writer is not None:
                    making.writer.write(block)
                yield block
        making.is_whole = True
    finally:
        making.runtime_s = time.perf_counter() - started_s
        if making.writer is not None:
            making.writer.close(is_whole=making.is_whole)


def _blocks_of(
    part: Stretch, making: Making, mix: Signal, on_segments: Callable[[int], None]
) -> Iterator[NDArray[np.float32]]:
    if part.segments is None:
        assert making.earlier is not None
        yield from making.earlier.read(making.ways, part.start, part.end)
        return
    assert making.runner is not None
    first, last = part.segments
    scale = making.heard.scale if _is_scaled(making.runner) else 1.0
    for block in stream(making.runner, mix, Streaming(first, last, scale, making.shifts, on_segments)):
        begin, end = max(part.start, block.start), min(part.end, block.start + block.samples.shape[-1])
        if end > begin:
            yield block.samples[..., begin - block.start : end - block.start]


def _is_scaled(runner: Runner) -> bool:
    """Whether the networks were trained on signals of one loudness."""
    return runner.separator.wants_scale


def decibels(gain: float) -> float | None:
    """Decibels of a factor; None for unity."""
    return None if gain == 1.0 else 20.0 * math.log10(gain)
