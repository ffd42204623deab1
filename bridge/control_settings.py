"""Settings of control surfaces, which `bridge.settings` holds under `osc`, `oscquery` and `midi`."""

import ipaddress
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from bridge.value import Value

PORT_MAX = 65535


def host_and_port(text: str) -> tuple[str, int]:
    """The parts of "host:port".

    Raises:
        ValueError: it is something else.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= PORT_MAX:
        raise ValueError(f"is host:port, such as 192.168.1.20:9000, not {text!r}.")
    return host.strip("[]"), int(port)


def _is_target(text: str) -> str:
    host_and_port(text)
    return text


def _is_network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"is an address or a network, such as 192.168.1.20 or 192.168.1.0/24, not {text!r}.") from None
    return text


Target: TypeAlias = Annotated[str, AfterValidator(_is_target)]
"""Where packets are sent: host:port."""
Network: TypeAlias = Annotated[str, AfterValidator(_is_network)]


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class OscSettings(Value):
    """Control surfaces that speak OSC."""

    is_enabled: bool = Field(default=False, description="Whether to listen for OSC.")
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 every network (then `allow` names "
        "who may).",
    )
    port: int = Field(default=9010, ge=0, le=PORT_MAX, description="Port for UDP and TCP; 0 takes a free one.")
    is_tcp: bool = Field(default=True, description="Also listen on TCP (OSC 1.0 length prefixes and 1.1 SLIP).")
    allow: tuple[Network, ...] = Field(
        default=(), max_length=64, description="Addresses or networks that may send, besides this machine."
    )
    targets: tuple[Target, ...] = Field(
        default=(), max_length=32, description="Where feedback always goes (host:port), besides who subscribes."
    )
    feedback_hz: float = Field(
        default=20.0, ge=1, le=100, description="Feedback is sent at most so often.", json_schema_extra={"unit": "Hz"}
    )
    lease_s: float = Field(
        default=60.0,
        ge=1,
        le=86400,
        description="A subscriber that sends nothing this long hears nothing more.",
        json_schema_extra={"unit": "s"},
    )
    heartbeat_s: float = Field(
        default=5.0, ge=0.5, le=600, description="How often to tell that the bridge lives.",
        json_schema_extra={"unit": "s"},
    )  # fmt: skip
    subscribers_max: int = Field(default=64, ge=1, le=1000, description="Most subscribers at a time.")
    commands_per_s_max: int = Field(
        default=2000, ge=1, le=100_000, description="Most commands a second from one sender; more are refused."
    )
    heeds_time_tags: bool = Field(
        default=False, description="Whether bundles wait for their time tag (10 s at most); else they act at once."
    )
    reaper: Target | None = Field(
        default=None, description="REAPER's OSC port (host:port), told when a job is done: /dawbridge/done with its id."
    )
    reaper_action: str = Field(
        default="",
        max_length=100,
        description="Action that REAPER runs then (/action/str), as its id: _RS... or a number.",
    )
    ardour: Target | None = Field(
        default=None, description="Ardour's OSC port (host:3819), told when a job is done: markers at what was found."
    )


class OscQuerySettings(Value):
    """Surfaces that ask what there is (OSCQuery)."""

    is_enabled: bool = Field(default=False, description="Whether to serve OSCQuery (HTTP and WebSocket).")
    host: str = Field(
        default="127.0.0.1", description="Address to listen on; another than this machine needs `osc.allow`."
    )
    port: int = Field(default=9011, ge=0, le=PORT_MAX, description="Port; 0 takes a free one.")
    is_announced: bool = Field(
        default=False, description="Announce it on the network by mDNS; needs the `mdns` extra of daw-bridge."
    )
    clients_max: int = Field(default=16, ge=1, le=100, description="Most WebSocket clients at a time.")


class Binding(Value):
    """What one control of a MIDI surface does."""

    on: Literal["note", "cc", "program"] = Field(description="Kind of message.")
    number: int | None = Field(
        default=None, ge=0, le=127, description="Note, controller or program; any when left out."
    )
    channel: int | None = Field(default=None, ge=1, le=16, description="MIDI channel; any when left out.")
    mode: Literal["press", "toggle", "fader", "relative", "value"] = Field(
        default="press",
        description="press acts when a button goes down, toggle changes on and off, fader is 0 to 127 with soft "
        "take-over, relative is an endless encoder, value hands the number on (program 0 becomes 1).",
    )
    send: str = Field(min_length=1, max_length=200, description="Address of the bridge: /bridge/master/run.")
    arguments: tuple[str, ...] = Field(default=(), max_length=8, description="What is sent with it.")
    show: str | None = Field(
        default=None,
        max_length=200,
        description="Address whose value lights the control; otherwise the one it sends to, if that shows something.",
    )


class MidiSettings(Value):
    """Control surfaces that speak MIDI."""

    is_enabled: bool = Field(default=False, description="Whether to open MIDI ports.")
    inputs: tuple[str, ...] = Field(
        default=(), max_length=16, description="Names of ports to listen to, or parts of them; `dawbridge midi ports`."
    )
    outputs: tuple[str, ...] = Field(
        default=(), max_length=16, description="Names of ports for lamps and rings; the inputs' own when left out."
    )
    bindings: tuple[Binding, ...] = Field(
        default=(), max_length=512, description="What each control does; `dawbridge midi learn` writes one."
    )
    poll_s: float = Field(
        default=3.0, ge=0.1, le=600, description="How often to look for ports that came or went.",
        json_schema_extra={"unit": "s"},
    )  # fmt: skip
    socket_port: int | None = Field(
        default=None, ge=0, le=PORT_MAX, description="Also take MIDI over TCP at this port (mido's socket ports)."
    )
    socket_host: str = Field(
        default="127.0.0.1", description="Address for it; another than this machine needs `osc.allow`."
    )
    feedback_hz: float = Field(
        default=15.0, ge=1, le=50, description="Lamps and rings move at most so often.",
        json_schema_extra={"unit": "Hz"},
    )  # fmt: skip
