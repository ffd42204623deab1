"""A real listener on a real folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folder.listening import Listening


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path / "Session") as listening:
        yield listening
