"""MIDI ports: those of the system, found by name and followed as they come and go, and TCP connections."""

import contextlib
import importlib
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mido import Message, Parser

from bridge.control_settings import MidiSettings
from bridge.errors import Fault, SettingsError
from bridge.surface.doorkeeper import Doorkeeper

CONNECTIONS_MAX = 8
OnMessage = Callable[[str, Message], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PortNames:
    """What the system has."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    trouble: str = ""
    """Why there are none."""


class System(Protocol):
    """The MIDI system of a machine."""

    def names(self) -> PortNames:
        """The ports that are there now."""
        ...

    def open_input(self, name: str, on_message: Callable[[Message], None]) -> Any:
        """An open port with `close`."""
        ...

    def open_output(self, name: str) -> Any:
        """An open port with `send` and `close`."""
        ...


class RtMidi:
    """python-rtmidi, where it is installed and the system has MIDI; loaded when first asked."""

    def names(self) -> PortNames:
        """The ports that are there now; none, and why, without MIDI."""
        try:
            backend = self._backend()
            return PortNames(tuple(backend.get_input_names()), tuple(backend.get_output_names()))
        except ImportError:
            return PortNames(trouble="the MIDI driver is missing: pip install 'daw-bridge[midi]'")
        except Exception as reason:  # noqa: BLE001 - rtmidi raises its own kinds, and SystemError where ALSA is missing
            return PortNames(trouble=f"this system has no MIDI ({reason})")

    def open_input(self, name: str, on_message: Callable[[Message], None]) -> Any:
        """An open port."""
        return self._backend().open_input(name, callback=on_message)

    def open_output(self, name: str) -> Any:
        """An open port."""
        return self._backend().open_output(name)

    def _backend(self) -> Any:
        importlib.import_module("rtmidi")
        return importlib.import_module("mido").Backend("mido.backends.rtmidi")


class SystemPorts:
    """The system's ports that the settings name; `look` opens those that came and closes those that went."""

    def __init__(self, settings: MidiSettings, system: System, on_message: OnMessage) -> None:
        self._settings = settings
        self._system = system
        self._on_message = on_message
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, Any] = {}
        self._last_trouble = ""

    def look(self) -> bool:
        """Whether an output came: then everything is to be shown on it."""
        names = self._system.names()
        if names.trouble and names.trouble != self._last_trouble:
            log.warning("no MIDI ports: %s", names.trouble, extra={"action": "midi_missing"})
        self._last_trouble = names.trouble
        wanted_out = self._settings.outputs or self._settings.inputs
        self._follow(self._inputs, _named(names.inputs, self._settings.inputs), self._open_input)
        return self._follow(self._outputs, _named(names.outputs, wanted_out), self._system.open_output)

    def send(self, messages: Sequence[Message]) -> None:
        """Sends messages to every output; one that fails is closed, and opened again when it is found again."""
        for name, port in tuple(self._outputs.items()):
            try:
                for message in messages:
                    port.send(message)
            except Exception as reason:  # noqa: BLE001 - as above: an unplugged port must not end the others
                log.info("%s is gone: %s", name, reason, extra={"action": "midi_gone"})
                _close(self._outputs.pop(name, None))

    def close(self) -> None:
        """Closes all."""
        for port in (*self._inputs.values(), *self._outputs.values()):
            _close(port)

    def _open_input(self, name: str) -> Any:
        return self._system.open_input(name, lambda message: self._on_message(name, message))

    def _follow(self, ports: dict[str, Any], wanted: Sequence[str], open_port: Callable[[str], Any]) -> bool:
        """Opens what is wanted and closes what is gone; whether anything was opened."""
        for name in [name for name in ports if name not in wanted]:
            log.info("%s is gone", name, extra={"action": "midi_gone"})
            _close(ports.pop(name))
        opened = False
        for name in wanted:
            if name not in ports:
                try:
                    ports[name] = open_port(name)
                except Exception as reason:  # noqa: BLE001 - as above: another program may have the port
                    log.debug("%s cannot be opened: %s", name, reason)
                else:
                    opened = True
                    log.info("%s is open", name, extra={"action": "midi_open"})
        return opened


def _named(there: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The ports whose names hold one of the texts; each once."""
    return [name for name in dict.fromkeys(there) if any(part.casefold() in name.casefold() for part in wanted)]


def _close(port: Any) -> None:
    if port is not None:
        with contextlib.suppress(Exception):
            port.close()


class SocketPorts:
    """MIDI as raw bytes over TCP: a thread for each connection."""

    def __init__(
        self, settings: MidiSettings, keeper: Doorkeeper, on_message: OnMessage, on_open: Callable[[], None]
    ) -> None:
        """Opens the port.

        Args:
            settings: host and port.
            keeper: knows who may connect.
            on_message: takes each message, with the name of its connection.
            on_open: told that somebody has connected.

        Raises:
            SettingsError: the port is taken, or the address is not this machine's.
        """
        self._keeper = keeper
        self._on_message = on_message
        self._on_open = on_open
        self._connections: Mapping[str, socket.socket] = {}
        self._lock = threading.Lock()
        address = (settings.socket_host, settings.socket_port or 0)
        try:
            self._server = socket.create_server(address)
        except OSError as reason:
            sentence = (
                f"{address[0]}:{address[1]} cannot be opened ({reason.strerror}): another program has the port, or the "
                "address is not this machine's. Choose another `midi.socket_port`."
            )
            raise SettingsError([Fault(sentence, "midi.socket_port")]) from reason
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="midi-accept", daemon=True)
        self._thread.start()

    def send(self, messages: Sequence[Message]) -> None:
        """Sends messages to every connection; one that does not read is left."""
        packet = b"".join(bytes(message.bin()) for message in messages)
        for connection in tuple(self._connections.values()):
            try:
                connection.settimeout(1.0)
                connection.sendall(packet)
                connection.settimeout(None)
            except OSError:
                _shut(connection)

    def close(self) -> None:
        """Closes all."""
        _shut(self._server)
        self._server.close()
        for connection in tuple(self._connections.values()):
            _shut(connection)
        self._thread.join(5.0)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._server.accept()
            except OSError:
                return
            if not self._keeper.admits(address[0]) or len(self._connections) >= CONNECTIONS_MAX:
                connection.close()
                continue
            name = f"{address[0]}:{address[1]}"
            with self._lock:
                self._connections = {**self._connections, name: connection}
            threading.Thread(target=self._receive, args=(name, connection), name="midi-receive", daemon=True).start()
            self._on_open()

    def _receive(self, name: str, connection: socket.socket) -> None:
        parser = Parser()
        try:
            while received := connection.recv(4096):
                parser.feed(received)
                for message in parser:
                    self._on_message(name, message)
        except OSError as reason:
            log.debug("%s is gone: %s", name, reason)
        finally:
            with self._lock:
                self._connections = {known: each for known, each in self._connections.items() if known != name}
            connection.close()


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
