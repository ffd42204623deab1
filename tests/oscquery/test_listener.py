"""OSCQuery over real HTTP and WebSockets."""

import http.client
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.errors import SettingsError
from bridge.listeners.oscquery.announce import OSC_TYPE, QUERY_TYPE, announce
from bridge.listeners.oscquery.listener import OscQueryListener
from bridge.settings import Settings
from bridge.surface import NODES
from bridge.surface.wire import Message, decode, encode
from tests.support import wait_until
from tests.surface.desk_and_surface import World

FILE = "/session/Renders/Song.wav"


class QueryWorld(World):
    """A desk, a surface and OSCQuery."""

    def __init__(self) -> None:
        super().__init__(Settings.model_validate({"oscquery": {"is_enabled": True, "port": 0, "clients_max": 3}}))
        self.listener = OscQueryListener(self.settings, self.surface, 9010)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Code and JSON of an answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=5)) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if content else None

    def connect(self, **options: Any) -> AbstractContextManager[ClientConnection]:
        """A WebSocket."""
        opened: AbstractContextManager[ClientConnection] = connect(f"ws://127.0.0.1:{self.listener.port}/", **options)
        return opened


@pytest.fixture
def query() -> Iterator[QueryWorld]:
    world = QueryWorld()
    world.surface.start()
    world.listener.start()
    yield world
    world.listener.stop()
    world.surface.stop()


def listen(socket: ClientConnection, address: str, command: str = "LISTEN") -> None:
    socket.send(json.dumps({"COMMAND": command, "DATA": address}))


def hears(socket: ClientConnection, address: str) -> Message:
    while True:
        received = socket.recv(5)
        assert isinstance(received, bytes)
        for message in decode(received):
            if message.address == address:
                return message


def leaves(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for node in tree["CONTENTS"].values():
        if "CONTENTS" in node:
            yield from leaves(node)
        else:
            yield node


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_the_whole_table_is_served_with_types_ranges_access_and_values(query: QueryWorld) -> None:
    code, tree = query.get("/")
    found = {node["FULL_PATH"]: node for node in leaves(tree)}
    assert code == 200
    assert set(found) == {node.address for node in NODES}
    for node in NODES:
        served = found[node.address]
        assert (served["ACCESS"], served["DESCRIPTION"]) == (int(node.access), node.help)
        assert len(served["TYPE"]) == max(1, len(node.arguments))
        assert ("VALUE" in served) == bool(query.surface.read(node) and not node.is_event)
    target = found["/bridge/master/option/target_lufs"]
    assert target["TYPE"] == "f"
    assert target["RANGE"] == [{"MIN": -40.0, "MAX": -4.0}]
    assert (target["UNIT"], target["VALUE"], target["ACCESS"]) == (["LUFS"], [-14.0], 3)
    assert found["/bridge/split/option/quality"]["RANGE"] == [{"VALS": ["draft", "fast", "best"]}]
    assert found["/bridge/queue/paused"]["VALUE"] == [False]
    assert found["/bridge/master/run"]["TYPE"] == "I"
    assert found["/bridge/master/run"]["CRITICAL"] is True


def test_one_attribute_of_one_node_is_served(query: QueryWorld) -> None:
    assert query.get("/bridge/chain/name?VALUE") == (200, {"VALUE": ["streaming"]})
    assert query.get("/bridge/job/progress?TYPE") == (200, {"TYPE": "f"})
    code, below = query.get("/bridge/job")
    assert (code, below["CONTENTS"]["progress"]["FULL_PATH"]) == (200, "/bridge/job/progress")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nothing", 404),
        ("/bridge/jo", 404),
        ("/bridge/chain/next?VALUE", 204),
        ("/bridge/chain/name?RANGE", 204),
        ("/bridge?VALUE", 204),
        ("/bridge/chain/name?COLOUR", 400),
        ("/bridge/%2e%2e/etc", 404),
    ],
)
def test_what_is_not_there_is_told_by_the_code_that_the_proposal_names(query: QueryWorld, path: str, code: int) -> None:
    assert query.get(path) == (code, None)


def test_host_info_names_ports_and_what_is_supported(query: QueryWorld) -> None:
    code, info = query.get("/?HOST_INFO")
    assert (code, info["OSC_PORT"], info["OSC_TRANSPORT"], info["WS_PORT"]) == (200, 9010, "UDP", query.listener.port)
    assert info["EXTENSIONS"]["LISTEN"] is True
    assert info["EXTENSIONS"]["VALUE"] is True


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example:9011"}])
def test_pages_of_other_sites_get_nothing(query: QueryWorld, headers: dict[str, str]) -> None:
    assert query.get("/", **headers)[0] == 403
    assert query.get("/", Origin="http://localhost:8000")[0] == 200
    with pytest.raises(InvalidStatus), query.connect(additional_headers={"Origin": "https://evil.example"}):
        pass


