"""Spleeter's weights, where this machine has them."""

import os
from pathlib import Path

import pytest

from bridge.settings import Settings, load_settings
from bridge.weights.catalogue import read_catalogue
from bridge.weights.files import is_installed

NAME = "spleeter-2stems"


def models_folder_with_spleeter() -> Path:
    """The models folder that `dawbridge models fetch spleeter-2stems` filled; skips where nobody ran it."""
    settings: Settings = load_settings()
    folder = settings.separation.models_folder
    if not is_installed(read_catalogue(folder).model(NAME), folder):
        sentence = f"run `dawbridge models fetch {NAME}`: its weights are not in {folder}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder
