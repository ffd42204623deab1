"""Packets in a TCP stream: OSC 1.0 (a length before each) or OSC 1.1 (SLIP, RFC 1055); the first byte tells which."""

from collections.abc import Iterator

from bridge.surface.wire import PACKET_BYTES_MAX, MalformedError

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"


class Framing:
    """One connection's framing: the peer's is used both ways."""

    def __init__(self) -> None:
        self._held = b""
        self._is_slip: bool | None = None

    def packets(self, received: bytes) -> Iterator[bytes]:
        """The packets that are now whole.

        Raises:
            MalformedError: the stream cannot be followed any more.
        """
        self._held += received
        if self._is_slip is None and self._held:
            self._is_slip = self._held[0] != 0  # a length below 16 MB begins with 0, a packet or END never does
        yield from self._slip_packets() if self._is_slip else self._counted_packets()

    def framed(self, packet: bytes) -> bytes:
        """A packet as the peer expects it."""
        if self._is_slip:
            return END + packet.replace(ESC, ESC + ESC_ESC).replace(END, ESC + ESC_END) + END
        return len(packet).to_bytes(4, "big") + packet

    def _counted_packets(self) -> Iterator[bytes]:
        while len(self._held) >= 4:
            size = int.from_bytes(self._held[:4], "big")
            if size > PACKET_BYTES_MAX:
                raise MalformedError(f"A packet has at most {PACKET_BYTES_MAX} bytes.")
            if len(self._held) < 4 + size:
                return
            packet, self._held = self._held[4 : 4 + size], self._held[4 + size :]
            if packet:
                yield packet

    def _slip_packets(self) -> Iterator[bytes]:
        *whole, self._held = self._held.split(END)
        if len(self._held) > 2 * PACKET_BYTES_MAX:
            raise MalformedError(f"A packet has at most {PACKET_BYTES_MAX} bytes.")
        for escaped in whole:
            if escaped:
                yield escaped.replace(ESC + ESC_END, END).replace(ESC + ESC_ESC, ESC)
