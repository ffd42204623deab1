"""Plug-ins of a chain before any work: are they there, do they take what they are given, may results be kept."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.chains import Chain, Plugin, find_chains, load_chain
from bridge.errors import ChainError
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe
from bridge.report import Report

if TYPE_CHECKING:
    from bridge.plugins.entry import PluginEntry


@dataclass(frozen=True)
class ChainPlugins:
    """The plug-ins that a chain uses."""

    used: "tuple[tuple[Plugin, PluginEntry], ...]" = ()

    @property
    def are_repeatable(self) -> bool:
        """Whether the same sound gives the same bytes: only then is a result kept for identical requests."""
        return all(entry.is_deterministic and step.isolate for step, entry in self.used)

    @property
    def stage(self) -> str:
        """What is being done while they work; if the engine dies, it says which plug-in nothing could hold back."""
        names = dict.fromkeys(entry.name for step, entry in self.used if not step.isolate)
        return f"mastering with {', '.join(names)} not isolated" if names else "mastering"

    def key(self) -> str:
        """What makes two results the same, besides the chain: the plug-ins' files, and their presets."""
        parts = [(entry.identity, entry.version, entry.mark.digest, _preset_digest(step)) for step, entry in self.used]
        return repr(parts) if parts else ""


def chain_of(run: Run, recipe: MasterRecipe) -> Chain:
    """The chain of a request.

    Raises:
        ChainError: there is none of that name, or it has faults; those of its plug-ins are told with them.
    """
    folders = run.assignment.chain_folders
    try:
        return load_chain(recipe.chain, folders)
    except ChainError as reason:
        path = find_chains(folders).get(recipe.chain)
        if path is None:
            raise
        from bridge.pipeline.known_plugins import with_faults_of_plugins  # noqa: PLC0415 - see `chain_plugins`

        raise with_faults_of_plugins(run, reason, path) from reason


def chain_plugins(run: Run, recipe: MasterRecipe, chain: Chain) -> ChainPlugins:
    """The plug-ins of a chain, every one of them known and fit for what it is given.

    Raises:
        ChainError: every fault at once: unknown plug-ins, parameters, presets of others, channels that do not fit.
    """
    if not chain.plugins:
        return ChainPlugins()
    from bridge.pipeline.known_plugins import known_plugins  # noqa: PLC0415 - a tenth of an engine's start

    return ChainPlugins(known_plugins(run, chain, find_chains(run.assignment.chain_folders)[recipe.chain]))


def has_failed(report: Report) -> bool:
    """Whether a plug-in was left out or replaced: the next try may go better, so such a result is not kept."""
    return any(use.failure is not None for step in report.steps for use in step.plugins)


def _preset_digest(step: Plugin) -> str:
    return "" if step.preset is None else hashlib.blake2b(step.preset.read_bytes(), digest_size=16).hexdigest()
