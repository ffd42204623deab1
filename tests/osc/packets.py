"""Packets that no client should send, for fuzzing: each made from a seeded generator."""

import random
import struct
from collections.abc import Callable, Iterator

from bridge.surface.nodes import NODES
from bridge.surface.wire import BUNDLE, NOW

ADDRESSES = [node.address for node in NODES]
TAGS = "ifsbhtdSrmcTFNI[]xyz,"
TEXTS = ("", "own", "id:x", "a" * 200, "streaming", "/session/a.wav", "\u00e4\U0001f3b9")
STRANGE_FLOATS = (float("nan"), float("inf"), float("-inf"), 1e38, -0.0, 5e-324)


def text(value: str | bytes) -> bytes:
    """An OSC string."""
    content = value.encode(errors="surrogatepass") if isinstance(value, str) else value
    return content + b"\0" * (4 - len(content) % 4)


def random_bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 3, 4, 16, 100, 1000)))


def plausible(rng: random.Random) -> bytes:
    """A real address with arguments of any kind."""
    values, tags = b"", ""
    for _ in range(rng.randrange(5)):
        tag = rng.choice("ifsTFNIhdb")
        tags += tag
        match tag:
            case "i":
                values += struct.pack(">i", rng.choice((0, 1, -1, 2**31 - 1, -(2**31), rng.randrange(200))))
            case "f":
                values += struct.pack(">f", rng.choice((*STRANGE_FLOATS[:5], rng.uniform(-50, 2))))
            case "s":
                values += text(
                    rng.choice(("", "own", "id:x", "a" * 200, "streaming", "/session/a.wav", "\u00e4\U0001f3b9"))
                )
            case "h":
                values += struct.pack(">q", rng.choice((0, 2**63 - 1, -(2**63))))
            case "d":
                values += struct.pack(">d", rng.choice(STRANGE_FLOATS))
            case "b":
                values += struct.pack(">i", rng.choice((4, 0, -4, 2**31 - 1))) + b"abcd"
            case _:
                pass
    return text(rng.choice(ADDRESSES)) + text("," + tags) + values


def pattern(rng: random.Random) -> bytes:
    """An address pattern, well-formed or not."""
    signs = "".join(rng.choice("*?[]{}!-,/abridge") for _ in range(rng.randrange(1, 30)))
    return text("/bridge/" + signs) + text(",")


def cut(rng: random.Random) -> bytes:
    """A message that ends too early."""
    whole = plausible(rng)
    return whole[: rng.randrange(len(whole) + 1)]


def misaligned(rng: random.Random) -> bytes:
    """A message with bytes too many or too few somewhere."""
    whole = plausible(rng)
    at = rng.randrange(len(whole))
    return whole[:at] + rng.randbytes(rng.randrange(1, 5)) + whole[at + rng.randrange(3) :]


def flipped(rng: random.Random) -> bytes:
    """A message with a wrong byte."""
    whole = bytearray(plausible(rng))
    whole[rng.randrange(len(whole))] = rng.randrange(256)
    return bytes(whole)


def wrong_tags(rng: random.Random) -> bytes:
    """Type tags that promise what is not there."""
    tags = "".join(rng.choice(TAGS) for _ in range(rng.randrange(40)))
    return text(rng.choice(ADDRESSES)) + text("," + tags) + rng.randbytes(rng.randrange(40))


def long_text(rng: random.Random) -> bytes:
    """Text of 64 kB."""
    return text(rng.choice(ADDRESSES)) + text(",s") + text("x" * rng.choice((1025, 30_000, 65_000)))


def nested(rng: random.Random) -> bytes:
    """Bundles in bundles, up to 1000 deep."""
    packet = plausible(rng)
    for _ in range(rng.choice((1, 8, 9, 100, 1000))):
        packet = BUNDLE + NOW + len(packet).to_bytes(4, "big") + packet
    return packet


def broken_bundle(rng: random.Random) -> bytes:
    """A bundle with a length that cannot be."""
    size = rng.choice((-1, -4, 0, 3, 2**31 - 1, -(2**31)))
    return BUNDLE + rng.choice((NOW, b"\xff" * 8, b"\0" * 3)) + struct.pack(">i", size) + plausible(rng)


def bundle_of_many(rng: random.Random) -> bytes:
    """A bundle that holds some messages, some of them wrong."""
    parts = [rng.choice((plausible, cut, flipped))(rng) for _ in range(rng.randrange(1, 6))]
    return BUNDLE + NOW + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    random_bytes, plausible, pattern, cut, misaligned, flipped, wrong_tags, nested, broken_bundle, bundle_of_many,
)  # fmt: skip
COSTLY_EVERY = 100


def packets(seed: int, count: int) -> Iterator[bytes]:
    """So many packets, all kinds in turn; now and then one that is long."""
    rng = random.Random(seed)
    for number in range(count):
        kind = long_text if number % COSTLY_EVERY == 0 else KINDS[number % len(KINDS)]
        yield kind(rng)
