"""An OSC listener before a desk in memory, and raw sockets that speak to it."""

import socket
import time
from pathlib import Path

from bridge.listeners.osc.listener import OscListener
from bridge.settings import Settings
from bridge.surface.wire import Message, decode, encode
from tests.support import wait_until
from tests.surface.desk_and_surface import World


def osc_settings(**osc: object) -> Settings:
    """Settings with OSC on a free port of this machine."""
    return Settings.model_validate({"osc": {"is_enabled": True, "port": 0, **osc}, "session_roots": ["/session"]})


class OscWorld(World):
    """A desk, a surface and an OSC listener."""

    def __init__(self, **osc: object) -> None:
        super().__init__(osc_settings(**osc))
        self.listener = OscListener(self.settings.osc, self.surface)

    def start(self) -> None:
        """Opens the port."""
        self.surface.start()
        self.listener.start()

    def stop(self) -> None:
        """Closes it."""
        self.listener.stop()
        self.surface.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.listener.port


class UdpClient:
    """A socket."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(0.05)
        self.heard: list[Message] = []
        self._to = (host, port)

    @property
    def port(self) -> int:
        """Its own."""
        return int(self.socket.getsockname()[1])

    def send(self, address: str, *values: float | str | bool) -> None:
        """Sends a message."""
        self.send_raw(encode(address, values))

    def send_raw(self, packet: bytes) -> None:
        """Sends bytes."""
        self.socket.sendto(packet, self._to)

    def hears(self, address: str, *values: object, limit_s: float = 5.0) -> Message:
        """The next message at an address whose arguments begin with these."""

        def found() -> Message | None:
            self.listen()
            for index, message in enumerate(self.heard):
                if message.address == address and message.arguments[: len(values)] == values:
                    return self.heard.pop(index)
            return None

        return wait_until(found, limit_s, f"{address} {values} (heard {[m.address for m in self.heard][-5:]})")

    def listen(self) -> None:
        """Takes what has come, without waiting long."""
        try:
            while True:
                self.heard += decode(self.socket.recv(65536))
        except (TimeoutError, ConnectionError):
            return

    def hears_nothing(self, for_s: float = 0.3) -> None:
        """Fails when anything comes within the time."""
        until_s = time.monotonic() + for_s
        while time.monotonic() < until_s:
            self.listen()
        assert self.heard == []

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()


class TcpClient:
    """A TCP connection that frames by length (1.0) or SLIP (1.1), and reads either."""

    def __init__(self, port: int, *, is_slip: bool) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self._is_slip = is_slip
        self._held = b""

    def send(self, address: str, *values: float | str | bool, pieces: int = 1) -> None:
        """Sends a message, in so many pieces."""
        packet = encode(address, values)
        if self._is_slip:
            framed = b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
        else:
            framed = len(packet).to_bytes(4, "big") + packet
        step = -(-len(framed) // pieces)
        for start in range(0, len(framed), step):
            self.socket.sendall(framed[start : start + step])

    def next(self) -> list[Message]:
        """The messages of the next packet."""
        while True:
            if self._is_slip and self._held.count(b"\xc0") >= 2:
                _, packet, self._held = self._held.split(b"\xc0", 2)
                return decode(packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
            size = int.from_bytes(self._held[:4], "big")
            if not self._is_slip and len(self._held) >= 4 + size > 4:
                packet, self._held = self._held[4 : 4 + size], self._held[4 + size :]
                return decode(packet)
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError
            self._held += received

    def hears(self, address: str) -> Message:
        """The next message at an address."""
        while True:
            for message in self.next():
                if message.address == address:
                    return message


def a_song(folder: Path) -> str:
    """Path of a render inside the session."""
    return str(folder / "Song.wav")
