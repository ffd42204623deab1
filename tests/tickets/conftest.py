"""Offices for tests of tickets."""

from pathlib import Path

import pytest

from tests.tickets.folder import Office, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A ticket folder and the desks behind it."""
    return make_office(tmp_path)
