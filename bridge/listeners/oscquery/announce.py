"""The bridge on the network's bulletin board (mDNS), where that is wanted. `zeroconf` is loaded here and only then."""

import logging
import socket
from typing import Protocol

QUERY_TYPE, OSC_TYPE = "_oscjson._tcp.local.", "_osc._udp.local."
ANY = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not opened
log = logging.getLogger(__name__)


class Announcement(Protocol):
    """Something that can be taken back."""

    def withdraw(self) -> None:
        """Takes it back."""
        ...


def announce(name: str, host: str, port: int, osc_port: int | None) -> Announcement | None:
    """Announces OSCQuery and OSC; None, with a line in the log, where that cannot be done."""
    try:
        from zeroconf import ServiceInfo, Zeroconf  # noqa: PLC0415 - 13 MB that few want
    except ImportError:
        log.warning("mDNS needs `pip install 'daw-bridge[mdns]'`", extra={"action": "mdns_missing"})
        return None
    address = _own_address() if host in ANY else host
    ports = {QUERY_TYPE: port} | ({} if osc_port is None else {OSC_TYPE: osc_port})
    server = f"{socket.gethostname()}.local."
    services = [
        ServiceInfo(kind, f"{name}.{kind}", parsed_addresses=[address], port=number, server=server)
        for kind, number in ports.items()
    ]
    try:
        zeroconf = Zeroconf(interfaces=[address])
        for service in services:
            zeroconf.register_service(service, allow_name_change=True)
    except (OSError, RuntimeError) as reason:
        log.warning("mDNS cannot be used: %s", reason, extra={"action": "mdns_failed"})
        return None

    class Made:
        def withdraw(self) -> None:
            zeroconf.unregister_all_services()
            zeroconf.close()

    return Made()


def _own_address() -> str:
    """The address by which the network knows this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
