"""Networks that stay loaded in this process between jobs, and give their memory back when nothing happens."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import torch

from bridge.dsp.separation.devices import choose_device
from bridge.dsp.separation.ensemble import Ensemble, Member
from bridge.dsp.separation.loading import load_demucs, load_spleeter
from bridge.dsp.separation.runner import Runner, runner_on
from bridge.dsp.separation.separator import Separator
from bridge.recipes import StemName
from bridge.separation_settings import GpuSettings
from bridge.weights.catalogue import Catalogue, Model
from bridge.weights.files import Weights
from bridge.weights.plan import Plan, own_share

FilesOf = Callable[[str], tuple[Weights, ...]]
"""The whole files of a model by name."""


class WarmModels:
    """The networks of the last job, and how they are placed. One job at a time."""

    def __init__(self) -> None:
        self._networks: dict[Path, tuple[str, Separator]] = {}
        self._placed: tuple[object, Runner] | None = None
        self._lock = threading.Lock()
        self._unloading: threading.Timer | None = None

    def stems_of(self, model: Model, files: tuple[Weights, ...]) -> tuple[str, ...]:
        """The stems of a model, loaded where its entry does not say."""
        return model.stems or self._network(model, files[0]).stems

    def runner(self, plan: Plan, catalogue: Catalogue, files_of: FilesOf, gpu: GpuSettings) -> Runner:
        """The plan's networks as one separator, on their device; kept for the next job of the same kind.

        After a job that had to do with less memory they are placed anew: there may be more by now.

        Raises:
            EngineCrashedError: the device gave up.
        """
        with self._lock:
            self._keep_awake()
            key = (plan.made, tuple(files_of(name) for name in plan.models), gpu)
            if self._placed is not None and self._placed[0] == key and not self._placed[1].retreats:
                return self._placed[1]
            self._placed = None
            device = choose_device(gpu.device)
            ensemble = self._ensemble(plan, catalogue, files_of)
            runner = runner_on(ensemble, device, gpu.memory_max_gb, gpu.precision)
            self._placed = (key, runner)
            self._forget_all_but({w.path for name in plan.models for w in files_of(name)})
            return runner

    def rest(self, unload_after_s: float) -> None:
        """Called when a job has ended: unloads after that time, unless another job comes."""
        with self._lock:
            self._keep_awake()
            self._unloading = threading.Timer(unload_after_s, self.unload)
            self._unloading.daemon = True
            self._unloading.start()

    @property
    def size_mb(self) -> int:
        """Memory of all loaded weights."""
        return sum(network.size_bytes for _, network in self._networks.values()) // 1_000_000

    def unload(self) -> None:
        """Gives all memory back."""
        with self._lock:
            self._placed = None
            self._networks.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    # --- Inside ---------------------------------------------------------------------------------------------------

    def _keep_awake(self) -> None:
        if self._unloading is not None:
            self._unloading.cancel()
            self._unloading = None

    def _ensemble(self, plan: Plan, catalogue: Catalogue, files_of: FilesOf) -> Ensemble:
        members: list[Member] = []
        for name in plan.models:
            model, files = catalogue.model(name), files_of(name)
            for index, weights in enumerate(files):
                gives = _gives(plan, name, model, index)
                if any(gives.values()):
                    members.append(Member(self._network(model, weights), gives))
        return Ensemble([str(stem) for stem in plan.made], members)

    def _network(self, model: Model, weights: Weights) -> Separator:
        kept = self._networks.get(weights.path)
        if kept is None or kept[0] != weights.sha256:
            load = load_spleeter if model.kind == "spleeter" else load_demucs
            self._networks[weights.path] = kept = (weights.sha256, load(weights.path))
        return kept[1]

    def _forget_all_but(self, paths: set[Path]) -> None:
        for path in set(self._networks) - paths:
            del self._networks[path]


def _gives(plan: Plan, name: str, model: Model, index: int) -> dict[str, dict[str, float]]:
    """What one network of a model adds to each stem of the plan."""
    network, count = model.networks[index], len(model.networks)
    return {
        str(stem): {
            share_of: share
            for part in parts
            if part.model == name
            for share_of, share in ((str(part.stem or stem), own_share(part, StemName(stem), network.gives, count)),)
            if share
        }
        for stem, parts in plan.made.items()
    }


WARM = WarmModels()
"""Those of this process."""
