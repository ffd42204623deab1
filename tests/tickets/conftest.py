"""Offices for tests of tickets."""

from pathlib import Path

import pytest

from tests.cli.conftest import read_only_folder
from tests.tickets.folder import Office, make_office

__all__ = ("office", "read_only_folder")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A ticket folder and the desks behind it."""
    return make_office(tmp_path)
