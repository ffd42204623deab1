"""What is known of the plug-ins of a chain: imported only by chains that have any."""

from pathlib import Path

from bridge.chains import Chain, Plugin
from bridge.dsp.plugins.rack import open_rack
from bridge.errors import ChainError
from bridge.pipeline.outcome import now_text
from bridge.pipeline.run import Run
from bridge.plugins.checking import check_plugins, with_plugin_faults
from bridge.plugins.choosing import chosen
from bridge.plugins.entry import PluginEntry


def known_plugins(run: Run, chain: Chain, path: Path) -> tuple[tuple[Plugin, PluginEntry], ...]:
    """Each plug-in of the chain in that file with what is known of it; hosts for them start meanwhile.

    Raises:
        ChainError: every fault at once: unknown plug-ins, parameters, presets of others, channels that do not fit.
    """
    rack = open_rack(run.assignment.plugins, now_text)
    rack.start_early()
    catalogue = rack.learn([step.plugin for step in chain.plugins])
    check_plugins(chain, path, catalogue)
    entries = [(step, chosen(catalogue, step.plugin)[0]) for step in chain.plugins]
    return tuple((step, entry) for step, entry in entries if entry is not None)


def with_faults_of_plugins(run: Run, reason: ChainError, path: Path) -> ChainError:
    """What is wrong with the chain in that file, and with the plug-ins that it names as well."""
    return with_plugin_faults(reason, path, open_rack(run.assignment.plugins, now_text).learn)
