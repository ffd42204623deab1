"""Where settings and data lie when nobody says otherwise; known without reading any settings."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

FILE_NAME = "bridge.yaml"
VARIABLE_PREFIX = "DAWBRIDGE_"
CONFIG_VARIABLE = "DAWBRIDGE_CONFIG"
"""Names the settings file; every other variable names a key, with two underscores between section and key."""
DATA_FOLDER = Path(platformdirs.user_data_dir("daw-bridge", appauthor=False))
"""Jobs, logs and cache of daw-bridge itself, where the settings name no folder."""


def settings_path(explicit: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The settings file that applies: the flag's, the variable's, `./bridge.yaml`, the user's; None without one."""
    if explicit is not None:
        return explicit
    if environment.get(CONFIG_VARIABLE):
        return Path(environment[CONFIG_VARIABLE])
    return next((path for path in (Path(FILE_NAME), user_settings_path()) if path.is_file()), None)


def user_settings_path() -> Path:
    """Where `dawbridge init` writes by default."""
    return Path(platformdirs.user_config_dir("daw-bridge", appauthor=False)) / FILE_NAME
