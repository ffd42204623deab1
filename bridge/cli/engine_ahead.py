"""The engine of a command, started before anything else: it takes longer to load than the command."""

import os
from collections.abc import Callable
from pathlib import Path

from bridge.errors import SettingsError
from bridge.launching import launch_of
from bridge.places import DATA_FOLDER, VARIABLE_PREFIX, settings_path
from bridge.processes.child import AHEAD, Launch
from bridge.processes.garbage import uncollected
from bridge.processes.readiness import Readiness


def start_engine_ahead(readiness: Readiness, config: Path | None) -> Callable[[], None]:
    """Starts the engine that the command will ask for; what ends it, where the command never asks.

    Settings with faults start none: the command tells them.

    Args:
        readiness: what the command wants of it.
        config: the settings file that `--config` names.
    """
    path = settings_path(config)
    is_default = path is None and not any(name.startswith(VARIABLE_PREFIX) for name in os.environ)
    launch = launch_of(DATA_FOLDER, os.environ, readiness) if is_default else _as_set(path, readiness)
    if launch is not None:
        AHEAD.start(launch)
    return AHEAD.end


def _as_set(path: Path | None, readiness: Readiness) -> Launch | None:
    with uncollected():
        from bridge.settings import load_settings  # noqa: PLC0415 - a tenth of a second, which defaults do without
    try:
        settings = load_settings(path)
    except SettingsError:
        return None
    return launch_of(settings.data_folder, os.environ, readiness, slots=settings.engines.slots)
