"""Who is on the other side: how answers get there, and how much it may send."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from bridge.listeners.osc.framing import Framing

BUFFER_BYTES_MAX = 1_000_000
"""A TCP peer that does not read so much is left."""


class Peer(Protocol):
    """Somebody who can be sent packets."""

    @property
    def host(self) -> str:
        """Its address."""
        ...

    @property
    def name(self) -> str:
        """Host and port."""
        ...

    def send(self, packet: bytes) -> None:
        """Sends a packet, or drops it where nobody takes it; never waits."""
        ...


class UdpPeer:
    """A host and port."""

    def __init__(self, server: socket.socket, address: tuple[str, int]) -> None:
        self._server = server
        self.address = address

    @property
    def host(self) -> str:
        """Its address."""
        return self.address[0]

    @property
    def name(self) -> str:
        """Host and port."""
        return f"{self.address[0]}:{self.address[1]}"

    def send(self, packet: bytes) -> None:
        """Sends a packet; UDP promises nothing."""
        with contextlib.suppress(OSError):
            self._server.sendto(packet, self.address)


class TcpPeer:
    """One connection."""

    def __init__(self, connection: socket.socket, address: tuple[str, int], wants_write: Callable[[], None]) -> None:
        connection.settimeout(0)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.framing = Framing()
        self.is_lost = False
        self._address = address
        self._wants_write = wants_write
        self._unsent = bytearray()
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """Its address."""
        return self._address[0]

    @property
    def name(self) -> str:
        """Host and port."""
        return f"{self._address[0]}:{self._address[1]}"

    @property
    def has_unsent(self) -> bool:
        """Whether something waits until the peer reads."""
        return bool(self._unsent)

    def send(self, packet: bytes) -> None:
        """Sends a packet, or keeps it until the peer reads; one that never reads is left."""
        with self._lock:
            self._unsent += self.framing.framed(packet)
            self._flush()
            waits = self.has_unsent or self.is_lost
        if waits:
            self._wants_write()

    def flush(self) -> None:
        """Sends what is left, as far as the peer takes it."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        try:
            sent = self.connection.send(self._unsent) if self._unsent and not self.is_lost else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self.is_lost = True
            return
        del self._unsent[:sent]
        self.is_lost = self.is_lost or len(self._unsent) > BUFFER_BYTES_MAX


class Pace:
    """How many commands each host may still send: so many a second, and so many at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left: dict[str, tuple[float, float]] = {}

    def admits(self, host: str, now_s: float) -> bool:
        """Whether one more is within the limit; it is counted."""
        if len(self._left) > 1000:
            self._left.clear()
        left, at_s = self._left.get(host, (self._per_s, now_s))
        left = min(self._per_s, left + (now_s - at_s) * self._per_s)
        is_admitted = left >= 1.0
        self._left[host] = (left - 1.0 if is_admitted else left, now_s)
        return is_admitted
