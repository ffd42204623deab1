"""Studios for tests of REAPER's scripts."""

from pathlib import Path

import pytest

from tests.cli.conftest import read_only_folder
from tests.reaper.studio import Studio, make_studio

__all__ = ["read_only_folder"]


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A REAPER with one empty project."""
    return make_studio(tmp_path)
