"""OscListener: packets in, answers and feedback out."""

import heapq
import itertools
import logging
import queue
import threading
import time
from collections import Counter
from dataclasses import dataclass

from bridge.control_settings import OscSettings, host_and_port
from bridge.listeners.osc.peers import Pace, Peer, UdpPeer
from bridge.listeners.osc.sockets import Sockets
from bridge.listeners.osc.subscribers import Subscribers
from bridge.surface import Answer, Command, Entry, Surface
from bridge.surface.arguments import client_id_in
from bridge.surface.command import error
from bridge.surface.doorkeeper import Doorkeeper
from bridge.surface.nodes import ROOT
from bridge.surface.panel import Feed
from bridge.surface.wire import MalformedError, Message, bundles, decode, encode, shown

PACKETS_WAITING_MAX = 20_000
AHEAD_MAX_S = 10.0
"""A time tag further ahead is refused."""
RATE, TIME_TAG = "rate", "time_tag"
TROUBLES = ("malformed", "refused", "lost")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Client:
    """One sender, as the surface sees it."""

    listener: "OscListener"
    peer: Peer

    def answer(self, answer: Answer) -> None:
        """Sends an answer back."""
        self.peer.send(encode(answer.address, answer.values))

    def subscribe(self, port: int, lease_s: float) -> float:
        """Sends feedback to the sender, or to another port of its host."""
        return self.listener.subscribe(self._at(port), lease_s)

    def unsubscribe(self, port: int) -> None:
        """Ends that."""
        self.listener.unsubscribe(self._at(port))

    def sees(self, _: str) -> bool:
        """Whether feedback goes to the sender's host."""
        return self.listener.feeds(self.peer.host)

    def _at(self, port: int) -> Peer:
        return self.listener.peer_at(self.peer.host, port) if port and isinstance(self.peer, UdpPeer) else self.peer