def test_a_port_in_use_is_told_with_the_key_that_changes_it(query: QueryWorld) -> None:
    settings = Settings.model_validate({"oscquery": {"is_enabled": True, "port": query.listener.port}})
    with pytest.raises(SettingsError, match=r"oscquery\.port"):
        OscQueryListener(settings, query.surface, None).start()


# --- WebSocket --------------------------------------------------------------------------------------------------------


def test_who_listens_gets_the_value_and_each_change_until_it_ignores_it(query: QueryWorld) -> None:
    with query.connect() as socket:
        listen(socket, "/bridge/job/progress")
        assert hears(socket, "/bridge/job/progress").arguments == (0.0,)
        job_id = query.desk.submit(query.desk.read(query.wanted(FILE))).id
        query.desk.run(job_id, 0.5)
        assert hears(socket, "/bridge/job/progress").arguments == (0.5,)
        listen(socket, "/bridge/job/progress", "IGNORE")
        listen(socket, "/bridge/ab/side")
        assert hears(socket, "/bridge/ab/side").arguments == ("session",)
        query.desk.run(job_id, 0.75)
        query.shows("job/progress", 0.75)
        query.client.send("/bridge/ab/toggle", 1)
        [message] = decode(bytes(socket.recv(5)))  # type: ignore[arg-type]
        assert (message.address, message.arguments) == ("/bridge/ab/side", ("b",))


def test_commands_come_as_binary_packets_and_are_answered(query: QueryWorld) -> None:
    with query.connect() as socket:
        socket.send(encode("/bridge/master/file", [FILE, "id:web"]))
        assert hears(socket, "/bridge/ack").arguments == ("web", "/bridge/master/file")
        assert hears(socket, "/bridge/reply").arguments[3] == "Song"
        socket.send(encode("/bridge/subscribe", []))
        assert "anyway" in str(hears(socket, "/bridge/error").arguments[2])


def test_nonsense_on_the_socket_is_ignored(query: QueryWorld) -> None:
    with query.connect() as socket:
        for text in ("", "{", "[]", '{"COMMAND": "LISTEN"}', '{"COMMAND": "LISTEN", "DATA": ["/x"]}', "[" * 10_000,
                     '{"COMMAND": "DANCE", "DATA": "/bridge/ab/side"}'):  # fmt: skip
            socket.send(text)
        socket.send(b"\0\1\2\3")
        listen(socket, "/bridge/ab/side")
        assert hears(socket, "/bridge/ab/side").arguments == ("session",)


def test_too_many_clients_are_turned_away_and_gone_ones_make_room(query: QueryWorld) -> None:
    with ExitStack() as sockets:
        for _ in range(3):
            sockets.enter_context(query.connect())
        wait_until(lambda: len(query.listener._clients) == 3)
        with pytest.raises(InvalidStatus), query.connect():
            pass
    wait_until(lambda: not query.listener._clients)
    with query.connect() as socket:
        listen(socket, "/bridge/ab/side")
        hears(socket, "/bridge/ab/side")


def test_a_client_that_does_not_read_is_left_and_others_go_on(query: QueryWorld) -> None:
    with query.connect(max_queue=1, close_timeout=0.2) as lazy, query.connect() as good:
        listen(lazy, "/bridge/job/name")
        listen(good, "/bridge/ab/side")
        hears(good, "/bridge/ab/side")
        wait_until(lambda: any("/bridge/job/name" in c._listens for c in query.listener._clients))
        client = next(c for c in query.listener._clients if "/bridge/job/name" in c._listens)
        packet = encode("/bridge/job/name", ["x" * 60_000])
        for _ in range(2500):
            client._send(packet)
        wait_until(lambda: client not in query.listener._clients, 10, "the end of the lazy client")
        query.client.send("/bridge/ab/toggle", 1)
        assert hears(good, "/bridge/ab/side").arguments == ("b",)


# --- mDNS -------------------------------------------------------------------------------------------------------------


def test_the_bridge_is_found_by_its_announcement_until_it_is_taken_back() -> None:
    zeroconf = pytest.importorskip("zeroconf")
    found: list[tuple[str, int]] = []
    gone: list[str] = []

    class Board(zeroconf.ServiceListener):  # type: ignore[misc, name-defined]
        def add_service(self, board: Any, kind: str, name: str) -> None:
            found.append((kind, board.get_service_info(kind, name).port))

        def update_service(self, board: Any, kind: str, name: str) -> None:
            pass

        def remove_service(self, board: Any, kind: str, name: str) -> None:
            gone.append(kind)

    announced = announce("daw-bridge test", "127.0.0.1", 9011, 9010)
    assert announced is not None
    board = zeroconf.Zeroconf(interfaces=["127.0.0.1"])  # loopback only: nothing leaves this machine
    try:
        zeroconf.ServiceBrowser(board, [QUERY_TYPE, OSC_TYPE], Board())
        wait_until(lambda: {(QUERY_TYPE, 9011), (OSC_TYPE, 9010)} <= set(found), 10, "the announcement")
        announced.withdraw()
        wait_until(lambda: {QUERY_TYPE, OSC_TYPE} <= set(gone), 10, "its end")
    finally:
        board.close()
