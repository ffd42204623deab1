"""One WebSocket client: what it listens to, and a thread that sends it, so that a slow one holds up nobody."""

import contextlib
import json
import logging
import queue
import socket
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from bridge.surface import NODES, Answer, Command, Entry, Surface
from bridge.surface.wire import MalformedError, decode, encode, shown

UNSENT_MAX = 2000
"""A client that leaves so many packets unread is left."""
log = logging.getLogger(__name__)


class QueryClient:
    """One connection, for as long as it lasts."""

    def __init__(self, connection: ServerConnection, surface: Surface, name: str) -> None:
        self._connection = connection
        self._surface = surface
        self._name = name
        self._listens: frozenset[str] = frozenset()
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(UNSENT_MAX)
        self._writer = threading.Thread(target=self._write, name="oscquery-send", daemon=True)

    def serve(self) -> None:
        """Takes what the client sends, until it goes."""
        self._writer.start()
        try:
            for received in self._connection:
                if isinstance(received, str):
                    self._take_text(received)
                else:
                    self._take_packet(received)
        except ConnectionClosed:
            pass
        finally:
            self._send(None)
            self._writer.join(5.0)

    def show(self, entries: tuple[Entry, ...]) -> None:
        """Sends those of the changes that the client listens to."""
        for entry in entries:
            if entry.address in self._listens:
                self._send(shown(entry))

    def leave(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _take_text(self, text: str) -> None:
        try:
            said = json.loads(text)
            command, address = said["COMMAND"], said["DATA"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return  # other programs' extensions: OSCQuery says to ignore what is not known
        if not isinstance(address, str) or address not in NODES:
            return
        match command:
            case "LISTEN":
                self._listens |= {address}
                values = self._surface.read(NODES[address])
                if values:
                    self._send(shown(Entry(address, values)))
            case "IGNORE":
                self._listens -= {address}
            case _:
                pass

    def _take_packet(self, packet: bytes) -> None:
        try:
            messages = decode(packet)
        except MalformedError as reason:
            log.debug("from %s: %s", self._name, reason)
            return
        for message in messages:
            self._surface.take(
                Command(message.address, message.arguments, self._name, self._answer, sees=self._listens.__contains__)
            )

    def _answer(self, answer: Answer) -> None:
        self._send(encode(answer.address, answer.values))

    def _send(self, packet: bytes | None) -> None:
        try:
            self._outgoing.put_nowait(packet)
        except queue.Full:
            with contextlib.suppress(OSError):  # wakes both threads of this client, wherever they wait
                self._connection.socket.shutdown(socket.SHUT_RDWR)

    def _write(self) -> None:
        while (packet := self._outgoing.get()) is not None:
            try:
                self._connection.send(packet)
            except (ConnectionClosed, OSError):
                return
