"""OSC over real sockets: commands, answers, feedback, and who gets none."""

import socket
import threading
import time

import pytest

from bridge.control_settings import OscSettings
from bridge.errors import SettingsError
from bridge.listeners.osc.listener import OscListener
from bridge.listeners.osc.peers import UdpPeer
from bridge.listeners.osc.subscribers import Subscribers
from bridge.surface import Surface
from bridge.surface.wire import BUNDLE, NOW, encode
from tests.osc.conftest import MakeWorld
from tests.osc.desk_over_osc import OscWorld, TcpClient, UdpClient, osc_settings
from tests.support import wait_until

FILE = "/session/Renders/Song.wav"


def bundle(*elements: bytes, time_tag: bytes = NOW) -> bytes:
    return BUNDLE + time_tag + b"".join(len(element).to_bytes(4, "big") + element for element in elements)


# --- Commands and answers ---------------------------------------------------------------------------------------------


def test_a_command_is_acknowledged_replied_to_and_ended(osc: OscWorld, udp: UdpClient) -> None:
    udp.send("/bridge/master/file", FILE, "id:one")
    assert udp.hears("/bridge/ack").arguments == ("one", "/bridge/master/file")
    assert udp.hears("/bridge/reply").arguments[3:] == ("Song", "queued")
    assert udp.hears("/bridge/reply/end").arguments == ("one", "/bridge/master/file", 1)


def test_a_command_without_a_client_id_is_given_one(udp: UdpClient) -> None:
    udp.send("/bridge/query/version")
    given = udp.hears("/bridge/ack").arguments[0]
    assert udp.hears("/bridge/reply").arguments[0] == given


def test_numbers_come_as_integers_floats_and_text(osc: OscWorld, udp: UdpClient) -> None:
    for value in (-12, -11.0, "-10"):
        udp.send("/bridge/master/option/target_lufs", value)
        osc.shows("master/option/target_lufs", float(value))


def test_a_wrong_argument_and_a_wrong_address_are_answered(udp: UdpClient) -> None:
    udp.send("/bridge/master/option/target_lufs", "soft", "id:x")
    assert udp.hears("/bridge/error").arguments[:2] == ("x", "wrong_argument")
    udp.send("/bridge/nothing", "id:y")
    assert udp.hears("/bridge/error").arguments[:2] == ("y", "unknown_address")


def test_every_message_of_a_bundle_acts_in_order_whatever_its_time_tag(osc: OscWorld, udp: UdpClient) -> None:
    inner = bundle(encode("/bridge/chain/name", ("loud",)), time_tag=b"\xff" * 8)
    udp.send_raw(bundle(encode("/bridge/chain/name", ("streaming",)), inner, encode("/bridge/ab/side", ("b",))))
    osc.shows("ab/side", "b")
    osc.shows("chain/name", "loud")


def test_time_tags_are_waited_for_where_that_is_asked(make_world: MakeWorld) -> None:
    world = make_world(heeds_time_tags=True)
    client = UdpClient(world.port)
    due_s = time.time() + 0.3 + 2_208_988_800
    soon = int(due_s * 2**32).to_bytes(8, "big")
    client.send_raw(bundle(encode("/bridge/ab/side", ("b",)), time_tag=soon))
    client.send("/bridge/query/version")
    client.hears("/bridge/reply/end")
    assert world.shown("ab/side") == "session"
    world.shows("ab/side", "b")
    client.send_raw(bundle(encode("/bridge/ab/side", ("a",)), time_tag=b"\xff" * 8))
    assert client.hears("/bridge/error").arguments[1] == "time_tag"
    client.close()


@pytest.mark.parametrize("is_slip", [False, True])
def test_tcp_speaks_both_framings_in_any_pieces(osc: OscWorld, is_slip: bool) -> None:
    client = TcpClient(osc.port, is_slip=is_slip)
    for pieces in (1, 7, 60):
        client.send("/bridge/master/file", FILE, "id:Käse À", pieces=pieces)
        assert client.hears("/bridge/reply/end").arguments[0] == "Käse À"
    client.send("/bridge/subscribe")
    assert client.hears("/bridge/chain/name").arguments == ("streaming",)
    osc.client.send("/bridge/ab/toggle", 1)
    assert client.hears("/bridge/ab/side").arguments
    client.socket.close()


def test_a_tcp_stream_that_makes_no_sense_is_left_and_others_go_on(osc: OscWorld) -> None:
    bad, good = TcpClient(osc.port, is_slip=False), TcpClient(osc.port, is_slip=True)
    bad.socket.sendall(b"\x00\xff\xff\xff")
    with pytest.raises(ConnectionError):
        bad.next()
    good.send("/bridge/query/version")
    assert good.hears("/bridge/reply").arguments
    bad.socket.close()
    good.socket.close()
    osc.shows("traffic/malformed", 1)


def test_malformed_packets_are_counted_and_dropped(osc: OscWorld, udp: UdpClient) -> None:
    for packet in (b"", b"\0", b"nonsense", b"/no/end", BUNDLE, b"/x\0\0,ssss\0\0\0", b"/x\0\0,q\0\0"):
        udp.send_raw(packet)
    osc.shows("traffic/malformed", 7)
    udp.hears_nothing()
    udp.send("/bridge/query/version")
    udp.hears("/bridge/reply")


