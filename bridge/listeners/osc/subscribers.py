"""Who gets feedback: subscribers with a lease, and the fixed targets of the settings."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.control_settings import OscSettings
from bridge.errors import RequestError
from bridge.listeners.osc.peers import Peer


@dataclass
class _Subscription:
    """One subscriber."""

    peer: Peer
    lease_s: float
    until_s: float


class Subscribers:
    """Peers by name; a packet of any kind from its host renews a lease."""

    def __init__(self, settings: OscSettings, fixed: Iterable[Peer], monotonic_s: Callable[[], float]) -> None:
        self._settings = settings
        self._fixed = tuple(fixed)
        self._now_s = monotonic_s
        self._found: dict[str, _Subscription] = {}
        self._fixed_heard_s: dict[str, float] = {}
        """When each host of a fixed target was heard last."""
        self._lock = threading.Lock()

    def add(self, peer: Peer, lease_s: float) -> float:
        """Subscribes, or renews; the lease in seconds.

        Raises:
            RequestError: there are too many.
        """
        lease_s = lease_s or self._settings.lease_s
        self._expire()
        with self._lock:
            if peer.name not in self._found and len(self._found) >= self._settings.subscribers_max:
                raise RequestError(
                    f"{len(self._found)} have subscribed already: unsubscribe one, or raise osc.subscribers_max."
                )
            self._found[peer.name] = _Subscription(peer, lease_s, self._now_s() + lease_s)
        return lease_s

    def remove(self, name: str) -> None:
        """Ends a subscription, if there is one."""
        with self._lock:
            self._found.pop(name, None)

    def renew(self, host: str) -> tuple[Peer, ...]:
        """Renews the leases of a host that has just shown that it is there; its fixed targets, if it was silent long.

        A tablet that wakes up has missed what changed, and cannot always ask for it.
        """
        now_s = self._now_s()
        at_host = tuple(peer for peer in self._fixed if peer.host == host)
        with self._lock:
            heard_s = self._fixed_heard_s.get(host)
            if at_host:
                self._fixed_heard_s[host] = now_s
            for subscription in self._found.values():
                if subscription.peer.host == host:
                    subscription.until_s = now_s + subscription.lease_s
        return at_host if heard_s is None or now_s - heard_s > self._settings.lease_s else ()

    def everybody(self) -> tuple[Peer, ...]:
        """Fixed targets, and subscribers whose lease has not ended."""
        self._expire()
        with self._lock:
            return (*self._fixed, *(subscription.peer for subscription in self._found.values()))

    def _expire(self) -> None:
        now_s = self._now_s()
        with self._lock:
            self._found = {name: held for name, held in self._found.items() if held.until_s > now_s}
