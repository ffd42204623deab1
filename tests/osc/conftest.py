"""A running OSC listener."""

from collections.abc import Callable, Iterator

import pytest

from tests.osc.desk_over_osc import OscWorld, UdpClient

MakeWorld = Callable[..., OscWorld]


@pytest.fixture
def make_world() -> Iterator[MakeWorld]:
    """Starts listeners with given settings."""
    made: list[OscWorld] = []

    def make(**osc: object) -> OscWorld:
        made.append(OscWorld(**osc))
        made[-1].start()
        return made[-1]

    yield make
    for world in made:
        world.stop()


@pytest.fixture
def osc(make_world: MakeWorld) -> OscWorld:
    """One with the default settings."""
    return make_world()


@pytest.fixture
def udp(osc: OscWorld) -> Iterator[UdpClient]:
    """A client of it."""
    client = UdpClient(osc.port)
    yield client
    client.close()