# --- Feedback ---------------------------------------------------------------------------------------------------------


def test_a_subscriber_gets_everything_at_once_and_then_what_changes(osc: OscWorld, udp: UdpClient) -> None:
    udp.send("/bridge/subscribe")
    assert udp.hears("/bridge/chain/name").arguments == ("streaming",)
    assert udp.hears("/bridge/job/progress").arguments == (0.0,)
    udp.listen()
    known = len(udp.heard)
    assert known > 100
    udp.heard.clear()
    job_id = osc.desk.submit(osc.desk.read(osc.wanted(FILE))).id
    osc.desk.run(job_id, 0.5)
    assert udp.hears("/bridge/job/progress").arguments == (0.5,)
    udp.hears("/bridge/event/job", job_id, "Song", "running")
    osc.desk.finish(job_id, "Mind the sub.")
    assert udp.hears("/bridge/result/lufs").arguments == (-14.0,)
    assert udp.hears("/bridge/result/lufs_text").arguments == ("-14.0 LUFS",)
    assert udp.hears("/bridge/result/warning").arguments == ("Mind the sub.",)
    assert "/bridge/chain/name" not in {message.address for message in udp.heard}  # it did not change


def test_feedback_is_limited_in_rate_and_ends_with_the_last_value(make_world: MakeWorld) -> None:
    world = make_world(feedback_hz=10)
    client = UdpClient(world.port)
    client.send("/bridge/subscribe")
    client.hears("/bridge/heartbeat")
    job_id = world.desk.submit(world.desk.read(world.wanted(FILE))).id
    started_s = time.monotonic()
    for step in range(1, 200):
        world.desk.run(job_id, step / 200)
        time.sleep(0.002)  # the pace of a fast engine
    spent_s = time.monotonic() - started_s
    client.hears("/bridge/job/progress", pytest.approx(0.995, abs=1e-6))
    told = [message for message in client.heard if message.address == "/bridge/job/progress"]
    assert len(told) <= 10 * spent_s + 3
    client.close()


def test_feedback_goes_to_the_port_that_was_asked_for_until_it_is_ended(osc: OscWorld, udp: UdpClient) -> None:
    other = UdpClient(osc.port)
    udp.send("/bridge/subscribe", other.port)
    other.hears("/bridge/chain/name")
    udp.send("/bridge/unsubscribe", other.port, "id:end")
    udp.hears("/bridge/ack", "end")
    wait_until(lambda: not osc.listener._subscribers.everybody())
    other.listen()
    other.heard.clear()
    osc.client.send("/bridge/ab/toggle", 1)
    osc.shows("ab/side", "b")
    other.hears_nothing()
    other.close()


def test_a_fixed_target_gets_feedback_without_asking(make_world: MakeWorld) -> None:
    target = UdpClient(0)
    world = make_world(targets=[f"127.0.0.1:{target.port}"])
    assert target.hears("/bridge/chain/name").arguments == ("streaming",)
    world.client.send("/bridge/ab/toggle", 1)
    assert target.hears("/bridge/ab/side", "b")
    target.close()


def test_a_fixed_target_that_comes_gets_everything_with_its_first_packet(make_world: MakeWorld) -> None:
    tablet = UdpClient(0)
    world = make_world(targets=[f"127.0.0.1:{tablet.port}"])
    tablet.hears("/bridge/traffic/lost")  # as everybody does at the start
    tablet.listen()
    tablet.heard.clear()
    sender = UdpClient(world.port)  # TouchOSC sends from another port than it listens on
    sender.send("/bridge/heartbeat")
    tablet.hears("/bridge/chain/name")
    tablet.close()
    sender.close()


def test_a_fixed_target_gets_everything_again_only_after_a_silence() -> None:
    now_s = [0.0]
    tablet = UdpPeer(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ("192.168.1.20", 9000))
    subscribers = Subscribers(OscSettings(lease_s=60), (tablet,), lambda: now_s[0])
    assert subscribers.renew("192.168.1.99") == ()
    for at_s, expected in ((1.0, (tablet,)), (30.0, ()), (89.0, ()), (150.0, (tablet,)), (151.0, ())):
        now_s[0] = at_s
        assert subscribers.renew("192.168.1.20") == expected
    tablet._server.close()


def test_a_subscriber_moves_a_fader_at_once_because_it_stands_where_the_value_is(osc: OscWorld, udp: UdpClient) -> None:
    udp.send("/bridge/master/option/target_lufs", -9)
    osc.shows("master/option/target_lufs", -9)
    udp.send("/bridge/master/fader/target_lufs", 0.5, "id:far")
    udp.hears("/bridge/ack", "far")
    assert osc.shown("master/option/target_lufs") == -9
    udp.send("/bridge/subscribe")
    udp.hears("/bridge/master/fader/target_lufs")
    udp.send("/bridge/master/fader/target_lufs", 0.5)
    osc.shows("master/option/target_lufs", -22)


