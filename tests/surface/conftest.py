"""A running surface."""

from collections.abc import Iterator

import pytest

from tests.surface.desk_and_surface import World


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.surface.start()
    yield world
    world.surface.stop()
