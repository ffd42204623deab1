"""Packets <-> messages.

python-osc reads and writes messages; bundles are unpacked here, because its own parser recurses without a limit and
never ends on a negative length.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message import ParseError as MessageParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing import osc_types

from bridge.errors import RequestError
from bridge.surface.arguments import WireValue
from bridge.surface.nodes import NODES
from bridge.surface.panel import Entry
from bridge.surface.table import Kind

PACKET_BYTES_MAX = 65_536
DEPTH_MAX = 8
"""Bundles in bundles."""
MESSAGES_MAX = 1000
ARGUMENTS_MAX = 32
BUNDLE_BYTES = 1400
"""Bundles that we send fit one Ethernet frame."""
BUNDLE = b"#bundle\0"
NOW = b"\0\0\0\0\0\0\0\1"
TAGS = frozenset(b"ifsbhtdSrmcTFNI[]")
OTHER_NAMES = bytes.maketrans(b"ScI", b"siT")
"""Tags that python-osc does not know, by those that read the same bytes: a symbol, a character, an impulse."""


class MalformedError(RequestError):
    """A packet that is no OSC."""

    code = "malformed"


@dataclass(frozen=True)
class Message:
    """One message of a packet."""

    address: str
    arguments: tuple[object, ...]
    due_s: float | None = None
    """Unix time of its bundle's time tag; None: at once."""


def decode(packet: bytes) -> list[Message]:
    """Every message of a packet, those of bundles in their order.

    Raises:
        MalformedError: it is no OSC, or nested or filled beyond all sense.
    """
    if len(packet) > PACKET_BYTES_MAX:
        raise MalformedError(f"A packet has at most {PACKET_BYTES_MAX} bytes.")
    messages: list[Message] = []
    waiting: list[tuple[bytes, int, float | None]] = [(packet, 0, None)]
    while waiting:
        part, depth, due_s = waiting.pop()
        if part.startswith(BUNDLE):
            if depth >= DEPTH_MAX:
                raise MalformedError(f"Bundles may be nested {DEPTH_MAX} deep.")
            due_s = _due_s(part)
            waiting.extend(reversed([(element, depth + 1, due_s) for element in _elements(part)]))
        else:
            messages.append(_message(part, due_s))
        if len(messages) + len(waiting) > MESSAGES_MAX:
            raise MalformedError(f"A packet holds at most {MESSAGES_MAX} messages.")
    return messages


def _elements(bundle: bytes) -> Iterator[bytes]:
    at = len(BUNDLE) + 8
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 4], "big", signed=True)
        if at + 4 > len(bundle) or size <= 0 or at + 4 + size > len(bundle):
            raise MalformedError("An element of a bundle is longer than the bundle.")
        yield bundle[at + 4 : at + 4 + size]
        at += 4 + size


def _due_s(bundle: bytes) -> float | None:
    if len(bundle) < len(BUNDLE) + 8:
        raise MalformedError("A bundle without a time tag.")
    try:
        due_s, _ = osc_types.get_date(bundle, len(BUNDLE))
    except (osc_types.ParseError, ValueError) as reason:
        raise MalformedError("A bundle with a time tag that is none.") from reason
    return None if due_s == osc_types.IMMEDIATELY else float(due_s)


def _message(part: bytes, due_s: float | None) -> Message:
    if not part.startswith(b"/"):
        raise MalformedError("A message begins with an address.")
    try:
        message = OscMessage(_with_known_tags(part))
    except (MessageParseError, osc_types.ParseError, ValueError, IndexError, TypeError, OverflowError) as reason:
        raise MalformedError("A message that is cut off, padded wrongly, or of types that are none.") from reason
    return Message(message.address, tuple(message), due_s)


def _with_known_tags(part: bytes) -> bytes:
    """The message with type tags that python-osc knows; it would log and drop others."""
    end = part.find(b"\0")
    start = end + 4 - end % 4
    if end < 0 or start >= len(part):
        return part
    stop = part.find(b"\0", start)
    tags = part[start + 1 : stop]
    if stop < 0 or part[start] != ord(","):
        raise MalformedError("A message without type tags.")
    if len(tags) > ARGUMENTS_MAX or not TAGS.issuperset(tags):
        raise MalformedError(f"A message has at most {ARGUMENTS_MAX} arguments, of types that OSC knows.")
    return part[: start + 1] + tags.translate(OTHER_NAMES) + part[stop:]


def encode(address: str, values: Sequence[WireValue]) -> bytes:
    """A message; Python's types become OSC's: int i (h where it is long), float f, bool T and F, str s."""
    builder = OscMessageBuilder(address)
    for value in values:
        match value:
            case bool():
                builder.add_arg(value)
            case int() if not -(2**31) <= value < 2**31:
                builder.add_arg(value, OscMessageBuilder.ARG_TYPE_INT64)
            case int():
                builder.add_arg(value, OscMessageBuilder.ARG_TYPE_INT)
            case float():
                builder.add_arg(value, OscMessageBuilder.ARG_TYPE_FLOAT)
            case str():
                text = value.replace("\0", " ").encode(errors="replace").decode()
                builder.add_arg(text, OscMessageBuilder.ARG_TYPE_STRING)
    try:
        return bytes(builder.build().dgram)
    except BuildError as reason:
        raise MalformedError(f"{address} cannot be sent: {reason}.") from reason


def run_in_reaper(action: str) -> bytes:
    """What makes REAPER run an action, by its id: `_RS...` or a number."""
    return encode("/action/str", [action])


def shown(entry: Entry) -> bytes:
    """What an address shows, with the types that its node declares."""
    return encode(entry.address, typed(entry))


def typed(entry: Entry) -> tuple[WireValue, ...]:
    """The values of an address, each as its node declares it."""
    if entry.address not in NODES:
        return entry.values
    arguments = NODES[entry.address].arguments
    return tuple(_typed(argument.kind, value) for argument, value in zip(arguments, entry.values, strict=False))


def _typed(kind: Kind, value: WireValue) -> WireValue:
    match kind:
        case Kind.INT:
            return int(value)
        case Kind.FLOAT:
            return float(value)
        case Kind.BOOL:
            return bool(value)
        case Kind.TEXT:
            return str(value)


def bundles(messages: Iterable[bytes]) -> list[bytes]:
    """Messages in as few packets as are not too long; one alone comes as it is."""
    packets: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for message in messages:
        if held and size + len(message) + 4 > BUNDLE_BYTES:
            packets.append(_packet(held))
            held, size = [], 0
        held.append(message)
        size += len(message) + 4
    return [*packets, _packet(held)] if held else packets


def _packet(messages: list[bytes]) -> bytes:
    if len(messages) == 1:
        return messages[0]
    return BUNDLE + NOW + b"".join(len(message).to_bytes(4, "big") + message for message in messages)