def test_a_subscriber_that_vanishes_costs_nobody_anything_and_is_forgotten(make_world: MakeWorld) -> None:
    world = make_world(lease_s=1)
    gone = UdpClient(world.port)
    gone.send("/bridge/subscribe")
    gone.hears("/bridge/chain/name")
    gone.close()
    world.client.send("/bridge/ab/toggle", 1)
    world.shows("ab/side", "b")
    other = UdpClient(world.port)
    other.send("/bridge/query/version")  # from the same host: renews
    other.hears("/bridge/reply")
    wait_until(lambda: not world.listener._subscribers.everybody(), 5, "the end of the lease")
    other.close()


def test_a_tcp_subscriber_that_never_reads_is_left(osc: OscWorld, udp: UdpClient) -> None:
    lazy = TcpClient(osc.port, is_slip=False)
    lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.send("/bridge/subscribe")
    wait_until(osc.listener._subscribers.everybody)
    job_id = osc.desk.submit(osc.desk.read(osc.wanted(FILE))).id
    peer = osc.listener._subscribers.everybody()[0]

    def is_left() -> bool:
        for _ in range(2000):
            peer.send(encode("/bridge/job/name", ("x" * 1000,)))
        return not osc.listener._sockets._peers

    wait_until(is_left, 10, "the end of the connection")
    osc.desk.run(job_id, 0.7)
    udp.send("/bridge/job/progress")
    udp.hears("/bridge/job/progress")
    lazy.socket.close()


def test_the_heartbeat_comes_by_itself(make_world: MakeWorld) -> None:
    world = make_world(heartbeat_s=0.5)
    client = UdpClient(world.port)
    client.send("/bridge/subscribe")
    client.hears("/bridge/heartbeat", 0)
    client.hears("/bridge/heartbeat", 1)
    client.close()


def ask_versions(client: UdpClient) -> None:
    for _ in range(15):
        client.send("/bridge/query/version")


def test_two_clients_at_once_see_each_other(osc: OscWorld, udp: UdpClient) -> None:
    other = UdpClient(osc.port)
    for client in (udp, other):
        client.send("/bridge/subscribe")
        client.hears("/bridge/heartbeat")
    threads = [threading.Thread(target=ask_versions, args=(client,)) for client in (udp, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in (udp, other):
        for _ in range(15):
            client.hears("/bridge/reply/end")
    udp.send("/bridge/chain/name", "loud")
    other.hears("/bridge/chain/name", "loud")
    other.close()


# --- Who gets nothing -------------------------------------------------------------------------------------------------


def test_a_host_outside_the_allow_list_gets_nothing(make_world: MakeWorld) -> None:
    world = make_world(host="0.0.0.0", allow=["10.1.2.3"])
    own = _own_address()
    if own is None:
        pytest.skip("this machine has no address but loopback")
    stranger = UdpClient(world.port, own)
    stranger.send("/bridge/subscribe")
    stranger.send("/bridge/ab/toggle", 1)
    world.shows("traffic/refused", 2)
    stranger.hears_nothing()
    assert world.shown("ab/side") == "session"
    with socket.create_connection((own, world.port), 5, (own, 0)) as connection:
        connection.settimeout(5)
        assert connection.recv(100) == b""
    friend = UdpClient(world.port)
    friend.send("/bridge/query/version")
    friend.hears("/bridge/reply")
    stranger.close()
    friend.close()


def test_a_host_on_the_allow_list_is_served(make_world: MakeWorld) -> None:
    own = _own_address()
    if own is None:
        pytest.skip("this machine has no address but loopback")
    world = make_world(host="0.0.0.0", allow=[f"{own}/32"])
    client = UdpClient(world.port, own)
    client.send("/bridge/query/version")
    client.hears("/bridge/reply")
    client.close()


def _own_address() -> str | None:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def test_more_commands_than_the_pace_allows_are_refused_and_counted(make_world: MakeWorld) -> None:
    world = make_world(commands_per_s_max=5)
    client = UdpClient(world.port)
    for number in range(12):
        client.send("/bridge/query/version", f"id:{number}")
    answered = {client.hears("/bridge/ack").arguments[0] for _ in range(5)}
    refused = {client.hears("/bridge/error").arguments[:2] for _ in range(6)}
    assert len(answered) == 5
    assert {code for _, code in refused} == {"rate"}
    client.close()


def test_a_port_in_use_is_told_with_the_key_that_changes_it(osc: OscWorld) -> None:
    settings = osc_settings(port=osc.port)
    with pytest.raises(SettingsError, match=r"osc\.port"):
        OscListener(settings.osc, Surface(osc.desk, settings, osc.listening)).start()


def test_too_many_subscribers_are_refused(make_world: MakeWorld) -> None:
    world = make_world(subscribers_max=1)
    one, two = UdpClient(world.port), UdpClient(world.port)
    one.send("/bridge/subscribe")
    one.hears("/bridge/reply")
    two.send("/bridge/subscribe")
    assert "subscribed already" in str(two.hears("/bridge/error").arguments[2])
    one.close()
    two.close()