class OscListener:
    """Takes OSC over UDP and TCP, and sends feedback to whoever wants it."""

    def __init__(self, settings: OscSettings, surface: Surface) -> None:
        """Touches nothing yet."""
        self._settings = settings
        self._surface = surface
        self._sockets = Sockets(settings, Doorkeeper(settings.allow), self._take_packet, self._count)
        self._pace = Pace(settings.commands_per_s_max)
        self._packets: queue.SimpleQueue[tuple[Peer, bytes] | None] = queue.SimpleQueue()
        self._later: list[tuple[float, int, Message, Peer]] = []
        self._order = itertools.count()
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._subscribers = Subscribers(settings, (), time.monotonic)
        self._feed = Feed(surface.panel, self._send_feedback, settings.feedback_hz, "osc-feedback")
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self.port = 0
        """Where it listens, once it is open."""

    def start(self) -> None:
        """Opens the port and begins to listen.

        Raises:
            SettingsError: the port is taken, or the address is not this machine's.
        """
        self.port = self._sockets.open()
        fixed = [self._sockets.udp_peer(*host_and_port(target)) for target in self._settings.targets]
        self._subscribers = Subscribers(self._settings, fixed, time.monotonic)
        for name in TROUBLES:
            self._surface.panel.show(f"{ROOT}/traffic/{name}", 0)
        self._feed.start()
        self._thread.start()
        self._sockets.start()
        for peer in fixed:
            self._send_all(peer)
        log.info("OSC at %s:%d", self._settings.host, self.port, extra={"action": "osc_ready"})

    def stop(self) -> None:
        """Ends listening."""
        self._feed.stop()
        self._sockets.stop()
        self._packets.put(None)
        if self._thread.ident is not None:
            self._thread.join(5.0)

    # --- Commands -----------------------------------------------------------------------------------------------------

    def handle(self, packet: bytes, peer: Peer) -> None:
        """Takes one packet of a sender who may send; never raises for what is in it."""
        for target in self._subscribers.renew(peer.host):
            self._send_all(target)
        try:
            messages = decode(packet)
        except MalformedError as reason:
            self._count("malformed", 1)
            log.debug("from %s: %s", peer.name, reason)
            return
        for message in messages:
            self._take_message(message, peer)

    def _take_message(self, message: Message, peer: Peer) -> None:
        wait_s = 0.0 if message.due_s is None else message.due_s - time.time()
        if not self._pace.admits(peer.host, time.monotonic()):
            self._count("refused", 1)
            limit = self._settings.commands_per_s_max
            self._refuse(message, peer, RATE, f"More than {limit} commands a second: send them more slowly.")
        elif not self._settings.heeds_time_tags or wait_s <= 0:
            self._act(message, peer)
        elif wait_s > AHEAD_MAX_S or len(self._later) >= PACKETS_WAITING_MAX:
            sentence = f"A time tag may lie {AHEAD_MAX_S:g} s ahead: are both clocks right?"
            self._refuse(message, peer, TIME_TAG, sentence)
        else:
            heapq.heappush(self._later, (time.monotonic() + wait_s, next(self._order), message, peer))

    def _act(self, message: Message, peer: Peer) -> None:
        client = _Client(self, peer)
        command = Command(message.address, message.arguments, peer.name, client.answer, client, client.sees)
        self._surface.take(command)

    def _refuse(self, message: Message, peer: Peer, code: str, sentence: str) -> None:
        answer = error(client_id_in(message.arguments) or "", code, sentence)
        peer.send(encode(answer.address, answer.values))

    def _take_packet(self, peer: Peer, packet: bytes) -> None:
        if self._packets.qsize() >= PACKETS_WAITING_MAX:
            self._count("lost", 1)
            answer = error("", "busy", "Packets come faster than they can be read: send them more slowly.")
            peer.send(encode(answer.address, answer.values))
        else:
            self._packets.put((peer, packet))

    def _run(self) -> None:
        while True:
            due_in_s = self._later[0][0] - time.monotonic() if self._later else None
            try:
                item = self._packets.get(timeout=None if due_in_s is None else max(0.0, due_in_s))
                if item is None:
                    return
            except queue.Empty:
                item = None
            try:
                if item is not None:
                    self.handle(item[1], item[0])
                while self._later and self._later[0][0] <= time.monotonic():
                    _, _, message, peer = heapq.heappop(self._later)
                    self._act(message, peer)
            except Exception:  # the listener's loop: one strange packet must not end it
                log.exception("a packet failed", extra={"action": "osc_failed"})

    def _count(self, trouble: str, more: int) -> None:
        """Counts what was not looked at; the first of a kind is logged."""
        with self._counting:
            self._counts[trouble] += more
            count = self._counts[trouble]
            self._surface.panel.show(f"{ROOT}/traffic/{trouble}", count)
        if count == more:
            log.warning("OSC packets %s; see %s/traffic", trouble, ROOT, extra={"action": "osc_trouble"})

    # --- Feedback -----------------------------------------------------------------------------------------------------

    def peer_at(self, host: str, port: int) -> Peer:
        """Whoever listens at a host and port."""
        return self._sockets.udp_peer(host, port)

    def subscribe(self, peer: Peer, lease_s: float) -> float:
        """Sends a peer everything now, and what changes from now on; the lease in seconds.

        Raises:
            RequestError: too many have subscribed.
        """
        granted_s = self._subscribers.add(peer, lease_s)
        self._send_all(peer)
        return granted_s

    def unsubscribe(self, peer: Peer) -> None:
        """Sends a peer nothing more."""
        self._subscribers.remove(peer.name)

    def feeds(self, host: str) -> bool:
        """Whether somebody at a host gets feedback."""
        return any(peer.host == host for peer in self._subscribers.everybody())

    def _send_all(self, peer: Peer) -> None:
        entries, _ = self._surface.panel.changes(0)
        for packet in bundles(map(shown, entries)):
            peer.send(packet)

    def _send_feedback(self, entries: tuple[Entry, ...]) -> None:
        peers = self._subscribers.everybody()
        if not peers:
            return
        packets = bundles(map(shown, entries))
        for peer in peers:
            for packet in packets:
                peer.send(packet)
