"""MidiListener: controls in, lamps and rings out."""

import logging
import threading

from mido import Message

from bridge.control_settings import MidiSettings
from bridge.errors import Fault, SettingsError
from bridge.listeners.midi.bindings import command_of, lights, matching, touch_of
from bridge.listeners.midi.ports import RtMidi, SocketPorts, System, SystemPorts
from bridge.settings import Settings
from bridge.surface import NODES, Answer, Command, Entry, Surface
from bridge.surface.doorkeeper import Doorkeeper
from bridge.surface.nodes import ERROR
from bridge.surface.panel import Feed

log = logging.getLogger(__name__)


class MidiListener:
    """Takes MIDI from the ports that the settings name."""

    def __init__(self, settings: Settings, surface: Surface, system: System | None = None) -> None:
        """Touches nothing yet.

        Args:
            settings: ports and bindings; `osc.allow` names who may connect over a network.
            surface: takes commands, and shows values.
            system: the machine's MIDI.
        """
        self._settings = settings.midi
        self._keeper = Doorkeeper(settings.osc.allow)
        self._surface = surface
        self._bindings = settings.midi.bindings
        self._system = SystemPorts(settings.midi, system or RtMidi(), self._take)
        self._sockets: SocketPorts | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="midi", daemon=True)
        self._feed = Feed(surface.panel, self._show, settings.midi.feedback_hz, "midi-feedback")
        self.port: int | None = None
        """Of the socket, where there is one."""

    def start(self) -> None:
        """Opens ports and begins to listen; ports that are not there yet are waited for.

        Raises:
            SettingsError: a binding sends to an address that there is not, or the socket's port is taken.
        """
        refuse_unknown_addresses(self._settings)
        if self._settings.socket_port is not None:
            self._sockets = SocketPorts(self._settings, self._keeper, self._take, self._show_all)
            self.port = self._sockets.port
        self._feed.start()
        self._thread.start()
        log.info("MIDI: %d bindings", len(self._bindings), extra={"action": "midi_ready"})

    def stop(self) -> None:
        """Closes everything."""
        self._stopping.set()
        self._feed.stop()
        if self._thread.ident is not None:
            self._thread.join(5.0)
        if self._sockets is not None:
            self._sockets.close()
        self._system.close()

    def _look(self) -> None:
        """Follows ports that come and go."""
        while self._settings.inputs or self._settings.outputs:
            try:
                if self._system.look():
                    self._show_all()
            except Exception:  # the loop that must live: one strange driver must not end the others
                log.exception("looking for MIDI ports failed", extra={"action": "midi_failed"})
            if self._stopping.wait(self._settings.poll_s):
                return

    def _take(self, port: str, message: Message) -> None:
        """Does what a message is bound to; everything else is ignored."""
        touch = touch_of(message)
        if touch is None:
            return
        for binding in matching(self._bindings, touch):
            found = command_of(binding, touch, self._surface.panel.values)
            if found is not None:
                address, arguments = found
                self._surface.take(Command(address, arguments, port, self._answered, listener="midi"))

    def _answered(self, answer: Answer) -> None:
        """A surface of lamps cannot show a sentence: the log does."""
        if answer.address == ERROR:
            log.warning("%s", answer.values[2], extra={"action": "midi_refused"})

    # --- Lamps and rings ----------------------------------------------------------------------------------------------

    def _show(self, entries: tuple[Entry, ...]) -> None:
        messages = list(lights(self._bindings, entries))
        if messages:
            self._system.send(messages)
            if self._sockets is not None:
                self._sockets.send(messages)

    def _show_all(self) -> None:
        entries, _ = self._surface.panel.changes(0)
        self._show(entries)


def refuse_unknown_addresses(settings: MidiSettings) -> None:
    """Refuses bindings that send to, or show, an address that there is not.

    Raises:
        SettingsError: all of them, each with its key.
    """
    faults = [
        Fault(f"there is nothing at {address}.{NODES.near(address)}", f"midi.bindings[{number}].{key}")
        for number, binding in enumerate(settings.bindings)
        for key, address in (("send", binding.send), ("show", binding.show))
        if address is not None and not NODES.matching(address)
    ]
    if faults:
        raise SettingsError(faults)
