"""Who may speak to the bridge over a network."""

import ipaddress
from collections.abc import Iterable

from bridge.control_settings import Network


class Doorkeeper:
    """Who may send: this machine, and whoever the settings allow."""

    def __init__(self, allow: Iterable[Network]) -> None:
        self._allowed = [ipaddress.ip_network(text, strict=False) for text in allow]
        self._known: dict[str, bool] = {}

    def admits(self, host: str) -> bool:
        """Whether packets of a host are looked at."""
        known = self._known.get(host)
        if known is None:
            if len(self._known) > 1000:
                self._known.clear()
            known = self._known[host] = self._is_allowed(host)
        return known

    def _is_allowed(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        address = mapped or address
        return address.is_loopback or any(address in network for network in self._allowed)
