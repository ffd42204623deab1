"""Studios for tests of REAPER's scripts."""

from pathlib import Path

import pytest

from tests.reaper.studio import Studio, make_studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A REAPER with one empty project."""
    return make_studio(tmp_path)
