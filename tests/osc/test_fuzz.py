"""Whatever arrives: nothing worse than an error reply, and the listener goes on."""

import logging
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.listeners.osc.framing import Framing
from bridge.surface.wire import MalformedError, Message, decode, encode
from tests.osc.conftest import MakeWorld
from tests.osc.desk_over_osc import TcpClient, UdpClient
from tests.osc.packets import packets

COUNT = 50_000
SEED = int(os.environ.get("DAWBRIDGE_FUZZ_SEED", "1"))
KNOWN = {"wrong_argument", "unknown_address", "request_error", "chain_error", "busy", "rate"}


class Sender:
    """A peer that keeps what it is sent."""

    host, name = "127.0.0.1", "127.0.0.1:1"

    def __init__(self) -> None:
        self.heard: list[Message] = []

    def send(self, packet: bytes) -> None:
        self.heard += decode(packet)


def test_fifty_thousand_packets_bring_nothing_worse_than_an_error_reply(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(commands_per_s_max=100_000)
    sender = Sender()
    with caplog.at_level(logging.ERROR):
        for packet in packets(SEED, COUNT):
            world.listener.handle(packet, sender)
            if len(sender.heard) > 5000:
                assert _codes(sender) <= KNOWN
                sender.heard.clear()
        world.client.ask("/bridge/query/version")
    assert _codes(sender) <= KNOWN
    assert [record.getMessage() for record in caplog.records] == []
    assert int(world.shown("traffic/malformed") or 0) > COUNT / 10


def _codes(sender: Sender) -> set[object]:
    return {message.arguments[1] for message in sender.heard if message.address == "/bridge/error"}


def test_strange_packets_over_real_sockets_leave_the_listener_alive(make_world: MakeWorld) -> None:
    world = make_world(commands_per_s_max=100_000)
    udp = UdpClient(world.port)
    for packet in packets(SEED + 1, 500):
        udp.send_raw(packet[:65_507])
    for number, packet in enumerate(packets(SEED + 2, 40)):
        tcp = TcpClient(world.port, is_slip=bool(number % 2))
        tcp.socket.sendall(len(packet).to_bytes(4, "big") + packet if number % 4 else packet)
        tcp.socket.close()
    last = UdpClient(world.port)
    last.send("/bridge/query/version", "id:alive")
    last.hears("/bridge/reply", "alive")
    udp.close()
    last.close()


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_malformed(packet: bytes) -> None:
    try:
        messages = decode(packet)
    except MalformedError:
        return
    assert all(message.address.startswith("/") for message in messages)


values = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.booleans(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(values, max_size=8))
def test_what_is_encoded_is_decoded_with_the_same_types(sent: list[float | str | bool]) -> None:
    [message] = decode(encode("/bridge/x", sent))
    assert message.arguments == tuple(sent)
    assert [type(value) for value in message.arguments] == [type(value) for value in sent]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=100), max_size=6), st.integers(1, 40), st.booleans())
def test_framing_gives_back_every_packet_however_the_stream_is_cut(sent: list[bytes], step: int, is_slip: bool) -> None:
    sent = [b"/" + packet for packet in sent]
    ours, theirs = Framing(), Framing()
    list(ours.packets(b"\xc0" if is_slip else b"\0\0\0\1/"))
    stream = b"".join(map(ours.framed, sent))
    got = [p for start in range(0, len(stream), step) for p in theirs.packets(stream[start : start + step])]
    assert got == sent
