"""The sockets of the OSC listener: a thread that only receives, so that a burst is read before the system drops it."""

import contextlib
import logging
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Callable

from bridge.control_settings import OscSettings
from bridge.errors import Fault, SettingsError
from bridge.listeners.osc.peers import Peer, TcpPeer, UdpPeer
from bridge.surface.doorkeeper import Doorkeeper
from bridge.surface.wire import PACKET_BYTES_MAX, MalformedError

RECEIVE_BUFFER_BYTES = 4_000_000
"""Asked of the system for UDP; it gives what it allows."""
SO_RXQ_OVFL = 40
"""Linux: with each packet comes the number of those that it had to drop."""
CONNECTIONS_MAX = 64
BATCH = 256
log = logging.getLogger(__name__)


class Sockets:
    """UDP and TCP at one port."""

    def __init__(
        self,
        settings: OscSettings,
        keeper: Doorkeeper,
        on_packet: Callable[[Peer, bytes], None],
        on_trouble: Callable[[str, int], None],
    ) -> None:
        """Opens nothing yet.

        Args:
            settings: host, port, and whether TCP is wanted.
            keeper: knows who may send.
            on_packet: takes each packet; returns quickly.
            on_trouble: told what was not looked at: "refused", "lost" or "malformed", and how many more of it.
        """
        self._settings = settings
        self._keeper = keeper
        self._on_packet = on_packet
        self._on_trouble = on_trouble
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._peers: dict[socket.socket, TcpPeer] = {}
        self._lost = 0
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="osc-receive", daemon=True)
        self._tcp: socket.socket | None = None

    def open(self) -> int:
        """Opens the sockets; the port.

        Raises:
            SettingsError: the port is taken, or the address is not this machine's.
        """
        settings = self._settings
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        try:
            self.udp = _udp_socket(family, settings.host, settings.port)
            port = int(self.udp.getsockname()[1])
            if settings.is_tcp:
                self._tcp = socket.create_server((settings.host, port), family=family)
        except OSError as reason:
            self._close_all()
            sentence = (
                f"{settings.host}:{settings.port} cannot be opened ({reason.strerror}): another program has the port, "
                "or the address is not this machine's. Choose another `osc.port`."
            )
            raise SettingsError([Fault(sentence, "osc.port")]) from reason
        return port

    def start(self) -> None:
        """Begins to receive."""
        self._selector.register(self.udp, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        if self._tcp is not None:
            self._selector.register(self._tcp, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Closes everything."""
        self._is_stopping = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(5.0)
        self._close_all()

    def udp_peer(self, host: str, port: int) -> UdpPeer:
        """Whoever listens at a host and port."""
        return UdpPeer(self.udp, (host, port))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def _close_all(self) -> None:
        for each in (*self._peers, self._waker, self._woken, self._tcp, getattr(self, "udp", None)):
            if each is not None:
                each.close()
        self._selector.close()

    # --- Receiving ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_stopping:
            for key, events in self._selector.select():
                try:
                    self._serve(key.fileobj, events)
                except Exception:  # the loop that must live: one strange peer must not deafen the bridge
                    log.exception("receiving failed", extra={"action": "osc_failed"})

    def _serve(self, ready: object, events: int) -> None:
        if ready is self.udp:
            self._receive_udp()
        elif ready is self._woken:
            self._woken.recv(4096)
            self._look_after_peers()
        elif ready is self._tcp:
            self._accept()
        elif isinstance(ready, socket.socket) and ready in self._peers:
            peer = self._peers[ready]
            if events & selectors.EVENT_WRITE:
                peer.flush()
                self._look_after_peers()
            if events & selectors.EVENT_READ:
                self._receive_tcp(peer)

    def _receive_udp(self) -> None:
        for _ in range(BATCH):
            try:
                packet, address = self._next_packet()
            except BlockingIOError:
                return
            except OSError:  # somebody to whom we sent is gone (ICMP); the next packet has nothing to do with it
                continue
            host, port = address[0], address[1]
            if not self._keeper.admits(host):
                self._on_trouble("refused", 1)
            else:
                self._on_packet(UdpPeer(self.udp, (host, port)), packet)

    def _next_packet(self) -> tuple[bytes, tuple[str, int]]:
        if sys.platform != "linux":
            return self.udp.recvfrom(PACKET_BYTES_MAX)
        packet, about, _, address = self.udp.recvmsg(PACKET_BYTES_MAX, 64)
        self._count_lost(about)
        return packet, address

    def _count_lost(self, about: list[tuple[int, int, bytes]]) -> None:
        for level, kind, content in about:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL:
                lost = struct.unpack("I", content[:4])[0]
                if lost != self._lost:
                    self._on_trouble("lost", (lost - self._lost) % 2**32)
                    self._lost = lost

    def _accept(self) -> None:
        assert self._tcp is not None
        try:
            connection, address = self._tcp.accept()
        except OSError:
            return
        if not self._keeper.admits(address[0]) or len(self._peers) >= CONNECTIONS_MAX:
            self._on_trouble("refused", 1)
            connection.close()
            return
        self._peers[connection] = TcpPeer(connection, (address[0], address[1]), self._wake)
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive_tcp(self, peer: TcpPeer) -> None:
        try:
            received = peer.connection.recv(PACKET_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._leave(peer)
            return
        try:
            for packet in peer.framing.packets(received):
                self._on_packet(peer, packet)
        except MalformedError:
            self._on_trouble("malformed", 1)
            self._leave(peer)

    def _look_after_peers(self) -> None:
        """Watches those to whom something is still to be sent, and leaves those that are gone."""
        for connection, peer in tuple(self._peers.items()):
            if peer.is_lost:
                self._leave(peer)
            else:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.has_unsent else 0)
                self._selector.modify(connection, events)

    def _leave(self, peer: TcpPeer) -> None:
        peer.is_lost = True
        self._peers.pop(peer.connection, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(peer.connection)
        peer.connection.close()


def _udp_socket(family: int, host: str, port: int) -> socket.socket:
    server = socket.socket(family, socket.SOCK_DGRAM)
    try:
        server.settimeout(0)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if sys.platform == "linux":
            server.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        server.bind((host, port))
    except OSError:
        server.close()
        raise
    return server
